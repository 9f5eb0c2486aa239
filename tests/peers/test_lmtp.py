"""Debian's Postfix hands mail over to us by LMTP, on a Unix socket, as the mail server of the same machine."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ingestd.intake.lmtp import FileMode, LmtpIntake, LmtpSettings
from ingestd.model import Message, StoreUnavailable
from tests.peers import postfix
from tests.peers.dovecot import letter
from tests.peers.postfix import Postfix
from tests.peers.site import PATIENCE, until


class Inbox:
    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.full = False

    async def receive(self, message: Message) -> int:
        if self.full:
            raise StoreUnavailable("disk full")
        self.messages.append(message)
        return len(self.messages)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def mta() -> Iterator[Postfix]:
    postfix.needed()
    running = Postfix(("lin.hao",))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
async def intake(mta: Postfix, inbox: Inbox) -> AsyncIterator[LmtpIntake]:
    """Postfix's smart host is our socket, which belongs to its own account."""
    path = mta.home / "ingestd.sock"
    running = LmtpIntake(LmtpSettings(path=str(path), mode=FileMode(0o600)), inbox.receive, time.time)
    await running.start()
    try:
        await asyncio.to_thread(begin, mta, path)
        yield running
    finally:
        await running.stop()


def begin(mta: Postfix, path: Path) -> None:
    shutil.chown(path, "postfix")
    write = mta._write

    def with_lmtp(next_hop: int) -> None:
        write(next_hop)
        for name, line in (
            ("main.cf", f"default_transport = lmtp:unix:{path}\nrelay_transport = lmtp:unix:{path}\nrelayhost =\n"),
            ("master.cf", "lmtp unix - - n - - lmtp\n"),
        ):
            with (mta.home / "conf" / name).open("a") as file:
                file.write(line)

    mta._write = with_lmtp  # type: ignore[method-assign]
    mta.start(next_hop=1)


async def arrived(inbox: Inbox, count: int) -> None:
    await asyncio.to_thread(until, lambda: len(inbox.messages) >= count, f"{count} mails", PATIENCE)


async def test_a_mail_comes_from_the_mail_server(mta: Postfix, intake: LmtpIntake, inbox: Inbox) -> None:
    await asyncio.to_thread(mta.submit, "mon@shop.example", letter(1))
    await arrived(inbox, 1)
    (message,) = inbox.messages
    assert (message.source, message.peer, message.sender) == ("lmtp", "local", "mon@shop.example")
    assert message.recipients == (postfix.ALERTS,)
    assert b"till-1 does not answer" in message.body
    await asyncio.to_thread(until, lambda: mta.queue() == [], "the queue to be empty")


async def test_what_cannot_be_kept_stays_with_the_mail_server(mta: Postfix, intake: LmtpIntake, inbox: Inbox) -> None:
    inbox.full = True
    for number in range(3):
        await asyncio.to_thread(mta.submit, "mon@shop.example", letter(number))
    await asyncio.to_thread(until, lambda: mta.waits_because("said: 451 4.3.0") == 3, "three mails to be put off")
    inbox.full = False
    await arrived(inbox, 3)
    await asyncio.to_thread(until, lambda: mta.queue() == [], "the queue to be empty")
    assert len(inbox.messages) == 3
    assert "status=bounced" not in mta.log
