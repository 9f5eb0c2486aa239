"""From an event to its alert: flaps, recoveries, and what a recovery proves."""

from tests.decide.stories import alert
from tests.night import Night


def test_a_local_problem_that_comes_back_while_cooling_is_the_same_alert_and_no_page() -> None:
    night = Night()
    full = alert("hr-server", "disk", summary="disk usage 97 %", severity="warning")
    night.webhook(0, full)
    night.webhook(100, full | {"state": "resolved"})
    night.webhook(200, full)
    night.until(1000)
    assert [(a.count, a.state) for a in night.alerts("hr-server")] == [(2, "firing")]
    assert [p[2] for p in night.told("chen")] == ["open"]


def test_what_fires_again_after_its_end_is_a_new_alert() -> None:
    night = Night()
    for begin in (0, 1000):
        night.webhook(begin, alert("acc-sw-18"))
        night.webhook(begin + 100, alert("acc-sw-18", state="resolved"))
    assert [(a.id, a.count) for a in night.alerts("acc-sw-18")] == [(1, 1), (2, 1)]


def test_a_node_that_says_it_is_up_proves_its_switch_up_although_it_never_alerted() -> None:
    night = Night()
    night.webhook(0, alert("acc-sw-17"))
    night.webhook(500, alert("sales-mail", state="resolved", summary="ping is fine again"))
    night.until(2000)
    assert [i.state for i in night.incidents()] == ["resolved"]


def test_a_recovered_disk_proves_nothing_about_the_network() -> None:
    night = Night()
    night.webhook(0, alert("acc-sw-17"))
    night.webhook(500, alert("sales-mail", "disk", state="resolved", summary="disk usage 40 %"))
    night.until(2000)
    assert [i.state for i in night.incidents()] == ["triggered"]


def test_two_monitors_that_see_the_same_are_one_alert_until_both_say_it_is_over() -> None:
    night = Night()
    night.webhook(0, alert("hr-server", state="resolved"), source="branch")  # it does say when something is over
    for source in ("prod", "branch"):
        night.webhook(0, alert("acc-sw-18"), source=source)
    night.webhook(100, alert("acc-sw-18", state="resolved"), source="prod")
    night.until(2000)
    assert [(a.state, a.count) for a in night.alerts("acc-sw-18")] == [("firing", 2)]
    night.webhook(2000, alert("acc-sw-18", state="resolved"), source="branch")
    assert [a.state for a in night.alerts("acc-sw-18")] == ["resolved"]


def test_a_monitor_that_never_ended_anything_holds_an_alert_open_for_minutes_only() -> None:
    night = Night()
    for source in ("prod", "branch"):
        night.webhook(0, alert("acc-sw-18"), source=source)
    night.webhook(100, alert("acc-sw-18", state="resolved"), source="prod")
    night.until(399)
    assert [a.state for a in night.alerts("acc-sw-18")] == ["firing"]
    night.until(400)
    assert [a.state for a in night.alerts("acc-sw-18")] == ["resolved"]


def test_if_it_says_so_again_it_is_believed() -> None:
    night = Night()
    for source in ("prod", "branch"):
        night.webhook(0, alert("acc-sw-18"), source=source)
    night.webhook(100, alert("acc-sw-18", state="resolved"), source="prod")
    night.webhook(300, alert("acc-sw-18"), source="branch")
    night.until(2000)
    assert [a.state for a in night.alerts("acc-sw-18")] == ["firing"]


def test_a_second_recovery_changes_nothing_more() -> None:
    night = Night()
    night.webhook(0, alert("hr-server", "disk"))
    night.webhook(100, alert("hr-server", "disk", state="resolved"))
    night.webhook(200, alert("hr-server", "disk", state="resolved"))
    assert night.journal[-1].changes.alerts == ()
    assert night.incidents()[0].end_at == night.begin + 400
