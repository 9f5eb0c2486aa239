"""A site's iCalendar (RFC 5545): when its events are, and whether each says that people work then.

An event says so by a category or by its title (``work``, 上班, 补班, 班, or Apple's ALTERNATE-WORKDAY); any other one
makes its time free. Times in a zone of their own are taken at the site's; an event without a time lasts all day.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import icalendar
from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.recurrence import Recurrence, recurrence

MOST_TEXT = 200_000  # characters: some thousand events
MOST_COUNTED = 50  # events with a COUNT
LONGEST = 400 * 1440  # minutes of one event
DAY = 1440  # minutes
_NOT_WORK = re.compile(r"不上班|不用上班|免上班|\b(?:no|not|non|off|without)[ -]?work|work[- ]?free", re.IGNORECASE)
_WORK = re.compile(r"上班|补班|補班|调休工作|[(（]班[)）]|班$|\bwork(?:ing)?(?:[ -]?day)?s?\b", re.IGNORECASE)
#: What a reader of the library may stumble over in a file that is none.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


class DayEvent(Struct, frozen=True, kw_only=True):
    """A stretch of time, once or again and again."""

    first: date
    minute: int = 0  # after midnight
    minutes: int = DAY  # how long
    work: bool = False
    title: str = ""
    rule: Recurrence | None = None
    without: frozenset[date] = frozenset()

    @property
    def whole_days(self) -> bool:
        """Whether it is about days rather than hours."""
        return self.minute == 0 and self.minutes % DAY == 0

    def within(self, day: date) -> Iterator[tuple[int, int]]:
        """The minutes of a day that it takes."""
        for back in range((self.minute + self.minutes - 1) // DAY + 1):
            if self._starts(day - timedelta(days=back)):
                low = max(0, self.minute - back * DAY)
                high = min(DAY, self.minute + self.minutes - back * DAY)
                if low < high:
                    yield low, high

    def _starts(self, day: date) -> bool:
        if day in self.without:
            return False
        return day == self.first if self.rule is None else self.rule.on(day)


class Ical(Struct, frozen=True):
    """The events of a file, and what of it can't be read."""

    events: tuple[DayEvent, ...] = ()
    mistakes: tuple[str, ...] = ()


def read(text: str, zone: tzinfo) -> Ical:
    """Read a file; what can't be read is named and left out."""
    if len(text) > MOST_TEXT:
        return Ical((), (f"expected at most {MOST_TEXT} characters, got {len(text)}",))
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except _UNREADABLE as error:
        return Ical((), (f"no iCalendar: {str(error)[:200]}",))
    if not calendars:
        return Ical((), ("no iCalendar: expected BEGIN:VCALENDAR",))
    found, mistakes = _events([part for one in calendars for part in one.walk("VEVENT")], zone)
    moved: dict[str, frozenset[date]] = {}
    for one in found:
        if one.moved is not None and one.uid:
            moved[one.uid] = moved.get(one.uid, frozenset()) | {one.moved}
    nothing: frozenset[date] = frozenset()
    events = (
        one.event if one.moved else replace(one.event, without=one.event.without | moved.get(one.uid, nothing))
        for one in found
    )
    return Ical(tuple(events), mistakes)


class _Found(Struct, frozen=True):
    """An event, and which day of another one it stands for."""

    event: DayEvent
    uid: str
    moved: date | None


def _events(components: list[Any], zone: tzinfo) -> tuple[list[_Found], tuple[str, ...]]:
    found: list[_Found] = []
    mistakes: list[str] = []
    counted = 0
    for component in components:
        try:
            counted += "COUNT" in (component.get("RRULE") or ())
            event = _event(component, zone, counted)
            instead = component.get("RECURRENCE-ID")
            moved = _local(instead.dt, zone)[0] if instead is not None else None
        except _UNREADABLE as error:
            mistakes.append(f"{str(component.get('SUMMARY', '?'))[:60]}: {str(error)[:200]}")
            continue
        if event is not None:
            found.append(_Found(event, str(component.get("UID", "")), moved))
    return found, tuple(mistakes)


def _event(component: Any, zone: tzinfo, counted: int) -> DayEvent | None:
    """One event; None if it was called off."""
    if str(component.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start = component["DTSTART"].dt
    first, minute = _local(start, zone)
    length = _length(component, start)
    if not 0 < length <= LONGEST:
        raise ValueError(f"expected a length of 1 minute to {LONGEST // DAY} days")
    if counted > MOST_COUNTED:
        raise ValueError(f"expected at most {MOST_COUNTED} rules with a COUNT: use UNTIL")
    rule = component.get("RRULE")
    if isinstance(rule, list):
        raise ValueError("expected one RRULE")
    return DayEvent(
        first=first,
        minute=minute,
        minutes=length,
        work=_says_work(component),
        title=str(component.get("SUMMARY", ""))[:100],
        rule=recurrence(rule, first, zone) if rule else None,
        without=frozenset(_dates(component.get("EXDATE"), zone)),
    )


def _length(component: Any, start: date) -> int:
    """Minutes: to the end, as long as it says, or by the standard a day or nothing."""
    usual = timedelta(0) if isinstance(start, datetime) else timedelta(days=1)
    if "DTEND" in component:
        end = component["DTEND"].dt
        if isinstance(end, datetime) is not isinstance(start, datetime):
            raise ValueError("DTSTART and DTEND: expected two days or two times")
        usual = end - start or usual
    elif "DURATION" in component:
        usual = component["DURATION"].dt
    return round(usual.total_seconds() / 60)


def _local(moment: date, zone: tzinfo) -> tuple[date, int]:
    """The day and the minute at the site."""
    if not isinstance(moment, datetime):
        return moment, 0
    local = moment.astimezone(zone) if moment.tzinfo else moment
    return local.date(), local.hour * 60 + local.minute


def _dates(found: Any, zone: tzinfo) -> Iterator[date]:
    for listed in found if isinstance(found, list) else [found] if found else []:
        for one in listed.dts:
            yield _local(one.dt, zone)[0]


def _says_work(component: Any) -> bool:
    if "WORKDAY" in str(component.get("X-APPLE-SPECIAL-DAY", "")).upper():
        return True
    found = component.get("CATEGORIES")
    listed = found if isinstance(found, list) else [found] if found else []
    words = [str(word) for one in listed for word in getattr(one, "cats", [one])]
    return any(_is_work(word) for word in (*words, str(component.get("SUMMARY", ""))))


def _is_work(text: str) -> bool:
    return bool(_WORK.search(text)) and not _NOT_WORK.search(text)
