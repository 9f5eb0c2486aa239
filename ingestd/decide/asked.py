"""What a person asks for in a reply: the command its first line names, in English or Chinese.

A word by itself is a command; ``note``, ``assign`` and the like take the rest of the line. Any other text is what a
person has to say, and no command: a letter that only sounds like one must never take an incident.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Action = Literal["ack", "resolve", "assign", "note", "snooze", "stop", "priority", "apart", "help"]

#: Words that are the whole line.
WHOLE: Mapping[str, Action] = {
    "ack": "ack", "acked": "ack", "acknowledge": "ack", "acknowledged": "ack", "take": "ack", "taken": "ack",
    "take it": "ack", "taking it": "ack", "i take it": "ack", "i'll take it": "ack", "i will take it": "ack",
    "mine": "ack", "on it": "ack", "i'm on it": "ack", "i am on it": "ack", "im on it": "ack",
    "接单": "ack", "已接单": "ack", "我接单": "ack", "我来": "ack", "我来处理": "ack", "我处理": "ack", "我接": "ack",
    "接單": "ack", "已接單": "ack", "我來": "ack", "我來處理": "ack",
    "resolve": "resolve", "resolved": "resolve", "fixed": "resolve", "已解决": "resolve", "解决": "resolve",
    "解决了": "resolve", "已修复": "resolve", "修复": "resolve", "修好了": "resolve",
    "已解決": "resolve", "解決": "resolve",
    "stop": "stop", "unsubscribe": "stop", "停止": "stop", "停止通知": "stop", "退订": "stop", "不再通知": "stop",
    "not the same": "apart", "not part of this": "apart", "something else": "apart", "还是不行": "apart",
    "還是不行": "apart", "不是同一个问题": "apart", "不是一回事": "apart",
    "help": "help", "?": "help", "commands": "help", "帮助": "help", "幫助": "help",
}  # fmt: skip
#: Words after which the line goes on.
BEGINS: Mapping[str, Action] = {
    "ack": "ack", "resolve": "resolve", "resolved": "resolve", "fixed": "resolve", "assign": "assign",
    "assign to": "assign", "hand over to": "assign", "note": "note", "snooze": "snooze", "priority": "priority",
    "已解决": "resolve", "解决": "resolve", "已修复": "resolve", "转交": "assign", "转给": "assign", "指派": "assign",
    "转交给": "assign", "指派给": "assign", "備註": "note", "备注": "note", "记录": "note", "暂停": "snooze",
    "稍后": "snooze", "推迟": "snooze", "优先级": "priority", "接单": "ack",
}  # fmt: skip
#: Without anything behind them these ask for nothing.
NEEDS_MORE = frozenset({"assign", "note", "snooze", "priority"})
LONGEST = 500  # characters of a line
UNITS: Mapping[str, float] = {
    "m": 60.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0, "分": 60.0, "分钟": 60.0, "分鐘": 60.0,
    "h": 3600.0, "hour": 3600.0, "hours": 3600.0, "小时": 3600.0, "小時": 3600.0, "d": 86400.0, "day": 86400.0,
    "days": 86400.0, "天": 86400.0,
}  # fmt: skip
_SPAN = re.compile(r"(\d{1,4})\s*([^\W\d]*)")
_PRIORITY = re.compile(r"(?i)(p[1-4])\b[\s:,，：]*(.*)", re.DOTALL)
_AROUND = " \t.!,;:。！，；：*_\"'“”"


class Asked(Struct, frozen=True):
    """A command and what it goes with: a name, a text, a span."""

    action: Action
    rest: str = ""


def asked(text: str) -> Asked | None:
    """The command in what a reply adds; None: it is just a text."""
    lines = [line.strip() for line in unicodedata.normalize("NFKC", text).splitlines() if line.strip()]
    if not lines or len(lines[0]) > LONGEST:
        return None
    line = lines[0].replace("’", "'")
    plain = line.strip(_AROUND).casefold()
    if plain in WHOLE or line == "?":
        return Asked(WHOLE.get(plain, "help"), "\n".join(lines[1:]) if WHOLE.get(plain) == "resolve" else "")
    for word in sorted(BEGINS, key=len, reverse=True):
        rest = _after(line, word)
        if rest is not None:
            more = "\n".join([rest, *lines[1:]]) if BEGINS[word] in ("note", "resolve") else rest
            return Asked(BEGINS[word], more) if rest or BEGINS[word] not in NEEDS_MORE else None
    return None


def span(text: str) -> float | None:
    """``30m``, ``2 h``, ``30分钟`` in seconds; None: it is none. A bare number is minutes."""
    found = _SPAN.match(text.strip())
    if found is None or not int(found[1]):
        return None
    unit = UNITS.get(found[2].casefold() or "m")
    return None if unit is None else int(found[1]) * unit


def priority(text: str) -> tuple[str, str] | None:
    """``P2 because …``: the priority and the reason; None: it is none."""
    found = _PRIORITY.match(text.strip())
    return None if found is None else (found[1].upper(), found[2].strip())


def _after(line: str, word: str) -> str | None:
    """What follows a word at the beginning of a line. Chinese needs no space; after other words something must part."""
    if line[: len(word)].casefold() != word:
        return None
    rest = line[len(word) :]
    if word.isascii() and rest[:1] not in (":", " ", "\t", ","):
        return None
    return rest.strip(" \t:,")
