"""Debian's Monit with the mail format that it has by default, sent by its own SMTP client."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.peers import monit
from tests.peers.monit import Monit
from tests.peers.site import Site, peer, until


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    peer(*monit.PROGRAM)
    running = Site(tmp_path / "site")
    try:
        running.daemon.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def monitor(tmp_path: Path, site: Site) -> Iterator[Monit]:
    running = Monit(tmp_path / "monit", site.stage.smtp)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def mails(site: Site) -> int:
    """How many of Monit's mails the daemon understood since it began."""
    figures = httpx.get(f"{site.stage.url}/metrics").text
    found = [line for line in figures.splitlines() if line.startswith('ingestd_recognised_total{recogniser="monit"}')]
    return sum(int(float(line.rpartition(" ")[2])) for line in found)


def test_a_file_that_is_gone_and_there_again(site: Site, monitor: Monit) -> None:
    monitor.watched.unlink()
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["recogniser"], alert["node"], alert["check"]) == ("monit", "sales-mail", monit.CHECK)
    assert (alert["state"], alert["severity"], alert["summary"]) == ("firing", "error", "file doesn't exist")
    assert (alert["down"], alert["guessed"], alert["known"]) == (False, False, True)
    monitor.watched.touch()
    (alert,) = site.the_incident("resolved")["alerts"]
    assert (alert["state"], alert["count"]) == ("resolved", 1)


def test_that_it_was_started_and_stopped_opens_nothing(site: Site, monitor: Monit) -> None:
    until(lambda: mails(site) == 1, "the notice of its start")
    monitor.stop()
    until(lambda: mails(site) == 2, "the notice of its stop")
    assert site.incidents() == []


def test_what_is_sent_while_the_daemon_is_down_is_not_lost(site: Site, monitor: Monit) -> None:
    until(lambda: mails(site) == 1, "the notice of its start")
    site.daemon.kill()
    monitor.watched.unlink()
    until(lambda: monitor.waiting() == 1, "the mail to wait")
    site.daemon.start()
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["node"], alert["check"], alert["count"]) == ("sales-mail", monit.CHECK, 1)
    with site.full_disk():
        monitor.watched.touch()
        until(lambda: monitor.waiting() == 1, "the mail to be put off")
    (alert,) = site.the_incident("resolved")["alerts"]
    assert alert["state"] == "resolved"
