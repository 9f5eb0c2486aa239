"""When a maintenance is over, and something still fires."""

from datetime import UTC, datetime

from tests.decide.stories import alert
from tests.night import MORNING, Night, trading_company

HOUR = 3600.0


def iso(at: float) -> str:
    return datetime.fromtimestamp(MORNING + at, UTC).isoformat()


def planned(*windows: tuple[str, float, float]) -> str:
    lines = [f"  - {{targets: [{target}], start: '{iso(a)}', end: '{iso(b)}'}}" for target, a, b in windows]
    return "\n".join((NODES, "maintenance:", *lines))


NODES = """
nodes:
  - {id: sw, kind: switch, owner: network}
  - {id: srv-1, depends_on: [sw], owner: systems}
  - {id: srv-2, depends_on: [sw], owner: systems}
"""


def night_with(*windows: tuple[str, float, float]) -> Night:
    return Night(trading_company(topology=planned(*windows)))


def test_what_still_fires_is_paged_when_the_window_ends() -> None:
    night = night_with(("sw", 0, HOUR))
    for at, host in ((10, "sw"), (20, "srv-1")):
        night.webhook(at, alert(host))
    night.until(HOUR - 1)
    assert night.told() == []
    night.until(HOUR + 200)
    (open_one,) = [i for i in night.incidents() if i.state != "resolved"]
    assert (open_one.cause, open_one.suppressed) == ("sw", False)
    assert [(who, kind) for _, who, kind in night.told()] == [("lin", "open")]
    assert {a.node for a in night.world.alerts.values() if a.state == "firing"} == {"sw", "srv-1"}


def test_what_another_window_still_covers_stays_hidden() -> None:
    night = night_with(("srv-1", 0, HOUR), ("sw", 0, 2 * HOUR))
    night.webhook(10, alert("sw"))
    night.webhook(20, alert("srv-1"))
    night.until(2 * HOUR - 1)
    assert night.told() == []
    night.until(2 * HOUR + 200)
    assert [(who, kind) for _, who, kind in night.told()] == [("lin", "open")]


def test_of_two_that_a_window_hid_only_the_uncovered_leaves() -> None:
    night = night_with(("srv-1", 0, HOUR), ("srv-2", 0, 3 * HOUR))
    night.webhook(10, alert("srv-1"))
    night.webhook(20, alert("srv-2"))
    night.until(2 * HOUR)
    assert night.told()[0][1:] == ("chen", "open")
    hidden = [i for i in night.incidents() if i.suppressed and i.state != "resolved"]
    assert [i.root for i in hidden] == ["srv-2"]


def test_an_alert_that_comes_after_the_window_is_not_hidden_by_what_came_in_it() -> None:
    night = night_with(("sw", 0, HOUR))
    night.webhook(10, alert("sw"))
    night.webhook(20, alert("sw", check="fan", severity="critical"))
    night.until(HOUR + 300)
    assert {i.suppressed for i in night.incidents() if i.state != "resolved"} == {False}


def test_what_recovered_in_time_nobody_hears_of() -> None:
    night = night_with(("sw", 0, HOUR))
    night.webhook(10, alert("sw"))
    night.webhook(600, alert("sw", state="resolved"))
    night.until(3 * HOUR)
    assert night.told() == []
    assert not [i for i in night.incidents() if i.state != "resolved"]


def test_of_one_incident_what_another_window_covers_stays_and_the_rest_leaves() -> None:
    night = night_with(("sw", 0, HOUR), ("srv-2", 0, 2 * HOUR))
    for at, host in ((10, "sw"), (20, "srv-1"), (30, "srv-2")):
        night.webhook(at, alert(host))
    night.until(HOUR + 200)
    hidden, shown = sorted((i for i in night.incidents() if i.state != "resolved"), key=lambda i: not i.suppressed)
    assert (hidden.suppressed, shown.suppressed, shown.cause) == (True, False, "sw")
    firing = {(a.node, night.trial.survivor(a.incident)) for a in night.world.alerts.values() if a.state == "firing"}
    assert firing == {("srv-2", hidden.number), ("sw", shown.number), ("srv-1", shown.number)}
