"""The Common Event Format of security tools, one event a line, with or without syslog's header before it.

Format: ArcSight's "Implementing Common Event Format", ``CEF:0|vendor|product|version|id|name|severity|key=value …``; a
value goes on until the next key. Severity counts from 0 to 10, or is a word.
"""

import re

LONGEST = 20_000  # characters of a line that are read
MOST_LINES = 1000
FIELDS = 8  # of the header, the keys last

_START = re.compile(r"CEF:\d{1,2}\|")
_FIELD = re.compile(r"(?<!\\)\|")
_KEY = re.compile(r"(?:^|\s)([A-Za-z][A-Za-z0-9_.]{0,40})=")
_ESCAPED = re.compile(r"\\([\\|=])")
#: Where the host stands that it happened to, best first; where it comes from is another's.
HOSTS = ("dvchost", "dhost", "deviceHostName", "shost", "dvc", "dst")
LEVELS = (*["low"] * 4, *["medium"] * 3, *["high"] * 2, *["critical"] * 2)


def events(text: str) -> list[dict[str, str]]:
    """The events of a text of such lines; none for any other text."""
    if "CEF:" not in text[:500]:
        return []
    lines = (line for line in text.split("\n", MOST_LINES)[:MOST_LINES] if line.strip())
    found = [_event(line[:LONGEST]) for line in lines]
    return [one for one in found if one] if all(found) else []


def _event(line: str) -> dict[str, str]:
    start = _START.search(line)
    parts = _FIELD.split(line[start.start() :], FIELDS - 1) if start else []
    if len(parts) < FIELDS - 1:
        return {}
    keys = _keys(parts[FIELDS - 1] if len(parts) == FIELDS else "")
    level = parts[6].strip()
    host = next((keys[key] for key in HOSTS if keys.get(key)), "")
    return {
        "alert name": _plain(parts[5]),
        "severity": LEVELS[int(level)] if level.isdecimal() and int(level) < len(LEVELS) else level,
        "message": keys.get("msg") or _plain(parts[5]),
        "host": host,
        "started at": keys.get("start", ""),
        "timestamp": keys.get("rt", ""),
    }


def _keys(extension: str) -> dict[str, str]:
    found = list(_KEY.finditer(extension))
    ends = [*(key.start() for key in found[1:]), len(extension)]
    return {key[1]: _plain(extension[key.end() : end]) for key, end in zip(found, ends, strict=False)}


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text).strip()
