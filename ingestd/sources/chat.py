"""Messages for people that a tool sends as it would to a chat: Slack, Teams, Discord, DingTalk, WeCom, Feishu, Gotify.

Their keys tell how it looks, their text what is wrong. ``text`` gives that text, a field a line as ``Label: value``; so
it does for any small body whose one long text has lines of its own.
"""

import re
from collections.abc import Iterator
from typing import Any

LONGEST = 4000  # characters of one text
MOST_LINES = 100
MOST_OBJECTS = 300
DEEPEST = 8
LONGEST_LABEL = 40
FEW = 8  # texts of a body that is but a subject and a message
#: Keys that only such messages have.
MARKS = frozenset(
    ("msgtype", "msg_type", "attachments", "blocks", "embeds", "@type", "parse_mode", "markdown", "cards")
)
#: Keys of what people read, the heading first.
TEXTS = (
    "title", "header", "subject", "alert_subject", "activityTitle", "pretext", "card", "summary", "markdown",
    "text", "content",
    "message", "alert_message", "description", "body", "sections", "blocks", "attachments", "elements", "embeds",
    "columns",
    "items", "fields", "facts", "post", "zh_cn", "en_us",
)  # fmt: skip
_BOLD = re.compile(r"\*(?=[:：])|(?<=[:：])\*|^\*(?=[^*\n]{1,60}\*)", re.MULTILINE)  # "*Host:*" of Slack
_ALONE = re.compile(r"^([^:：\n]{2,30}[:：]) ?\n(?=[^:：\n]{1,200}$)", re.MULTILINE)  # a label above its value
_TAGS = re.compile(r"<[^<>\n]{1,200}>|\*\*|`|__|^#{1,6}\s|^>\s?", re.MULTILINE)


def text(body: Any) -> str | None:
    """What people would read of a message; None for a body that is none."""
    if not isinstance(body, dict) or not (MARKS & body.keys() or _is_prose(body)):
        return None
    lines = [line for _, line in zip(range(MOST_LINES), _lines(body, DEEPEST, [MOST_OBJECTS]), strict=False)]
    plain = _TAGS.sub("", "\n".join(dict.fromkeys(lines)))
    return _ALONE.sub(r"\1 ", _BOLD.sub("", plain)) or None


def _is_prose(body: dict[str, Any]) -> bool:
    """A subject and a message of several lines, and little else."""
    texts = [value for value in list(body.values())[: FEW + 1] if isinstance(value, str)]
    flat = not any(isinstance(value, dict | list) for value in list(body.values())[: FEW + 1])
    return flat and len(body) <= FEW and any(value.strip().count("\n") >= 1 for value in texts)


def _lines(value: Any, depth: int, budget: list[int]) -> Iterator[str]:
    budget[0] -= 1
    if depth < 0 or budget[0] < 0:
        return
    if isinstance(value, str):
        yield value.strip()[:LONGEST]
    elif isinstance(value, list):
        for one in value[:MOST_LINES]:
            yield from _lines(one, depth - 1, budget)
    elif isinstance(value, dict):
        named = value.get("name") or value.get("title")
        if isinstance(named, str) and isinstance(value.get("value"), str) and len(named) <= LONGEST_LABEL:
            yield f"{named}: {value['value']}"
            return
        for key in TEXTS:
            if key in value:
                yield from _lines(value[key], depth - 1, budget)
