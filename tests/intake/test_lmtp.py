"""Mail over a Unix socket: one commit, one reply for each recipient."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ingestd.intake.lmtp import FileMode, LmtpIntake, LmtpSettings
from ingestd.model import StoreUnavailable
from tests.intake.mailpost import Inbox, spoken

ENVELOPE = (
    b"LHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<alerts+zabbix@x.example>\r\nRCPT TO:<y@x.example>\r\nDATA\r\n"
)

Start = Callable[..., Awaitable[LmtpIntake]]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lmtp"


@pytest.fixture
async def start(inbox: Inbox, path: Path) -> AsyncIterator[Start]:
    running: list[LmtpIntake] = []

    async def begin(**settings: Any) -> LmtpIntake:
        wanted = LmtpSettings(path=str(path), **({"hostname": "in.example"} | settings))
        intake = LmtpIntake(wanted, inbox.receive, lambda: 1.5, inbox.refuse)
        await intake.start()
        running.append(intake)
        return intake

    yield begin
    for intake in running:
        await intake.stop()


async def said(path: Path, *parts: bytes) -> list[bytes]:
    answer = await spoken(await asyncio.open_unix_connection(str(path)), *parts)
    return answer.splitlines()


async def test_each_recipient_gets_its_reply(start: Start, inbox: Inbox, path: Path) -> None:
    await start()
    lines = await said(path, ENVELOPE, b"one\r\n.\r\nQUIT\r\n")
    assert [line for line in lines if b"kept" in line] == [b"250 2.0.0 kept as 1"] * 2
    (message,) = inbox.messages
    assert message.recipients == ("alerts+zabbix@x.example", "y@x.example")
    assert (message.source, message.peer, message.body) == ("lmtp", "local", b"one\r\n")


async def test_while_nothing_can_be_kept_each_recipient_is_put_off(start: Start, inbox: Inbox, path: Path) -> None:
    await start()
    inbox.fault = StoreUnavailable("disk")
    lines = await said(path, ENVELOPE, b"one\r\n.\r\nQUIT\r\n")
    assert [line[:9] for line in lines if line.startswith(b"451")] == [b"451 4.3.0"] * 2
    assert inbox.refused == [("lmtp", 451)]


async def test_it_speaks_lmtp_only(start: Start, inbox: Inbox, path: Path) -> None:
    await start()
    lines = await said(
        path, b"EHLO c\r\nHELO c\r\nSTARTTLS\r\nMAIL FROM:<a@b.example>\r\nLHLO\r\nLHLO c\r\nDATA\r\nQUIT\r\n"
    )
    codes = [line[:3] for line in lines if line[3:4] == b" "]
    assert codes == [b"220", b"500", b"500", b"500", b"503", b"501", b"250", b"503", b"221"]
    assert b"250-PIPELINING" in lines
    assert not [line for line in lines if b"AUTH" in line or b"250-STARTTLS" in line]


async def test_what_is_too_large_or_not_ours_is_refused(start: Start, inbox: Inbox, path: Path) -> None:
    await start(size_limit=100, domains=("x.example",))
    lines = await said(
        path, ENVELOPE, b"y" * 200 + b"\r\n.\r\nLHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@other.example>\r\nQUIT\r\n"
    )
    assert sum(line.startswith(b"552 5.3.4") for line in lines) == 2
    assert sum(line.startswith(b"550 5.7.1") for line in lines) == 1
    assert inbox.messages == []


async def test_the_socket_has_its_mode_and_is_taken_away(start: Start, path: Path) -> None:
    intake = await start(mode=FileMode(0o600))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116  (a moment on a local disk)
    assert intake.addresses == ()
    await intake.stop()
    assert not os.path.exists(path)  # noqa: PTH110, ASYNC240


async def test_a_socket_that_a_fall_left_behind_is_no_obstacle(start: Start, path: Path) -> None:
    first = await start()
    assert first._server is not None
    first._server.close()  # as if the process had died: the file stays
    await start()
    assert (await said(path, b"QUIT\r\n"))[0].startswith(b"220")


async def test_one_that_never_started_stops(inbox: Inbox, path: Path) -> None:
    await LmtpIntake(LmtpSettings(path=str(path)), inbox.receive, lambda: 0.0).stop()


@pytest.mark.parametrize(("text", "mode"), [("0660", 0o660), ("600", 0o600)])
def test_a_mode_is_read_as_chmod_reads_it(text: str, mode: int) -> None:
    assert FileMode.from_yaml(text) == mode


@pytest.mark.parametrize("text", [660, "0668", "rw", "06", None])
def test_what_is_no_mode_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="in quotes"):
        FileMode.from_yaml(text)
