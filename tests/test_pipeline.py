"""The step: what each kind of entry becomes, and that one unit stands or falls alone."""

import msgspec
import pytest

from ingestd import pipeline
from ingestd.decide.state import State
from ingestd.model import Entry, Event, Incident, Message, Reading, Snapshot
from ingestd.world import World
from tests.decide.stories import ROW, alert
from tests.night import Night, trading_company


def test_a_webhook_that_its_source_cannot_read_is_understood_like_a_strangers_text() -> None:
    night = Night()
    night.webhook(0, b"ALARM: the tape robot is offline")
    (found,) = night.world.alerts.values()
    assert (found.node, found.severity, found.incident) == ("prod", "critical", 1)
    assert "the body is not what generic sends" in found.reasons[0].text
    assert night.journal[-1].changes.shunted == ""


def test_what_is_quiet_is_kept_and_opens_nothing() -> None:
    night = Night()
    night.webhook(0, alert("hr-server", "backup", summary="backup finished", quiet=True))
    changes = night.journal[-1].changes
    assert (changes.recogniser, changes.alerts, changes.incidents) == ("generic", (), ())


def test_a_mail_that_says_nothing_is_journaled_with_what_understood_it() -> None:
    night = Night()
    night.mail(0, "Re: [#1] hr-server", "thanks\n", sender="mei@finance.trading.example")
    assert (night.journal[-1].changes.recogniser, night.incidents()) == ("none", [])


def test_the_events_of_one_body_are_judged_each_for_itself() -> None:
    night = Night()
    night.webhook(0, {"alerts": [alert("hr-server", "disk"), alert("sales-mail", "disk")]})
    assert [a.node for a in night.world.alerts.values()] == ["hr-server", "sales-mail"]


def test_of_many_events_one_that_breaks_is_set_aside_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = pipeline.judge

    def fragile(s: State, message: Message, reading: Reading, event: Event) -> None:
        if event.host == "web-5":
            raise RuntimeError("cursed")
        judge(s, message, reading, event)

    monkeypatch.setattr(pipeline, "judge", fragile)
    night = Night(trading_company(topology=ROW))
    night.webhook(0, {"alerts": [alert(f"web-{n}", "disk") for n in range(20)]})
    nodes = {one.node for one in night.world.alerts.values()}
    assert nodes == {f"web-{n}" for n in range(20) if n != 5} | {"prod"}
    assert "RuntimeError: cursed" in night.journal[-1].changes.shunted


def test_the_events_of_one_body_are_ranked_together() -> None:
    """An incident that eight alerts join changes once, not eight times."""
    night = Night(trading_company(topology=ROW))
    night.webhook(0, alert("sw"))
    body = msgspec.json.encode({"alerts": [alert("srv-1"), alert("srv-2")]})
    message = Message(kind="webhook", source="prod", adapter="generic", body=body)
    goes = list(pipeline.step(night.world, Entry(9, message), 1.0))
    assert [len(changes.alerts) for changes in goes] == [2]
    assert [incident.number for incident in goes[0].incidents] == [1]


def test_a_command_that_cannot_be_read_is_set_aside() -> None:
    night = Night()
    changes = night.message(0, Message(kind="command", source="web", actor="lin", body=b'{"action": "explode"}'))
    assert changes.shunted.startswith("ValidationError: ")
    assert changes.verdict is None
    assert "ingestd: unreadable command from web" in night.incidents()[0].title


def test_a_malformed_body_is_understood_like_a_strangers_text_and_says_why() -> None:
    night = Night()
    body = b'{"host": "tape-robot", "summary": "offline'
    refused = Message(kind="webhook", source="prod", adapter="generic", body=body, refused="line 1 column 34: no end")
    assert night.message(0, refused).recogniser == "none"
    (found,) = night.world.alerts.values()
    assert (found.node, found.guessed, found.summary) == ("tape-robot", True, "prod: offline")
    assert found.reasons[0].text == "the body is malformed: line 1 column 34: no end"


def test_a_timer_finds_its_incident_by_what_is_due() -> None:
    night = Night(trading_company(topology=ROW))
    night.webhook(0, alert("sw"))
    night.until(60)
    (incident,) = night.incidents()
    assert (incident.page_at, incident.told_at, incident.step) == (0.0, night.begin + 60, 1)
    night.webhook(100, alert("sw", state="resolved"))
    night.until(400)
    assert night.incidents()[0].state == "resolved"
    night.until(4001)
    assert night.incidents() == []


def test_the_same_entry_steps_to_the_same_changes_and_changes_nothing_by_itself() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    entry = night.journal[0].entry
    world = World(trading_company())
    before = world.facts()
    assert list(pipeline.step(world, entry, night.begin)) == list(pipeline.step(world, entry, night.begin))
    assert world.facts() == before


def test_unknown_kinds_of_our_own_entries_change_nothing() -> None:
    night = Night()
    (changes,) = pipeline.step(night.world, Entry(1, Message(kind="reload", source="engine")), 5.0)
    assert (changes.alerts, changes.incidents, changes.timeline) == ((), (), ())


def test_a_mail_whose_charset_is_written_in_pieces_is_read() -> None:
    night = Night()
    odd = b"Subject: tape robot is offline\nContent-Type: text/plain; charset*0*=utf-8''ut; charset*1=f-8\n\n\xe7\xa3\x81\n"
    night.raw(0, odd)
    assert night.journal[-1].changes.shunted == ""
    assert "tape robot is offline" in night.incidents()[0].title


def test_after_a_reload_what_was_open_waits_under_the_new_dependencies() -> None:
    alone = ROW.replace("{id: srv-1, depends_on: [sw]", "{id: srv-1")
    for reloads, causes in ((False, ["srv-1", "sw"]), (True, ["sw"])):
        night = Night(trading_company(topology=alone))
        night.webhook(0, alert("srv-1"))
        if reloads:
            night.world.reload(trading_company(topology=ROW))
        night.webhook(10, alert("sw"))
        assert [i.cause for i in night.incidents()] == causes


def test_the_order_of_rows_does_not_matter_to_a_world() -> None:
    night = Night(trading_company(topology=ROW))
    for begin in (0, 1000):
        night.webhook(begin, alert("sw"))
        night.webhook(begin + 5, alert("sw", state="resolved"))
    alerts, incidents = tuple(night.world.alerts.values()), tuple(night.world.incidents.values())
    assert len({a.fingerprint for a in alerts}) == 1
    assert len(alerts) == 2
    marks = tuple(night.world.marks.values())
    forth = World(night.rules, Snapshot(alerts=alerts, incidents=incidents, marks=marks))
    back = World(night.rules, Snapshot(alerts=alerts[::-1], incidents=incidents[::-1], marks=marks))
    assert forth.facts() == back.facts()
    assert forth.fingerprints == night.world.fingerprints


def test_a_closed_incident_is_not_taken_in_but_its_number_stays_used() -> None:
    closed = Incident(number=7, state="resolved", closed_at=5.0, end_at=9.0)
    world = World(trading_company(), Snapshot(incidents=(closed,)))
    assert (world.incidents, world.next_incident, world.next_due()) == ({}, 8, None)


def test_a_timer_that_is_not_due_any_more_changes_nothing() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    night.webhook(1, {"host": "box", "state": "firing", "summary": "odd", "ends_after": 600})
    box = night.alerts("box")[0].id
    for timer in (pipeline.timer_message("incident", 1), pipeline.timer_message("alert", box)):
        changes = night.message(2, timer)
        assert (changes.incidents, changes.alerts, changes.notifications) == ((), (), ())
    night.act(3, "lin", "resolve", 1, text="done")
    assert night.message(4, pipeline.timer_message("incident", 1)).incidents == ()


def test_a_colleagues_mail_is_a_persons_and_a_strangers_is_nobodys() -> None:
    night = Night(trading_company())
    night.mail(0, "help", "no network here since nine", sender="mei@finance.trading.example")
    night.mail(1, "help", "no network here since nine", sender="mei@elsewhere.example")
    assert [one.changes.recogniser for one in night.journal if one.entry.message.kind == "mail"] == ["person", "none"]
