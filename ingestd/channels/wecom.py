"""WeCom (企业微信): a robot of a group.

https://developer.work.weixin.qq.com/document/path/91770: POST …/cgi-bin/webhook/send?key=…, at most 2048 bytes of
UTF-8 a text and 20 posts a minute; success is ``errcode`` 0. Whom it rings at: mobile numbers, userids, ``all``.
"""

from ingestd.channels.post import url_problem
from ingestd.channels.robot import Kind, Limits, Mentions, Request, Robot, RobotSettings

#: System busy; 45009 over the rate limit; 45033 too many at once. 93000 (no such robot) is for good.
BUSY = frozenset({-1, 45009, 45033})
#: Some fewer than 20, since two clocks never agree on a minute.
LIMITS = Limits(posts=18)


class WecomSettings(RobotSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="wecom"):
    """A robot in a group of WeCom (企业微信)."""


def _request(settings: WecomSettings, text: str, whom: Mentions, _now: float) -> Request:
    ids = [*whom.ids, "@all"] if whom.everybody else list(whom.ids)
    content: dict[str, object] = {"content": text}
    if ids:
        content["mentioned_list"] = ids
    if whom.phones:
        content["mentioned_mobile_list"] = list(whom.phones)
    return Request(settings.url, {"msgtype": "text", "text": content})


KIND = Kind(LIMITS, 2048, BUSY, _request)
SETTINGS = WecomSettings
problem = url_problem


def build(settings: WecomSettings) -> Robot:
    """A robot by its settings."""
    return Robot(settings, KIND)
