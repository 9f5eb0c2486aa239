"""What comes first, and who should take it."""

import time
from datetime import UTC, datetime

import pytest

from ingestd.decide.oncall import People, PeopleFile
from ingestd.decide.queue import Line, worklist
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.model import Impact, Incident
from ingestd.yamltypes import loads

PEOPLE = People(
    loads(
        """
people:
- {id: lin, mail: lin@x.example, skills: [routers]}
- {id: kim, mail: kim@x.example, skills: [Firewalls, network]}
- {id: bo, mail: bo@x.example}
- {id: eva, mail: eva@x.example, skills: [payroll, printer]}
teams:
- {id: network, members: [lin, kim], rota: {people: [lin]}}
- {id: pair, members: [kim, bo]}
- {id: ghosts, members: []}
""",
        PeopleFile,
        "people",
    )
)
SITE = Topology(
    loads(
        """
nodes:
- {id: fw, kind: firewall, owner: network}
- {id: hp, kind: printers}
- {id: pay, kind: service}
- {id: door, kind: server, remedy: close it}
""",
        TopologyFile,
        "topology",
    )
)
OFFSET = 1000.0


def incident(number: int, **more: object) -> Incident:
    usual: dict[str, object] = {"state": "triggered", "priority": "P3", "cause_kind": "reported", "cause": "door"}
    return Incident(number=number, **(usual | more))  # type: ignore[arg-type]


def listed(*ones: Incident) -> tuple[Line, ...]:
    return worklist(ones, SITE, PEOPLE, wall=2000.0, offset=OFFSET)


def test_what_is_restored_comes_last() -> None:
    lines = listed(incident(1, priority="P1", restored_at=50.0), incident(2))
    assert [(line.number, line.restored) for line in lines] == [(2, 0.0), (1, 50.0)]


def offered(*ones: Incident) -> tuple[str, str]:
    """Who should take the first incident, and why."""
    (line,) = (line for line in listed(*ones) if line.number == 1)
    return line.offer.person, line.offer.why


def test_priority_then_deadline_then_age() -> None:
    lines = listed(
        incident(1, began=5.0),
        incident(2, priority="P1", began=9.0),
        incident(3, deadline="tax", deadline_at=8000.0, began=8.0),
        incident(4, resolve_at=6000.0, began=8.0),
        incident(5, resolve_at=9000.0, deadline="tax", deadline_at=6500.0, began=8.0),
        incident(6, began=4.0),
    )
    assert [line.number for line in lines] == [2, 5, 4, 3, 6, 1]
    assert [line.place for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [line.due for line in lines] == [0.0, 5500.0, 6000.0, 7000.0, 0.0, 0.0]
    assert [line.deadline for line in lines] == ["", "tax", "", "tax", "", ""]
    (sooner,) = listed(incident(1, resolve_at=6000.0, deadline="tax", deadline_at=8000.0))
    assert (sooner.due, sooner.deadline) == (6000.0, "")


def test_what_is_over_hidden_or_part_of_another_is_not_listed() -> None:
    assert listed(incident(1, state="resolved"), incident(2, suppressed=True), incident(3, merged_into=1)) == ()


def test_what_waits_says_until_when() -> None:
    waiting, told = listed(incident(1, waits_from=5.0, page_at=99.0), incident(2, waits_from=5.0, told_at=9.0))
    assert (waiting.waits_until, told.waits_until) == (99.0, 0.0)


@pytest.mark.parametrize(
    ("more", "person", "why"),
    [
        ({"owner": "bo", "state": "acknowledged"}, "bo", "has taken it"),
        ({"team": "network"}, "lin", "on call of network, free"),
        ({"team": "network", "cause": "fw"}, "lin", "on call of network, free"),
        ({"team": "network", "cause": "fw", "cause_kind": ""}, "kim", "of network, free, has the skill"),
        ({"team": "pair"}, "kim", "on call of pair, free"),
        ({"team": ""}, "", "nobody is responsible for it"),
        ({"team": "ghosts"}, "", "nobody of ghosts is known"),
        ({"team": "gone"}, "", "nobody of gone is known"),
        ({"cause": "hp"}, "eva", "has the skill, free"),
        ({"cause": None, "root": "pay", "impact": Impact(services=("payroll",))}, "eva", "has the skill, free"),
    ],
)
def test_whom_it_is_offered_to(more: dict[str, object], person: str, why: str) -> None:
    assert offered(incident(1, **more)) == (person, why)


def test_who_has_something_urgent_comes_after_the_free() -> None:
    urgent = incident(7, priority="P1", owner="lin", state="acknowledged")
    assert offered(incident(1, team="network"), urgent) == (
        "kim",
        "of network, free, has the skill, lin is busy with #7",
    )
    later = incident(8, priority="P3", owner="lin", state="acknowledged")
    assert offered(incident(1, team="network"), later) == ("lin", "on call of network, free")


def test_if_all_are_busy_it_says_so() -> None:
    taken = [incident(n, priority="P2", owner=who, state="acknowledged") for n, who in ((7, "lin"), (8, "kim"))]
    assert offered(incident(1, team="network"), *taken) == ("lin", "on call of network, busy with #7")


def test_a_team_is_looked_up_once_for_all_its_incidents() -> None:
    lines = listed(incident(1, team="pair"), incident(2, team="pair"))
    assert [line.offer.person for line in lines] == ["kim", "kim"]


def test_members_who_left_are_not_offered() -> None:
    left = People(
        PeopleFile(
            people=tuple(PEOPLE.persons.values())[2:],
            teams=tuple(PEOPLE.teams.values()),
        )
    )
    (line,) = worklist([incident(1, team="pair")], SITE, left, wall=2000.0, offset=OFFSET)
    assert line.offer.person == "bo"


def test_ten_thousand_are_put_in_order_at_once() -> None:
    written = "\n".join(f"- {{id: p{n}, mail: p{n}@x.example, skills: [a, b]}}" for n in range(300))
    staff = loads(f"people:\n{written}\n", PeopleFile, "people")
    ones = [incident(n) for n in range(10_000)]
    before = time.process_time()
    assert len(worklist(ones, SITE, People(staff), wall=2000.0, offset=OFFSET)) == 10_000
    assert time.process_time() - before < 3.0


def test_who_is_away_is_offered_nothing() -> None:
    file = """
people:
  - {id: ann, mail: ann@x.example, away: [{from: 2026-11-01, to: 2026-12-31}]}
  - {id: bob, mail: bob@x.example}
teams:
  - {id: network, members: [ann, bob]}
"""
    people = People(loads(file, PeopleFile, "people"))
    wall = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
    (line,) = worklist([incident(1, team="network")], Topology(TopologyFile()), people, wall=wall, offset=0.0)
    assert line.offer.person == "bob"
