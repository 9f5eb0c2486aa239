"""What is said on a connection: syntax, order, bursts, TLS, time, and clients that leave. Over real connections."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ingestd.intake import smtpwire
from ingestd.intake.smtp import SmtpIntake
from ingestd.model import Message
from tests.intake import mailpost
from tests.intake.mailpost import ENVELOPE, Inbox, Start, listening, raw, talk

HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("opensesame")


class SlowInbox(Inbox):
    """Keeps a mail when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.begun = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def receive(self, message: Message) -> int:
        self.begun.set()
        await self.go.wait()
        return await super().receive(message)


@pytest.fixture
def inbox() -> SlowInbox:
    return SlowInbox()


@pytest.fixture
async def start(inbox: SlowInbox) -> AsyncIterator[Start]:
    async with listening(inbox) as begin:
        yield begin
        inbox.go.set()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mailpost.certificate(tmp_path_factory.mktemp("tls"))


def tls(folder: Path) -> dict[str, str]:
    return {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}


async def opened(intake: SmtpIntake) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(*intake.addresses[0])
    assert (await reader.readline()).startswith(b"220 in.example")
    return reader, writer


async def committing(intake: SmtpIntake, inbox: SlowInbox) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client whose mail is being kept, until the inbox is let go on."""
    inbox.go.clear()
    reader, writer = await opened(intake)
    writer.write(ENVELOPE + b"one\r\n.\r\n")
    await inbox.begun.wait()
    return reader, writer


async def gone(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  (what it waits for is no event)
            await asyncio.sleep(0.002)


def codes(answer: bytes) -> list[bytes]:
    return [line[:3] for line in answer.splitlines() if line[3:4] == b" "]


async def test_each_command_has_its_syntax_and_its_place(start: Start) -> None:
    intake = await start(size_limit=1000)
    lines = [
        (b"MAIL FROM:<a@b>", b"503"),
        (b"HELO", b"501"),
        (b"EHLO", b"501"),
        (b"HELO c", b"250"),
        (b"MAIL FROM:<a@b> SIZE=1", b"555"),
        (b"ehlo c", b"250"),
        (b"RCPT TO:<x@y>", b"503"),
        (b"MAIL", b"501"),
        (b"MAIL FROM:<a@b> SIZE=1001", b"552"),
        (b"MAIL FROM:<a@b> AUTH=<>", b"555"),
        (b"MAIL FROM:<a@b> SIZE=10 BODY=8BITMIME SMTPUTF8", b"250"),
        (b"MAIL FROM:<a@b>", b"503"),
        (b"DATA", b"503"),
        (b"RCPT TO:", b"501"),
        (b"Rcpt To:<x@y>", b"250"),
        (b"RSET now", b"501"),
        (b"RSET", b"250"),
        (b"DATA", b"503"),
        (b"NOOP all is well", b"250"),
        (b"VRFY", b"501"),
        (b"VRFY mon", b"252"),
        (b"HELP", b"214"),
        (b"HELP rcpt", b"214"),
        (b"HELP me", b"504"),
        (b"STARTTLS", b"454"),
        (b"STARTTLS now", b"501"),
        (b"QUIT now", b"501"),
        (b"", b"500"),
        (b"NOOP\rQUIT", b"500"),
        (b"NOOP \0", b"500"),
        (b"QUIT", b"221"),
    ]
    answer = await raw(intake, b"".join(line + b"\r\n" for line, _ in lines))
    assert codes(answer) == [b"220", *(code for _, code in lines)]


async def test_whoever_speaks_nonsense_is_hung_up_on(start: Start, inbox: SlowInbox) -> None:
    intake = await start()
    browser = b"POST / HTTP/1.1\r\nHost: x\r\nAccept: *\r\nA: b\r\nContent-Length: 99\r\n\r\n" + ENVELOPE + b".\r\n"
    assert codes(await raw(intake, browser)) == [b"220", *[b"500"] * 4, b"421"]
    assert codes(await raw(intake, b"QUIT now\r\n" * 30)) == [b"220", *[b"501"] * 19, b"421"]
    assert inbox.messages == []
    assert inbox.refused == [("smtp", 421)] * 2


async def test_lines_are_bounded_and_the_next_one_counts(start: Start) -> None:
    intake = await start()
    long = b"x" * 3000 + b"\r\n"
    longer = b"NOOP " + b"x" * 100_000 + b"\r\n"
    assert codes(await raw(intake, long, longer, b"NOOP", b" x\n", b"QUIT\r\n")) == [
        *(b"220", b"500", b"500", b"250", b"221")
    ]


async def test_a_burst_is_answered_in_order_and_in_one_packet(start: Start, inbox: SlowInbox) -> None:
    intake = await start()
    reader, writer = await opened(intake)
    writer.write(ENVELOPE.replace(b"DATA", b"NOOP"))
    assert codes(await reader.read(4096)) == [b"250"] * 4
    writer.write(b"DATA\r\none\r\n.\r\nMAIL FROM:<c@d>\r\nRCPT TO:<x@y>\r\nDATA\r\n.two\r\n.\r\nQUIT\r\n")
    assert codes(await reader.read()) == [b"354", b"250", b"250", b"250", b"354", b"250", b"221"]
    assert [(m.sender, m.body) for m in inbox.messages] == [("a@b.example", b"one\r\n"), ("c@d", b"two\r\n")]
    await gone(writer)


async def test_a_long_burst_leaves_others_their_turn_and_loses_nothing(start: Start) -> None:
    intake = await start()
    many = smtpwire.AT_ONCE * 50
    assert codes(await raw(intake, b"NOOP\r\n" * many + b"QUIT\r\n")) == [b"220", *[b"250"] * many, b"221"]


async def test_while_a_mail_is_committed_little_is_read_ahead(start: Start, inbox: SlowInbox) -> None:
    intake = await start()
    inbox.go.clear()
    reader, writer = await opened(intake)
    many = 60_000
    writer.write(ENVELOPE + b"one\r\n.\r\n" + b"NOOP\r\n" * many + b"QUIT\r\n")
    (connection,) = intake.connections
    await until(lambda: connection._held)
    assert len(connection._buffer) < smtpwire.MOST_AHEAD + 300_000
    assert connection.busy
    inbox.go.set()
    assert codes(await reader.read()).count(b"250") == many + 4
    await gone(writer)


async def test_who_does_not_take_our_answers_is_not_served_and_then_cut_off(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtpwire, "LAST_WORDS", 0.05)
    intake = await start(timeout=0.3)
    _, writer = await opened(intake)
    (connection,) = intake.connections
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    while not connection._choked and not writer.is_closing():
        writer.write(b"HELP\r\n" * 20_000)
        await asyncio.sleep(0.01)
    await until(lambda: not intake.connections)
    await gone(writer)


async def test_a_silent_client_hears_why_it_is_hung_up_on(start: Start) -> None:
    intake = await start(timeout=0.05)
    assert codes(await raw(intake)) == [b"220", b"421"]
    assert codes(await raw(intake, ENVELOPE, b"one\r\n"))[-1] == b"421"


async def test_a_slow_commit_is_not_the_clients_fault(start: Start, inbox: SlowInbox) -> None:
    intake = await start(timeout=0.1)
    reader, writer = await committing(intake, inbox)
    await asyncio.sleep(0.3)
    inbox.go.set()
    assert codes(await reader.read())[-2:] == [b"250", b"421"]
    await gone(writer)


async def test_who_says_no_more_is_still_answered(start: Start, inbox: SlowInbox) -> None:
    intake = await start()
    inbox.go.clear()
    reader, writer = await opened(intake)
    writer.write(ENVELOPE + b"one\r\n.\r\n")
    writer.write_eof()
    await inbox.begun.wait()
    inbox.go.set()
    assert codes(await reader.read())[-1] == b"250"
    await gone(writer)
    assert len(inbox.messages) == 1


@pytest.mark.parametrize("said", [ENVELOPE, ENVELOPE + b"half a mail"])
async def test_who_vanishes_in_a_mail_leaves_nothing_behind(start: Start, inbox: SlowInbox, said: bytes) -> None:
    intake = await start()
    _, writer = await opened(intake)
    writer.write(said)
    await until(lambda: any(connection._mail for connection in intake.connections))
    writer.transport.abort()
    await until(lambda: not intake.connections)
    assert inbox.messages == []
    assert intake.memory._total == 0
    await gone(writer)


@pytest.mark.parametrize("linger", [b"\1\0\0\0\0\0\0\0", b"\0" * 8])
async def test_who_vanishes_while_its_mail_is_committed_does_not_undo_it(
    start: Start, inbox: SlowInbox, linger: bytes
) -> None:
    intake = await start()
    _, writer = await committing(intake, inbox)
    (connection,) = intake.connections
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)  # a reset, or an end
    writer.transport.abort()
    await until(lambda: connection._over or connection._ended)
    inbox.go.set()
    await until(lambda: len(inbox.messages) == 1 and not intake.connections)
    assert intake.memory._total == 0
    await gone(writer)


async def test_a_stop_waits_for_the_commit_and_its_answer(start: Start, inbox: SlowInbox) -> None:
    intake = await start()
    reader, writer = await committing(intake, inbox)
    asyncio.get_running_loop().call_later(0.05, inbox.go.set)
    await intake.stop()
    assert codes(await reader.read())[-2:] == [b"250", b"421"]
    await gone(writer)


async def test_our_own_fault_at_a_command_is_temporary(
    start: Start, inbox: SlowInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = await start()

    def broken(_sender: str) -> bool:
        raise RuntimeError("our own fault")

    monkeypatch.setattr(intake, "may_send", broken)
    assert codes(await raw(intake, b"HELO c\r\nMAIL FROM:<a@b>\r\nQUIT\r\n")) == [b"220", b"250", b"451", b"221"]
    assert inbox.refused == [("smtp", 451)]


async def test_what_is_said_in_the_open_behind_starttls_never_counts(
    start: Start, inbox: SlowInbox, certificate: Path
) -> None:
    intake = await start(**tls(certificate))
    reader, writer = await opened(intake)
    writer.write(b"EHLO evil\r\nMAIL FROM:<evil@b>\r\nRCPT TO:<x@y>\r\nSTARTTLS\r\nRCPT TO:<evil@y>\r\nDATA\r\n")
    said = b""
    while b"220 " not in said:
        said += await reader.read(4096)
    assert said.rstrip().endswith(b"go on with TLS")
    await writer.start_tls(ssl.create_default_context(cafile=certificate / "cert.pem"), server_hostname="localhost")
    writer.write(b"RCPT TO:<x@y>\r\nMAIL FROM:<a@b>\r\nSTARTTLS\r\n")
    writer.write(ENVELOPE + b"sealed\r\n.\r\nQUIT\r\n")
    assert codes(await reader.read())[:3] == [b"503", b"503", b"503"]
    assert [(m.sender, m.recipients) for m in inbox.messages] == [("a@b.example", ("x@y.example",))]
    await gone(writer)


async def test_where_tls_is_required_little_is_said_before(start: Start, certificate: Path) -> None:
    intake = await start(require_tls=True, **tls(certificate))
    answer = await raw(intake, b"HELO c\r\nNOOP\r\nEHLO c\r\nRSET\r\nMAIL FROM:<a@b>\r\nQUIT\r\n")
    assert codes(answer) == [b"220", b"530", b"250", b"250", b"530", b"530", b"221"]
    assert b"250-STARTTLS" in answer


@pytest.mark.parametrize("said", [b"this is no TLS\r\n" * 20, b""])
async def test_tls_that_fails_ends_the_connection(start: Start, certificate: Path, said: bytes) -> None:
    intake = await start(timeout=0.2, **tls(certificate))
    reader, writer = await opened(intake)
    writer.write(b"STARTTLS\r\n")
    assert (await reader.readline()).startswith(b"220")
    writer.write(said)
    await until(lambda: not intake.connections)
    await gone(writer)


async def test_a_stop_amid_the_agreement_on_tls_says_nothing_in_the_open(start: Start, certificate: Path) -> None:
    intake = await start(**tls(certificate))
    reader, writer = await opened(intake)
    writer.write(b"STARTTLS\r\n")
    assert (await reader.readline()).startswith(b"220")
    await intake.stop()
    assert await reader.read() == b""
    await until(lambda: not intake.connections)
    await gone(writer)


async def test_who_hangs_up_with_tls_is_counted_out(start: Start, certificate: Path) -> None:
    intake = await start(**tls(certificate))
    reader, writer = await opened(intake)
    writer.write(b"STARTTLS\r\n")
    await reader.readline()
    await writer.start_tls(ssl.create_default_context(cafile=certificate / "cert.pem"), server_hostname="localhost")
    writer.write(b"NOOP\r\n")
    assert (await reader.readline()).startswith(b"250")
    await gone(writer)
    await until(lambda: not intake.connections)


async def test_who_vanishes_amid_a_login_is_counted_out(start: Start) -> None:
    intake = await start(users={"mon": HASH}, auth_without_tls=True)
    _, writer = await opened(intake)
    writer.write(b"EHLO c\r\nAUTH LOGIN\r\n")
    await until(lambda: any(connection._asked for connection in intake.connections))
    writer.transport.abort()
    await until(lambda: not intake.connections)
    await gone(writer)


async def test_a_mail_client_of_the_standard_library_is_understood(start: Start, inbox: SlowInbox) -> None:
    intake = await start()
    seen = await talk(intake, lambda c: (c.helo("c")[0], c.verify("mon")[0], c.rset()[0], c.noop()[0], c.help()))
    assert seen[:4] == (250, 252, 250, 250)
    assert b"RCPT" in seen[4]
