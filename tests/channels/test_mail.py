"""Letters leave through a real SMTP dialogue, and land in a Maildir."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from ingestd.channels import ChannelError, Letter
from ingestd.channels.mail import MailChannel, MailSettings
from ingestd.channels.maildir import MaildirChannel, MaildirSettings

FIRST, SECOND = "<ingestd.7.1@shop.example>", "<ingestd.7.2@shop.example>"


def letter(**more: Any) -> Letter:
    fields: dict[str, Any] = {
        "notification": 2,
        "incident": 7,
        "kind": "update",
        "to": "lin@shop.example",
        "subject": "[P1] 交换机 down",
        "text": "P1：交换机\n.dot\n",
        "language": "zh_CN",
        "date": 1_000_000.0,
        "message_id": SECOND,
        "thread": FIRST,
    }
    return Letter(**(fields | more))


class Relay:
    """A relay that answers as told."""

    def __init__(self) -> None:
        self.rcpt = "250 OK"
        self.data = "250 2.0.0 queued as ABC"
        self.received: list[tuple[str, EmailMessage]] = []
        self.port = 0

    async def handle_RCPT(self, _s: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _s: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.received.append((envelope.mail_from, mail))
        return self.data


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    hooks = Relay()

    def refuse(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    def connection() -> SMTP:
        loop = asyncio.get_running_loop()
        return SMTP(hooks, hostname="relay", loop=loop, authenticator=refuse, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    hooks.port = server.sockets[0].getsockname()[1]
    yield hooks
    server.close()
    await server.wait_closed()


def channel(relay: Relay, **more: Any) -> MailChannel:
    return MailChannel(MailSettings(host="127.0.0.1", port=relay.port, sender="Alarm <alarm@shop.example>", **more))


async def test_a_letter_is_handed_over_threaded_and_marked_as_automatic(relay: Relay) -> None:
    sent = await channel(relay).send(letter())
    assert "queued as ABC" in sent.detail
    ((sender, mail),) = relay.received
    assert sender == "alarm@shop.example"
    assert mail["Subject"] == "[P1] 交换机 down"
    assert mail["From"] == "Alarm <alarm@shop.example>"
    assert mail["To"] == "lin@shop.example"
    assert (mail["Message-ID"], mail["In-Reply-To"], mail["References"]) == (SECOND, FIRST, FIRST)
    assert mail["Date"] == "Mon, 12 Jan 1970 13:46:40 +0000"
    assert (mail["Auto-Submitted"], mail["Precedence"]) == ("auto-generated", "bulk")
    assert (mail["X-Ingestd-Incident"], mail["Content-Language"]) == ("7", "zh-CN")
    assert mail.get_content().splitlines() == ["P1：交换机", ".dot"]


async def test_the_first_letter_answers_nothing_and_no_header_is_injected(relay: Relay) -> None:
    await channel(relay).send(letter(message_id=FIRST, thread="", subject="a\r\nBcc: evil@b.example"))
    _, mail = relay.received[0]
    assert mail["In-Reply-To"] is None
    assert mail["Bcc"] is None
    assert mail["Subject"] == "a  Bcc: evil@b.example"


@pytest.mark.parametrize(
    ("rcpt", "data", "transient"),
    [
        ("550 5.1.1 no such user", "250 OK", False),
        ("450 4.2.1 try later", "250 OK", True),
        ("250 OK", "554 5.7.1 spam", False),
        ("250 OK", "451 4.3.0 busy", True),
    ],
)
async def test_a_refusal_says_whether_to_try_again(relay: Relay, rcpt: str, data: str, transient: bool) -> None:
    relay.rcpt, relay.data = rcpt, data
    with pytest.raises(ChannelError) as refusal:
        await channel(relay).send(letter())
    assert refusal.value.transient is transient
    assert (rcpt if rcpt[0] != "2" else data)[:3] in str(refusal.value)


async def test_no_connection_and_a_refused_login_may_pass(relay: Relay, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush\n")
    with pytest.raises(ChannelError) as login:
        await channel(relay, user="ingestd", password_file=str(tmp_path / "password")).send(letter())
    assert login.value.transient and str(login.value).startswith("535")
    assert "hush" not in str(login.value)
    relay.port = 1
    with pytest.raises(ChannelError) as refused:
        await channel(relay).send(letter())
    assert refused.value.transient


async def test_tls_that_is_not_offered_is_not_done_without(relay: Relay) -> None:
    with pytest.raises(ChannelError):
        await channel(relay, tls="starttls").send(letter())
    assert relay.received == []


async def test_a_maildir_gets_each_letter_once(tmp_path: Path) -> None:
    folder = MaildirChannel(MaildirSettings(path=str(tmp_path / "box")))
    first = await folder.send(letter())
    assert await folder.send(letter()) == first
    await folder.send(letter(notification=3, message_id=FIRST, thread=""))
    box = Maildir(str(tmp_path / "box"))
    assert sorted(m["Message-ID"] for m in box) == sorted([FIRST, SECOND])


async def test_a_maildir_that_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("a file")
    with pytest.raises(ChannelError) as refusal:
        await MaildirChannel(MaildirSettings(path=str(tmp_path / "box"))).send(letter())
    assert refusal.value.transient
