"""DingTalk (钉钉): a robot of a group.

https://open.dingtalk.com/document/robots/custom-robot-access: POST …/robot/send?access_token=…, signed by
``timestamp`` (milliseconds, right within an hour) and ``sign``; 20 posts a minute, else none for ten minutes; success
is ``errcode`` 0. Whom it rings at (mobile numbers, userids, ``all``) must also stand in the text.
"""

import hmac
from base64 import b64encode
from urllib.parse import quote_plus

from ingestd.channels.post import url_problem
from ingestd.channels.robot import Kind, Limits, Mentions, Request, Robot, RobotSettings

#: System busy; too many posts by the old (130101, 660026) and the new (410100) codes. 310000 (no keyword of the
#: robot's in the text, wrong sign, strange address), 300001 and 4001xx (no such robot) are for good.
BUSY = frozenset({-1, 130101, 410100, 660026})
#: Some fewer than 20, since two clocks never agree on a minute.
LIMITS = Limits(posts=18)
SIZE = 4500  # bytes: 5,000 characters are taken, the mentions need some


class DingtalkSettings(RobotSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="dingtalk"):
    """A robot in a group of DingTalk (钉钉)."""

    secret: str = ""  # of a robot that wants signatures: SEC…
    secret_file: str = ""  # the file with the secret
    keyword: str = ""  # one of the robot's keywords: stands before every text


def signed(url: str, secret: str, now: float) -> str:
    """The address with the signature of the moment ``now``, epoch seconds."""
    if not secret:
        return url
    at = round(now * 1000)
    digest = hmac.digest(secret.encode(), f"{at}\n{secret}".encode(), "sha256")
    return f"{url}{'&' if '?' in url else '?'}timestamp={at}&sign={quote_plus(b64encode(digest))}"


def _request(settings: DingtalkSettings, text: str, whom: Mentions, now: float) -> Request:
    ringing = " ".join(f"@{one}" for one in (*whom.phones, *whom.ids))
    content = "\n".join(part for part in (settings.keyword, text, ringing) if part)
    at = {"atMobiles": list(whom.phones), "atUserIds": list(whom.ids), "isAtAll": whom.everybody}
    body = {"msgtype": "text", "text": {"content": content}, "at": at}
    return Request(signed(settings.url, settings.secret, now), body)


KIND = Kind(LIMITS, SIZE, BUSY, _request)
SETTINGS = DingtalkSettings
problem = url_problem


def build(settings: DingtalkSettings) -> Robot:
    """A robot by its settings."""
    return Robot(settings, KIND)
