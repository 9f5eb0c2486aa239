"""What a message would lead to is decided by the real judgement, and changes nothing."""

import copy
import sqlite3

import msgspec
import pytest

from ingestd.model import Event, Message
from ingestd.rehearsal import EVENT, MOST_UNITS, Rehearsal, of_event, rehearse
from tests.night import Night, trading_company
from tests.test_app import House, _logging_stays_as_it_is, house, stage  # noqa: F401  (fixtures)


def rehearsed(
    night: Night, host: str | None, check: str | None = None, at: float = 0.0, source: str = "prod", **more: object
) -> Rehearsal:
    event = Event(state="firing", summary="no answer", host=host, check=check, severity="critical")
    message, reading = of_event(msgspec.structs.replace(event, **more), source)
    return rehearse(night.world, message, night.begin + at, reading)


def test_in_a_quiet_world_it_would_open_an_incident_that_is_held_and_then_told() -> None:
    night = Night()
    would = rehearsed(night, "acc-sw-17")
    (incident,) = would.incidents
    assert (incident.number, incident.cause, would.opened) == (1, "acc-sw-17", (1,))
    (telling,) = would.told
    assert (telling.kind, telling.channel, telling.at - night.begin, telling.held) == ("open", "mail", 60.0, 60.0)
    night.nagios(0, "acc-sw-17")
    night.until(100)
    assert night.told() == [(60.0, telling.person, "open")], "and so it is"


def test_beside_what_is_open_it_would_join_what_explains_it() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    night.until(100)
    would = rehearsed(night, "hr-server", at=100.0)
    assert [i.number for i in would.incidents] == [1] and would.opened == () and would.told == ()
    assert would.alerts[0].reasons[-1].rule == "explained"


def test_an_end_would_resolve_and_tell_nobody_twice() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    night.until(100)
    would = rehearsed(night, "acc-sw-17", at=100.0, source="smtp", state="resolved")
    assert [a.state for a in would.alerts] == ["resolved"]
    assert [i.state for i in night.incidents()] == ["triggered"]


def test_a_mail_and_a_body_are_read_as_the_pipeline_reads_them() -> None:
    night = Night()
    body = msgspec.json.encode([{"host": f"h{n}", "state": "firing", "summary": "x"} for n in range(MOST_UNITS + 5)])
    hook = rehearse(night.world, Message(kind="webhook", source="prod", adapter="generic", body=body), night.begin)
    assert (len(hook.alerts), hook.left_out, len(hook.incidents)) == (MOST_UNITS, 5, 3)
    calm = rehearse(night.world, Message(kind="mail", source="smtp", body=b"Subject: backup ok\n\nfine"), night.begin)
    assert calm.alerts == () and calm.told == ()


def test_what_breaks_the_judgement_would_be_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("ingestd.pipeline.judge", breaks)
    assert rehearsed(Night(), "db").shunted == "RuntimeError: no"


def test_in_maintenance_nobody_would_be_told() -> None:
    window = "nodes: [{id: db}]\nmaintenance: [{targets: [db], weekly: {weekdays: [wed]}}]"
    would = rehearsed(Night(trading_company(topology=window)), "db")
    assert would.incidents[0].suppressed and would.told == ()


def test_it_changes_nothing_of_the_world_and_so_nothing_of_what_follows() -> None:
    night, twin = Night(), Night()
    for one in (night, twin):
        one.nagios(0, "acc-sw-17")
        one.until(30)
    before = copy.deepcopy(night.world.facts())
    at, due = night.world.at, night.world.next_due()
    for host, check in (("hr-server", None), ("sales-mail", "disk"), ("acc-sw-17", None), (None, "x"), ("new", "y")):
        for state in ("firing", "resolved"):
            rehearsed(night, host, check, at=40.0, state=state)
    assert night.world.facts() == before
    assert (night.world.at, night.world.next_due()) == (at, due)
    for one in (night, twin):
        one.nagios(50, "hr-server")
        one.until(5000)
    assert night.told() == twin.told() and night.world.facts() == twin.world.facts()


def test_an_event_is_read_as_what_it_says() -> None:
    message, reading = of_event(Event(state="firing", summary="x"), "prod")
    assert message.source == "prod" and reading.recogniser == EVENT.recogniser and len(reading.events) == 1


async def test_a_daemon_that_is_asked_keeps_and_sends_nothing(house: House) -> None:  # noqa: F811
    def rows() -> list[list[tuple[object, ...]]]:
        with sqlite3.connect(house.daemon.store._writing.url.database or "") as file:
            names = ("inbox", "incident", "alert", "notification", "timeline")
            return [file.execute(f"SELECT * FROM {name}").fetchall() for name in names]

    await house.mail(b"From: mon@x.example\nTo: a@x.example\nSubject: CRITICAL: db-1 is down\n\nno answer")
    await house.until(house.incidents)
    before, facts = rows(), copy.deepcopy(house.daemon.engine.world.facts())
    asked = {"event": {"host": "db-1", "check": "disk", "severity": "critical"}}
    answer = await house.web.post("/api/v1/explain", json=asked, headers=house.me)
    assert answer.status_code == 200 and answer.json()["lines"][0] == "understood as alert by event", answer.text
    assert answer.json()["would"]["told"]
    assert rows() == before and house.daemon.engine.world.facts() == facts
