"""A site's iCalendar (RFC 5545): when its events are, and whether each says that people work then.

An event says so by a category or by its title (``work``, 上班, 补班, 班, or Apple's ALTERNATE-WORKDAY); any other one
makes its time free. A series follows the clocks of its own zone; an event without a time lasts all day.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import icalendar
from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.diary import DAY, DayEvent
from ingestd.decide.recurrence import recurrence

MOST_TEXT = 200_000  # characters: some thousand events
MOST_AGAIN = 2000  # days that events with a rule last together
MOST_COUNTED = 100  # rules with a COUNT
LONGEST_TITLE = 100  # characters that are looked at
MOST_ATTENDEES = 20  # of one event
LONGEST = 400 * DAY  # minutes of one event
#: What an event can't be understood without.
_ASKED = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})
_NOT_WORK = re.compile(
    r"不上班|不用上班|免上班|停班"
    r"|\b(?:no|not|non|off|without|never)[ -]?(?:a |from |at )?work|\bwork(?:ing)?[ -]?(?:days? )?(?:free|off)\b",
    re.IGNORECASE,
)
_WORK = re.compile(r"上班|补班|補班|调休工作|[(（]班[)）]|班$|\bwork(?:ing)?(?:[ -]?day)?s?\b", re.IGNORECASE)
#: What a reader of the library may stumble over in a file that is none.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, OSError)


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
    instead: dict[str, list[date]] = {}
    for one in found:
        if one.instead is not None:
            instead.setdefault(one.uid, []).append(one.instead)
    events = (_replaced(one, instead.get(one.uid, ())) for one in found)
    return Ical(tuple(event for event in events if event is not None), mistakes)


class _Found(Struct, frozen=True):
    """An event (None: called off), and which one of a series it stands for."""

    event: DayEvent | None
    uid: str
    instead: date | None


def _replaced(one: _Found, instead: Iterable[date]) -> DayEvent | None:
    """An event without the days that others of its UID stand for."""
    if one.event is None or one.instead is not None or not one.uid:
        return one.event
    days = frozenset(_day(moment, one.event.zone or one.event.site) for moment in instead)
    return replace(one.event, without=one.event.without | days)


def _events(components: list[Any], zone: tzinfo) -> tuple[list[_Found], tuple[str, ...]]:
    found: list[_Found] = []
    mistakes: list[str] = []
    again = counted = 0
    for component in components:
        try:
            counted += "COUNT" in (component.get("RRULE") or ())
            if counted > MOST_COUNTED:
                raise ValueError(f"expected at most {MOST_COUNTED} rules with a COUNT: use UNTIL")
            event = _event(component, zone)
            again += event.minutes // DAY + 1 if event is not None and event.rule is not None else 0
            if again > MOST_AGAIN:
                raise ValueError(f"expected events with an RRULE of at most {MOST_AGAIN} days together")
            found.append(_Found(event, str(component.get("UID", "")), _instead(component)))
        except _UNREADABLE as error:
            mistakes.append(f"{str(component.get('SUMMARY', '?'))[:60]}: {str(error)[:200]}")
    return found, tuple(mistakes)


def _event(component: Any, site: tzinfo) -> DayEvent | None:
    """One event; None if it was called off."""
    for name, why in component.errors:
        if name in _ASKED:
            raise ValueError(f"{name}: {why}")
    if str(component.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start = _moment(component, "DTSTART")
    length = _length(component, start)
    if not 0 < length <= LONGEST:
        raise ValueError(f"expected a length of 1 minute to {LONGEST // DAY} days")
    rule = component.get("RRULE")
    if isinstance(rule, list):
        raise ValueError("expected one RRULE")
    zone = start.tzinfo if isinstance(start, datetime) and (rule or "RDATE" in component) else None
    own = zone or site
    first = start if isinstance(start, datetime) else datetime.combine(start, time())
    first = first.astimezone(own) if first.tzinfo else first.replace(tzinfo=own)
    return DayEvent(
        first=first.date(),
        minute=first.hour * 60 + first.minute,
        minutes=length,
        work=_says_work(component),
        title=str(component.get("SUMMARY", ""))[:LONGEST_TITLE],
        attendees=tuple(_attendees(component)),
        rule=recurrence(rule, first, timed=isinstance(start, datetime)) if rule else None,
        also=frozenset(_dates(component.get("RDATE"), own)),
        without=frozenset(_dates(component.get("EXDATE"), own)),
        zone=None if str(own) == str(site) else own,
        site=site,
    )


def _moment(component: Any, name: str) -> date:
    """A day or a time of an event."""
    found = getattr(component.get(name), "dt", None)
    if not isinstance(found, date):
        raise ValueError(f"expected one {name} that is a day or a time")
    return found


def _instead(component: Any) -> date | None:
    """Which one of a series an event stands for."""
    found = component.get("RECURRENCE-ID")
    if found is None:
        return None
    if "RANGE" in found.params:
        raise ValueError("expected a RECURRENCE-ID without RANGE")
    return _moment(component, "RECURRENCE-ID")


def _length(component: Any, start: date) -> int:
    """Minutes: to the end, as long as it says, or by the standard a day or nothing."""
    usual = timedelta(0) if isinstance(start, datetime) else timedelta(days=1)
    if "DTEND" in component:
        end = _moment(component, "DTEND")
        if isinstance(end, datetime) is not isinstance(start, datetime):
            raise ValueError("DTSTART and DTEND: expected two days or two times")
        usual = end - start or usual
    elif "DURATION" in component:
        usual = component["DURATION"].dt
    return round(usual.total_seconds() / 60)


def _day(moment: date, zone: tzinfo | None) -> date:
    """The day of a moment in a zone."""
    if not isinstance(moment, datetime):
        return moment
    return moment.astimezone(zone).date() if moment.tzinfo else moment.date()


def _dates(found: Any, zone: tzinfo) -> Iterator[date]:
    for listed in found if isinstance(found, list) else [found] if found else []:
        for one in listed.dts:
            if not isinstance(one.dt, date):
                raise ValueError("RDATE, EXDATE: expected days or times")
            yield _day(one.dt, zone)


def _attendees(component: Any) -> Iterator[str]:
    found = component.get("ATTENDEE")
    for one in (found if isinstance(found, list) else [found] if found else [])[:MOST_ATTENDEES]:
        if str(getattr(one, "params", {}).get("PARTSTAT", "")).upper() != "DECLINED":
            yield str(one).casefold().removeprefix("mailto:")


def _says_work(component: Any) -> bool:
    if "WORKDAY" in str(component.get("X-APPLE-SPECIAL-DAY", "")).upper():
        return True
    found = component.get("CATEGORIES")
    listed = found if isinstance(found, list) else [found] if found else []
    words = [str(word) for one in listed for word in getattr(one, "cats", [one])]
    return any(_is_work(word) for word in (*words, str(component.get("SUMMARY", ""))))


def _is_work(text: str) -> bool:
    short = text[:LONGEST_TITLE]
    return bool(_WORK.search(short)) and not _NOT_WORK.search(short)
