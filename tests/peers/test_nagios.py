"""Debian's Nagios 4 with its own notification commands: what its mails open, what ends it, and what opens nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import nagios
from tests.peers.nagios import Nagios
from tests.peers.site import Site, until

LOST = "PING CRITICAL - Packet loss = 100%"
QUEUE = "MAILQ CRITICAL: 412 mails wait (threshold 50)"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    nagios.needed()
    running = Site(tmp_path / "site")
    try:
        running.daemon.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def monitor(site: Site) -> Iterator[Nagios]:
    running = Nagios(site.stage.smtp)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def sent(monitor: Nagios, words: str) -> None:
    until(lambda: monitor.mailer.sent(words), f"a mail that says {words}")


def history(site: Site) -> list[str]:
    """What is recorded of all incidents."""
    return [row["text"] for whole in site.incidents() for row in whole["timeline"]]


def test_a_host_that_is_down_and_up_again(site: Site, monitor: Nagios) -> None:
    monitor.commands.host("DOWN", LOST)
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["recogniser"], alert["node"], alert["check"]) == ("nagios4", "sales-mail", None)
    assert (alert["state"], alert["severity"], alert["summary"]) == ("firing", "critical", LOST)
    assert (alert["down"], alert["guessed"], alert["known"]) == (True, False, True)
    monitor.commands.host("UP", "PING OK - Packet loss = 0%, RTA = 0.52 ms")
    (alert,) = site.the_incident("resolved")["alerts"]
    assert (alert["state"], alert["count"]) == ("resolved", 1)


def test_a_service_that_becomes_worse_and_recovers(site: Site, monitor: Nagios) -> None:
    monitor.commands.service("WARNING", "MAILQ WARNING: 61 mails wait (threshold 50)")
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["recogniser"], alert["node"], alert["check"]) == ("nagios4", "sales-mail", nagios.SERVICE)
    assert (alert["severity"], alert["summary"]) == ("warning", "MAILQ WARNING: 61 mails wait (threshold 50)")
    monitor.commands.service("CRITICAL", QUEUE)
    until(lambda: site.alerts()[0]["severity"] == "critical", "it to be critical")
    (alert,) = site.alerts()
    assert alert["count"] == 2
    monitor.commands.service("OK", "MAILQ OK: 3 mails wait")
    (alert,) = site.the_incident("resolved")["alerts"]
    assert alert["state"] == "resolved"


def test_an_acknowledgement_there_is_noted_here(site: Site, monitor: Nagios) -> None:
    """Its mail does not say who took it, so that nobody owns the incident yet."""
    monitor.commands.service("CRITICAL", QUEUE)
    site.the_incident("triggered")
    monitor.commands.acknowledge_service("lin", "flushing it")
    until(lambda: "acknowledged at its source by somebody (smtp)" in history(site), "the note")
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["state"], alert["count"]) == ("firing", 1)


def test_notices_open_nothing(site: Site, monitor: Nagios) -> None:
    monitor.commands.custom_notification("lin", "a new disk at noon")
    sent(monitor, "Notification Type: CUSTOM")
    monitor.commands.service_downtime(60, "lin", "a new disk")
    sent(monitor, "Notification Type: DOWNTIMESTART")
    monitor.commands.service("CRITICAL", QUEUE)  # in a downtime: Nagios itself says nothing
    monitor.commands.host("DOWN", LOST)
    (alert,) = site.the_incident("triggered")["alerts"]
    assert alert["check"] is None, "of all its mails the host's alone is an alert"


def test_what_is_sent_while_the_daemon_is_down_is_not_lost(site: Site, monitor: Nagios) -> None:
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
