"""Debian's Icinga 2 with the notification scripts that it ships: what opens, what ends, and what opens nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import icinga
from tests.peers.icinga import Icinga
from tests.peers.nagios import SERVICE
from tests.peers.site import Site, until

LOST = "CRITICAL - 10.20.1.11: rta nan, lost 100%"
QUEUE = "MAILQ CRITICAL: 412 mails wait (threshold 50)"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    icinga.needed()
    running = Site(tmp_path / "site")
    try:
        running.daemon.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def monitor(site: Site) -> Iterator[Icinga]:
    running = Icinga(site.stage.smtp)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def sent(monitor: Icinga, words: str) -> None:
    until(lambda: monitor.mailer.sent(words), f"a mail that says {words}")


def test_a_host_that_is_down_and_up_again(site: Site, monitor: Icinga) -> None:
    monitor.commands.host("DOWN", LOST)
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["recogniser"], alert["node"], alert["check"]) == ("icinga2", "sales-mail", None)
    assert (alert["state"], alert["severity"], alert["summary"]) == ("firing", "critical", LOST)
    assert (alert["down"], alert["guessed"], alert["known"]) == (True, False, True)
    monitor.commands.host("UP", "OK - 10.20.1.11: rta 0.5ms, lost 0%")
    (alert,) = site.the_incident("resolved")["alerts"]
    assert (alert["state"], alert["count"]) == ("resolved", 1)


def test_a_service_that_becomes_worse_and_recovers(site: Site, monitor: Icinga) -> None:
    monitor.commands.service("WARNING", "MAILQ WARNING: 61 mails wait (threshold 50)")
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["recogniser"], alert["node"], alert["check"]) == ("icinga2", "sales-mail", SERVICE)
    assert (alert["severity"], alert["summary"]) == ("warning", "MAILQ WARNING: 61 mails wait (threshold 50)")
    monitor.commands.service("CRITICAL", QUEUE)
    until(lambda: site.alerts()[0]["severity"] == "critical", "it to be critical")
    (alert,) = site.alerts()
    assert alert["count"] == 2
    monitor.commands.service("OK", "MAILQ OK: 3 mails wait")
    (alert,) = site.the_incident("resolved")["alerts"]
    assert alert["state"] == "resolved"


def test_who_acknowledges_there_has_taken_the_incident_here(site: Site, monitor: Icinga) -> None:
    monitor.commands.service("CRITICAL", QUEUE)
    site.the_incident("triggered")
    monitor.commands.acknowledge_service("Lin Hao", "flushing it")
    whole = site.the_incident("acknowledged")
    assert whole["incident"]["owner"] == "lin"
    (alert,) = whole["alerts"]
    assert (alert["state"], alert["count"]) == ("firing", 1)
    monitor.commands.service("OK", "MAILQ OK: 3 mails wait")
    site.the_incident("resolved")


def test_notices_open_nothing(site: Site, monitor: Icinga) -> None:
    monitor.commands.service("OK", "MAILQ OK: 3 mails wait")
    monitor.commands.custom_notification("Lin Hao", "a new disk at noon")
    sent(monitor, "[CUSTOM]")
    monitor.commands.service_downtime(60, "Lin Hao", "a new disk")
    sent(monitor, "[DOWNTIMESTART]")
    monitor.commands.service("CRITICAL", QUEUE)  # in a downtime: Icinga itself says nothing
    monitor.commands.host("DOWN", LOST)
    (alert,) = site.the_incident("triggered")["alerts"]
    assert alert["check"] is None, "of all its mails the host's alone is an alert"


def test_what_is_sent_while_the_daemon_is_down_is_not_lost(site: Site, monitor: Icinga) -> None:
    site.daemon.kill()
    monitor.commands.service("CRITICAL", QUEUE)
    until(lambda: monitor.mailer.put_off, "a try in vain")
    assert monitor.mailer.sent() == []
    site.daemon.start()
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["node"], alert["count"]) == ("sales-mail", 1)
    with site.full_disk():
        before = monitor.mailer.put_off
        monitor.commands.service("OK", "MAILQ OK: 3 mails wait")
        until(lambda: monitor.mailer.put_off > before, "a mail to be put off")
    (alert,) = site.the_incident("resolved")["alerts"]
    assert alert["state"] == "resolved"
