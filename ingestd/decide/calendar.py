"""Named stretches of time: working time, waking hours, the end of a month. Answers are worked out once for each day.

A calendar holds at some stretches of some days, by the clocks of the site. Which days are working days is said, in this
order, by the site's own iCalendar, by the public holidays of a country (the ``holidays`` package, China's adjusted
Saturdays and Sundays included) and by the weekday.
"""

import calendar as months
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

import holidays
from msgspec import Struct

from ingestd.decide.diary import DAY, DayEvent, Diary, Minutes
from ingestd.decide.vocabulary import WEEKDAYS, Weekday

ALWAYS = "always"
LOOK_AHEAD = 400  # days without any of it after which a calendar is taken for one that never holds
FARTHEST = 3660  # days that are looked at
REMEMBERED = 4096  # days
MINUTE, HOURS_24 = 60, 86400  # seconds
EPOCH = date(1970, 1, 1).toordinal()
WORKING_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
NOVEMBER = 11  # when next year's adjusted days are announced

Stretch = tuple[float, float]  # epoch seconds, without the end
_Number = TypeVar("_Number", int, float)
_Part = tuple[float, float, float]  # of a day: from, to, and how many seconds its clocks are ahead of UTC


class CalendarSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A named stretch of time; every part that is written must hold. Times are the site's local time."""

    id: str
    last_days: int = 0  # of the month
    first_days: int = 0
    days: tuple[int, ...] = ()  # of the month
    dates: tuple[date, ...] = ()
    weekdays: tuple[Weekday, ...] = ()
    from_: str = ""  # "08:00"
    to: str = ""
    holidays: str = ""  # whose: CN, DE-BY
    ical: str = ""  # a file in rules/, or a URL
    ical_file: str = ""  # the file with the URL
    working: bool | None = None  # true: on working days; false: on the others; not written: on what the two above name


class _Spell(Struct, frozen=True):
    """A stretch of time, or the pause between two, as far as it was looked at."""

    since: float = 0.0
    until: float = 0.0  # 0: not for more than a year
    holds: bool = False


class Calendar:
    """One calendar, compiled. ``events``: those of its iCalendar."""

    def __init__(self, spec: CalendarSpec, zone: ZoneInfo, events: tuple[DayEvent, ...] = ()) -> None:
        self.spec = spec
        self._zone = zone
        self._events = events
        self._diary = Diary(events)
        self._country = country(spec.holidays)
        self._known: dict[date, tuple[Stretch, ...]] = {}
        self._spell = _Spell()

    # -- questions
    def holds(self, at: float) -> bool:
        """Whether a moment lies in it."""
        return self._spell_of(at).holds

    def next_start(self, at: float) -> float:
        """A moment in it: this one, or the next at which it begins. One that never holds: this one."""
        return next((max(at, start) for start, _ in self._from(at)), at)

    def after(self, at: float, seconds: float) -> float:
        """The moment after so many seconds of it; when it never holds again, seconds are plain ones."""
        left, since = seconds, at
        for start, end in self._from(at) if left > 0 else ():
            begin = max(at, start)
            if left <= end - begin:
                return begin + left
            left, since = left - (end - begin), end
        return since + left

    def rolled(self, at: float) -> float:
        """The same time of day on this day, if it is one of the calendar, else on the next one that is."""
        local = datetime.fromtimestamp(at, self._zone)
        days = (local.date() + timedelta(days=n) for n in range(LOOK_AHEAD))
        day = next((day for day in days if self.on(day)), local.date())
        if day == local.date():
            return at
        return local.replace(year=day.year, month=day.month, day=day.day).timestamp()

    def next_change(self, at: float) -> float:
        """When it begins or ends next; 0: not for more than a year."""
        return self._spell_of(at).until

    def last_days(self, at: float, ahead: int) -> Iterator[date]:
        """The days, from that of a moment on, after which it pauses: the last of a month end, a tax day."""
        today = self._day(at)
        for n in range(ahead):
            day = today + timedelta(days=n)
            if self.on(day) and not self.on(day + timedelta(days=1)):
                yield day

    def on(self, day: date) -> tuple[Stretch, ...]:
        """The stretches of a day that it holds at, in order."""
        found = self._known.get(day)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[day] = tuple(self._stretches(day))
        return found

    def lacks_adjusted_days(self, now: float) -> int:
        """The year whose adjusted working days ought to be known by now and are not; 0: none is lacking."""
        if self.spec.working is None or self._country is None:
            return 0
        local = datetime.fromtimestamp(now, self._zone)
        year = local.year + 1 if local.month >= NOVEMBER else local.year
        adjusted = _adjusted(self._country, year - 1) or _adjusted(self._country, year - 2)
        known = _adjusted(self._country, year) or any(self._works(event, year) for event in self._events)
        return year if adjusted and not known else 0

    # -- spells
    def _spell_of(self, at: float) -> _Spell:
        """The last answer is kept: most questions are about now."""
        if not self._spell.since <= at < self._spell.until:
            holds = any(start <= at < end for start, end in self.on(self._day(at)))
            self._spell = _Spell(at, self._change_after(at), holds)
        return self._spell

    def _change_after(self, at: float) -> float:
        till = at
        for start, end in self._from(at):
            if start > till:
                return start if till == at else till
            if end - at > LOOK_AHEAD * HOURS_24:
                return 0.0
            till = end
        return till if till > at else 0.0

    # -- days
    @cached_property
    def _hours(self) -> tuple[Minutes, ...]:
        return tuple(_hours(self.spec))

    def _day(self, at: float) -> date:
        return datetime.fromtimestamp(at, self._zone).date()

    def _from(self, at: float) -> Iterator[Stretch]:
        """The stretches that end after a moment, until it pauses for longer than is looked ahead."""
        today, held = self._day(at), 0
        for n in range(FARTHEST):
            found = [stretch for stretch in self.on(today + timedelta(days=n)) if stretch[1] > at]
            yield from found
            held = n if found else held
            if n - held >= LOOK_AHEAD:
                return

    def _stretches(self, day: date) -> Iterator[Stretch]:
        if all(holds(self.spec, day) for holds in _DAYS):
            minutes = _joined(self._minutes(day))
            yield from _joined(one for part in self._parts(day) for one in _by_the_clock(day, part, minutes))

    def _minutes(self, day: date) -> Iterator[Minutes]:
        """The minutes of a day, in any order."""
        if self.spec.working is not None:
            yield from self._working(day)
        elif self._country is None and not self.spec.ical:
            yield from self._hours
        else:
            named = [part for _, part in self._diary.within(day)]
            whole = [(0, DAY)] if self._country is not None and day in self._country else []
            yield from _both(_joined((*named, *whole)), self._hours)

    def _working(self, day: date) -> Iterator[Minutes]:
        """The hours of a working day (or of one that is none), with what the iCalendar says of single hours."""
        today = list(self._diary.within(day))
        said = [event.work for event, _ in today if event.whole_days]
        works = any(said) if said else self._usually(day)
        parts = [(event.work, part) for event, part in today if not event.whole_days]
        usual = self._hours if works is self.spec.working else ()
        yield from _without(usual, _joined(part for work, part in parts if work is not self.spec.working))
        yield from (part for work, part in parts if work is self.spec.working)

    def _usually(self, day: date) -> bool:
        """Whether a day is a working day where the site itself says nothing of it."""
        found = self._country
        if found is not None and (not self.spec.weekdays or day in found.weekend_workdays):
            return found.is_working_day(day)
        return WEEKDAYS[day.weekday()] in (self.spec.weekdays or WORKING_WEEK) and (found is None or day not in found)

    def _works(self, event: DayEvent, year: int) -> bool:
        return event.work and (event.first.year == year or event.rule is not None)

    # -- clocks
    def _parts(self, day: date) -> Iterator[_Part]:
        """A day, in two on those on which clocks are changed."""
        start, end = self._midnight(day), self._midnight(day + timedelta(days=1))
        before, after = self._offset(start), self._offset(end - 1)
        if before == after:
            yield start, end, before
            return
        change = start + bisect_left(range(int(end - start)), True, key=lambda s: self._offset(start + s) != before)
        yield from ((start, change, before), (change, end, after))

    def _midnight(self, day: date) -> float:
        return datetime.combine(day, time(), self._zone).timestamp()

    def _offset(self, at: float) -> float:
        """How many seconds the clocks of the site are ahead of UTC."""
        found = datetime.fromtimestamp(at, self._zone).utcoffset()
        return found.total_seconds() if found is not None else 0.0


@lru_cache(maxsize=64)
def country(code: str) -> holidays.HolidayBase | None:
    """The public holidays of a country (CN) or a part of one (DE-BY); None if nobody knows them, or none are asked."""
    land, _, part = code.partition("-")
    if len(land) not in (2, 3) or not land.isupper():  # the package also answers to the names of its classes
        return None
    try:
        return holidays.country_holidays(land, subdiv=part or None)
    except (NotImplementedError, TypeError):
        return None


def _adjusted(found: holidays.HolidayBase, year: int) -> bool:
    """Whether working days on weekends are known of a year."""
    found.is_working_day(date(year, 1, 1))  # fills in the year
    return any(day.year == year for day in found.weekend_workdays)


def _hours(spec: CalendarSpec) -> Iterator[Minutes]:
    """The minutes of each of its days; a stretch over midnight takes both ends of the day."""
    start, end = _minute(spec.from_ or "00:00"), _minute(spec.to) if spec.to else DAY
    if start <= end:
        yield start, end
    else:
        yield from ((0, end), (start, DAY))


def _minute(text: str) -> int:
    found = time.fromisoformat(text)
    return found.hour * 60 + found.minute


def _both(some: Iterable[Minutes], others: Iterable[Minutes]) -> Iterator[Minutes]:
    for low, high in some:
        for start, end in others:
            yield max(low, start), min(high, end)


def _without(minutes: Iterable[Minutes], parts: Sequence[Minutes]) -> Iterator[Minutes]:
    """Minutes less parts, which are in order; empty stretches may be among them."""
    for low, high in minutes:
        for start, end in parts:
            yield low, min(start, high)
            low = max(low, end)  # noqa: PLW2901  (what is left of it)
        yield low, high


def _joined(stretches: Iterable[tuple[_Number, _Number]]) -> list[tuple[_Number, _Number]]:
    """Stretches in order, of which none is empty and none meets another."""
    found: list[tuple[_Number, _Number]] = []
    for low, high in sorted(one for one in stretches if one[0] < one[1]):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def _by_the_clock(day: date, part: _Part, minutes: Iterable[Minutes]) -> Iterator[Stretch]:
    """When the clocks show some minutes of a day within one part of it; empty stretches may be among them."""
    start, end, ahead = part
    midnight = (day.toordinal() - EPOCH) * HOURS_24 - ahead
    for low, high in minutes:
        yield max(start, midnight + low * MINUTE), min(end, midnight + high * MINUTE)


def _length(day: date) -> int:
    return months.monthrange(day.year, day.month)[1]


#: What a calendar says of days; of each part that is written the day must be one.
_DAYS: tuple[Callable[[CalendarSpec, date], bool], ...] = (
    lambda spec, day: not spec.last_days or day.day > _length(day) - spec.last_days,
    lambda spec, day: not spec.first_days or day.day <= spec.first_days,
    lambda spec, day: not spec.days or day.day in spec.days,
    lambda spec, day: not spec.dates or day in spec.dates,
    lambda spec, day: not spec.weekdays or spec.working is not None or WEEKDAYS[day.weekday()] in spec.weekdays,
)


def compiled(
    specs: tuple[CalendarSpec, ...], zone: ZoneInfo, events: Callable[[str], tuple[DayEvent, ...]]
) -> Mapping[str, Calendar]:
    """Calendars by id. ``events``: those of an iCalendar by the name of its file."""
    return {spec.id: Calendar(spec, zone, events(spec.ical) if spec.ical else ()) for spec in specs}
