"""A body of a tool that nobody knows, and how much of it is looked at."""

from typing import Any

import msgspec
import pytest

from ingestd import sources
from ingestd.model import Event, Message
from ingestd.sources import SourceError, anything

ALERT = {"host": "till-4", "message": "paper is out"}


def events(body: object) -> tuple[Event, ...]:
    return sources.guess(Message(kind="webhook", source="x", body=msgspec.json.encode(body))).events


@pytest.mark.parametrize("body", [[ALERT] * 5, {"alerts": [ALERT] * 5}])
def test_a_list_is_as_many_alerts(body: object) -> None:
    raw = msgspec.json.encode(body)
    assert len(sources.guess(Message(kind="webhook", source="x", body=raw)).events) == 5


@pytest.mark.parametrize(
    "body", [[ALERT] * (anything.MOST_ALERTS + 1), {"alerts": [ALERT] * (anything.MOST_ALERTS + 1)}]
)
def test_a_list_without_end_is_for_the_fallback(body: object) -> None:
    message = Message(kind="webhook", source="x", adapter="anything", body=msgspec.json.encode(body))
    with pytest.raises(SourceError, match="at most 2000"):
        sources.read(message)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"status": "completed", "conclusion": "failure", "name": "nightly copy"}, {"state": "firing"}),
        (
            {"droplet": {"name": "mill-9"}, "alert_type": "load_15", "state": "resolved"},
            {"host": "mill-9", "check": "load_15"},
        ),
        ({"deviceHostname": "ups-4", "description": "input lost"}, {"host": "ups-4"}),
        ({"title": "slow", "activatedTime": "2026-02-03T04:05:06Z"}, {"started_at": 1770091506.0}),
        (
            {"title": "slow", "createdTime": "2026-02-01T00:00:00Z", "startedTime": "2026-02-03T04:05:06Z"},
            {"started_at": 1770091506.0},
        ),
        ({"title": "slow", "account_id": "a1", "probe_id": "p7"}, {"external_id": "p7"}),
        ({"id": "7", "name": "x", "last": {"uuid": "u"}}, {"external_id": "7"}),
        (
            {"name": "x", "url": "https://mill.example/run/3", "project": {"web_url": "https://mill.example/"}},
            {"url": "https://mill.example/run/3"},
        ),
        ({"brief_description": "no answer", "cleared": "true"}, {"state": "resolved", "summary": "no answer"}),
        ({"alarm_name": "power", "status": "Green"}, {"state": "resolved", "check": "power"}),
        ({"alertType": "Gates went down", "gate": "7"}, {"state": "firing", "check": "Gates went down"}),
    ],
)
def test_keys_of_any_name_are_told_by_their_endings(body: dict[str, Any], wanted: dict[str, Any]) -> None:
    (event,) = sources.read(
        Message(kind="webhook", source="x", adapter="anything", body=msgspec.json.encode(body))
    ).events
    assert {name: getattr(event, name) for name in wanted} == wanted


def test_a_list_of_events_that_each_say_how_it_stands_becomes_several():
    one = {"host": "crane-1", "check": "belt", "status": "critical", "message": "it stands"}
    two = {"host": "crane-2", "check": "belt", "status": "ok", "message": "it runs"}
    found = events({"site": "quay", "events": [one, two]})
    assert [(event.host, event.state) for event in found] == [("crane-1", "firing"), ("crane-2", "resolved")]
    assert len(events({"title": "belt", "events": [{"host": "crane-1"}, {"host": "crane-2"}]})) == 1
    assert len(events({"title": "belt", "events": ["crane-1", "crane-2"]})) == 1


def test_how_it_was_before_says_nothing():
    (event,) = events({"alarmName": "space", "status": "Error", "previousStatus": "Warning", "objectName": "repo-2"})
    assert (event.host, event.severity) == ("repo-2", "error")


def test_an_alarm_that_is_no_longer_active_is_over():
    body = {"device": {"name": "gauge-4"}, "alarm": {"active": False, "name": "tide", "text": "back to 2 m"}}
    assert events(body)[0].state == "resolved"
    body["alarm"]["active"] = True
    assert events(body)[0].state == "firing"


def test_keys_in_other_languages():
    (event,) = events({"rechner": "kran-7", "dienst": "Band", "schweregrad": "kritisch", "meldung": "es steht"})
    assert (event.host, event.check, event.severity, event.summary) == ("kran-7", "Band", "critical", "es steht")
    (event,) = events(
        {"主机名称": "kran-7", "告警规则": "皮带", "级别": "严重", "告警详情": "停了", "当前状态": "恢复"}
    )
    assert (event.host, event.check, event.summary, event.state) == ("kran-7", "皮带", "停了", "resolved")
