"""How important an incident is: impact x urgency through a matrix, then named overrides, then a person's word."""

import calendar as months
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingestd.decide.when import Situation, Test, compile_when
from ingestd.model import PRIORITIES, Priority, Reason

Level = Literal["high", "medium", "low"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: What a condition in priority.yaml and escalation.yaml may ask.
FACTS = (
    "node", "kind", "site", "rack", "department", "departments", "department_count", "services", "service_class",
    "people", "nodes", "severity", "check", "text", "team", "source", "class", "cause_kind", "report", "known",
    "calendar", "priority", "came_by",
)  # fmt: skip


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

    id: str
    when: dict[str, Any] = {}
    level: Level


class Override(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``when`` these facts hold, the priority is at least (or at most, or exactly) this."""

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
        self._impact = [(r, _compiled(r.id, r.when)) for r in rules.impact]
        self._urgency = [(r, _compiled(r.id, r.when)) for r in rules.urgency]
        self._overrides = [(r, _compiled(r.id, r.when)) for r in rules.overrides]
        for level in ("high", "medium", "low"):
            if set(rules.matrix.get(level, {})) != {"high", "medium", "low"}:
                raise ValueError(f"matrix: impact {level} needs a priority for urgency high, medium and low")

    def calendars(self, wall: float) -> tuple[str, ...]:
        """The named stretches of time that a wall time lies in."""
        local = datetime.fromtimestamp(wall, self.zone)
        return tuple(c.id for c in self._rules.calendars if _holds(c, local))

    def rank(self, situation: Situation) -> Ranking:
        """The priority of a situation, and every rule that had a say."""
        impact, why_impact = _first(self._impact, situation, "impact")
        urgency, why_urgency = _first(self._urgency, situation, "urgency")
        priority = self._rules.matrix[impact][urgency]
        reasons = [
            why_impact,
            why_urgency,
            Reason("rank", "matrix", f"impact {impact} x urgency {urgency} = {priority}"),
        ]
        at_once = False
        for rule, test in self._overrides:
            if not test(situation):
                continue
            changed = _bounded(priority, rule)
            if changed != priority:
                reasons.append(Reason("rank", rule.id, f"{priority} becomes {changed}"))
                priority = changed
            at_once = at_once or rule.page_at_once
        return Ranking(priority, urgency, at_once, tuple(reasons))


def _compiled(rule: str, when: dict[str, Any]) -> Test:
    try:
        return compile_when(when, FACTS)
    except ValueError as bad:
        raise ValueError(f"{rule}: {bad}") from None


def _first(rules: list[tuple[LevelRule, Test]], situation: Situation, what: str) -> tuple[Level, Reason]:
    for rule, test in rules:
        if test(situation):
            return rule.level, Reason("rank", rule.id, f"{what} {rule.level}")
    return "low", Reason("rank", "default", f"{what} low: no rule matched")


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
