"""Mail comes in over real connections; 250 means kept."""

import asyncio
import smtplib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ingestd.intake.smtp import SmtpIntake, SmtpSettings
from ingestd.model import Message, StoreUnavailable

T = TypeVar("T")


class Inbox:
    """Keeps messages; ``fault`` is raised instead when set."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fault: Exception | None = None
        self.refused: list[tuple[str, int]] = []

    async def receive(self, message: Message) -> int:
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        self.messages.append(message)
        return len(self.messages)


Start = Callable[..., Awaitable[SmtpIntake]]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def start(inbox: Inbox) -> AsyncIterator[Start]:
    running: list[SmtpIntake] = []

    async def begin(**settings: Any) -> SmtpIntake:
        wanted = SmtpSettings(**({"port": 0, "hostname": "in.example"} | settings))
        intake = SmtpIntake(wanted, inbox.receive, lambda: 1234.5, lambda *refusal: inbox.refused.append(refusal))
        await intake.start()
        running.append(intake)
        return intake

    yield begin
    for intake in running:
        await intake.stop()


async def talk(intake: SmtpIntake, client: Callable[[smtplib.SMTP], T]) -> T:
    host, port = intake.addresses[0]

    def session() -> T:
        with smtplib.SMTP(host, port, timeout=5) as connection:
            return client(connection)

    return await asyncio.to_thread(session)


async def raw(intake: SmtpIntake, *parts: bytes) -> bytes:
    """Write parts as they are, return everything that is answered until the server or QUIT ends it."""
    reader, writer = await asyncio.open_connection(*intake.addresses[0])
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.005)
    answer = await asyncio.wait_for(reader.read(-1), 5)
    writer.close()
    await writer.wait_closed()
    return answer


ENVELOPE = b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@y.example>\r\nDATA\r\n"


async def test_a_mail_is_kept_as_it_was_sent(start: Start, inbox: Inbox) -> None:
    intake = await start()
    text = b"Subject: hi\r\n\r\n.hidden dot\r\nends with a dot.\r\n.\r\n..two\r\n\xe7\xa3\x81\r\n"
    assert await talk(intake, lambda c: c.sendmail("mon@shop.example", ["x@a.example", "y@b.example"], text)) == {}
    (message,) = inbox.messages
    assert message.body == text
    assert (message.kind, message.source, message.received, message.peer) == ("mail", "smtp", 1234.5, "127.0.0.1")
    assert (message.sender, message.recipients) == ("mon@shop.example", ("x@a.example", "y@b.example"))


async def test_a_null_sender_and_several_mails_on_one_connection(start: Start, inbox: Inbox) -> None:
    intake = await start()

    def client(connection: smtplib.SMTP) -> None:
        connection.sendmail("", ["postmaster"], b"one")
        connection.sendmail('"odd name"@b.example', ["x@[127.0.0.1]"], b"two")

    await talk(intake, client)
    assert [(m.sender, m.body) for m in inbox.messages] == [("", b"one\r\n"), ('"odd name"@b.example', b"two\r\n")]


async def test_utf8_addresses_and_8bit_bodies(start: Start, inbox: Inbox) -> None:
    intake = await start()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "监控@shop.example", "值班@shop.example", "磁盘"
    mail.set_content("满了")
    await talk(intake, lambda c: c.send_message(mail))
    assert inbox.messages[0].sender == "监控@shop.example"
    await raw(intake, ENVELOPE.replace(b"a@b", b"\xff@b"), b"x\r\n.\r\nQUIT\r\n")
    assert inbox.messages[1].sender == "?@b.example"


async def test_while_the_store_fails_the_sender_is_put_off_and_then_succeeds(start: Start, inbox: Inbox) -> None:
    intake = await start()
    for fault in (StoreUnavailable("disk"), RuntimeError("our own fault")):
        inbox.fault = fault
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            await talk(intake, lambda c: c.sendmail("a@b.example", ["x@y.example"], b"one"))
        assert refusal.value.smtp_code == 451
    inbox.fault = None
    await talk(intake, lambda c: c.sendmail("a@b.example", ["x@y.example"], b"one"))
    assert len(inbox.messages) == 1
    assert inbox.refused == [("smtp", 451), ("smtp", 451)]


async def test_too_large_is_said_when_declared_and_when_sent(start: Start, inbox: Inbox) -> None:
    intake = await start(size_limit=1000)
    with pytest.raises(smtplib.SMTPSenderRefused) as declared:
        await talk(intake, lambda c: c.sendmail("a@b.example", ["x@y.example"], b"x" * 1001))
    assert declared.value.smtp_code == 552
    large = (b"y" * 70 + b".\r\n") * 3000
    answer = await raw(intake, ENVELOPE, large, b".\r\nRSET\r\nQUIT\r\n")
    assert b"552 5.3.4" in answer
    assert answer.rstrip().endswith(b"221 Bye")
    exact = b"z" * 998 + b"\r\n"
    assert b"250 2.0.0" in await raw(intake, ENVELOPE, exact + b".\r\nQUIT\r\n")
    assert inbox.messages[0].body == exact


async def test_very_long_lines_are_taken(start: Start, inbox: Inbox) -> None:
    intake = await start()
    line = b"q" * 300_000 + b"\r\n"
    assert b"250 2.0.0" in await raw(intake, ENVELOPE, line, b".\r\nQUIT\r\n")
    assert inbox.messages[0].body == line


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r"])
async def test_no_second_mail_is_smuggled_in(start: Start, inbox: Inbox, end: bytes) -> None:
    intake = await start()
    hidden = b"one" + end + b"MAIL FROM:<evil@b.example>\r\n"
    await raw(intake, ENVELOPE, hidden, b".\r\nQUIT\r\n")
    (message,) = inbox.messages
    assert message.body == hidden.replace(b"\r\n.", b"\r\n")  # a dot at a line's start is the protocol's


async def test_the_end_is_found_however_it_is_cut_and_an_empty_mail_is_a_mail(start: Start, inbox: Inbox) -> None:
    intake = await start()
    await raw(intake, ENVELOPE, b"one\r", b"\n", b".", b"\r", b"\nQUIT\r\n")
    await raw(intake, ENVELOPE, b".\r\nQUIT\r\n")
    assert [m.body for m in inbox.messages] == [b"one\r\n", b""]


async def test_nothing_is_relayed(start: Start, inbox: Inbox) -> None:
    intake = await start(domains=("Shop.example",))

    def client(connection: smtplib.SMTP) -> dict[str, tuple[int, bytes]]:
        return connection.sendmail("a@b.example", ["x@shop.EXAMPLE", "y@elsewhere.example", "postmaster"], b"one")

    refused = await talk(intake, client)
    assert [(who, code) for who, (code, _) in refused.items()] == [("y@elsewhere.example", 550)]
    assert inbox.messages[0].recipients == ("x@shop.EXAMPLE", "postmaster")


async def test_strangers_are_turned_away_at_the_door(start: Start) -> None:
    intake = await start(allowed_networks=("10.0.0.0/8",))
    assert (await raw(intake)).startswith(b"554 5.7.1")
    assert intake.turned_away("10.1.2.3") is None
    assert intake.turned_away("::ffff:10.1.2.3") is None
    assert intake.turned_away("") is None
    assert intake.turned_away("fe80::1%eth0") is not None


async def test_connections_are_bounded(start: Start) -> None:
    intake = await start(max_connections=1)
    reader, writer = await asyncio.open_connection(*intake.addresses[0])
    assert (await reader.readline()).startswith(b"220")
    assert (await raw(intake)).startswith(b"421 4.3.2")
    writer.close()
    await writer.wait_closed()


async def test_recipients_are_bounded_and_the_order_of_commands_is_kept(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestd.intake.smtp.MOST_RECIPIENTS", 1)
    intake = await start()
    answer = await raw(
        intake,
        b"DATA\r\nHELO c\r\nDATA\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@y>\r\nRCPT TO:<z@y>\r\nDATA now\r\nQUIT\r\n",
    )
    codes = [line[:3] for line in answer.splitlines()]
    assert codes == [b"220", b"503", b"250", b"503", b"250", b"250", b"452", b"501", b"221"]


async def test_an_idle_connection_is_closed(start: Start) -> None:
    intake = await start(timeout=0.05)
    assert (await raw(intake)).startswith(b"220")


async def test_a_stop_says_421(start: Start) -> None:
    intake = await start()
    reader, writer = await asyncio.open_connection(*intake.addresses[0])
    await reader.readline()
    await intake.stop()
    assert (await reader.readline()).startswith(b"421")
    writer.close()
    await writer.wait_closed()
    await SmtpIntake(SmtpSettings(), Inbox().receive, lambda: 0.0).stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    request = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(["openssl", *request.split(), *names], cwd=folder, capture_output=True, check=True)
    return folder


async def test_starttls_is_offered_and_can_be_required(start: Start, inbox: Inbox, certificate: Path) -> None:
    pem = {"certificate": str(certificate / "cert.pem"), "key": str(certificate / "key.pem")}
    intake = await start(require_tls=True, **pem)
    trusted = ssl.create_default_context(cafile=certificate / "cert.pem")

    def client(connection: smtplib.SMTP) -> bool:
        connection.starttls(context=trusted)
        connection.sendmail("a@b.example", ["x@y.example"], b"sealed")
        return connection.has_extn("auth")

    assert await talk(intake, client) is False
    assert inbox.messages[0].body == b"sealed\r\n"
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        await talk(intake, lambda c: c.sendmail("a@b.example", ["x@y.example"], b"open"))
    assert refusal.value.smtp_code == 530
