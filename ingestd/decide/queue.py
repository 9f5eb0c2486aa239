"""The open incidents as one worklist: what comes first, who should take it, and why.

Order: priority, then deadline, then age. Whom it is offered to: who owns it; else those on call of its team; else the
team; else those whose skills fit. Of these the free before the busy, and for what looks hard the more skilled.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from ingestd.decide.oncall import People, Person
from ingestd.decide.reach import difficulty
from ingestd.decide.topology import Topology
from ingestd.model import URGENT, Incident

_NEVER = float("inf")
#: The part of a team that counts first.
_RANKS = {"on call": 0, "of the team": 1, "has the skill": 2}


class Offer(Struct, frozen=True, kw_only=True):
    """Who should take an incident, and why."""

    person: str = ""  # "": nobody is known
    why: str = ""


class Line(Struct, frozen=True, kw_only=True):
    """One incident of the worklist."""

    place: int  # from 1
    number: int
    priority: str
    title: str
    state: str
    owner: str
    team: str
    began: float  # the engine's clock
    deadline: str = ""  # if that comes before it is to be resolved
    due: float = 0.0  # its deadline, or when it is to be resolved; the engine's clock, 0: none
    waits_until: float = 0.0  # for the hours of its policy
    difficulty: str = ""
    restored: float = 0.0  # since when service is back by a workaround; such are the last
    offer: Offer = Offer()


class _Candidate(Struct, frozen=True):
    person: Person
    how: str
    busy: tuple[int, ...]  # urgent incidents that she has taken
    skills: int  # that fit


def worklist(
    incidents: Iterable[Incident], topology: Topology, people: People, *, wall: float, offset: float
) -> tuple[Line, ...]:
    """The open ones of some incidents, in order. ``wall``: now; ``offset``: the wall clock less the engine's."""
    ones = [one for one in incidents if one.state != "resolved" and not one.merged_into and not one.suppressed]
    ones.sort(key=lambda one: (bool(one.restored_at), one.priority, _due(one, offset) or _NEVER, one.began, one.number))
    staff = _Staff(people, _work(ones), wall)
    return tuple(_line(place, one, topology, _offer(one, topology, staff), offset) for place, one in enumerate(ones, 1))


def _line(place: int, one: Incident, topology: Topology, offer: Offer, offset: float) -> Line:
    due = _due(one, offset)
    return Line(
        place=place,
        number=one.number,
        priority=one.priority,
        title=one.title,
        state=one.state,
        owner=one.owner,
        team=one.team,
        began=one.began,
        deadline=one.deadline if one.deadline_at and due == one.deadline_at - offset else "",
        due=due,
        waits_until=one.page_at if one.waits_from and not one.told_at else 0.0,
        difficulty=difficulty(one, topology.nodes.get(one.cause or one.root)),
        restored=one.restored_at,
        offer=offer,
    )


def _due(one: Incident, offset: float) -> float:
    """By when: the next deadline of what it reaches, or when it is to be resolved."""
    dues = (one.deadline_at - offset if one.deadline_at else 0.0, one.resolve_at)
    return min((due for due in dues if due), default=0.0)


def _work(ones: Iterable[Incident]) -> Mapping[str, tuple[int, ...]]:
    """The urgent incidents that each person has taken."""
    found: dict[str, tuple[int, ...]] = {}
    for one in ones:
        if one.owner and one.state == "acknowledged" and one.priority in URGENT:
            found[one.owner] = (*found.get(one.owner, ()), one.number)
    return found


class _Staff:
    """Who is there, what they have taken and what they can do; looked up once for all incidents."""

    def __init__(self, people: People, work: Mapping[str, tuple[int, ...]], wall: float) -> None:
        self._people, self._work, self._wall = people, work, wall
        self._skills = {name: _skills(person) for name, person in people.persons.items() if person.skills}
        self._teams: dict[str, Mapping[str, str]] = {}

    def candidates(self, team: str, asked: frozenset[str]) -> Iterator[_Candidate]:
        """Those on call, then the others of the team; without a team those who have a skill that fits."""
        for name, how in (self._team(team) if team in self._people.teams else self._skilled(asked)).items():
            person = self._people.persons.get(name)
            if person is not None and not self._people.away(name, self._wall):
                fit = len(asked & self._skills.get(name, frozenset()))
                yield _Candidate(person, how, self._work.get(name, ()), fit)

    def _team(self, team: str) -> Mapping[str, str]:
        found = self._teams.get(team)
        if found is None:
            on_call = self._people.on_call(team, self._wall)
            members = dict.fromkeys(self._people.teams[team].members, "of the team")
            found = self._teams[team] = dict.fromkeys(on_call, "on call") | {
                name: how for name, how in members.items() if name not in on_call
            }
        return found

    def _skilled(self, asked: frozenset[str]) -> Mapping[str, str]:
        return {name: "has the skill" for name, skills in self._skills.items() if asked & skills}


def _offer(one: Incident, topology: Topology, staff: _Staff) -> Offer:
    if one.owner:
        return Offer(person=one.owner, why="has taken it")
    found = list(staff.candidates(one.team, _asked(one, topology)))
    if not found:
        return Offer(why="nobody is responsible for it" if not one.team else f"nobody of {one.team} is known")
    hard = difficulty(one, topology.nodes.get(one.cause or one.root)) == "hard"
    best = min(found, key=lambda each: (len(each.busy), -each.skills if hard else 0, _RANKS[each.how], -each.skills))
    return Offer(person=best.person.id, why=_why(best, one, found))


def _asked(one: Incident, topology: Topology) -> frozenset[str]:
    """What a skill may be called that fits: the team, the node, its kind, the services."""
    spec = topology.nodes.get(one.cause or one.root)
    names = (one.team, one.cause or one.root, spec.kind if spec else "", *one.impact.services)
    return frozenset(form for name in names if name for form in _forms(name))


def _skills(person: Person) -> frozenset[str]:
    return frozenset(form for skill in person.skills for form in _forms(skill))


def _forms(name: str) -> tuple[str, str]:
    """A name in small letters, and as one of many: servers fits server."""
    small = name.casefold()
    return small, small.removesuffix("s")


def _why(best: _Candidate, one: Incident, found: list[_Candidate]) -> str:
    """In words: on call of network, free; #7 keeps lin busy."""
    of = f" of {one.team}" if best.how == "on call" and one.team else ""
    words = [f"{best.how}{of}" if best.how != "of the team" else f"of {one.team}"]
    words.append("free" if not best.busy else "busy with " + ", ".join(f"#{n}" for n in best.busy))
    if best.skills and best.how != "has the skill":
        words.append("has the skill")
    others = (each for each in found if each.busy and each.how == "on call" and each is not best)
    words += [f"{each.person.id} is busy with " + ", ".join(f"#{n}" for n in each.busy) for each in others]
    return ", ".join(words)
