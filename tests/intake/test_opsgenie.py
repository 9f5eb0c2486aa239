"""Opsgenie's Alert API: its words, our inbox."""

import json
from urllib.parse import parse_qs

import pytest

from ingestd.intake.door import HttpSource
from ingestd.intake.opsgenie import OpsgenieAlerts
from tests.intake.doors import Threshold

SOURCES = {"ops": HttpSource("ops", "opsgenie_alert_api", ("k3y",))}
KEY = {"Authorization": "GenieKey k3y"}


@pytest.fixture
def site() -> Threshold:
    return Threshold(OpsgenieAlerts, SOURCES)


async def test_an_alert_is_kept_and_its_request_can_be_asked_for(site: Threshold) -> None:
    answer = await site.client.post("/v2/alerts", json={"message": "disk full", "alias": "a1"}, headers=KEY)
    assert (answer.status_code, answer.json()["result"]) == (202, "Request will be processed")
    assert site.message.origin == f"opsgenie:{answer.json()['requestId']}"
    assert (site.message.query, json.loads(site.message.body)["alias"]) == ("action=create", "a1")


async def test_an_alert_without_alias_gets_one(site: Threshold) -> None:
    await site.client.post("/v2/alerts", json={"message": "disk full", "alias": ""}, headers=KEY)
    assert len(json.loads(site.message.body)["alias"]) == 36


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", "a1/close?identifierType=alias", {"action": "close", "identifier": "a1", "identifierType": "alias"}),
        ("POST", "a%2F1/acknowledge", {"action": "acknowledge", "identifier": "a/1", "identifierType": "id"}),
        ("DELETE", "a1", {"action": "delete", "identifier": "a1", "identifierType": "id"}),
        ("PUT", "a1/priority", {"action": "priority", "identifier": "a1", "identifierType": "id"}),
        ("PATCH", "a1", {"action": "update", "identifier": "a1", "identifierType": "id"}),
    ],
)
async def test_what_is_done_to_one_alert(site: Threshold, method: str, path: str, query: dict[str, str]) -> None:
    answer = await site.client.request(method, f"/v2/alerts/{path}", headers=KEY)
    assert answer.status_code == 202
    assert {name: values[0] for name, values in parse_qs(site.message.query).items()} == query


async def test_without_the_key_nothing_is_kept(site: Threshold) -> None:
    answer = await site.client.post("/v2/alerts", json={"message": "x"}, headers={"Authorization": "GenieKey wrong"})
    assert answer.status_code == 401
    assert "requestId" in answer.json()
    assert site.messages == []


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"alias": "a"}', b""])
async def test_what_is_no_alert_is_refused_and_kept(site: Threshold, body: bytes) -> None:
    answer = await site.client.post("/v2/alerts", content=body, headers=KEY)
    assert answer.status_code == 422
    assert (site.message.body, bool(site.message.refused)) == (body, True)


@pytest.mark.parametrize(("path", "status"), [("a1/close?identifierType=tiny", 422), ("a1/b/c", 404)])
async def test_what_is_not_offered(site: Threshold, path: str, status: int) -> None:
    assert (await site.client.post(f"/v2/alerts/{path}", headers=KEY)).status_code == status
    assert site.messages == []
