"""The simulation's log: who went where, what was said, and when, on a stream of a few events."""

from typing import Any

from ingestd import simulate

INVENTORY: dict[str, Any] = {
    "nodes": [
        {"id": "sw", "kind": "switch"},
        {"id": "srv-1", "depends_on": ["sw"]},
        {"id": "srv-2", "depends_on": ["sw"]},
        {"id": "lab", "kind": "server"},
    ],
    "departments": [{"id": "press", "mail_domains": ["press.example"], "uses": ["srv-1"]}],
}


def event(number: int, t: float, host: str | None, state: str = "problem", **more: Any) -> dict[str, Any]:
    return {
        "id": f"e{number}",
        "t": t,
        "source": "nagios",
        "host": host,
        "service": None,
        "severity": "critical",
        "state": state,
        "summary": "host unreachable",
        "dedup_key": None,
        **more,
    }


def log(*events: dict[str, Any]) -> list[tuple[Any, ...]]:
    """(t, op, incident, the rest) of every action."""
    actions = simulate.correlate(INVENTORY, list(events))
    rest = ("event", "from", "into", "node", "kind")
    return [(a["t"], a["op"], a["incident"], *(a[k] for k in rest if k in a)) for a in actions]


def of(kind: str, actions: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(t, *rest) for t, op, *rest in actions if op == kind]


def test_a_single_fault_is_assigned_told_once_and_resolved_with_a_text() -> None:
    actions = log(event(1, 100, "lab"), event(2, 700, "lab", "ok", severity="ok"))
    assert of("assign", actions) == [(100, "I1", "e1"), (700, "I1", "e2")]
    assert of("cause", actions)[0] == (100, "I1", "lab")
    assert of("notify", actions) == [(160, "I1", "open"), (1000, "I1", "resolve")]
    assert of("resolve", actions)[0] == (1000, "I1")


def test_a_late_cause_merges_what_waited_beneath_it() -> None:
    actions = log(event(1, 100, "srv-1"), event(2, 110, "sw"))
    assert of("merge", actions) == [(110, "I1", "I2", "I1")]
    assert of("assign", actions) == [(100, "I1", "e1"), (110, "I1", "e2")]
    assert of("cause", actions)[-1][1:] == ("I1", "sw")
    assert of("notify", actions) == [(160, "I1", "open")]


def test_a_cause_found_after_the_page_is_an_update_of_the_number_that_was_told() -> None:
    actions = log(event(1, 100, "srv-1"), event(2, 300, "sw"))
    assert of("notify", actions)[:2] == [(160, "I1", "open"), (300, "I1", "update")]
    assert of("merge", actions)[0] == (300, "I1", "I2", "I1")


def test_timers_go_off_before_the_event_that_comes_after_them() -> None:
    actions = log(event(1, 100, "lab"), event(2, 5000, "srv-1"))
    assert [a[1] for a in actions if a[0] <= 160 and a[1] == "notify"] == ["notify"]
    assert actions.index((160, "notify", "I1", "open")) < actions.index((5000, "assign", "I2", "e2"))


def test_a_persons_mail_joins_what_her_department_uses() -> None:
    said = {"source": "human", "severity": None, "summary": "we have no network", "from": "mia@press.example"}
    actions = log(event(1, 100, "srv-1"), event(2, 130, None, "report", **said))
    assert of("assign", actions) == [(100, "I1", "e1"), (130, "I1", "e2")]


def test_a_recovery_of_something_never_heard_of_is_in_no_incident() -> None:
    assert log(event(1, 100, "lab", "ok")) == []


def test_what_goes_wrong_late_in_the_clock_never_turns_it_back() -> None:
    actions = log(event(1, 100, "lab"), event(2, 90, "srv-1"))
    assert of("assign", actions) == [(100, "I1", "e1"), (100, "I2", "e2")]
