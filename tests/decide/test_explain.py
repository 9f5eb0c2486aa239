"""What holds a node down, and what does not."""

from tests.decide.stories import alert
from tests.night import Night, trading_company

RING = """
nodes:
  - {id: ring-1, kind: switch, depends_on: [ring-2], owner: network}
  - {id: ring-2, kind: switch, depends_on: [ring-1], owner: network}
  - {id: srv-1, depends_on: [ring-1], owner: systems}
"""
SPARE = """
nodes:
  - {id: r1, kind: router, owner: network}
  - {id: r2, kind: router, owner: network}
  - {id: sw, kind: switch, depends_on: [{any_of: [r1, r2]}], owner: network}
  - {id: srv-1, depends_on: [sw], owner: systems}
"""


def causes(topology: str, *hosts: str) -> list[str | None]:
    night = Night(trading_company(topology=topology))
    for second, host in enumerate(hosts):
        night.webhook(second, alert(host))
    return sorted(i.cause or "" for i in night.incidents())


def test_members_of_a_circle_never_explain_one_another() -> None:
    assert causes(RING, "ring-1", "ring-2") == ["ring-1", "ring-2"]


def test_a_member_of_a_circle_explains_what_hangs_on_it() -> None:
    assert causes(RING, "ring-1", "srv-1") == ["ring-1"]


def test_a_group_explains_only_when_all_of_it_is_down_and_then_by_its_first_member() -> None:
    assert causes(SPARE, "r2", "srv-1") == ["r2", "srv-1"]
    assert causes(SPARE, "r2", "r1", "srv-1") == ["r1", "r2"]
    night = Night(trading_company(topology=SPARE))
    for second, host in enumerate(("r2", "r1", "srv-1")):
        night.webhook(second, alert(host))
    assert night.world.incidents[night.alerts("srv-1")[0].incident].cause == "r1"


def test_of_two_dead_dependencies_the_one_that_was_first_is_the_cause() -> None:
    both = "nodes: [{id: nas}, {id: psu}, {id: srv-1, depends_on: [nas, psu]}]"
    night = Night(trading_company(topology=both))
    for second, host in enumerate(("psu", "nas", "srv-1")):
        night.webhook(second, alert(host))
    assert night.world.incidents[night.alerts("srv-1")[0].incident].cause == "psu"


def test_a_node_that_came_back_explains_late_symptoms_for_two_minutes() -> None:
    for late, found in ((219, ["r1"]), (221, ["r1", "srv-1"])):
        night = Night(trading_company(topology=SPARE.replace("{any_of: [r1, r2]}", "r1")))
        night.webhook(0, alert("r1"))
        night.webhook(100, alert("r1", state="resolved"))
        night.webhook(late, alert("srv-1"))
        assert sorted(i.cause or "" for i in night.incidents()) == found


def test_what_a_person_resolved_explains_nothing_any_more() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    assert night.act(10, "lin", "resolve", 1, text="replaced").ok
    night.nagios(20, "sales-mail")
    assert [i.cause for i in night.incidents() if i.state != "resolved"] == ["sales-mail"]


def test_what_a_person_has_closed_explains_nothing_more() -> None:
    night = Night(trading_company(topology=SPARE.replace("{any_of: [r1, r2]}", "r1")))
    night.webhook(0, alert("r1"))
    night.webhook(10, alert("r1", state="resolved"))
    night.act(20, "lin", "resolve", 1)
    night.webhook(30, alert("srv-1"))
    assert [i.cause for i in night.incidents() if i.state != "resolved"] == ["srv-1"]
