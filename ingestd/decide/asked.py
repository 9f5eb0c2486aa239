"""What a person asks for in a reply: the command its first line names, in English or Chinese.

A word by itself is a command; ``note``, ``assign`` and the like take the rest of the line. Any other text is what a
person has to say, and no command: a letter that only sounds like one must never take an incident.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from ingestd.decide import absence

Action = Literal[
    "ack", "resolve", "restore", "fixed", "worked", "assign", "take", "add", "release", "note", "snooze", "stop",
    "priority", "apart", "help",
]  # fmt: skip

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
    "restored": "restore", "service restored": "restore", "service is restored": "restore",
    "临时恢复": "restore", "已临时恢复": "restore", "已恢复": "restore", "業務已恢復": "restore", "已恢復": "restore",
    "take over": "take", "taking over": "take", "take it over": "take", "i take over": "take", "i'll take over": "take",
    "接管": "take", "我接管": "take", "我来接管": "take", "由我接管": "take", "我來接管": "take",
    "release": "release", "drop": "release", "放弃": "release", "释放": "release", "放棄": "release",
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
    "restored": "restore", "restored by": "restore", "临时恢复": "restore", "已临时恢复": "restore",
    "已恢复": "restore", "已恢復": "restore", "take over": "take", "接管": "take", "add": "add",
    "help": "add", "ask for help": "add", "协助": "add", "请协助": "add", "增加": "add", "加人": "add", "協助": "add",
    "root cause": "fixed", "原因": "fixed", "处理": "fixed", "處理": "fixed", "解决办法": "fixed", "处理办法": "fixed",
    "worked": "worked", "用时": "worked", "耗时": "worked", "工时": "worked", "用時": "worked", "耗時": "worked",
    "稍后": "snooze", "推迟": "snooze", "优先级": "priority", "接单": "ack",
}  # fmt: skip
#: Without anything behind them these ask for nothing.
NEEDS_MORE = frozenset({"assign", "add", "note", "snooze", "priority", "fixed", "worked"})
#: Words of everyday sentences: commands only before a colon, or (of names) before a short rest of the line.
BEFORE_COLON = frozenset(
    {"root cause", "原因", "处理", "處理", "解决办法", "处理办法", "已恢复", "已恢復", "临时恢复", "已临时恢复"}
)
SHORT: Mapping[Action, int] = {"add": 40, "take": 60}  # characters
LINES = frozenset({"note", "resolve", "restore", "fixed"})  # the lines that follow are part of what is said
LONGEST = 500  # characters of a line
MOST_NAMED = 50  # incidents in one reply
UNITS: Mapping[str, float] = {
    "m": 60.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0, "分": 60.0, "分钟": 60.0, "分鐘": 60.0,
    "h": 3600.0, "hour": 3600.0, "hours": 3600.0, "小时": 3600.0, "小時": 3600.0, "d": 86400.0, "day": 86400.0,
    "days": 86400.0, "天": 86400.0,
}  # fmt: skip
_SPAN = re.compile(r"(\d{1,4})\s*([^\W\d]*)")
_PARTS = re.compile(r"[\s:,;]")
_TAIL = 60  # characters at the end of a text in which the minutes stand
#: Behind a comma or on a line of its own; Chinese minutes need no comma.
_WORKED = re.compile(
    r"(?:^|[,;、。\n]|\s(?=\d{1,4}\s*[分小]))\s*(?:worked|took|用时|耗时|工时)?[\s:]*(\d{1,4})\s*([^\W\d]{1,8})[\s.。]*$"
)
_PRIORITY = re.compile(r"(?i)(p[1-4])\b[\s:,，：]*(.*)", re.DOTALL)
_NUMBERED = re.compile(r"\s*#\s?(\d{1,15})(?:\s*[:,]\s*|\s+|\Z|(?=[^\W\d]))")
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
    if absence.is_spoken(line):
        return None
    plain = line.strip(_AROUND).casefold()
    if plain in WHOLE or line == "?":
        action = WHOLE.get(plain, "help")
        return Asked(action, "\n".join(lines[1:]) if action in LINES else "")
    for word in sorted(BEGINS, key=len, reverse=True):
        rest = _after(line, word)
        if rest is not None:
            return _told(BEGINS[word], rest, lines[1:])
    return None


def of_each(text: str) -> list[tuple[int, str]]:
    """What is said of each incident, ``#12 fixed: the fan`` a line; empty: the first line names none."""
    found: list[tuple[int, str]] = []
    for line in unicodedata.normalize("NFKC", text).strip().splitlines():
        begins = _NUMBERED.match(line[:LONGEST])
        if begins is None and not found:
            return []
        if begins is None:
            number, before = found.pop()
            found.append((number, f"{before}\n{line}"))
        elif len(found) < MOST_NAMED:
            found.append((int(begins[1]), line[begins.end() :]))
    return found


def _told(action: Action, rest: str, lines: list[str]) -> Asked | None:
    """A command and what it needs; None: a sentence that only begins like one."""
    if (not rest and action in NEEDS_MORE) or len(rest) > SHORT.get(action, LONGEST):
        return None
    if action == "worked" and (span(rest) is None or not _SPAN.fullmatch(rest.strip(_AROUND))):
        return None
    return Asked(action, "\n".join([rest, *lines]) if action in LINES else rest)


def named(text: str, known: Callable[[str], str]) -> tuple[str, str]:
    """``Chen Yu: it is the uplink``: the longest beginning that is a known name, and the note behind it."""
    for end in sorted({len(text), *(found.start() for found in _PARTS.finditer(text))}, reverse=True):
        if known(text[:end]):
            return text[:end].strip(), text[end:].strip(" \t:,;-")
    return text, ""


def worked(text: str) -> tuple[str, float]:
    """``changed the fan, 40 min``: what was done, and the minutes; 0: it does not say."""
    head, tail = text[:-_TAIL], text[-_TAIL:]
    found = _WORKED.search(tail)
    seconds = span(f"{found[1]} {found[2]}") if found is not None else None
    if found is None or seconds is None:
        return text, 0.0
    return (head + tail[: found.start()]).rstrip(" \t\n,;:、"), seconds / 60.0


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
    if word in BEFORE_COLON and rest[:1] != ":":
        return None
    if word.isascii() and rest[:1] not in (":", " ", "\t", ","):
        return None
    return rest.strip(" \t:,")
