"""Replies that come back through a mailbox that ingestd reads: Debian's Dovecot holds it."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from ingestd.demo.script import MONITOR, nagios
from tests.peers import dovecot
from tests.peers.dovecot import PASSWORD, USER, Dovecot
from tests.peers.site import Site, until
from tests.replies.chinese import qq
from tests.replies.western import iphone_zh
from tests.replies.writing import original

MAILBOX = """
imap:
  - {{name: desk, host: 127.0.0.1, port: {port}, tls: none, user: {user}, password: {password}, poll: 2s}}
"""


@pytest.fixture
def server() -> Iterator[Dovecot]:
    dovecot.needed()
    running = Dovecot()
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def site(tmp_path: Path, server: Dovecot) -> Iterator[Site]:
    """Alerts and replies come through the mailbox alone; pages are laid into a folder."""
    made = Site(tmp_path / "site")
    with made.stage.config.open("a") as settings:
        settings.write(MAILBOX.format(port=server.port, user=USER, password=PASSWORD))
    try:
        made.daemon.start()
        yield made
    finally:
        made.stop()


def letters(site: Site, kind: str) -> list[EmailMessage]:
    found = (message_from_bytes(path.read_bytes(), policy=default) for path in (site.stage.mails / "new").glob("*"))
    return [letter for letter in found if letter["X-Ingestd-Kind"] == kind]


def test_an_answer_in_the_mailbox_takes_the_incident(site: Site, server: Dovecot) -> None:
    server.deliver(nagios("acc-sw-17", "10.20.0.17"))
    until(lambda: letters(site, "open"), "the page")
    (page,) = letters(site, "open")
    assert page["To"] == "lin.hao@trading.example"
    letter = original(page.as_bytes())
    server.deliver(b"Return-Path: <>\n" + iphone_zh(letter, "接单"))  # of the null address: nobody's word
    server.deliver(b"Return-Path: <" + MONITOR.encode() + b">\n" + qq(letter, "备注 备件在七号柜"))
    until(lambda: letters(site, "confirm"), "the first confirmation")
    assert [whole["incident"]["state"] for whole in site.incidents()] == ["triggered"]
    server.deliver(b"Return-Path: <lin.hao@trading.example>\n" + iphone_zh(letter, "接单"))
    taken = site.the_incident("acknowledged")
    assert taken["incident"]["owner"] == "lin"
    assert [line["text"] for line in taken["timeline"] if line["what"] == "note"] == ["备件在七号柜"]
    until(lambda: len(letters(site, "confirm")) == 2, "the second confirmation")
