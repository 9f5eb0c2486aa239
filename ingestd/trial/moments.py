"""When something happens in a rule test, as written: ``00:31``, ``1:05:00``, ``90s``, ``T17:05``, ``05:00..06:00``.

A moment is counted from the start of the test (minutes and seconds; hours, minutes and seconds; a duration), or is a
time of day (``T17:05``: the next one), or a local date and time (``2027-01-30 08:00``).
"""

import re
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingestd.yamltypes import Duration, Plain

_OFFSET = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):([0-5]\d)")
_OF_DAY = re.compile(r"T([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_STAMP = re.compile(r"(2\d{3}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)")
#: How long a test may take, in seconds of its own clock.
LONGEST = 400 * 86400.0
_EXPECTED = "expected a time such as 00:31, 1:05:00, 90s, T17:05 (time of day) or 2027-01-30 08:00"


class Start(Struct, frozen=True):
    """When a test begins: epoch seconds, and the zone of its clocks."""

    epoch: float
    zone: ZoneInfo

    @classmethod
    def of(cls, stamp: "Stamp", zone: ZoneInfo) -> Self:
        """The start that a file names."""
        return cls(datetime.fromisoformat(stamp).replace(tzinfo=zone).timestamp(), zone)

    def wall(self, seconds: float) -> datetime:
        """The local time so many seconds after the start."""
        return datetime.fromtimestamp(self.epoch + seconds, self.zone)


class Stamp(str):
    """A local date and time: 2027-01-29 16:58."""

    __slots__ = ()

    @classmethod
    def from_yaml(cls, value: Plain) -> Self:
        """Read a date and time; ValueError if it is none."""
        if isinstance(value, str) and _is_stamp(value):
            return cls(value)
        raise ValueError(f"expected a date and time such as 2027-01-29 16:58, got {value!r}")


class Moment(str):
    """A moment: 00:31 or 1:05:00 after the start, 90s, T17:05 (time of day), or 2027-01-30 08:00."""

    __slots__ = ()

    @classmethod
    def from_yaml(cls, value: Plain) -> Self:
        """Read a moment; ValueError if it is none."""
        text = f"{value}s" if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else value
        if not isinstance(text, str):
            raise ValueError(f"{_EXPECTED}, got {value!r}")
        if _OFFSET.fullmatch(text) or _OF_DAY.fullmatch(text) or _is_stamp(text):
            return cls(text)
        try:
            Duration.from_yaml(text)
        except ValueError as error:
            raise ValueError(f"{_EXPECTED}, got {value!r}") from error
        return cls(text)

    def after(self, start: Start) -> float:
        """Seconds after the start; negative for a date before it."""
        if offset := _OFFSET.fullmatch(self):
            hours, minutes, seconds = (int(part or 0) for part in offset.groups())
            return float(hours * 3600 + minutes * 60 + seconds)
        if of_day := _OF_DAY.fullmatch(self):
            return _next(start, *(int(part or 0) for part in of_day.groups()))
        if _STAMP.fullmatch(self):
            return datetime.fromisoformat(self).replace(tzinfo=start.zone).timestamp() - start.epoch
        return float(Duration.from_yaml(str(self)))


class Span(str):
    """A moment (to the second), or a span: 05:00..06:00, ..06:00 (by then), 05:00.. (from then on)."""

    __slots__ = ()

    @classmethod
    def from_yaml(cls, value: Plain) -> Self:
        """Read a span; ValueError if it is none."""
        first, dots, last = value.partition("..") if isinstance(value, str) else (value, "", "")
        ends = [first, last] if dots else [first]
        if dots and not (first or last):
            raise ValueError(f"expected a span such as 05:00..06:00, got {value!r}")
        for end in ends:
            if end != "" or not dots:
                Moment.from_yaml(end)
        return cls(f"{value}s" if isinstance(value, int) else value)

    def bounds(self, start: Start) -> tuple[float, float]:
        """The first and the last second of it after the start."""
        first, dots, last = self.partition("..")
        low = Moment(first).after(start) if first else 0.0
        high = (Moment(last).after(start) if last else float("inf")) if dots else low
        return low, high

    def holds(self, seconds: float, start: Start) -> bool:
        """Whether a moment lies in it, to the second."""
        low, high = self.bounds(start)
        return low - 0.5 <= seconds < high + 0.5


def clock(seconds: float) -> str:
    """``00:31``, ``1:05:00``: a moment as a test would write it."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"


def _is_stamp(text: str) -> bool:
    if not _STAMP.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _next(start: Start, hour: int, minute: int, second: int) -> float:
    """Seconds until a time of day comes next."""
    begin = start.wall(0.0)
    then = begin.replace(hour=hour, minute=minute, second=second, microsecond=0, fold=0)
    if then.timestamp() < start.epoch:
        then += timedelta(days=1)
    return then.timestamp() - start.epoch
