"""How important an incident is: impact x urgency through a matrix, then named overrides, then a person's word."""

import calendar as months
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingestd.decide.ruleset import RuleLists
from ingestd.decide.vocabulary import INCIDENT, WEEKDAYS, Facts, Weekday
from ingestd.decide.when import Situation
from ingestd.model import PRIORITIES, Priority, Reason

Level = Literal["high", "medium", "low"]

#: The calendar that says when it is working time.
WORKING_TIME = "working-time"


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


class Ranking(Struct, frozen=True):
    """A priority with the trace of how it came about."""

    priority: Priority
    urgency: Level
    page_at_once: bool
    reasons: tuple[Reason, ...]


class Ranker:
    """Priority rules, compiled. ValueError on a bad condition or an incomplete matrix."""

    def __init__(self, rules: PriorityRules, timezone: str = "UTC") -> None:
        self._rules = rules
        self.zone = ZoneInfo(timezone)
        self._lists = RuleLists(rules.impact, rules.urgency, rules.overrides)
        for level in ("high", "medium", "low"):
            if set(rules.matrix.get(level, {})) != {"high", "medium", "low"}:
                raise ValueError(f"matrix: impact {level} needs a priority for urgency high, medium and low")

    def calendars(self, wall: float) -> tuple[str, ...]:
        """The named stretches of time that a wall time lies in."""
        return self._calendars(datetime.fromtimestamp(wall, self.zone))

    def moment(self, wall: float) -> Situation:
        """The facts of ``vocabulary.MOMENT`` for a wall time."""
        local = datetime.fromtimestamp(wall, self.zone)
        calendars = self._calendars(local)
        return {
            "calendar": calendars,
            "weekday": WEEKDAYS[local.weekday()],
            "time": local.hour * 60.0 + local.minute,
            "date": local.date().isoformat(),
            "working_time": WORKING_TIME in calendars,
        }

    def _calendars(self, local: datetime) -> tuple[str, ...]:
        return tuple(c.id for c in self._rules.calendars if _holds(c, local))

    def rank(self, situation: Situation) -> Ranking:
        """The priority of a situation, and every rule that had a say."""
        found = self._lists.look(situation)
        impact, why_impact = _level(self._rules.impact, found.places(0), "impact")
        urgency, why_urgency = _level(self._rules.urgency, found.places(1), "urgency")
        priority = self._rules.matrix[impact][urgency]
        reasons = [
            why_impact,
            why_urgency,
            Reason("rank", "matrix", f"impact {impact} x urgency {urgency} = {priority}"),
        ]
        at_once = False
        for rule in (self._rules.overrides[place] for place in found.places(2)):
            changed = _bounded(priority, rule)
            if changed != priority:
                reasons.append(Reason("rank", rule.id, f"{priority} becomes {changed}"))
                priority = changed
            at_once = at_once or rule.page_at_once
        return Ranking(priority, urgency, at_once, tuple(reasons))


def _level(rules: tuple[LevelRule, ...], places: Iterator[int], what: str) -> tuple[Level, Reason]:
    """The level by the first rule that matches."""
    place = next(places, None)
    if place is None:
        return "low", Reason("rank", "default", f"{what} low: no rule matched")
    rule = rules[place]
    return rule.level, Reason("rank", rule.id, f"{what} {rule.level}")


def _bounded(priority: Priority, rule: Override) -> Priority:
    place = PRIORITIES.index(priority)
    if rule.at_least:
        place = min(place, PRIORITIES.index(rule.at_least))
    if rule.at_most:
        place = max(place, PRIORITIES.index(rule.at_most))
    return PRIORITIES[place]


def _holds(spec: CalendarSpec, local: datetime) -> bool:
    return all(_parts(spec, local))


def _parts(spec: CalendarSpec, local: datetime) -> Iterator[bool]:
    last = months.monthrange(local.year, local.month)[1]
    if spec.last_days:
        yield local.day > last - spec.last_days
    if spec.first_days:
        yield local.day <= spec.first_days
    if spec.days:
        yield local.day in spec.days
    if spec.dates:
        yield local.date() in spec.dates
    if spec.weekdays:
        yield WEEKDAYS[local.weekday()] in spec.weekdays
    if spec.from_ or spec.to:
        now, start, end = (
            local.time(),
            time.fromisoformat(spec.from_ or "00:00"),
            time.fromisoformat(spec.to or "23:59:59"),
        )
        yield start <= now < end if start <= end else now >= start or now < end
