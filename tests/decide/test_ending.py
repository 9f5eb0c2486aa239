"""When it is over, and when it only looks so."""

from ingestd.model import Ends, Message
from tests.decide.stories import ROW, alert
from tests.night import Night, trading_company

SHOP = """
nodes:
  - {id: sw, kind: switch, owner: network}
  - {id: vm, kind: vm, class: critical, depends_on: [sw], owner: systems}
  - {id: till, kind: service, depends_on: [vm], owner: systems}
"""
DIAMOND = """
nodes:
  - {id: sw, kind: switch, owner: network}
  - {id: nas-1, depends_on: [sw], owner: systems}
  - {id: nas-2, depends_on: [sw], owner: systems}
  - {id: web, depends_on: [nas-1, nas-2], owner: systems}
"""
SPARE = """
nodes:
  - {id: r1, kind: router, owner: network}
  - {id: r2, kind: router, owner: network}
  - {id: sw, kind: switch, depends_on: [{any_of: [r1, r2]}], owner: network}
  - {id: srv-1, depends_on: [sw], owner: systems}
"""
RING = """
nodes:
  - {id: ring-1, kind: switch, depends_on: [ring-2], owner: network}
  - {id: ring-2, kind: switch, depends_on: [ring-1], owner: network}
"""


def night_over(topology: str) -> Night:
    return Night(trading_company(topology=topology))


def reasons(night: Night, what: str) -> list[str]:
    return [r.text for s in night.journal for r in s.changes.timeline if r.what == what]


def test_a_recovery_proves_everything_that_it_needs_up() -> None:
    night = night_over(DIAMOND)
    night.webhook(0, alert("web"))
    night.webhook(500, alert("web", state="resolved"))
    assert {m.node: m.up_at - night.begin for m in night.world.marks.values() if m.up_at} == dict.fromkeys(
        ("web", "nas-1", "nas-2", "sw"), 500.0
    )


def test_a_recovery_in_a_circle_proves_each_member_once() -> None:
    night = night_over(RING)
    night.webhook(0, alert("ring-1"))
    night.webhook(500, alert("ring-1", state="resolved"))
    assert sorted(m.node for m in night.world.marks.values() if m.up_at) == ["ring-1", "ring-2"]


def test_a_proof_ends_the_incident_of_a_node_above_although_it_has_no_part_in_it() -> None:
    night = night_over(ROW)
    night.webhook(0, alert("srv-1"))
    night.webhook(1000, alert("sw"))
    assert len(night.incidents()) == 2
    night.webhook(2000, alert("srv-1", state="resolved"))
    night.until(3000)
    assert [i.state for i in night.incidents()] == ["resolved", "resolved"]


def test_a_proof_about_what_ended_already_changes_nothing() -> None:
    night = night_over(ROW)
    night.webhook(0, alert("sw"))
    night.webhook(100, alert("sw", state="resolved"))
    night.webhook(1000, alert("srv-1", state="resolved"))
    assert [i.state for i in night.incidents()] == ["resolved"]
    assert night.journal[-1].changes.incidents == ()


def test_why_an_alert_ended_by_itself_is_said() -> None:
    night = Night()
    night.webhook(0, alert("box", ends_at=night.begin + 600))
    night.webhook(0, alert("mon-1", "odd", ends_after="20m"))
    night.until(1300)
    assert night.alerts("mon-1")[0].ends == Ends("unheard", after=1200.0)
    assert reasons(night, "recovered") == [
        "box: the time its source gave is over",
        "mon-1 odd: not heard for longer than its source keeps silent",
    ]


def test_a_critical_node_that_was_proved_alive_ends_once() -> None:
    night = night_over(SHOP)
    night.webhook(0, alert("vm"))
    night.webhook(5, alert("vm", "till"))
    night.webhook(600, alert("vm", "till", state="resolved"))
    night.until(20000)
    assert night.told() == [(60, "chen", "open"), (1200, "chen", "end")]


def test_a_critical_nodes_service_that_stays_silent_is_told_once_and_stays_open() -> None:
    night = night_over(SHOP)
    night.webhook(0, alert("vm"))
    night.webhook(5, alert("vm", "http", summary="connection refused"))
    night.webhook(600, alert("vm", state="resolved"))
    night.until(20000)
    assert [p[2] for p in night.told("chen")] == ["open", "end", "open"]
    assert [(i.root, i.state) for i in night.incidents()][-1] == ("vm", "triggered")


def test_a_symptom_that_was_heard_again_but_is_proved_alive_since_does_not_leave() -> None:
    night = night_over(SPARE)
    for second, host in enumerate(("r1", "r2", "sw")):
        night.webhook(second, alert(host))
    night.webhook(600, alert("r1", state="resolved"))
    night.webhook(800, alert("sw"))
    night.webhook(850, alert("srv-1", state="resolved"))
    night.until(2000)
    assert reasons(night, "left") == []
    assert [(i.cause, i.state) for i in night.incidents()] == [("r1", "resolved"), ("r2", "triggered")]


def recovery_lost(*more: str) -> Night:
    """A switch and two servers fail; the servers are said to be back, the switch and a check of one never are."""
    night = night_over(ROW)
    for second, host in enumerate(("sw", "srv-1", "srv-2", *more)):
        night.webhook(second, alert(host))
    night.webhook(10, alert("srv-1", "http", summary="connection refused"))
    for second, host in enumerate(("srv-1", "srv-2")):
        night.webhook(600 + second, alert(host, state="resolved"))
    night.until(1300)
    return night


def test_a_cause_whose_recovery_was_lost_ends_when_all_that_it_took_down_is_back() -> None:
    night = recovery_lost()
    assert [(i.cause, i.state) for i in night.incidents()] == [("sw", "resolved")]
    night.webhook(3000, alert("sw"))
    assert [(i.cause, i.state) for i in night.incidents()] == [("sw", "resolved"), ("sw", "triggered")]


def test_a_cause_behind_which_something_is_still_missed_goes_on() -> None:
    night = recovery_lost("srv-3")
    assert [(i.cause, i.state) for i in night.incidents()] == [("sw", "triggered")]


def test_the_record_of_an_ended_incident_leaves_with_all_that_was_merged_into_it() -> None:
    night = night_over(ROW)
    night.webhook(0, alert("srv-1"))
    night.webhook(5, alert("sw"))
    for host in ("sw", "srv-1"):
        night.webhook(100, alert(host, state="resolved"))
    night.until(399 + 3600)
    assert sorted(night.world.incidents) == [1, 2]
    night.until(401 + 3600)
    assert (night.world.incidents, night.world.alerts, night.world.fingerprints) == ({}, {}, {})


def test_a_timer_that_is_not_due_any_more_ends_nothing() -> None:
    night = night_over(ROW)
    night.webhook(0, alert("srv-1", ends_after=600))
    night.message(10, Message(kind="tick", source="engine", body=b"alert 1"))
    assert night.alerts("srv-1")[0].state == "firing"
