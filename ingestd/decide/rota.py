"""Whose turn it is: layers of turns, an iCalendar, holidays and overrides, by the clocks of the rota's zone.

A day is cut wherever something begins or ends. Of each part it is asked who has it: an override, else the iCalendar,
else the holiday layer, else the layers, the last one first. Who is away is passed over: the next of the layer has the
turn. Turns are counted in days of the calendar, so that a day of 23 or 25 hours is one; a hand-over that the clocks
leave out is when they jump, one that they show twice is the first. Days are worked out once.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.calendar import Calendar, CalendarSpec, country
from ingestd.decide.diary import DAY, DayEvent, Diary
from ingestd.decide.vocabulary import WEEKDAYS, Weekday
from ingestd.yamltypes import Clock

OVERRIDE, HOLIDAY, ICAL, EVERYBODY = "override", "holiday", "ical", "everybody"
REMEMBERED = 4096  # days, and moments of them
YEARS = range(1971, 3000)  # that an override may lie in
LONGEST_TURN = 366  # days
_EVERY = re.compile(r"(?:([1-9]\d{0,2}) )?(day|week)s?")

Names = Callable[[DayEvent], tuple[str, ...]]  # an event -> the ids of the people whom it names
Free = Callable[[str, float], bool]  # a person's id and a wall time -> whether she may be on call


class Restrict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """When a layer holds. An end that is not after the beginning is the next day's; the weekday is the beginning's."""

    weekdays: tuple[Weekday, ...] = ()  # none: every day
    from_: str = "00:00"
    to: str = "24:00"


class Layer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People take turns of ``every``, from ``start`` on, handed over at ``handover``."""

    name: str = ""  # as it is shown
    people: tuple[str, ...]
    every: str = "week"  # day, week, 3 days, 2 weeks
    start: str = "2024-01-01"  # a date; weeks begin on its weekday
    handover: str = "09:00"  # by the rota's clocks
    restrict: Restrict | None = None  # None: always


class TurnOverride(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """One person instead of whoever has the turn; of several at once the last written counts."""

    person: str
    from_: str  # 2027-01-31 18:00, by the rota's clocks
    to: str


class Rota(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose turn it is. ``people``, ``every``, ``start``, ``handover`` and ``restrict`` are the first layer."""

    people: tuple[str, ...] = ()
    every: str = "week"  # day, week, 3 days, 2 weeks
    start: str = "2024-01-01"  # a date; weeks begin on its weekday
    handover: str = "09:00"  # by the rota's clocks
    restrict: Restrict | None = None  # when the first layer holds; None: always
    timezone: str = ""  # of the rota's clocks; the site's unless it is written
    layers: tuple[Layer, ...] = ()  # over the first one: of those that hold the last counts
    holidays: str = ""  # a calendar of priority.yaml, or a country (CN, DE-BY): when the layer ``holiday`` holds
    holiday: Layer | None = None
    ical: str = ""  # a file in rules/ or beside people.yaml, or a URL, whose events name people
    ical_file: str = ""  # the file with the URL
    overrides: tuple[TurnOverride, ...] = ()


class Turn(Struct, frozen=True, kw_only=True):
    """Who is on call from ``start`` to ``end`` (wall time, epoch seconds, without the end), and by what."""

    start: float
    end: float
    people: tuple[str, ...]  # empty: nobody
    layer: str = ""  # its name, or override, holiday, ical, everybody; "" for nobody
    also: tuple[str, ...] = ()  # whose overrides for this time do not count

    @property
    def overlaps(self) -> bool:
        """Whether more people are written for this time than one."""
        return bool(self.also) or (self.layer == ICAL and len(self.people) > 1)


class Span(Struct, frozen=True):
    """A stretch of time, and who may have it: the first who is free, or all of them."""

    start: float
    end: float
    people: tuple[str, ...]


# -- what is written


def every_days(every: str) -> int:
    """The length of a turn in days; ValueError: it is none."""
    found = _EVERY.fullmatch(every)
    days = int(found[1] or 1) * (7 if found[2] == "week" else 1) if found else 0
    if not 0 < days <= LONGEST_TURN:
        raise ValueError(f"expected day, week, 3 days or 2 weeks, got {every!r}")
    return days


def handover_minute(text: str) -> int:
    """Minutes after midnight; ValueError: no time of day, or the end of it."""
    minute = int(Clock.from_yaml(text))
    if minute == DAY:
        raise ValueError("expected a time before 24:00")
    return minute


def first_day(text: str) -> date:
    """The day on which the first turn begins; ValueError: it is none."""
    return date.fromisoformat(text)


def hours(restrict: Restrict) -> tuple[int, int]:
    """From and to, in minutes after the midnight that a day begins with; ValueError: no times of day."""
    start, end = handover_minute(restrict.from_), int(Clock.from_yaml(restrict.to))
    return start, end if end > start else end + DAY


def layers_of(rota: Rota) -> tuple[Layer, ...]:
    """Every layer with its name, the first one first; those of holidays are not among them."""
    own = Layer(people=rota.people, every=rota.every, start=rota.start, handover=rota.handover, restrict=rota.restrict)
    listed = (own, *rota.layers) if rota.people else rota.layers
    return tuple(replace(one, name=one.name or f"layer {n}") for n, one in enumerate(listed, 1))


def everybody_of(rota: Rota) -> tuple[str, ...]:
    """The ids of all whom it may call by what is written in it, an iCalendar aside."""
    layers = (*layers_of(rota), *((rota.holiday,) if rota.holiday else ()))
    named = (*(p for layer in layers for p in layer.people), *(one.person for one in rota.overrides))
    return tuple(dict.fromkeys(named))


def zone_of(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    """A zone by its name; the other if none is written, or nobody knows it."""
    try:
        return ZoneInfo(name) if name else otherwise
    except (KeyError, ValueError, OSError):
        return otherwise


# -- clocks


class Clocks:
    """Moments by the clocks of a zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._known: dict[tuple[date, int], float] = {}

    def day(self, wall: float) -> date:
        """The day that it is."""
        return datetime.fromtimestamp(wall, self.zone).date()

    def at(self, day: date, minute: int) -> float:
        """When they show so many minutes after the midnight of a day: the first time, or when they jump over it."""
        key = (day, minute)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._first(datetime.combine(day, time()) + timedelta(minutes=minute))
        return found

    def moment(self, text: str) -> float:
        """A date and a time as written; ValueError: it is none."""
        found = datetime.fromisoformat(text)
        if ":" not in text or found.year not in YEARS:
            raise ValueError(f"expected a date and time such as 2027-01-31 18:00, got {text!r}")
        return found.timestamp() if found.tzinfo else self._first(found)

    def _first(self, shown: datetime) -> float:
        found = shown.replace(tzinfo=self.zone).timestamp()
        if datetime.fromtimestamp(found, self.zone).replace(tzinfo=None) == shown:
            return found
        low = shown.replace(tzinfo=self.zone, fold=1).timestamp()
        before = self._ahead(low)
        return low + bisect_left(range(int(found - low)), True, key=lambda s: self._ahead(low + s) != before)

    def _ahead(self, wall: float) -> timedelta | None:
        return datetime.fromtimestamp(wall, self.zone).utcoffset()


# -- where turns come from


def _first(people: tuple[str, ...]) -> tuple[str, ...]:
    return people[:1]


def _in_order(people: tuple[str, ...]) -> tuple[str, ...]:
    """All of them, in an order that stays the same at midnight."""
    return tuple(sorted(people))


class Source(Struct, frozen=True):
    """Who has which stretches of a day; ``pick``: who of those that are named for a moment, and free, is on call."""

    name: str
    on: Callable[[date], Iterable[Span]]
    pick: Callable[[tuple[str, ...]], tuple[str, ...]] = _first


def everybody(people: tuple[str, ...], clocks: Clocks) -> Source:
    """All of a team, always."""
    return Source(EVERYBODY, lambda day: [Span(clocks.at(day, 0), clocks.at(day, DAY), people)], tuple)


def sources(
    rota: Rota,
    clocks: Clocks,
    calendars: Mapping[str, Calendar],
    events: tuple[DayEvent, ...],
    names: Names,
) -> tuple[Source, ...]:
    """What a rota is made of, the strongest first. ValueError: what is written in it can't be read."""
    found = [_overrides(rota, clocks)]
    if events:
        found.append(_ical(Diary(events), clocks, names))
    holidays = calendar_of(rota.holidays, clocks.zone, calendars)
    if rota.holiday is not None and holidays is not None:
        found.append(_holiday(holidays, _layer(rota.holiday, clocks)))
    return (*found, *(_layer(layer, clocks) for layer in reversed(layers_of(rota))))


def calendar_of(name: str, zone: ZoneInfo, calendars: Mapping[str, Calendar]) -> Calendar | None:
    """A calendar by its id, else the public holidays of a country; None: it is neither."""
    if name in calendars:
        return calendars[name]
    return Calendar(CalendarSpec(id=name, holidays=name), zone) if country(name) is not None else None


def _layer(layer: Layer, clocks: Clocks) -> Source:
    days, start, handover = every_days(layer.every), first_day(layer.start), handover_minute(layer.handover)
    restrict = layer.restrict or Restrict()
    low, high = hours(restrict)

    def turns(day: date) -> Iterator[Span]:
        """The end of one turn and the beginning of the next, or twice the same one."""
        edges = (clocks.at(day, 0), clocks.at(day, handover), clocks.at(day, DAY))
        for n, (begin, end) in enumerate(pairwise(edges), -1):
            place = ((day - start).days + n) // days % len(layer.people) if layer.people else 0
            yield Span(begin, end, layer.people[place:] + layer.people[:place])

    def holds(day: date) -> Iterator[tuple[float, float]]:
        for one in (day - timedelta(days=1), day):
            if not restrict.weekdays or WEEKDAYS[one.weekday()] in restrict.weekdays:
                yield clocks.at(one, low), clocks.at(one, high)

    return Source(layer.name, lambda day: _both(turns(day), list(holds(day))))


def _holiday(calendar: Calendar, layer: Source) -> Source:
    """A layer on the days of a calendar, whose days may be those of another zone."""

    def on(day: date) -> Iterator[Span]:
        near = [stretch for n in (-1, 0, 1) for stretch in calendar.on(day + timedelta(days=n))]
        return _both(layer.on(day), near)

    return Source(HOLIDAY, on)


def _ical(diary: Diary, clocks: Clocks, names: Names) -> Source:
    def on(day: date) -> Iterator[Span]:
        for event, (low, high) in diary.within(day):
            yield Span(clocks.at(day, low), clocks.at(day, high), names(event))

    return Source(ICAL, on, _in_order)


def _overrides(rota: Rota, clocks: Clocks) -> Source:
    listed = [Span(clocks.moment(o.from_), clocks.moment(o.to), (o.person,)) for o in reversed(rota.overrides)]

    def on(day: date) -> Iterator[Span]:
        start, end = clocks.at(day, 0), clocks.at(day, DAY)
        return (span for span in listed if span.start < end and span.end > start)

    return Source(OVERRIDE, on)


def _both(spans: Iterable[Span], stretches: Sequence[tuple[float, float]]) -> Iterator[Span]:
    """Spans within stretches; empty ones may be among them."""
    for span in spans:
        for start, end in stretches:
            yield Span(max(span.start, start), min(span.end, end), span.people)


# -- answers


class Schedule:
    """Who is on call. ``edges``: when people go away and come back, in order."""

    def __init__(self, found: tuple[Source, ...], clocks: Clocks, free: Free, edges: Sequence[float] = ()) -> None:
        self.clocks = clocks
        self._sources, self._free, self._edges = found, free, edges
        self._known: dict[date, tuple[Turn, ...]] = {}

    def at(self, wall: float) -> Turn:
        """The part of a turn that a moment lies in."""
        parts = self._on(self.clocks.day(wall))
        return parts[max(0, bisect_right(parts, wall, key=lambda part: part.start) - 1)]

    def turns(self, start: float, end: float) -> tuple[Turn, ...]:
        """Every turn between two moments, in order and without holes: a part in which nobody has it is one of them."""
        found: list[Turn] = []
        day, last = self.clocks.day(start), self.clocks.day(end)
        while day <= last:
            for part in self._on(day):
                one = replace(part, start=max(part.start, start), end=min(part.end, end))
                if one.start < one.end:
                    _append(found, one)
            day += timedelta(days=1)
        return tuple(found)

    def _on(self, day: date) -> tuple[Turn, ...]:
        found = self._known.get(day)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[day] = tuple(self._parts(day))
        return found

    def _parts(self, day: date) -> list[Turn]:
        start, end = self.clocks.at(day, 0), self.clocks.at(day, DAY)
        spans = [(source, [s for s in source.on(day) if s.start < s.end]) for source in self._sources]
        edges = {edge for _, listed in spans for span in listed for edge in (span.start, span.end)}
        away = self._edges[bisect_left(self._edges, start) : bisect_left(self._edges, end)]
        cuts = sorted({start, end, *(edge for edge in (*edges, *away) if start < edge < end)})
        found: list[Turn] = []
        for low, high in pairwise(cuts):
            _append(found, self._part(low, high, spans))
        return found

    def _part(self, low: float, high: float, spans: Iterable[tuple[Source, list[Span]]]) -> Turn:
        for source, listed in spans:
            named = [p for s in listed if s.start <= low < s.end for p in s.people if self._free(p, low)]
            if named:
                everyone = tuple(dict.fromkeys(named))
                people, also = source.pick(everyone), everyone[1:] if source.name == OVERRIDE else ()
                return Turn(start=low, end=high, people=people, layer=source.name, also=also)
        return Turn(start=low, end=high, people=())


def _append(found: list[Turn], one: Turn) -> None:
    """Add a part to the turn that it goes on with, or as the next one."""
    last = found[-1] if found else None
    if last is not None and (last.people, last.layer, last.also) == (one.people, one.layer, one.also):
        found[-1] = replace(last, end=one.end)
    else:
        found.append(one)
