"""People and policies: managers in a circle, hours that make no sense, steps and hours that reach nobody."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingestd.decide.oncall import People, PeopleFile, quiet_hours
from ingestd.decide.rota import every_days, layers_of
from ingestd.decide.route import EscalationRules, PolicySpec, StepSpec
from ingestd.references import reaches
from ingestd.settings import is_zone
from ingestd.yamltypes import Document, Place, Problem, Said, said

HOUR = 3600.0
WEEK = 168  # hours
MOST_WEEKS = 12  # that are looked at
#: Targets whose answer depends on the team that owns the cause.
BY_TEAM = frozenset({"owner", "manager"})


def manager_problems(documents: Sequence[Document[PeopleFile]]) -> Iterator[Problem]:
    """Managers in a circle: nobody in it has more authority than the next. Told once for each circle."""
    managers = {person.id: person.manager for document in documents for person in document.value.people}
    shown: set[str] = set()
    for document in documents:
        for i, person in enumerate(document.value.people):
            circle = _circle(person.id, managers)
            if circle and not shown & set(circle):
                shown |= set(circle)
                names = " -> ".join([*circle, circle[0]])
                yield document.problem(("people", i, "manager"), said("managers in a circle: {names}", names=names))


def person_problems(document: Document[PeopleFile]) -> Iterator[Problem]:
    """Time zones, quiet hours and days away that can't be read; outsiders with tokens."""
    for i, person in enumerate(document.value.people):
        place: Place = ("people", i)
        if person.timezone and not is_zone(person.timezone):
            hint = said(": expected a name such as Asia/Shanghai")
            words = said("unknown time zone {name!r}{hint}", name=person.timezone, hint=hint)
            yield document.problem((*place, "timezone"), words)
        if person.outsider and person.tokens:
            words = said("an outsider has no token: she may acknowledge by link")
            yield document.problem((*place, "tokens"), words)
        for j, away in enumerate(person.away):
            if away.to < away.from_:
                yield document.warning((*place, "away", j), said("it ends before it starts: it covers nothing"))
        for j, way in enumerate(person.contacts):
            if way.not_between and not _are_hours(way.not_between):
                words = said("expected hours such as 22:00-07:00, got {got!r}", got=way.not_between)
                yield document.problem((*place, "contacts", j, "not_between"), words)


def reach_problems(
    documents: Sequence[Document[EscalationRules]], people: People, teams: Sequence[str], zone: ZoneInfo, now: float
) -> Iterator[Problem]:
    """Policies and steps that reach nobody, for good or at some hour. ``teams``: those that may own a cause."""
    look = _Look(people, teams, zone, now)
    for document in documents:
        for i, policy in enumerate(document.value.policies):
            yield from look.policy(document, ("policies", i), policy)


class _Gap(Struct, frozen=True):
    """The first hour at which nobody is reached."""

    at: float
    team: str


class _Look:
    """Asks who is meant hour by hour, each target once."""

    def __init__(self, people: People, teams: Sequence[str], zone: ZoneInfo, now: float) -> None:
        self._people, self._teams, self._zone = people, tuple(teams), zone
        start = now - now % HOUR
        self._hours = [start + n * HOUR for n in range(_weeks(people) * WEEK)]
        self._known: dict[tuple[str, str], frozenset[float]] = {}

    def policy(self, document: Document[EscalationRules], place: Place, policy: PolicySpec) -> Iterator[Problem]:
        if not policy.steps:
            words = said("policy {policy} has no steps: it goes straight to the last resort", policy=policy.id)
            yield document.warning(place, words)
            return
        dead = False
        for key, steps in (("steps", policy.steps), ("unresolved", policy.unresolved)):
            for j, step in enumerate(steps):
                why = self._step(step)
                if why is not None:
                    dead = True
                    yield document.warning((*place, key, j, "tell"), why)
        gap = None if dead else self._gap(policy)
        if gap is not None:
            words = said(
                "policy {policy} reaches nobody{whose} at {when}: only the last resort is told",
                policy=policy.id,
                whose=said(" for team {team}", team=gap.team) if gap.team else "",
                when=f"{datetime.fromtimestamp(gap.at, self._zone):%Y-%m-%d %H:%M}",
            )
            yield document.warning((*place, "steps"), words)

    def _step(self, step: StepSpec) -> Said | None:
        """Why a step tells nobody at any hour; None: it may tell somebody."""
        if not step.tell:
            return said("this step tells nobody")
        if all(not self._ever(target) for target in step.tell):
            return said("nobody that this step tells has a contact")
        return None

    def _ever(self, target: str) -> bool:
        teams = self._teams or ("",) if target in BY_TEAM else ("",)
        if target in BY_TEAM and not self._teams:
            return True  # no team owns anything yet
        return any(len(self._silent(target, team)) < len(self._hours) for team in teams)

    def _gap(self, policy: PolicySpec) -> _Gap | None:
        targets = [target for step in policy.steps for target in step.tell]
        for team in self._teams if BY_TEAM & set(targets) else ("",):
            silent = self._silent(targets[0], team)
            for target in targets[1:]:
                silent &= self._silent(target, team)
            if silent:
                return _Gap(min(silent), team)
        return None

    def _silent(self, target: str, team: str) -> frozenset[float]:
        """The hours at which a target reaches nobody."""
        key = (target, team if target in BY_TEAM else "")
        if key not in self._known:
            hours = self._hours if self._turns(target, team) else self._hours[:1]
            silent = frozenset(hour for hour in hours if not reaches(self._people, target, hour, team))
            self._known[key] = frozenset(self._hours) if silent and len(hours) == 1 else silent
        return self._known[key]

    def _turns(self, target: str, team: str) -> bool:
        """Whether who is meant changes with time."""
        if self._people.anybody_away:
            return True
        name = team if target in BY_TEAM else target.partition(":")[2]
        found = self._people.teams.get(name)
        return found is not None and found.rota is not None and not target.startswith("team:")


def used_teams(policies: Iterable[PolicySpec], last_resort: Sequence[str], owners: Sequence[str]) -> frozenset[str]:
    """Teams whose turns decide who is told. ``owners``: those that may own a cause."""
    steps = (step for policy in policies for step in (*policy.steps, *policy.unresolved))
    targets = {*last_resort, *(target for step in steps for target in step.tell)}
    named = {target.removeprefix("oncall:") for target in targets if target.startswith("oncall:")}
    return frozenset(named | set(owners)) if BY_TEAM & targets else frozenset(named)


def _weeks(people: People) -> int:
    rotas = [team.rota for team in people.teams.values() if team.rota is not None]
    turns = [len(one.people) * every_days(one.every) / 7 for rota in rotas for one in layers_of(rota)]
    return max(1, min(MOST_WEEKS, round(max(turns, default=1.0) + 0.5)))


def _circle(start: str, managers: dict[str, str]) -> list[str]:
    """The circle of managers that a person is in; empty: none."""
    path = [start]
    while managers.get(path[-1]) and managers[path[-1]] not in path:
        path.append(managers[path[-1]])
    return path if managers.get(path[-1]) == start else []


def _are_hours(text: str) -> bool:
    try:
        quiet_hours(text)
    except ValueError:
        return False
    return True
