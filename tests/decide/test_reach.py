"""How far an incident reaches, how hard it looks, and who is free."""

import pytest
from msgspec.structs import replace

from ingestd.decide.reach import busy, difficulty, people_free, scope
from ingestd.decide.topology import NodeSpec, Topology, TopologyFile
from ingestd.model import Impact, Incident
from ingestd.world import Draft
from ingestd.yamltypes import loads
from tests.night import Night, trading_company

SITE = Topology(
    loads(
        """
nodes: [{id: sw}]
departments: [{id: yard, people: 60}, {id: office, people: 30}, {id: lab, people: 8}, {id: gate, people: 2}]
""",
        TopologyFile,
        "topology",
    )
)


def reach(departments: str = "", kind: str = "server", nodes: int = 1, services: int = 0, people: int = 0) -> str:
    """The scope of a node of a kind that hits these departments."""
    hit = tuple(departments.split())
    count = people or sum(SITE.departments[one].people for one in hit)
    names = tuple(f"service {n}" for n in range(services))
    impact = Impact(nodes=nodes, services=names, departments=hit, people=count)
    return scope(SITE, impact, NodeSpec(id="it", kind=kind))


def test_from_one_person_to_everybody() -> None:
    assert reach(kind="laptop") == "person"
    assert reach(kind="laptop", nodes=5) == "team"
    assert reach(kind="laptop", nodes=50, departments="office") == "department"
    assert reach("office", kind="printer") == "team"
    assert reach("lab") == "team"  # so few work there
    assert reach("office") == "department"
    assert reach("office lab") == "departments"
    assert reach("yard gate") == "site"
    assert reach("yard office lab") == "everybody"


def test_where_nobody_is_hit_a_service_counts_for_a_few() -> None:
    assert reach() == "person"
    assert reach(services=1) == "team"
    assert scope(SITE, Impact(nodes=1), None) == "person"


def test_departments_whose_people_nobody_counted_count_themselves() -> None:
    uncounted = Topology(loads("departments: [{id: a}, {id: b}, {id: c}]", TopologyFile, "topology"))
    assert scope(uncounted, Impact(departments=("a", "b")), None) == "site"
    assert scope(uncounted, Impact(departments=("a", "b", "c")), None) == "everybody"


@pytest.mark.parametrize(
    ("incident", "spec", "how"),
    [
        ({"cause_kind": "reported"}, NodeSpec(id="it"), "normal"),
        ({"cause_kind": "reported"}, None, "normal"),
        ({"cause_kind": "inferred"}, NodeSpec(id="it"), "hard"),
        ({"cause_kind": ""}, None, "hard"),
        ({"cause_kind": "local", "reopened": 2}, NodeSpec(id="it"), "hard"),
        ({"cause_kind": "", "reopened": 2}, NodeSpec(id="it", remedy="press the button"), "easy"),
    ],
)
def test_how_hard_it_looks(incident: dict[str, object], spec: NodeSpec | None, how: str) -> None:
    assert difficulty(Incident(number=1, state="triggered", **incident), spec) == how  # type: ignore[arg-type]


TEAM = """
people: [{id: lin, mail: lin@x.example}, {id: kim, mail: kim@x.example}, {id: wu, mail: wu@x.example}]
teams: [{id: network, members: [lin, kim]}]
"""


def test_who_took_something_urgent_is_not_free() -> None:
    draft = Draft(Night(trading_company(people=TEAM)).world, 0.0)
    one = Incident(number=1, state="acknowledged", priority="P2", owner="lin")
    assert people_free(draft, "network") == 2.0
    draft.put_incident(one)
    assert (busy(draft, "lin"), busy(draft, "kim"), people_free(draft, "network")) == (True, False, 1.0)
    draft.put_incident(replace(one, priority="P3"))
    assert not busy(draft, "lin")
    draft.put_incident(replace(one, priority="P?"))  # of a version that knew others
    assert not busy(draft, "lin")
    assert people_free(draft, "nobody") == 0.0
