"""Times as tools write them: ISO 8601 and its misspellings, numbers since 1970, Go, RFC 5322, ctime and American dates.

A time without a zone says nothing about when it was, unless its source is known to write UTC. Abbreviations of zones
that mean several (CST, IST, BST) count as no zone.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo

LONGEST = 64  # characters that are looked at
_HOURS: Mapping[str, float] = {
    **dict.fromkeys(("Z", "UTC", "GMT", "WET"), 0),
    **{"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10},
    **{"CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "WEST": 1, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3},
    **{"SGT": 8, "HKT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "ACST": 9.5, "NZST": 12, "NZDT": 13},
}
_MONTHS: Mapping[str, int] = {
    **{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6},
    **{"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12},
}
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,12}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_ZONE = r" ?\(?(?:(?:GMT|UTC)(?=[+-]\d))?(?P<zone>[+-]\d\d[:.]?\d\d|[+-]\d{1,2}(?!\d)|[A-Za-z]{1,5})?"
_WEEKDAY = r"(?:[A-Za-z]{3,9},? )?"
_MONTH = r"(?P<name>[A-Za-z]{3})[a-z]{0,6}\.?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)[T_-]?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?P<part>)(?P<half>)"
        r"(?P<zone>Z|[+-]\d\d:?\d\d)?\Z",
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)(?:[T,]? ?{_CLOCK}{_ZONE})",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})[ -]{_MONTH}[ -](?P<year>\d{{4}}),?(?: at)? {_CLOCK}{_ZONE}",
        rf"{_WEEKDAY}{_MONTH} {{1,2}}(?P<day>\d{{1,2}}),? (?P<year>\d{{4}}),?(?: at)? {_CLOCK}{_ZONE}",
        rf"{_WEEKDAY}{_MONTH} {{1,2}}(?P<day>\d{{1,2}}) {_CLOCK}{_ZONE} (?P<year>\d{{4}})",
        rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}}),? {_CLOCK}{_ZONE}",
        rf"{_CLOCK}{_ZONE},? (?:on )?(?P<day>\d{{1,2}})[ -]{_MONTH}[ -](?P<year>\d{{4}})",
    )
)
_COMPACT = re.compile(r"20[0-9]{12}")  # 20260302081430: no count since 1970 has fourteen digits
#: From which number on a count since 1970 is in milliseconds, microseconds, nanoseconds.
_SCALES = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))


def moment(value: object, zone: tzinfo | None = None) -> float | None:
    """Epoch seconds of what a tool wrote; None for nothing, a zero time, or one without a zone (if none is given)."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, int | float) and not 2e13 <= value < 2.1e13:
            return _number(float(value))
        text = str(value).strip()[:LONGEST]
        return _number(float(text)) if _is_number(text) and not _COMPACT.fullmatch(text) else _written(text, zone)
    except (ValueError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    return len(text) <= 25 and text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()


def _number(value: float) -> float | None:
    for least, scale in _SCALES:
        if value >= least:
            return value / scale if value / scale < 1e11 else None
    return value if value > 86400 * 366 else None


def _written(text: str, zone: tzinfo | None) -> float | None:
    for form in _FORMS:
        found = form.match(text)
        if found:
            return _seconds(found.groupdict(), zone)
    return None


def _seconds(part: Mapping[str, str | None], zone: tzinfo | None) -> float | None:
    own = _zone(part["zone"])
    offset = own if own is not None else zone if not part["zone"] else None
    year = int(part["year"] or 0)
    month = int(part.get("month") or 0) or _MONTHS.get((part.get("name") or "").lower(), 0)
    if offset is None or year <= 1970:
        return None
    clock = (_hour(part), int(part["minute"] or 0), int(part["second"] or 0))
    whole = datetime(year, month, int(part["day"] or 0), *clock, tzinfo=offset)
    return whole.timestamp() + float(f"0.{part['part'] or 0}")


def _hour(part: Mapping[str, str | None]) -> int:
    hour = int(part["hour"] or 0)
    return hour % 12 + (12 if part["half"] in ("p", "P") else 0) if part["half"] else hour


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] in "+-":
        digits = text[1:].replace(":", "").replace(".", "")
        digits = digits.rjust(2, "0").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return timezone(offset if text[0] == "+" else -offset)
    hours = _HOURS.get(text.upper())
    return None if hours is None else UTC if hours == 0 else timezone(timedelta(hours=hours))
