"""Rotas: what can't be read, what never holds, who can't be called, and when nobody is on call."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ingestd.check.calendars import NOT_FETCHED
from ingestd.decide import ical
from ingestd.decide.oncall import People, PeopleFile
from ingestd.decide.rota import (
    Clocks,
    Layer,
    Restrict,
    Rota,
    TurnOverride,
    calendar_of,
    every_days,
    first_day,
    handover_minute,
    hours,
    layers_of,
    zone_of,
)
from ingestd.decide.vocabulary import WEEKDAYS
from ingestd.feeds import is_copy
from ingestd.references import unknown
from ingestd.settings import is_zone
from ingestd.yamltypes import Clock, Document, Place, Problem, Said, said

AHEAD = 28 * 86400.0  # seconds that are looked at
DAY, WEEK = 1440, 10080  # minutes
SHOWN = 5  # mistakes of one file
UTC = ZoneInfo("UTC")

Mistake = tuple[Place, Said]


# -- what can't be read


def rota_problems(document: Document[PeopleFile]) -> Iterator[Problem]:
    """Dates, times and lengths that a rota can't be read by."""
    for place, rota in _rotas(document):
        for inner, words in _mistakes(rota):
            yield document.problem((*place, *inner), words)


def without_broken_rotas(file: PeopleFile) -> PeopleFile:
    """The same people; a team whose rota can't be read has none, so that questions can be asked."""
    teams = (replace(t, rota=None) if t.rota is not None and any(_mistakes(t.rota)) else t for t in file.teams)
    return replace(file, teams=tuple(teams))


def named_problems(
    document: Document[PeopleFile], calendars: Collection[str], icals: Mapping[str, str], site: ZoneInfo
) -> Iterator[Problem]:
    """Calendars that nothing defines, and iCalendars that can't be read. ``calendars``: the ids that are known."""
    for place, rota in _rotas(document):
        if rota.holidays and rota.holidays not in calendars and calendar_of(rota.holidays, site, {}) is None:
            yield document.problem((*place, "holidays"), unknown("calendar", rota.holidays, calendars))
        if is_copy(rota.ical) and rota.ical not in icals:
            yield document.warning((*place, "ical"), NOT_FETCHED)
        elif rota.ical and rota.ical not in icals:
            missing = said("there is no file {path}", path=f"rules/{rota.ical}")
            words = missing if rota.ical.endswith(".ics") else said("expected a file rules/*.ics")
            yield document.problem((*place, "ical"), words)
        elif rota.ical:
            found = ical.read(icals[rota.ical], zone_of(rota.timezone, site))
            for mistake in found.mistakes[:SHOWN]:
                yield document.warning((*place, "ical"), said("{file}: {why}", file=rota.ical, why=mistake))


def _rotas(document: Document[PeopleFile]) -> Iterator[tuple[Place, Rota]]:
    for i, team in enumerate(document.value.teams):
        if team.rota is not None:
            yield ("teams", i, "rota"), team.rota


def _mistakes(rota: Rota) -> Iterator[Mistake]:
    if not (rota.people or rota.layers or rota.holiday or rota.ical or rota.overrides):
        yield ("people",), said("expected at least one person")
    if rota.timezone and not is_zone(rota.timezone):
        hint = said(": expected a name such as Asia/Shanghai")
        yield ("timezone",), said("unknown time zone {name!r}{hint}", name=rota.timezone, hint=hint)
    yield from _layer_mistakes((), rota)
    for place, layer in _written_layers(rota):
        if not layer.people:
            yield (*place, "people"), said("expected at least one person")
        yield from _layer_mistakes(place, layer)
    if bool(rota.holidays) is (rota.holiday is None):
        key, lacking = ("holidays", "holiday") if rota.holidays else ("holiday", "holidays")
        yield (key,), said("{key} needs {lacking}", key=key, lacking=lacking)
    for i, one in enumerate(rota.overrides):
        for key, text in (("from", one.from_), ("to", one.to)):
            words = said(
                "expected {wanted}, got {got!r}", wanted=said("a date and time such as 2027-01-31 18:00"), got=text
            )
            yield from _wrong(("overrides", i, key), Clocks(UTC).moment, text, words)


def _written_layers(rota: Rota) -> Iterator[tuple[Place, Layer]]:
    yield from ((("layers", i), layer) for i, layer in enumerate(rota.layers))
    if rota.holiday is not None:
        yield ("holiday",), rota.holiday


def _layer_mistakes(place: Place, layer: Rota | Layer) -> Iterator[Mistake]:
    a_date, got = said("a date such as 2027-01-31"), "expected {wanted}, got {got!r}"
    yield from _wrong((*place, "start"), first_day, layer.start, said(got, wanted=a_date, got=layer.start))
    every = said("expected day, week, 3 days or 2 weeks, got {got!r}", got=layer.every)
    yield from _wrong((*place, "every"), every_days, layer.every, every)
    yield from _wrong((*place, "handover"), handover_minute, layer.handover, _no_time(layer.handover))
    if layer.restrict is not None:
        start, end = layer.restrict.from_, layer.restrict.to
        yield from _wrong((*place, "restrict", "from"), handover_minute, start, _no_time(start))
        yield from _wrong((*place, "restrict", "to"), Clock.from_yaml, end, _no_time(end))


def _no_time(text: str) -> Said:
    return said("expected a time of day such as 06:00, got {got!r}", got=text)


def _wrong(place: Place, read: Callable[[str], object], text: str, words: Said) -> Iterator[Mistake]:
    try:
        read(text)
    except (ValueError, OverflowError):
        yield place, words


# -- what works, though hardly as it is meant


def turn_problems(
    document: Document[PeopleFile], people: People, used: Collection[str], now: float
) -> Iterator[Problem]:
    """Layers and overrides that are never asked, people who can't be called, gaps. ``used``: teams that are told."""
    for (*place, _), rota in _rotas(document):
        team = document.value.teams[int(place[1])].id
        if people.teams[team].rota is not rota:
            continue  # it can't be read, or another team has the name
        look = _Look(document, (*place, "rota"), rota, people, now)
        yield from look.layers()
        yield from look.persons()
        yield from look.overrides()
        for title in people.nameless(team)[:SHOWN]:
            words = said("{file}: {title!r} names nobody of people.yaml", file=rota.ical, title=title)
            yield document.warning((*place, "rota", "ical"), words)
        if team in used:
            yield from look.gaps(team)


class _Look:
    """One rota."""

    def __init__(self, document: Document[PeopleFile], place: Place, rota: Rota, people: People, now: float) -> None:
        self._document, self._place, self._rota, self._people = document, place, rota, people
        self._now, self._clocks = now, Clocks(zone_of(rota.timezone, people.zone))

    def layers(self) -> Iterator[Problem]:
        """Layers that others always take the place of."""
        first = len(self._rota.people) > 0
        listed = layers_of(self._rota)
        tops = _tops([layer.restrict or Restrict() for layer in listed])
        for n, layer in enumerate(listed):
            if n not in tops:
                place: Place = ("people",) if first and n == 0 else ("layers", n - first)
                words = said("{layer} never holds: the layers after it take all its time", layer=layer.name)
                yield self._warning(place, words)

    def persons(self) -> Iterator[Problem]:
        """People in layers who have no contact, or are away for all of the time that is looked at."""
        rota = self._rota
        lists: list[tuple[Place, tuple[str, ...]]] = [(("people",), rota.people)]
        lists += [((*place, "people"), layer.people) for place, layer in _written_layers(rota)]
        for place, persons in lists:
            for j, person in enumerate(persons):
                words = self._unable(person, self._now, self._now + AHEAD)
                if words is not None:
                    yield self._warning((*place, j), words)

    def overrides(self) -> Iterator[Problem]:
        """Overrides that cover nothing, lie over another, or name somebody who can't be called."""
        spans = [self._span(one) for one in self._rota.overrides]
        for i, one in enumerate(self._rota.overrides):
            start, end = spans[i]
            if end <= start:
                yield self._warning(("overrides", i), said("it ends before it starts: it covers nothing"))
                continue
            words = self._unable(one.person, start, end)
            if words is not None:
                yield self._warning(("overrides", i, "person"), words)
        for i, j in _overlapping(spans):
            if self._rota.overrides[i].person != self._rota.overrides[j].person:
                low, high = max(spans[i][0], spans[j][0]), min(spans[i][1], spans[j][1])
                words = said(
                    "override {n} is for the same time ({start} to {end}): the last written counts",
                    n=i + 1,
                    start=self._shown(low),
                    end=self._shown(high),
                )
                yield self._warning(("overrides", j), words)

    def gaps(self, team: str) -> Iterator[Problem]:
        """When nobody is on call."""
        turns = self._people.turns(team, self._now, self._now + AHEAD)
        found = [turn for turn in turns if not turn.people]
        if found:
            more = said(" and {count} times more", count=len(found) - 1) if len(found) > 1 else ""
            words = said(
                "nobody is on call of {team} from {start} to {end}{more}",
                team=team,
                start=self._shown(found[0].start),
                end=self._shown(found[0].end),
                more=more,
            )
            yield self._warning((), words)

    def _unable(self, person: str, start: float, end: float) -> Said | None:
        found = self._people.persons.get(person)
        if found is None:
            return None  # told elsewhere
        if not found.ways():
            return said("{person} has no contact: nobody is told in this turn", person=person)
        if any(low <= start and end <= high for low, high in self._people.absences(person)):
            return said("{person} is away then: the next one is called", person=person)
        return None

    def _span(self, one: TurnOverride) -> tuple[float, float]:
        return self._clocks.moment(one.from_), self._clocks.moment(one.to)

    def _shown(self, wall: float) -> str:
        return f"{datetime.fromtimestamp(wall, self._clocks.zone):%Y-%m-%d %H:%M}"

    def _warning(self, place: Place, words: Said) -> Problem:
        return self._document.warning((*self._place, *place), words)


def _tops(restricts: Sequence[Restrict]) -> set[int]:
    """Which of some layers, the strongest last, hold at some minute of a week."""
    windows = [list(_windows(one)) for one in restricts]
    cuts = sorted({0, WEEK, *(edge for listed in windows for window in listed for edge in window)})
    found: set[int] = set()
    for start, _ in pairwise(cuts):
        held = (n for n in reversed(range(len(windows))) if any(low <= start < high for low, high in windows[n]))
        found.add(next(held, -1))
    return found


def _windows(restrict: Restrict) -> Iterator[tuple[int, int]]:
    """When a layer holds, in minutes of a week."""
    low, high = hours(restrict)
    for n, day in enumerate(WEEKDAYS):
        if not restrict.weekdays or day in restrict.weekdays:
            start, end = n * DAY + low, n * DAY + high
            yield start, min(end, WEEK)
            yield 0, max(0, end - WEEK)


def _overlapping(spans: Sequence[tuple[float, float]]) -> Iterator[tuple[int, int]]:
    """Pairs of stretches, by their places, of which the later written meets an earlier one: one pair for each."""
    ordered = sorted((n for n, (start, end) in enumerate(spans) if start < end), key=lambda n: spans[n])
    longest: int | None = None  # of those that began before, the one that ends last
    for n in ordered:
        if longest is not None and spans[n][0] < spans[longest][1]:
            yield min(n, longest), max(n, longest)
        if longest is None or spans[n][1] > spans[longest][1]:
            longest = n
