"""Signs of life that are expected, and what happens when they fail to come. It is nine in the morning in Shanghai."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide.heartbeat import HeartbeatFile, Heartbeats
from ingestd.model import Event, Message, Reading
from ingestd.yamltypes import ConfigError, loads
from tests.night import Night, trading_company

NIGHTLY = """
heartbeats:
  - {id: backup, when: {subject: "~backup .* ok"}, by: "06:00", grace: 30m, summary: the nightly backup, node: hr-server}
"""
OFTEN = """
heartbeats:
  - {id: sync, when: {source: prod, host: hr-server, check: sync}, every: 10m, grace: 1m}
"""
HOUR = 3600.0
#: Seconds from the beginning to half past six on the next morning.
TOMORROW = 21.5 * HOUR


def night(heartbeats: str) -> Night:
    return Night(trading_company(heartbeats=heartbeats))


def ok(at: float, one: Night) -> None:
    one.mail(at, "backup of hr-server ok", "all done", sender="backup@hr-server.trading.example")


def missing(one: Night) -> list[str]:
    """The state of every alert about a heartbeat."""
    return [a.state for a in one.world.alerts.values() if a.fingerprint.startswith("heartbeat:")]


def ping(one: Night, at: float, name: str, state: str = "ok", said: bytes = b"") -> None:
    one.message(
        at, Message(kind="webhook", source="cron", adapter="heartbeat", query=f"id={name}&state={state}", body=said)
    )


def test_a_report_that_does_not_come_by_its_hour_is_an_alert() -> None:
    one = night(NIGHTLY)
    one.until(TOMORROW - 1)
    assert missing(one) == []
    one.until(TOMORROW)
    (alert,) = one.alerts("hr-server")
    assert alert.summary == "the nightly backup: nothing heard since it is expected"
    assert (alert.check, alert.severity, alert.cls) == ("heartbeat backup", "error", "local")


def test_a_report_in_time_is_good_until_the_next_day() -> None:
    one = night(NIGHTLY)
    ok(TOMORROW - 2 * HOUR, one)
    one.until(TOMORROW + 23 * HOUR)
    assert missing(one) == []
    one.until(TOMORROW + 24 * HOUR)
    assert missing(one) == ["firing"]
    assert "since 2026-11-26 04:30" in one.alerts("hr-server")[0].summary


def test_a_report_that_comes_late_ends_the_alert_and_does_not_count_for_the_next_night() -> None:
    one = night(NIGHTLY)
    one.until(TOMORROW)
    ok(TOMORROW + HOUR, one)
    assert missing(one) == ["resolved"]
    one.until(TOMORROW + 24 * HOUR + 1)
    assert missing(one) == ["firing"]


def test_a_report_early_for_the_next_night_counts_for_it_although_one_was_missed() -> None:
    one = night(NIGHTLY)
    one.until(TOMORROW)
    ok(TOMORROW + 22 * HOUR, one)
    assert missing(one) == ["resolved"]
    one.until(TOMORROW + 25 * HOUR)
    assert "firing" not in missing(one)


def test_every_missed_deadline_is_counted_and_one_alert_stays_one() -> None:
    one = night(NIGHTLY)
    one.until(TOMORROW + 48 * HOUR)
    assert one.world.heartbeats["backup"].missed == 3
    (alert,) = one.alerts("hr-server")
    assert alert.count == 3


def test_a_failure_is_no_sign_of_life() -> None:
    one = night(NIGHTLY)
    one.mail(
        TOMORROW - HOUR, "backup of hr-server not ok: FAILED", "disk full", sender="backup@hr-server.trading.example"
    )
    one.until(TOMORROW)
    assert "firing" in missing(one)


def test_a_reply_that_quotes_the_report_is_no_sign_of_life() -> None:
    one = night(NIGHTLY)
    one.mail(TOMORROW - HOUR, "Re: backup of hr-server ok", "thanks, Mei", sender="mei@finance.trading.example")
    one.until(TOMORROW)
    assert missing(one) == ["firing"]


def test_an_interval_is_counted_from_the_last_sign() -> None:
    one = night(OFTEN)
    one.webhook(600, {"host": "hr-server", "check": "sync", "state": "ok"})
    one.until(600 + 659)
    assert missing(one) == []
    one.until(600 + 660)
    assert missing(one) == ["firing"]
    one.webhook(1300, {"host": "hr-server", "check": "sync", "state": "ok"})
    assert missing(one) == ["resolved"]


def test_what_names_another_host_feeds_nothing() -> None:
    one = night(OFTEN)
    one.webhook(600, {"host": "sales-mail", "check": "sync", "state": "ok"})
    one.until(700)
    assert missing(one) == ["firing"]


def test_only_on_some_weekdays() -> None:
    one = night('heartbeats: [{id: report, by: "06:00", weekdays: [mon]}]')
    one.until(2 * 86400)
    assert missing(one) == []
    due = datetime.fromtimestamp(one.world.heartbeats["report"].due_at, ZoneInfo("Asia/Shanghai"))
    assert f"{due:%a %H:%M}" == "Mon 06:00"


def test_midnight_and_the_hour_that_just_began() -> None:
    one = night('heartbeats: [{id: noon, by: "09:00"}, {id: end, by: "24:00"}]')
    one.until(0)
    due = {name: one.world.heartbeats[name].due_at - one.begin for name in ("noon", "end")}
    assert due == {"noon": 24 * HOUR, "end": 15 * HOUR}


def test_a_ping_feeds_its_heartbeat_and_a_failure_is_an_alert_until_the_next_ping() -> None:
    one = night("heartbeats: [{id: job, every: 10m}]")
    ping(one, 300, "job")
    one.until(899)
    assert missing(one) == []
    ping(one, 899, "job", "fail", b"\n exit status 3\n")
    (alert,) = [a for a in one.world.alerts.values() if a.fingerprint == "heartbeat:job"]
    assert (alert.state, alert.summary) == ("firing", "job failed: exit status 3")
    ping(one, 1000, "job")
    assert missing(one) == ["resolved"]


def test_a_stretch_of_deafness_is_not_held_against_anybody() -> None:
    one = night("heartbeats: [{id: job, every: 10m}]")
    ping(one, 0, "job")
    one.message(500, Message(kind="gap", source="engine", body=b"400.0"))
    one.until(999)
    assert missing(one) == []
    one.until(1000)
    assert missing(one) == ["firing"]


def test_what_is_no_longer_expected_is_forgotten() -> None:
    one = night("heartbeats: [{id: job, every: 10m}]")
    one.until(10)
    one.world.reload(trading_company())
    one.until(5000)
    assert missing(one) == []
    one.world.at = one.begin + 5000
    one.world.reload(night(OFTEN).rules)
    one.until(5001)
    assert one.world.heartbeats["sync"].due_at == one.begin + 5000 + 660


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{id: x}", "expected either every or by"),
        ('{id: x, every: 5m, by: "06:00"}', "expected either every or by"),
        ('{id: x, by: "06:00", weekdays: []}', "expected at least one weekday"),
        ('{id: x, by: "26:00"}', "expected a time of day"),
    ],
)
def test_a_heartbeat_that_makes_no_sense_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong):
        loads(f"heartbeats: [{text}]", HeartbeatFile, "heartbeats.yaml")


def test_a_condition_that_makes_no_sense_names_its_heartbeat() -> None:
    file = loads("heartbeats: [{id: x, every: 5m, when: {subjekt: y}}]", HeartbeatFile, "heartbeats.yaml")
    with pytest.raises(ValueError, match="x: unknown fact 'subjekt'"):
        Heartbeats(file)


def test_an_event_that_merely_bears_the_name_of_a_heartbeat_is_no_ping_of_it() -> None:
    heartbeats = Heartbeats(loads("heartbeats: [{id: job, every: 10m}]", HeartbeatFile, "heartbeats.yaml"))
    message = Message(kind="webhook", source="x")

    def fed(identity: str) -> list[str]:
        event = Event(state="resolved", summary="ok", identity=identity)
        return list(heartbeats.fed_by(message, Reading(kind="recovery", events=(event,)), ""))

    assert (fed("heartbeat:job"), fed("job")) == (["job"], [])
