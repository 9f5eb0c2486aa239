"""What a client of Opsgenie asks after it has sent something."""

from collections.abc import AsyncIterator

import httpx
import pytest
from msgspec.structs import replace

from ingestd.intake.door import HttpSource
from ingestd.model import Message, StoreUnavailable
from ingestd.sources.opsgenie_alert_api import identity_of
from tests.web.faces import ALERT, World


@pytest.fixture
def world() -> World:
    made = World()
    made.sources = {"ops": HttpSource("ops", "opsgenie_alert_api", ("k3y",))}
    made.rows.open_alerts = [replace(ALERT, fingerprint=identity_of("disk-1", "alias"), external_id="disk-1")]
    made.rows.messages = {
        1: Message(
            kind="webhook", source="ops", origin="opsgenie:r1", query="action=create", body=b'{"alias":"disk-1"}'
        ),
        2: Message(
            kind="webhook", source="ops", origin="opsgenie:r2", query="action=create", body=b"{", refused="not JSON"
        ),
        3: Message(
            kind="webhook",
            source="ops",
            origin="opsgenie:r3",
            query="action=close&identifier=disk-1&identifierType=alias",
        ),
    }
    return made


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.browser() as client:
        client.headers["Authorization"] = "GenieKey k3y"
        yield client


async def test_what_became_of_a_request(browser: httpx.AsyncClient) -> None:
    created = (await browser.get("/v2/alerts/requests/r1")).json()["data"]
    closed = (await browser.get("/v2/alerts/requests/r3")).json()["data"]
    assert (created["success"], created["action"], created["alias"]) == (True, "Create", "disk-1")
    assert (closed["success"], closed["action"], closed["alias"]) == (True, "Close", "disk-1")
    assert created["alertId"] == closed["alertId"] == identity_of("disk-1", "alias").partition(":")[2]
    refused = (await browser.get("/v2/alerts/requests/r2")).json()["data"]
    assert (refused["success"], refused["status"]) == (False, "not JSON")
    assert (await browser.get("/v2/alerts/requests/none")).status_code == 404


async def test_an_alert_is_found_by_its_alias_and_by_its_id(browser: httpx.AsyncClient) -> None:
    alert = (await browser.get("/v2/alerts/disk-1?identifierType=alias")).json()["data"]
    assert (alert["alias"], alert["status"], alert["priority"]) == ("disk-1", "open", "P1")
    assert (await browser.get(f"/v2/alerts/{alert['id']}")).json()["data"] == alert
    assert (await browser.get("/v2/alerts/disk-1")).status_code == 404


async def test_only_with_the_key(world: World, browser: httpx.AsyncClient) -> None:
    browser.headers["Authorization"] = "GenieKey wrong"
    assert (await browser.get("/v2/alerts/disk-1?identifierType=alias")).status_code == 401
    browser.headers["Authorization"] = "GenieKey k3y"

    async def fail(_: str) -> None:
        raise StoreUnavailable("disk")

    world.rows.alert_by = fail  # type: ignore[method-assign,assignment]
    assert (await browser.get("/v2/alerts/disk-1?identifierType=alias")).status_code == 503
