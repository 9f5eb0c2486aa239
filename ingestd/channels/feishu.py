"""Feishu and Lark (飞书): a robot of a group.

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: POST …/open-apis/bot/v2/hook/…, signed by
``timestamp`` (seconds, right within an hour) and ``sign`` in the body; at most 20 KB a body, 100 posts a minute and 5 a
second; success is ``code`` 0 (``StatusCode`` of old robots). Whom it rings at: open_ids (``ou_…``), user_ids, ``all``;
it knows no phone numbers.
"""

import hmac
import re
from base64 import b64encode
from xml.sax.saxutils import quoteattr

from ingestd.channels.post import url_problem
from ingestd.channels.robot import Kind, Limits, Mentions, Request, Robot, RobotSettings

#: 9499 and 11232: too many posts. 19001 (no such robot), 19021 (sign), 19022 (address), 19024 (keyword) are for good.
BUSY = frozenset({9499, 11232, 99991400})
LIMITS = Limits(posts=90, gap=0.25)
SIZE = 8000  # bytes: quotes may double it, the mentions need some
_TAG = re.compile(r"<(?=\s*/?\s*at\b)", re.IGNORECASE)


class FeishuSettings(RobotSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="feishu"):
    """A robot in a group of Feishu or Lark (飞书)."""

    secret: str = ""  # of a robot that wants signatures
    secret_file: str = ""  # the file with the secret
    keyword: str = ""  # one of the robot's keywords: stands before every text


def sign(secret: str, at: int) -> str:
    """The signature of a moment, epoch seconds: the HMAC of nothing, by a key of both."""
    return b64encode(hmac.digest(f"{at}\n{secret}".encode(), b"", "sha256")).decode()


def _request(settings: FeishuSettings, text: str, whom: Mentions, now: float) -> Request:
    ids = [*whom.ids, "all"] if whom.everybody else whom.ids
    ringing = " ".join(f"<at user_id={quoteattr(one)}></at>" for one in ids)
    # What an alert says must ring at nobody.
    content = "\n".join(part for part in (settings.keyword, _TAG.sub("< ", text), ringing) if part)
    body: dict[str, object] = {"msg_type": "text", "content": {"text": content}}
    if settings.secret:
        body |= {"timestamp": str(int(now)), "sign": sign(settings.secret, int(now))}
    return Request(settings.url, body)


KIND = Kind(LIMITS, SIZE, BUSY, _request)
SETTINGS = FeishuSettings
problem = url_problem


def build(settings: FeishuSettings) -> Robot:
    """A robot by its settings."""
    return Robot(settings, KIND)
