"""What goes wrong, and what is told apart: maintenance, silence, deafness, clocks, unreadable messages, merges."""

import msgspec
import pytest

from ingestd import pipeline
from ingestd.decide import ending
from ingestd.model import Message, Receipt
from tests.night import MORNING, Night, trading_company

FIRMWARE = """
nodes:
  - {id: sw, kind: switch, owner: network}
  - {id: esx, kind: hypervisor, depends_on: [sw], owner: systems}
  - {id: vm-1, kind: vm, depends_on: [esx], owner: systems}
  - {id: vm-2, kind: vm, depends_on: [esx], owner: systems}
  - {id: shop, kind: service, class: critical, depends_on: [vm-1], owner: systems}
maintenance:
  - {targets: [esx], start: 1795568000, end: 1795575000, summary: firmware}
"""


def alert(host: str, check: str | None = None, state: str = "firing", **more: object) -> dict[str, object]:
    body: dict[str, object] = {
        "host": host,
        "state": state,
        "summary": "host unreachable",
        "severity": "critical",
        **more,
    }
    return body | ({"check": check} if check else {})


def test_maintenance_covers_what_depends_on_it_and_pages_nobody() -> None:
    night = Night(trading_company(topology=FIRMWARE))
    for second, host in enumerate(("vm-1", "esx", "vm-2")):
        night.webhook(second, alert(host))
    night.until(3000)
    assert night.told() == []
    assert [(i.cause, i.suppressed) for i in night.incidents()] == [("esx", True)]


def test_after_maintenance_the_same_pages() -> None:
    night = Night(trading_company(topology=FIRMWARE), begin=MORNING + 7000)
    night.webhook(0, alert("vm-1"))
    night.until(100)
    assert night.told("chen") == [(60, "chen", "open")]


def test_a_critical_service_that_stays_silent_after_its_cause_returned_is_told() -> None:
    night = Night(trading_company(topology=FIRMWARE.split("maintenance", maxsplit=1)[0]))
    night.webhook(0, alert("sw"))
    night.webhook(10, alert("vm-1", "shop"))
    night.webhook(20, alert("vm-2"))
    night.webhook(1000, alert("sw", state="resolved"))
    night.webhook(1010, alert("vm-2", state="resolved"))
    night.until(2500)
    assert [(i.cause, i.state) for i in night.incidents()] == [("sw", "resolved"), ("shop", "triggered")]


def test_what_is_reported_again_after_its_cause_returned_leaves() -> None:
    night = Night(trading_company(topology=FIRMWARE.split("maintenance", maxsplit=1)[0]))
    night.webhook(0, alert("sw"))
    night.webhook(20, alert("vm-2"))
    night.webhook(1000, alert("sw", state="resolved"))
    night.webhook(1400, alert("vm-2"))
    night.until(2500)
    assert [(i.cause, i.state) for i in night.incidents()] == [("sw", "resolved"), ("vm-2", "triggered")]


def test_a_cause_whose_recovery_got_lost_is_proved_up_by_its_children() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    night.nagios(5, "sales-mail")
    night.nagios(500, "sales-mail", "UP")
    night.until(2000)
    assert [i.state for i in night.incidents()] == ["resolved"]


def test_one_child_alone_never_ends_a_cause_that_is_still_reported() -> None:
    night = Night()
    for host in ("acc-sw-17", "sales-mail", "hr-server"):
        night.nagios(0, host)
    night.nagios(500, "sales-mail", "UP")
    night.until(9000)
    assert [i.state for i in night.incidents()] == ["triggered"]


def test_a_source_that_repeated_and_fell_silent_has_recovered() -> None:
    night = Night()
    for minute in range(0, 30, 5):
        night.webhook(minute * 60, alert("box"))
    night.until(25 * 60 + 12 * 3600 + 299)
    assert [i.state for i in night.incidents()] == ["triggered"]
    night.until(25 * 60 + 12 * 3600 + 300)
    assert [i.state for i in night.incidents()] == ["resolved"]


def test_deafness_moves_deadlines_about_silence() -> None:
    night = Night()
    night.webhook(0, alert("box", ends_after=600))
    before = night.alerts("box")[0].due_at
    night.message(300, Message(kind="gap", source="engine", body=b"7200.0"))
    assert night.alerts("box")[0].due_at == before + 7200
    night.until(8000)
    assert night.alerts("box")[0].state == "resolved"


def test_a_jump_of_the_clock_is_an_incident_and_moves_calendars_only() -> None:
    night = Night()
    night.message(10, Message(kind="clock", source="engine", body=b"3600.0"))
    assert night.world.wall_offset == 3600.0
    assert "jumped by +3600.0 s" in night.incidents()[0].title
    night.message(20, Message(kind="clock", source="engine", body=b"0.0"))
    assert len(night.incidents()) == 1


def test_an_unreadable_message_is_set_aside_and_opens_an_incident() -> None:
    night = Night()
    changes = night.message(
        0,
        Message(kind="command", source="prod", body=b"{oops"),
    )
    assert "JSON is malformed" in changes.shunted
    assert night.incidents()[0].title.startswith("ingestd: unreadable command from prod")
    assert night.incidents()[0].priority == "P4"


def test_an_event_that_breaks_the_judgement_is_set_aside_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night()
    real = pipeline.correlate.place

    def fragile(s: object, alert: object) -> None:
        if alert.node == "bad":  # type: ignore[attr-defined]
            raise ValueError("boom")
        real(s, alert)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline.correlate, "place", fragile)
    body = {"alerts": [alert("bad"), alert("good")]}
    changes = night.webhook(0, body) or night.journal[-1].changes
    assert "ValueError: boom" in changes.shunted
    assert {a.node for a in night.world.alerts.values()} == {"prod", "good"}


def test_a_timer_that_breaks_is_put_off_and_delays_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night()
    night.nagios(0, "acc-sw-18")
    night.nagios(1, "core-rt-1")
    real = pipeline.escalate.start

    def fragile(s: object, number: int) -> None:
        if number == 1:
            raise KeyError("boom")
        real(s, number)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline.escalate, "start", fragile)
    night.until(200)
    assert ("lin", "open", 2) in [(p.person, p.kind, p.incident) for p in night.pages]
    assert night.world.incidents[1].page_at > MORNING + 200
    assert any("a timer of incident 1 failed: KeyError" in i.title for i in night.incidents())


def test_a_broken_timer_of_an_alert_is_put_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night()
    night.webhook(0, alert("box", ends_after=600))
    monkeypatch.setattr(ending, "recovered", lambda *_a, **_k: 1 / 0)
    night.until(700)
    assert night.alerts("box")[0].due_at == MORNING + 900


def test_a_timer_of_something_gone_changes_no_incident() -> None:
    night = Night()
    changes = night.message(0, pipeline.timer_message("incident", 77))
    assert [i.cause_kind for i in changes.incidents] == ["local"], "it is noted as a mishap of our own"


def test_repeated_refusals_are_one_low_incident_that_ends_by_itself() -> None:
    night = Night()
    refusal = Message(kind="refusal", source="prod", body=b"5 refusals (401) from 192.0.2.7")
    night.message(0, refusal)
    night.message(600, refusal)
    assert [(i.priority, i.title) for i in night.incidents()] == [
        ("P4", "ingestd: refusals at prod: 5 refusals (401) from 192.0.2.7")
    ]
    night.until(600 + 1800 + 400)
    assert night.incidents()[0].state == "resolved"


def test_starts_and_reloads_are_journaled_and_change_nothing() -> None:
    night = Night()
    assert night.message(0, Message(kind="start", source="engine")).incidents == ()


def test_a_receipt_of_a_page_claimed_too_late_still_gets_its_end() -> None:
    night = Night()
    night.nagios(0, "acc-sw-18")
    night.until(70)
    night.act(80, "lin", "resolve", 1, text="done")
    late = Receipt(notification=99, incident=1, person="zhao", outcome="claimed")
    night.message(90, Message(kind="receipt", source="outbox", body=msgspec.json.encode(late)))
    assert night.told("zhao") == [(90, "zhao", "end")]
    night.message(91, Message(kind="receipt", source="outbox", body=msgspec.json.encode(late)))
    assert night.told("zhao") == [(90, "zhao", "end")]
    gone = Receipt(notification=1, incident=55, person="zhao", outcome="failed")
    assert night.message(92, Message(kind="receipt", source="outbox", body=msgspec.json.encode(gone))).incidents == ()


def test_unknown_hosts_are_grouped_by_name_without_a_topology() -> None:
    night = Night(trading_company(topology="nodes: []"))
    night.webhook(0, alert("Box-1.example.net:9100"))
    night.webhook(5, alert("box-1.example.net.", "ssh", summary="connection timed out"))
    night.webhook(9, alert("box-2.example.net"))
    assert sorted(i.root for i in night.incidents()) == ["box-1.example.net", "box-2.example.net"]


def test_a_guessed_host_explains_nothing_and_closes_nothing() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    night.mail(
        10, "alarm: hr-server is down", "please look at hr-server, it is DOWN", sender="script@mon-1.trading.example"
    )
    night.mail(20, "OK: acc-sw-17 is up again", "acc-sw-17 has recovered", sender="script@mon-1.trading.example")
    assert night.alerts("acc-sw-17")[0].state == "firing"
    assert all(a.certainty == "root" for a in night.alerts("hr-server"))


def test_an_unknown_kind_of_trouble_joins_only_as_unsure() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    night.webhook(5, alert("hr-server", "odd thing", summary="something is strange"))
    assert night.alerts("hr-server")[0].certainty == "unsure"
    night.webhook(6, alert("mon-1", "odd thing", summary="something is strange"))
    night.webhook(7, alert("mon-1", "other thing", summary="something else is strange"))
    assert len({a.incident for a in night.alerts("mon-1")}) == 2


def test_what_is_over_before_its_hold_is_pages_nobody() -> None:
    night = Night(trading_company())
    night.nagios(0, "hr-server")
    night.nagios(20, "hr-server", "UP")
    night.until(4000)
    assert night.told() == []
    history = [row.text for stepped in night.journal for row in stepped.changes.timeline]
    assert "over before anybody was paged" in history


def test_unless_it_comes_back_while_it_cools() -> None:
    night = Night(trading_company())
    night.nagios(0, "hr-server")
    night.nagios(20, "hr-server", "UP")
    night.nagios(200, "hr-server")
    night.until(400)
    assert [(at, who) for at, who, _ in night.told()] == [(215, "chen")]


def test_the_team_of_a_cause_that_is_inferred_is_told_and_no_other() -> None:
    night = Night(trading_company())
    for second, host in enumerate(("sales-mail", "inventory-db", "hr-server")):
        night.nagios(second, host)
    night.until(200)
    assert {who for _, who, _ in night.told()} == {"lin"}
