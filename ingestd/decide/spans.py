"""When a silence holds: from a start to an end, or every week at some hours in between. All times are wall times."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import dropwhile
from zoneinfo import ZoneInfo

from ingestd.model import Silence, Weekly

Span = tuple[float, float]  # from, to


def active(silence: Silence, wall: float) -> bool:
    """Whether it hides anything at a moment."""
    return span(silence, wall) is not None


def span(silence: Silence, wall: float) -> Span | None:
    """The stretch of a silence that a moment lies in; None if it lies in none."""
    return next(((start, end) for start, end in _spans(silence, wall) if start <= wall < end), None)


def next_start(silence: Silence, wall: float) -> float:
    """When it begins to hold, the next time after a moment; 0: never again."""
    return next((start for start, _ in _spans(silence, wall) if start > wall), 0.0)


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
        if day.weekday() in weekly.weekdays:
            yield _of_day(weekly, day)


@lru_cache(maxsize=1000)
def _of_day(weekly: Weekly, day: date) -> Span:
    """What begins on a day; an end that is not after the beginning is the next day's."""
    over = weekly.to_minute <= weekly.from_minute
    return _at(weekly, day, weekly.from_minute), _at(weekly, day + timedelta(days=over), weekly.to_minute)


def _at(weekly: Weekly, day: date, minute: int) -> float:
    midnight = datetime.combine(day, time(), ZoneInfo(weekly.zone))
    return (midnight + timedelta(minutes=minute)).timestamp()
