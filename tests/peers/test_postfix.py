"""Debian's Postfix as the company's mail server, on both sides: it relays alerts to ingestd and delivers its pages."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingestd.demo.script import MONITOR, nagios
from tests.peers import postfix
from tests.peers.postfix import Postfix
from tests.peers.site import Site, until

PEOPLE = ("lin.hao", "chen.yu", "zhao.min", "wu.jing")
SWITCH = ("acc-sw-17", "10.20.0.17")
SALES_MAIL = ("sales-mail", "10.20.1.11")


@pytest.fixture
def mta() -> Iterator[Postfix]:
    postfix.needed()
    running = Postfix(PEOPLE)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def site(tmp_path: Path, mta: Postfix) -> Iterator[Site]:
    """ingestd, with Postfix as its relay; it is Postfix's smart host."""
    running = Site(tmp_path / "site", mail_port=mta.port)
    try:
        running.daemon.start()
        mta.start(next_hop=running.stage.smtp)
        yield running
    finally:
        running.stop()


def submit(mta: Postfix, host: tuple[str, str], *, up: bool = False) -> None:
    mta.submit(MONITOR, nagios(*host, up=up))


def letter(mta: Postfix, person: str, kind: str) -> EmailMessage:
    """Wait for a letter in a mailbox; there must be one of this kind."""
    until(lambda: [m for m in mta.letters(person) if m["X-Ingestd-Kind"] == kind], f"a letter ({kind}) to {person}")
    (found,) = (m for m in mta.letters(person) if m["X-Ingestd-Kind"] == kind)
    return found


def handed_over(site: Site) -> str:
    """What is recorded of the only incident's pages that were handed over."""
    (whole,) = site.incidents()
    return " ".join(n["detail"] for n in whole["notifications"] if n["state"] == "handed_over")


def test_a_problem_and_its_recovery_come_through_the_mail_server(site: Site, mta: Postfix) -> None:
    submit(mta, SWITCH)
    opened = site.the_incident("triggered")
    assert opened["incident"]["cause"] == "acc-sw-17"
    (alert,) = opened["alerts"]
    assert (alert["state"], alert["recogniser"], alert["node"]) == ("firing", "nagios4", "acc-sw-17")
    submit(mta, SWITCH, up=True)
    over = site.the_incident("resolved")
    assert [alert["state"] for alert in over["alerts"]] == ["resolved"]
    assert mta.queue() == []


def test_while_nothing_can_be_committed_the_mail_server_keeps_the_mails(site: Site, mta: Postfix) -> None:
    with site.full_disk():
        submit(mta, SALES_MAIL)
        submit(mta, SWITCH)
        until(lambda: mta.waits_because("said: 451 4.3.0") == 2, "both mails to be put off with 451")
        assert site.incidents() == []
    until(lambda: mta.queue() == [], "the queue to be handed over")
    until(lambda: len(site.alerts()) == 2, "both alerts")
    alerts = {alert["node"]: (alert["state"], alert["count"]) for alert in site.alerts()}
    assert alerts == {"acc-sw-17": ("firing", 1), "sales-mail": ("firing", 1)}
    assert "status=bounced" not in mta.log


def test_while_the_daemon_is_down_the_mail_server_keeps_the_mails(site: Site, mta: Postfix) -> None:
    site.daemon.kill()
    submit(mta, SWITCH)
    until(lambda: mta.waits_because("Connection refused") == 1, "the mail to be deferred")
    site.daemon.start()
    opened = site.the_incident("triggered")
    assert [(alert["node"], alert["count"]) for alert in opened["alerts"]] == [("acc-sw-17", 1)]
    until(lambda: mta.queue() == [], "the queue to be handed over")


def test_kill_9_in_the_middle_of_a_burst_loses_no_mail(site: Site, mta: Postfix) -> None:
    hosts = [f"till-{number:02}" for number in range(1, 31)]
    with ThreadPoolExecutor(4) as monitors:
        given = [monitors.submit(submit, mta, (host, "10.20.9.1")) for host in hosts]
        until(lambda: "status=sent" in mta.log, "the first mail to be taken")
        site.daemon.kill()
    assert not [one for one in given if one.exception()]
    site.daemon.start()
    until(lambda: mta.queue() == [], "the queue to be handed over")
    until(lambda: {alert["node"] for alert in site.alerts()} == set(hosts), "an alert for every mail")
    assert len(site.alerts()) == len(hosts)
    assert "status=bounced" not in mta.log


def test_pages_reach_mailboxes_as_one_thread(site: Site, mta: Postfix) -> None:
    submit(mta, SWITCH)
    page = letter(mta, "lin.hao", "open")
    until(lambda: "queued as" in handed_over(site), "the mail server's words in the record")
    submit(mta, SWITCH, up=True)
    end = letter(mta, "lin.hao", "end")

    assert page["Message-ID"].startswith("<ingestd.")
    assert page["Message-ID"].endswith("@trading.example>")
    assert page["References"] is None
    assert (end["In-Reply-To"], end["References"]) == (page["Message-ID"], page["Message-ID"])
    assert end["Message-ID"] != page["Message-ID"]
    for arrived in (page, end):
        assert arrived["Return-Path"] == "<ingestd@trading.example>"
        assert (arrived["Auto-Submitted"], arrived["Precedence"]) == ("auto-generated", "bulk")
        assert "Postfix" in arrived["Received"]
        assert "acc-sw-17" in arrived["Subject"]
        text, html = (part.get_content() for part in arrived.iter_parts())
        assert "故障" in text and "故障" in html, "Lin Hao reads Chinese"
