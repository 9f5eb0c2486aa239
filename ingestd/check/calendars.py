"""Calendars: countries and files that nobody knows, adjusted working days that are lacking, names that lead nowhere."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from zoneinfo import ZoneInfo

import holidays

from ingestd.decide import ical
from ingestd.decide.calendar import ALWAYS, Calendar, CalendarSpec, country
from ingestd.decide.rank import PriorityRules
from ingestd.decide.route import EscalationRules
from ingestd.decide.topology import DeadlineSpec, DepartmentSpec, NodeSpec, TopologyFile
from ingestd.feeds import is_copy
from ingestd.references import unknown
from ingestd.yamltypes import Document, Place, Problem, said

SHOWN = 5  # mistakes of one file
NOT_FETCHED = said("this calendar was not fetched yet: a running daemon does, `ingestd doctor` tries it")


def calendar_problems(
    documents: Sequence[Document[PriorityRules]], icals: Mapping[str, str], zone: ZoneInfo, now: float
) -> Iterator[Problem]:
    """What is wrong with the holidays and the iCalendars of calendars; ``now``: wall time, for what is out of date."""
    for document in documents:
        for i, spec in enumerate(document.value.calendars):
            place: Place = ("calendars", i)
            if spec.holidays and country(spec.holidays) is None:
                yield document.problem(
                    (*place, "holidays"), unknown("country", spec.holidays, _countries(spec.holidays))
                )
            if spec.ical:
                yield from _ical(document, (*place, "ical"), spec, icals, zone)
            events = ical.read(icals.get(spec.ical, ""), zone).events if spec.ical else ()
            year = Calendar(spec, zone, events).lacks_adjusted_days(now) if has_hours(spec) else 0
            if year:
                words = said(_LACKING, year=year, country=spec.holidays)
                yield document.warning((*place, "holidays"), words)


def hours_problems(document: Document[EscalationRules], known: frozenset[str]) -> Iterator[Problem]:
    """Calendars that a policy names and nobody defines."""
    for i, policy in enumerate(document.value.policies):
        for key, name in (("hours", policy.hours), ("clock", policy.clock)):
            if name != ALWAYS and name not in known:
                yield document.problem(("policies", i, key), unknown("calendar", name, {*known, ALWAYS}))


def deadline_problems(document: Document[TopologyFile], known: frozenset[str]) -> Iterator[Problem]:
    """Calendars and times of deadlines."""
    listed: Mapping[str, tuple[NodeSpec | DepartmentSpec, ...]] = {
        "nodes": document.value.nodes,
        "departments": document.value.departments,
    }
    for key, specs in listed.items():
        for i, one in enumerate(specs):
            for j, spec in enumerate(one.deadlines):
                yield from _deadline(document, (key, i, "deadlines", j), spec, known)


def _deadline(
    document: Document[TopologyFile], place: Place, spec: DeadlineSpec, known: frozenset[str]
) -> Iterator[Problem]:
    if spec.calendar not in known:
        yield document.problem((*place, "calendar"), unknown("calendar", spec.calendar, known))
    try:
        time.fromisoformat(spec.at)
    except ValueError:
        words = said("expected a time of day such as 06:00, got {got!r}", got=spec.at)
        yield document.problem((*place, "at"), words)


def _ical(
    document: Document[PriorityRules], place: Place, spec: CalendarSpec, icals: Mapping[str, str], zone: ZoneInfo
) -> Iterator[Problem]:
    text = icals.get(spec.ical)
    if text is None and is_copy(spec.ical):
        yield document.warning(place, NOT_FETCHED)
        return
    if text is None:
        words = said("there is no file {path}", path=f"rules/{spec.ical}")
        yield document.problem(place, words if spec.ical.endswith(".ics") else said("expected a file rules/*.ics"))
        return
    for mistake in ical.read(text, zone).mistakes[:SHOWN]:
        yield document.warning(place, said("{file}: {why}", file=spec.ical, why=mistake))


#: What a country announces in November: on which Saturdays people will work, and on which days they will not.
_LACKING = "the adjusted working days of {year} are not known: once {country} announces them, write them as ical"


def has_hours(spec: CalendarSpec) -> bool:
    """Whether its times can be read; that they can't is told elsewhere."""
    try:
        for text in (spec.from_, spec.to):
            time.fromisoformat(text or "00:00")
    except ValueError:
        return False
    return True


def _countries(written: str) -> list[str]:
    """The parts of the country that is written; every country, if it is none."""
    supported = holidays.list_supported_countries(include_aliases=False)
    land = written.partition("-")[0]
    return [f"{land}-{part}" for part in supported[land]] if land in supported else list(supported)
