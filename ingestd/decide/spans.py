"""When a silence or a maintenance holds: from a start to an end, or at hours that come again every week or month.

All times are wall times; hours follow the clocks of their zone.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import dropwhile
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingestd.model import Silence, Weekly

Span = tuple[float, float]  # from, to
LAST = -1
_WEEK = timedelta(days=7)


class Monthly(Struct, frozen=True, kw_only=True):
    """Some hours of one day of every month, by the clocks of a zone: the second Tuesday, the last Sunday."""

    nth: int  # from 1 on, or ``LAST``
    weekday: int  # 0 = Monday
    from_minute: int = 0  # after midnight
    to_minute: int = 1440  # not after ``from_minute``: of the next day
    zone: str = "UTC"


Hours = Weekly | Monthly


def active(silence: Silence, wall: float) -> bool:
    """Whether it hides anything at a moment."""
    return span(silence, wall) is not None


def span(silence: Silence, wall: float) -> Span | None:
    """The stretch of a silence that a moment lies in; None if it lies in none."""
    return next(((start, end) for start, end in _spans(silence, wall) if start <= wall < end), None)


def next_start(silence: Silence, wall: float) -> float:
    """When it begins to hold, the next time after a moment; 0: never again."""
    return next((start for start, _ in _spans(silence, wall) if start > wall), 0.0)


def hours_at(hours: Hours, wall: float) -> Span | None:
    """The stretch of hours that come again that a moment lies in; None if it lies in none."""
    today = datetime.fromtimestamp(wall, ZoneInfo(hours.zone)).date()
    days = (day for day in (today - timedelta(days=1), today) if _is_day_of(hours, day))
    return next((found for found in (_of_day(hours, day) for day in days) if found[0] <= wall < found[1]), None)


def midnight(day: date, zone: str) -> float:
    """When a day begins in a zone."""
    return datetime.combine(day, time(), ZoneInfo(zone)).timestamp()


def is_zone(name: str) -> bool:
    """Whether the time-zone database knows the name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # it can't be a name, leads to a folder, or to nothing
        return False
    return True


def _spans(silence: Silence, wall: float) -> Iterator[Span]:
    """The stretches that end after a moment, in their order: as many as are needed to find the next one."""
    if silence.weekly is None:
        spans: Iterator[Span] = iter([(silence.starts_at, silence.ends_at)])
    else:
        found = _weeks(silence.weekly, max(wall, silence.starts_at))
        spans = ((max(start, silence.starts_at), min(end, silence.ends_at)) for start, end in found)
    return dropwhile(lambda one: one[1] <= wall, (one for one in spans if one[0] < one[1]))


def _weeks(weekly: Weekly, wall: float) -> Iterator[Span]:
    """The stretches of the day before and of the eight days from then on."""
    today = datetime.fromtimestamp(wall, ZoneInfo(weekly.zone)).date()
    for days in range(-1, 8):
        day = today + timedelta(days=days)
        if _is_day_of(weekly, day):
            yield _of_day(weekly, day)


def _is_day_of(hours: Hours, day: date) -> bool:
    """Whether the hours begin on a day."""
    if isinstance(hours, Weekly):
        return day.weekday() in hours.weekdays
    if day.weekday() != hours.weekday:
        return False
    return (day + _WEEK).month != day.month if hours.nth == LAST else (day.day - 1) // 7 + 1 == hours.nth


@lru_cache(maxsize=1000)
def _of_day(hours: Hours, day: date) -> Span:
    """What begins on a day; an end that is not after the beginning is the next day's."""
    over = hours.to_minute <= hours.from_minute
    return _at(hours, day, hours.from_minute), _at(hours, day + timedelta(days=over), hours.to_minute)


def _at(hours: Hours, day: date, minute: int) -> float:
    begin = datetime.combine(day, time(), ZoneInfo(hours.zone))
    return (begin + timedelta(minutes=minute)).timestamp()
