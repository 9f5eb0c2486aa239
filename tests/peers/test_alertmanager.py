"""Debian's Alertmanager, with our webhook's address, with our mail listener as its smart host, or with both."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.peers import alertmanager
from tests.peers.alertmanager import Alertmanager, by_mail, by_webhook
from tests.peers.site import Site, peer, until

LABELS = {"alertname": "InstanceDown", "instance": "inventory-db.trading.example:9187", "severity": "critical"}
SUMMARY = "inventory-db has not answered for one minute"
IDENTITY = "alertmanager:alertname=InstanceDown,instance=inventory-db.trading.example:9187,severity=critical"

Start = Callable[[dict[str, object]], Alertmanager]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    peer(*alertmanager.PROGRAM)
    running = Site(tmp_path / "site")
    try:
        running.daemon.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an Alertmanager with a receiver."""
    running: list[Alertmanager] = []

    def begin(receiver: dict[str, object]) -> Alertmanager:
        one = Alertmanager(tmp_path / "alertmanager", receiver)
        running.append(one)
        one.start()
        return one

    yield begin
    for one in running:
        one.stop()


def test_firing_opens_an_incident_and_resolved_ends_it(site: Site, start: Start) -> None:
    source = start(by_webhook(site.stage))
    source.post(LABELS, SUMMARY)
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["node"], alert["check"], alert["state"]) == ("inventory-db", "InstanceDown", "firing")
    assert (alert["severity"], alert["summary"], alert["count"]) == ("critical", SUMMARY, 1)
    assert alert["url"].startswith("http://prometheus.trading.example:9090/")
    source.post(LABELS, SUMMARY, over=True)
    (alert,) = site.the_incident("resolved")["alerts"]
    assert alert["state"] == "resolved"


def test_its_own_mail_template_is_recognised(site: Site, start: Start) -> None:
    source = start(by_mail(site.stage))
    source.post(LABELS, SUMMARY)
    (alert,) = site.the_incident("triggered")["alerts"]
    assert alert["recogniser"] == "alertmanager"
    assert (alert["node"], alert["check"], alert["state"]) == ("inventory-db", "InstanceDown", "firing")
    assert (alert["severity"], alert["summary"]) == ("critical", SUMMARY)
    source.post(LABELS, SUMMARY, over=True)
    (alert,) = site.the_incident("resolved")["alerts"]
    assert alert["state"] == "resolved"


def test_mail_and_webhook_are_one_alert_with_two_sources(site: Site, start: Start) -> None:
    source = start({**by_webhook(site.stage), **by_mail(site.stage)})
    source.post(LABELS, SUMMARY)
    until(lambda: sources(site) == {"prometheus", "smtp"}, "both ways to be heard")
    (alert,) = site.alerts()
    assert IDENTITY in alert["fingerprint"]
    assert alert["count"] == 2
    source.post(LABELS, SUMMARY, over=True)
    (alert,) = site.the_incident("resolved")["alerts"]
    assert [watcher["firing"] for watcher in alert["watchers"]] == [False, False]


def sources(site: Site) -> set[str]:
    """Who reported any of the alerts."""
    return {watcher["source"] for alert in site.alerts() for watcher in alert["watchers"]}


def test_while_the_daemon_is_down_or_can_not_commit_it_tries_again(site: Site, start: Start) -> None:
    source = start(by_webhook(site.stage))
    site.daemon.kill()
    source.post(LABELS, SUMMARY)
    until(lambda: "connection refused" in source.log, "a try in vain")
    site.daemon.start()
    site.the_incident("triggered")
    with site.full_disk():
        source.post(LABELS, SUMMARY, over=True)
        until(lambda: "unexpected status code 503" in source.log, "a refusal with 503")
    (alert,) = site.the_incident("resolved")["alerts"]
    assert (alert["state"], alert["count"]) == ("resolved", 1)


def test_a_wrong_token_keeps_it_out(site: Site, start: Start) -> None:
    source = start(by_webhook(replace(site.stage, webhook_token="guessed")))
    source.post(LABELS, SUMMARY)
    until(lambda: "unexpected status code 401" in source.log, "the refusal")
    assert site.incidents() == []
