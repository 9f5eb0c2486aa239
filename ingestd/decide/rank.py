"""How important an incident is: impact x urgency through a matrix, then named overrides, then a person's word."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingestd.decide import calendar, ical
from ingestd.decide.because import DEADLINE_AT, Called, because
from ingestd.decide.calendar import Calendar, CalendarSpec
from ingestd.decide.ruleset import RuleLists, facts_of, terms_of
from ingestd.decide.topology import DeadlineSpec
from ingestd.decide.vocabulary import INCIDENT, WEEKDAYS, Facts
from ingestd.decide.when import INFINITE, Situation, Term, parse
from ingestd.model import PRIORITIES, Priority, Reason
from ingestd.yamltypes import Duration

Level = Literal["high", "medium", "low"]

#: The calendar that says when it is working time.
WORKING_TIME = "working-time"
GROWING = 600.0  # seconds for which an alert counts as new
DEADLINES_AHEAD = 62  # days
ROLLED_AT_MOST = 15  # days: no country rests longer
REMEMBERED = 1000  # days of deadlines
HOUR = 3600.0
DAY = 86400.0
#: Facts that are other ones at midnight.
_DAILY = frozenset({"weekday", "date"})
#: Facts that fall to nothing by themselves.
_NEW = frozenset({"new_alerts", "new_nodes"})


class LevelRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``when`` these facts hold, the level is this; the first rule that matches counts."""

    FACTS: ClassVar[Facts] = INCIDENT

    id: str
    when: dict[str, Any] = {}
    level: Level


class Override(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``when`` these facts hold, the priority is at least (or at most, or exactly) this."""

    FACTS: ClassVar[Facts] = INCIDENT
    IN_TURN: ClassVar[bool] = True

    id: str
    when: dict[str, Any]
    at_least: Priority | None = None
    at_most: Priority | None = None
    page_at_once: bool = False  # do not hold


class PriorityRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """rules/priority.yaml."""

    version: int = 1
    calendars: tuple[CalendarSpec, ...] = ()
    impact: tuple[LevelRule, ...] = ()
    urgency: tuple[LevelRule, ...] = ()
    matrix: dict[Level, dict[Level, Priority]] = {}
    overrides: tuple[Override, ...] = ()
    settle_down: Duration = Duration(600.0)  # for which an incident must rank lower until it is called so


class Ranking(Struct, frozen=True):
    """A priority with the trace of how it came about."""

    priority: Priority
    urgency: Level
    page_at_once: bool
    reasons: tuple[Reason, ...]


class Deadline(Struct, frozen=True):
    """By when something must be done; wall clock, epoch seconds."""

    id: str
    at: float


class Ranker:
    """Priority rules, compiled. ``icals``: the texts of the files that calendars name, by their names.

    ValueError on a bad condition or an incomplete matrix.
    """

    def __init__(self, rules: PriorityRules, timezone: str = "UTC", icals: Mapping[str, str] | None = None) -> None:
        self._rules = rules
        self.zone = ZoneInfo(timezone)
        self.icals = icals or {}
        self.settle_down = float(rules.settle_down)
        self._lists = RuleLists(rules.impact, rules.urgency, rules.overrides)
        self.asked = self._lists.asked
        lists: tuple[tuple[LevelRule | Override, ...], ...] = (rules.impact, rules.urgency, rules.overrides)
        parsed = [[parse(rule.when, rule.FACTS, rule.id) for rule in one] for one in lists]
        self._words = [[tuple(dict.fromkeys(facts_of(condition))) for condition in one] for one in parsed]
        self._calendars = calendar.compiled(
            rules.calendars, self.zone, lambda name: ical.read(self.icals.get(name, ""), self.zone).events
        )
        self._upcoming: dict[tuple[str, str, bool, date], tuple[float, ...]] = {}
        terms = [term for condition in chain(*parsed) for term in terms_of(condition)]
        self._changing = _Changing(terms, self._calendars, self.zone)
        for level in ("high", "medium", "low"):
            if set(rules.matrix.get(level, {})) != {"high", "medium", "low"}:
                raise ValueError(f"matrix: impact {level} needs a priority for urgency high, medium and low")

    def calendar(self, name: str) -> Calendar | None:
        """The calendar of that id; None for "always", and for one that nobody defines."""
        return self._calendars.get(name)

    def calendars(self, wall: float) -> tuple[str, ...]:
        """The named stretches of time that a wall time lies in."""
        return tuple(name for name, one in self._calendars.items() if one.holds(wall))

    def moment(self, wall: float) -> Situation:
        """The facts of ``vocabulary.MOMENT`` for a wall time."""
        local = datetime.fromtimestamp(wall, self.zone)
        calendars = self.calendars(wall)
        return {
            "calendar": calendars,
            "weekday": WEEKDAYS[local.weekday()],
            "time": local.hour * 60.0 + local.minute,
            "date": local.date().isoformat(),
            "working_time": WORKING_TIME in calendars,
        }

    def deadline(self, specs: Iterable[DeadlineSpec], wall: float) -> Deadline | None:
        """The next of some deadlines; None if none comes within two months."""
        found = (Deadline(spec.id, at) for spec in specs for at in self._ahead(spec, wall) if at >= wall)
        return min(found, key=lambda one: one.at, default=None)

    def next_change(self, wall: float, deadline_at: float, situation: Situation) -> float:
        """When what the rules ask may be otherwise, though nothing happens; 0: never."""
        return self._changing.after(wall, deadline_at, situation)

    def rank(self, situation: Situation, called: Called = str) -> Ranking:
        """The priority of a situation, and every rule that had a say. ``called``: names for the words."""
        found = self._lists.look(situation)
        impact, why_impact = self._level(0, found.places(0), situation, called)
        urgency, why_urgency = self._level(1, found.places(1), situation, called)
        priority = self._rules.matrix[impact][urgency]
        matrix = Reason("rank", "matrix", f"impact {impact} x urgency {urgency} = {priority}")
        reasons = [why_impact, why_urgency, matrix]
        at_once = False
        for place in found.places(2):
            rule = self._rules.overrides[place]
            changed = _bounded(priority, rule)
            if changed != priority:
                why = because(self._words[2][place], situation, called, self.zone)
                reasons.append(Reason("rank", rule.id, f"{priority} becomes {changed}{': ' if why else ''}{why}"))
                priority = changed
            at_once = at_once or rule.page_at_once
        return Ranking(priority, urgency, at_once, tuple(reasons))

    def _level(self, part: int, places: Iterator[int], situation: Situation, called: Called) -> tuple[Level, Reason]:
        """The level by the first rule that matches."""
        what, rules, always = (
            ("impact", self._rules.impact, _REACH),
            ("urgency", self._rules.urgency, ()),
        )[part]
        place = next(places, None)
        if place is None:
            return "low", Reason("rank", "default", f"{what} low: no rule matched")
        rule = rules[place]
        why = because((*self._words[part][place], *always), situation, called, self.zone)
        return rule.level, Reason("rank", rule.id, f"{what} {rule.level}{': ' if why else ''}{why}")

    def _ahead(self, spec: DeadlineSpec, wall: float) -> tuple[float, ...]:
        """When a deadline is next, and after that."""
        today = datetime.fromtimestamp(wall, self.zone).date()
        key = (spec.calendar, spec.at, spec.roll, today)
        found = self._upcoming.get(key)
        if found is None:
            if len(self._upcoming) >= REMEMBERED:
                self._upcoming.clear()
            found = self._upcoming[key] = tuple(sorted(self._moments(spec, wall)))
        return found

    def _moments(self, spec: DeadlineSpec, wall: float) -> Iterator[float]:
        named, working = self._calendars.get(spec.calendar), self._calendars.get(WORKING_TIME)
        if named is None:
            return
        for day in named.last_days(wall - ROLLED_AT_MOST * DAY, DEADLINES_AHEAD + ROLLED_AT_MOST):
            at = datetime.combine(day, time.fromisoformat(spec.at), self.zone).timestamp()
            yield working.rolled(at) if spec.roll and working is not None else at


#: What is told of an impact, whatever its rule asked.
_REACH = ("department_count", "people")


class _Changing:
    """When what the rules ask may be otherwise although nothing happens."""

    def __init__(self, terms: list[Term], calendars: Mapping[str, Calendar], zone: ZoneInfo) -> None:
        asked = {term.fact for term in terms}
        self._zone = zone
        self._midnight = bool(asked & _DAILY)
        self._times = sorted({point for term in terms if term.fact == "time" for point in _points(term)})
        self._hours = {
            point for term in terms if term.fact == "deadline_hours" for span in term.spans for point in span
        } - {INFINITE, -INFINITE}
        self._deadlines = bool(asked & {"deadline", "deadline_hours"})
        new = ((term.fact, at) for term in terms if term.fact in _NEW for span in term.spans for at in span)
        self._grows = sorted({(fact, at) for fact, at in new if 0 < at < INFINITE})
        self._calendars = tuple(one for name, one in calendars.items() if _speaks_of(terms, name))

    def after(self, wall: float, deadline_at: float, situation: Situation) -> float:
        found = [*self._of_day(wall), *(one.next_change(wall) for one in self._calendars)]
        if self._deadlines and deadline_at:
            points = [deadline_at, *(deadline_at - hours * HOUR for hours in self._hours)]
            found += [at + late for at in points for late in (0.0, 1.0)]  # at the point, and beyond it
        if any(situation.get(fact, 0.0) >= at for fact, at in self._grows):  # type: ignore[operator]
            found.append(wall + GROWING)
        return min((at for at in found if at > wall), default=0.0)

    def _of_day(self, wall: float) -> Iterator[float]:
        if not self._times and not self._midnight:
            return
        local = datetime.fromtimestamp(wall, self._zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        yield (midnight + timedelta(days=1)).timestamp()
        for at in self._times:
            moment = midnight.replace(hour=int(at) // 60, minute=int(at) % 60)
            yield from (moment.replace(fold=fold).timestamp() for fold in (0, 1))  # clocks may show it twice


def _points(term: Term) -> Iterator[float]:
    """The minutes of a day at which what a term says of the time changes."""
    bounds = (round(bound) for span in term.spans for bound in span if 0 <= bound < 24 * 60)
    return (float(bound) for bound in bounds if bound < 24 * 60)


def _speaks_of(terms: Iterable[Term], name: str) -> bool:
    """Whether a rule asks for a calendar; one that asks by a pattern may mean any."""
    for term in terms:
        if term.fact == "working_time" and name == WORKING_TIME:
            return True
        if term.fact == "calendar" and (name.casefold() in term.literals or not term.literals):
            return True
    return False


def _bounded(priority: Priority, rule: Override) -> Priority:
    place = PRIORITIES.index(priority)
    if rule.at_least:
        place = min(place, PRIORITIES.index(rule.at_least))
    if rule.at_most:
        place = max(place, PRIORITIES.index(rule.at_most))
    return PRIORITIES[place]


__all__ = ["DEADLINE_AT", "CalendarSpec", "Deadline", "LevelRule", "Override", "PriorityRules", "Ranker", "Ranking"]
