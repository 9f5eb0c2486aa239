"""PagerDuty's Events API: its words, our inbox, and no key kept."""

import json
from typing import Any

import pytest

from ingestd.intake.door import HttpSource
from ingestd.intake.pagerduty import PagerDutyEvents
from tests.intake.doors import Threshold

KEY = "0123456789abcdef0123456789abcdef"
SOURCES = {
    "other": HttpSource("other", "alertmanager", (KEY,)),
    "legacy": HttpSource("legacy", "pagerduty_events_v2", (KEY,)),
}
TRIGGER: dict[str, Any] = {
    "routing_key": KEY,
    "event_action": "trigger",
    "payload": {"summary": "disk full", "source": "hr-server", "severity": "error"},
}


@pytest.fixture
def site() -> Threshold:
    return Threshold(PagerDutyEvents, SOURCES)


async def test_a_trigger_is_kept_without_its_key_and_answered_as_pagerduty_does(site: Threshold) -> None:
    answer = await site.client.post("/v2/enqueue", json=TRIGGER | {"dedup_key": "d1"})
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "success", "message": "Event processed", "dedup_key": "d1"},
    )
    assert (site.message.source, site.message.adapter) == ("legacy", "pagerduty_events_v2")
    assert KEY.encode() not in site.message.body
    assert json.loads(site.message.body)["routing_key"] == "legacy"


async def test_the_key_that_is_minted_is_the_same_for_the_same_trouble(site: Threshold) -> None:
    first, again = [(await site.client.post("/v2/enqueue", json=TRIGGER)).json()["dedup_key"] for _ in range(2)]
    payload = TRIGGER["payload"] | {"source": "sales-mail"}
    other = (await site.client.post("/v2/enqueue", json=TRIGGER | {"payload": payload})).json()["dedup_key"]
    assert first == again != other
    assert json.loads(site.messages[0].body)["dedup_key"] == first


async def test_a_key_may_come_in_a_header(site: Threshold) -> None:
    event = {name: value for name, value in TRIGGER.items() if name != "routing_key"}
    assert (await site.client.post("/v2/enqueue", json=event, headers={"X-Routing-Key": KEY})).status_code == 202


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"routing_key": "wrong"}', b'{"routing_key": 5}', b"[" * 100_000])
async def test_what_shows_no_known_key_is_not_kept(site: Threshold, body: bytes) -> None:
    answer = await site.client.post("/v2/enqueue", content=body)
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")
    assert site.messages == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"event_action": "fix"}, "'event_action' must be one of trigger, acknowledge, resolve"),
        ({"event_action": "resolve"}, "'dedup_key' is needed to resolve"),
        ({"payload": "text"}, "'payload' is missing"),
        ({"payload": {"summary": "x", "source": "y"}}, "'payload.severity' is missing or blank"),
    ],
)
async def test_what_is_not_as_it_should_be_is_refused_and_kept(
    site: Threshold, change: dict[str, Any], error: str
) -> None:
    answer = await site.client.post("/v2/enqueue", json=TRIGGER | change)
    assert (answer.status_code, answer.json()["errors"]) == (400, [error])
    assert site.message.refused == error


async def test_acknowledge_and_resolve(site: Threshold) -> None:
    for action in ("acknowledge", "resolve"):
        event = {"routing_key": KEY, "event_action": action, "dedup_key": "d1"}
        assert (await site.client.post("/v2/enqueue", json=event)).status_code == 202
    assert len(site.messages) == 2


async def test_a_change_is_kept_as_such(site: Threshold) -> None:
    event = {"routing_key": KEY, "payload": {"summary": "release 7"}}
    answer = await site.client.post("/v2/change/enqueue", json=event)
    assert (answer.status_code, answer.json()) == (202, {"status": "success", "message": "Event processed"})
    assert site.message.query == "kind=change"


async def test_the_older_api(site: Threshold) -> None:
    path = "/generic/2010-04-15/create_event.json"
    event = {"service_key": KEY, "event_type": "trigger", "description": "disk full"}
    answer = await site.client.post(path, json=event)
    assert answer.status_code == 200
    key = answer.json()["incident_key"]
    resolve = {"service_key": KEY, "event_type": "resolve", "incident_key": key}
    assert (await site.client.post(path, json=resolve)).status_code == 200
    assert (await site.client.post(path, json=resolve | {"incident_key": ""})).status_code == 400
    assert (await site.client.post(path, json={"service_key": KEY, "event_type": "x"})).status_code == 400
