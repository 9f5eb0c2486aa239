"""Which incident an alert belongs to: causes early, late, silent and suspected; holds; maintenance."""

from tests.decide.stories import ROW, alert
from tests.night import MORNING, Night, trading_company

WINDOW = ROW + "maintenance: [{targets: [sw], start: 1795568500, end: 1795575000}]\n"
SHOP = ROW + "  - {id: shop, kind: service, class: critical, depends_on: [srv-2], owner: systems}\n"
TWO_OF_FOUR = """
nodes:
  - {id: r1, kind: router, owner: network}
  - {id: sw, kind: switch, depends_on: [r1], owner: network}
  - {id: srv-1, depends_on: [sw], owner: systems}
  - {id: srv-2, depends_on: [sw], owner: systems}
"""


def row(topology: str = ROW, begin: float = MORNING) -> Night:
    return Night(trading_company(topology=topology), begin=begin)


def test_a_symptom_much_older_than_the_cause_keeps_its_incident() -> None:
    night = row()
    night.webhook(0, alert("srv-1"))
    night.webhook(901, alert("sw"))
    assert [i.cause for i in night.incidents()] == ["srv-1", "sw"]


def test_a_symptom_of_a_quarter_of_an_hour_ago_is_adopted() -> None:
    night = row()
    night.webhook(0, alert("srv-1"))
    night.webhook(900, alert("sw"))
    assert [i.cause for i in night.incidents()] == ["sw"]


def test_pages_are_held_while_unexplained_neighbours_keep_failing() -> None:
    night = row()
    night.webhook(0, alert("srv-1"))
    night.webhook(50, alert("srv-2"))
    night.until(79)
    assert night.told() == []
    night.until(80)
    assert night.told() == [(80, "chen", "open")]


def test_the_hold_has_an_end() -> None:
    many = "".join(f"  - {{id: box-{n}, depends_on: [sw], owner: systems}}\n" for n in range(40))
    night = row(ROW + many)  # nine of forty: nobody would blame the switch
    for n in range(9):
        night.webhook(n * 18, alert(f"box-{n}"))
    night.until(200)
    assert night.told("chen")[0] == (150, "chen", "open")


def test_a_suspicion_keeps_the_number_of_the_more_important_incident() -> None:
    night = row(SHOP)
    night.webhook(0, alert("srv-1"))
    night.webhook(5, alert("srv-2"))
    night.webhook(10, alert("srv-3"))
    assert [(i.number, i.priority) for i in night.incidents()] == [(1, "P2"), (2, "P1"), (3, "P2")]
    night.until(100)
    assert [(i.number, i.cause, i.cause_kind) for i in night.incidents()] == [(2, "sw", "inferred")]
    assert night.told() == [(60, "lin", "open")]


def test_the_nearest_common_ancestor_is_suspected() -> None:
    night = row(TWO_OF_FOUR)
    night.webhook(0, alert("srv-1"))
    night.webhook(5, alert("srv-2"))
    night.until(60)
    assert [i.cause for i in night.incidents()] == ["sw"]


def test_a_suspect_did_not_take_down_what_had_failed_before() -> None:
    spare = "[psu, {any_of: [sw, sw-2]}]"
    rack = f"{{id: sw, depends_on: [psu]}}, {{id: a, depends_on: {spare}}}, {{id: b, depends_on: {spare}}}"
    night = row(f"nodes: [{{id: psu, kind: power}}, {{id: sw-2}}, {rack}]")
    night.webhook(0, alert("sw"))
    night.webhook(400, alert("a"))
    night.webhook(410, alert("b"))
    night.until(600)
    assert [(i.cause, i.cause_kind) for i in night.incidents()] == [("sw", "reported"), ("psu", "inferred")]


def test_of_two_that_fit_equally_the_nearer_is_suspected() -> None:
    night = row("nodes: [{id: sw}, {id: psu}, {id: a, depends_on: [sw, psu]}, {id: b, depends_on: [sw, psu]}]")
    night.webhook(0, alert("a"))
    night.webhook(5, alert("b"))
    night.until(60)
    assert [i.cause for i in night.incidents()] == ["sw"]


def test_what_was_just_proved_up_is_not_suspected() -> None:
    for proof, kinds in (("srv-5", {"reported"}), (None, {"inferred"})):
        night = row()
        for second, host in enumerate(("srv-1", "srv-2", "srv-3")):
            night.webhook(second, alert(host))
        if proof:
            night.webhook(20, alert(proof, state="resolved"))
        night.until(200)
        assert {i.cause_kind for i in night.incidents()} == kinds


def test_one_silent_child_is_no_ground_for_a_suspicion() -> None:
    night = row(TWO_OF_FOUR)
    night.webhook(0, alert("srv-1"))
    night.until(60)
    assert [(i.cause, i.cause_kind) for i in night.incidents()] == [("srv-1", "reported")]


def test_maintenance_gathers_the_children_of_a_silent_target_in_one_unpaged_incident() -> None:
    night = row(WINDOW, MORNING + 200)
    night.webhook(0, alert("srv-1"))
    night.webhook(10, alert("srv-2"))
    night.until(3000)
    assert [(i.cause, i.suppressed) for i in night.incidents()] == [("sw", True)]
    assert {a.incident for a in night.world.alerts.values()} == {1}
    assert night.told() == []


def test_after_the_windows_incident_ended_the_next_alert_opens_another() -> None:
    night = row(WINDOW, MORNING + 200)
    night.webhook(0, alert("srv-1"))
    night.webhook(10, alert("srv-1", state="resolved"))
    night.webhook(1000, alert("srv-2"))
    assert [(i.number, i.cause, i.suppressed) for i in night.incidents() if i.state != "resolved"] == [(2, "sw", True)]


def test_what_broke_before_the_window_is_not_hidden_by_it() -> None:
    night = row(WINDOW)
    night.webhook(80, alert("srv-1"))
    night.webhook(110, alert("sw"))
    night.until(200)
    assert [(i.cause, i.suppressed) for i in night.incidents()] == [("srv-1", False), ("sw", True)]
    assert night.told() == [(140, "chen", "open")]


def test_a_local_problem_of_the_target_pages_nobody_during_its_window() -> None:
    night = row(WINDOW, MORNING + 200)
    night.webhook(0, alert("sw", "fan", summary="fan 2 failure"))
    night.webhook(0, alert("srv-1", "disk", summary="disk usage 97 %"))
    assert [(i.root, i.suppressed) for i in night.incidents()] == [("sw", True), ("srv-1", False)]


def test_a_node_that_came_back_and_fell_again_under_a_proof_explains_nothing_old() -> None:
    night = row()
    night.webhook(0, alert("sw"))
    night.webhook(300, alert("srv-1", state="resolved"))
    night.webhook(430, alert("srv-2"))
    assert [i.cause for i in night.incidents() if i.state != "resolved"] == ["sw", "srv-2"]
