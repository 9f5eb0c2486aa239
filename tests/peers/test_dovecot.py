"""Debian's Dovecot as the server of our mailbox: mails come in while it falls, comes back, and forgets its numbers."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestd.intake import imap
from ingestd.intake.imap import ImapIntake
from ingestd.intake.imapsettings import ImapSettings
from ingestd.model import Message
from tests.peers import dovecot
from tests.peers.dovecot import PASSWORD, USER, Dovecot, letter
from tests.peers.site import PATIENCE

Start = Callable[..., Awaitable[ImapIntake]]


class Inbox:
    """Keeps messages; counts what comes twice."""

    def __init__(self) -> None:
        self.kept: dict[str, Message] = {}
        self.twice = 0
        self.troubles: list[str] = []

    async def receive(self, message: Message) -> int:
        await asyncio.sleep(0)
        self.twice += message.origin in self.kept
        self.kept.setdefault(message.origin, message)
        return len(self.kept)

    async def last(self, beginning: str) -> str | None:
        return next((known for known in reversed(self.kept) if known.startswith(beginning)), None)

    def trouble(self, _name: str, text: str) -> None:
        self.troubles.append(text)

    @property
    def bodies(self) -> set[bytes]:
        return {message.body.replace(b"\r\n", b"\n") for message in self.kept.values()}


async def until(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"waited for {what} in vain"
        await asyncio.sleep(0.02)


@pytest.fixture(params=["maildir"])
def server(request: pytest.FixtureRequest) -> Iterator[Dovecot]:
    dovecot.needed()
    running = Dovecot(request.param)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def start(server: Dovecot, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    monkeypatch.setattr(imap, "DELAYS", (0.1,))
    monkeypatch.setattr(imap, "LOGIN_DELAYS", (0.1,))
    running: list[ImapIntake] = []

    async def begin(**settings: Any) -> ImapIntake:
        wanted = {"name": "desk", "host": "127.0.0.1", "port": server.port, "tls": "none"}
        wanted |= {"user": USER, "password": PASSWORD} | settings
        intake = ImapIntake(ImapSettings(**wanted), inbox.receive, time.time, inbox.last, trouble=inbox.trouble)
        await intake.start()
        running.append(intake)
        return intake

    yield begin
    for intake in running:
        await intake.stop()


async def test_a_mail_is_there_within_seconds(start: Start, server: Dovecot, inbox: Inbox) -> None:
    intake = await start()
    await until(lambda: intake.state.last_ok, "the first look")
    server.deliver(letter(1))
    await until(lambda: inbox.kept, "the mail")
    assert inbox.bodies == {letter(1)}
    await until(lambda: server.count("SEEN") == 1, "the mark")


async def test_while_the_server_is_away_nothing_is_lost(start: Start, server: Dovecot, inbox: Inbox) -> None:
    server.deliver(letter(1))
    intake = await start()
    await until(lambda: inbox.kept, "the first")
    server.end()
    await until(lambda: intake.state.error, "the end to be noticed")
    for number in range(2, 6):
        server.deliver(letter(number))
    server.start()
    await until(lambda: len(inbox.kept) == 5, "the others")
    assert inbox.bodies == {letter(number) for number in range(1, 6)}
    assert inbox.twice == 0


@pytest.mark.parametrize("die_at", [1, 2, 7, 10, 11, 25])
def test_kill_9_between_commit_and_mark_doubles_nothing(server: Dovecot, tmp_path: Path, die_at: int) -> None:
    server.deliver(letter(99), age=7200)  # older than the first contact: never read
    for number in range(25):
        server.deliver(letter(number))
    journal = tmp_path / "journal"
    command = [sys.executable, "-m", "tests.peers.mailboxreader", str(server.port), str(journal)]
    died = subprocess.run([*command, str(die_at)], timeout=30, check=False)
    assert died.returncode == -signal.SIGKILL
    subprocess.run([*command, "0"], timeout=30, check=True)
    origins = journal.read_text().split()
    assert len(origins) == len(set(origins)) == 25
    assert (server.count("SEEN"), server.count("UNSEEN")) == (25, 1)


async def test_after_a_restore_with_new_uids_old_mails_are_no_news(start: Start, server: Dovecot, inbox: Inbox) -> None:
    for number in range(3):
        server.deliver(letter(number))
    intake = await start()
    await until(lambda: len(inbox.kept) == 3 and server.count("SEEN") == 3, "the first three")
    server.end()
    await until(lambda: intake.state.error, "the end to be noticed")
    server.forget_uids()
    server.deliver(letter(3))
    server.start()
    await until(lambda: letter(3) in inbox.bodies, "the new one")
    await until(lambda: server.count("SEEN") == 4, "the mark")
    assert len(inbox.kept) == 4
    assert ":1999999999:" in list(inbox.kept)[-1]


async def test_kept_mails_move_to_a_folder_with_a_chinese_name(start: Start, server: Dovecot, inbox: Inbox) -> None:
    server.deliver(letter(1))
    server.deliver(letter(2), age=7200)
    await start(seen="move", move_to="已处理")
    await until(lambda: server.count(mailbox="&XfJZBHQG-") == 1, "the move")
    assert server.count() == 1
    assert inbox.bodies == {letter(1)}


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_it_reads_over_tls(start: Start, server: Dovecot, inbox: Inbox, tls: str) -> None:
    port = server.tls_port if tls == "implicit" else server.port
    server.deliver(letter(1))
    await start(host="localhost", tls=tls, port=port, ca_file=str(server.home / "cert.pem"))
    await until(lambda: server.count("SEEN") == 1, "the mark")
    server.deliver(letter(2))
    await until(lambda: len(inbox.kept) == 2, "the second, told by IDLE")


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_certificate_that_nobody_knows_is_not_trusted(
    start: Start, server: Dovecot, inbox: Inbox, tls: str
) -> None:
    port = server.tls_port if tls == "implicit" else server.port
    intake = await start(host="localhost", tls=tls, port=port)
    await until(lambda: "certificate verify failed" in intake.state.error, "the refusal")
    assert "Login:" not in server.log.split("Logged out")[-1]


async def test_a_wrong_password_is_trouble(start: Start, server: Dovecot, inbox: Inbox) -> None:
    await start(password="wrong")
    await until(lambda: inbox.troubles, "the word of it")
    assert "login as alerts refused" in inbox.troubles[0]


@pytest.mark.parametrize("server", ["mdbox"], indirect=True)
async def test_five_thousand_at_once_none_lost_none_twice(start: Start, server: Dovecot, inbox: Inbox) -> None:
    server.fill(letter(number) for number in range(5000))
    intake = await start()
    await until(lambda: len(inbox.kept) == 5000, "all", patience=120.0)
    await until(lambda: intake.state.last_ok, "the end of the mailbox")
    assert inbox.twice == 0
    assert len(inbox.bodies) == 5000
    assert server.count("UNSEEN") == 0
