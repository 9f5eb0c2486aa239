"""PagerDuty's and Opsgenie's own Python clients, pointed at us instead."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.site import Site
from tests.peers.tls import self_signed

pagerduty = pytest.importorskip("pagerduty")
opsgenie = pytest.importorskip("opsgenie_sdk")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    running = Site(tmp_path / "site", sources=("opsgenie_alert_api",))
    try:
        running.daemon.start()
        yield running
    finally:
        running.stop()


class Secure:
    """TLS in front of the site: this client insists on it."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.certificate = self_signed(folder)
        self.url = f"https://127.0.0.1:{site.stage.http}"
        settings = site.stage.config.read_text("utf-8")
        plain = f"http: {{port: {site.stage.http}}}"
        assert plain in settings
        own = f"http: {{port: {site.stage.http}, certificate: {self.certificate}}}"
        site.stage.config.write_text(settings.replace(plain, own), "utf-8")

    def client(self, key: str) -> "pagerduty.EventsApiV2Client":
        trust = ssl.create_default_context(cafile=self.certificate)
        return pagerduty.EventsApiV2Client(key, base_url=self.url, verify=trust)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Site, Secure]]:
    running = Site(tmp_path / "site", sources=("pagerduty_events_v2",))
    front = Secure(running, tmp_path)
    running.through(front.url, front.certificate)
    try:
        running.daemon.start()
        yield running, front
    finally:
        running.stop()


def test_pagerdutys_client_triggers_acknowledges_and_resolves(secure: tuple[Site, Secure]) -> None:
    site, front = secure
    with front.client(site.stage.webhook_token) as client:
        key = client.trigger("disk /var is full", "inventory-db.trading.example", severity="error")
        (alert,) = site.the_incident("triggered")["alerts"]
        assert (alert["node"], alert["severity"], alert["summary"]) == ("inventory-db", "error", "disk /var is full")
        assert client.trigger("disk /var is full", "inventory-db.trading.example", severity="error") == key
        client.acknowledge(key)
        whole = site.the_incident("acknowledged")
        assert whole["alerts"][0]["count"] == 3  # an acknowledged alert still fires
        client.resolve(key)
        assert site.the_incident("resolved")["alerts"][0]["state"] == "resolved"
        client.send_change_event({"summary": "release 7", "source": "ci"})
        assert len(site.incidents()) == 1


def test_pagerdutys_client_is_told_that_its_key_is_wrong(secure: tuple[Site, Secure]) -> None:
    site, front = secure
    with front.client("guessed") as client, pytest.raises(pagerduty.HttpError):
        client.trigger("disk full", "inventory-db")
    assert site.incidents() == []


def alert_api(site: Site, key: str) -> "opsgenie.AlertApi":
    settings = opsgenie.Configuration()
    settings.host = site.stage.url
    settings.api_key["Authorization"] = key
    settings.retry_enabled = False
    return opsgenie.AlertApi(api_client=opsgenie.ApiClient(configuration=settings))


def test_opsgenies_client_creates_acknowledges_and_closes(site: Site) -> None:
    api = alert_api(site, site.stage.webhook_token)
    wanted = opsgenie.CreateAlertPayload(
        message="no space on /var", alias="disk-var", entity="inventory-db.trading.example", priority="P2"
    )
    asked = api.create_alert(wanted)
    assert asked.result == "Request will be processed"
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["node"], alert["severity"], alert["external_id"]) == ("inventory-db", "error", "disk-var")
    outcome = api.get_request_status(asked.request_id).data
    assert (outcome.is_success, outcome.alias) == (True, "disk-var")
    assert api.get_alert(outcome.alert_id).data.message == "no space on /var"
    assert api.get_alert("disk-var", identifier_type="alias").data.status == "open"
    api.acknowledge_alert(
        "disk-var", identifier_type="alias", acknowledge_alert_payload=opsgenie.AcknowledgeAlertPayload(user="Chen Yu")
    )
    assert site.the_incident("acknowledged")["incident"]["owner"] == "chen"
    api.close_alert(outcome.alert_id)
    assert site.the_incident("resolved")["alerts"][0]["state"] == "resolved"


def test_opsgenies_client_is_told_that_its_key_is_wrong(site: Site) -> None:
    api = alert_api(site, "guessed")
    with pytest.raises(opsgenie.exceptions.AuthenticationException):
        api.create_alert(opsgenie.CreateAlertPayload(message="x"))
    assert site.incidents() == []
