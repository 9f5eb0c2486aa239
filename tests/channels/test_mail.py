"""Letters leave through a real SMTP dialogue, and land in a Maildir."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from ingestd.channels import ChannelError, Letter, mail
from ingestd.channels.letters import compose, on_the_wire
from ingestd.channels.mail import MailChannel, MailSettings, RelaySettings
from ingestd.channels.maildir import MaildirChannel, MaildirSettings
from ingestd.yamltypes import Duration

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
        self.mail = "250 OK"
        self.ehlo = "250 HELP"
        self.greeting = ""
        self.silent = False
        self.received: list[tuple[str, EmailMessage]] = []
        self.port = 0

    async def handle_EHLO(self, _s: Any, session: Any, _e: Any, hostname: str, replies: list[str]) -> list[str]:  # noqa: N802
        session.host_name = hostname
        return [*replies[:-1], self.ehlo] if self.ehlo[0] == "2" else [self.ehlo]

    async def handle_MAIL(self, _s: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.mail_from = address if self.mail[0] == "2" else None
        return self.mail

    async def handle_RCPT(self, _s: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _s: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.received.append((envelope.mail_from, mail))
        return self.data


class Refusing(asyncio.Protocol):
    """A server that says one thing, or nothing."""

    def __init__(self, words: str) -> None:
        self._words = words

    def connection_made(self, transport: Any) -> None:
        if self._words:
            transport.write(f"{self._words}\r\n".encode())
            transport.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Relay]:
    hooks = Relay()

    def refuse(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    def connection() -> asyncio.Protocol:
        if hooks.greeting or hooks.silent:
            return Refusing(hooks.greeting)
        loop = asyncio.get_running_loop()
        return SMTP(hooks, hostname="relay", loop=loop, authenticator=refuse, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    hooks.port = server.sockets[0].getsockname()[1]
    yield hooks
    server.close()
    await server.wait_closed()


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with serving() as one:
        yield one


@pytest.fixture
async def other() -> AsyncIterator[Relay]:
    async with serving() as one:
        yield one


def channel(relay: Relay, **more: Any) -> MailChannel:
    return MailChannel(MailSettings(host="127.0.0.1", port=relay.port, sender="Alarm <alarm@shop.example>", **more))


def test_the_html_part_follows_the_text_and_both_are_whole() -> None:
    composed = compose(letter(html="<p>交换机</p>"), "a@shop.example")
    assert composed.get_content_type() == "multipart/alternative"
    plain, html = composed.iter_parts()
    assert plain.get_content_type() == "text/plain" and plain.get_content().startswith("P1：交换机")
    assert html.get_content_type() == "text/html" and html.get_content() == "<p>交换机</p>\n"
    assert composed["Content-Language"] == "zh-CN" and composed["X-Ingestd-Incident"] == "7"
    assert compose(letter(), "a@shop.example").get_content_type() == "text/plain"


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


# -- several relays


class Row:
    """Two relays, and a clock."""

    def __init__(self, first: Relay, second: Relay, **more: Any) -> None:
        self.first, self.second, self.now = first, second, 1000.0
        relays = (RelaySettings(host="127.0.0.1", port=second.port),)
        settings = {"host": "127.0.0.1", "port": first.port, "relays": relays} | more
        self.channel = MailChannel(MailSettings(sender="alarm@shop.example", **settings), lambda: self.now)

    @property
    def taken(self) -> tuple[int, int]:
        return len(self.first.received), len(self.second.received)


async def test_the_first_relay_is_used_as_long_as_it_takes_letters(relay: Relay, other: Relay) -> None:
    row = Row(relay, other)
    sent = await row.channel.send(letter())
    assert row.taken == (1, 0)
    assert sent.detail.startswith(f"127.0.0.1:{relay.port}: ") and "queued as ABC" in sent.detail


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("greeting", "554 5.3.2 no service here"),
        ("greeting", "421 4.3.2 too busy"),
        ("ehlo", "421 4.3.2 going down"),
        ("mail", "451 4.7.1 try later"),
        ("mail", "550 5.7.1 relaying denied"),
        ("rcpt", "450 4.2.0 greylisted"),
        ("data", "452 4.3.1 disk full"),
    ],
)
async def test_one_that_defers_or_refuses_us_is_followed_by_the_next_at_once(
    relay: Relay, other: Relay, step: str, reply: str
) -> None:
    setattr(relay, step, reply)
    row = Row(relay, other)
    sent = await row.channel.send(letter())
    assert len(other.received) == 1
    assert reply[4:9] in sent.detail and f"127.0.0.1:{other.port}: " in sent.detail


async def test_so_is_one_that_is_down_and_one_that_never_answers(relay: Relay, other: Relay) -> None:
    port, relay.port = relay.port, 1
    await Row(relay, other).channel.send(letter())
    relay.port, relay.silent = port, True
    await Row(relay, other, timeout=Duration(0.1)).channel.send(letter())
    assert len(other.received) == 2


async def test_none_may_use_up_the_time_of_the_next(
    relay: Relay, other: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "PATIENCE", 0.4)
    relay.silent = True
    sent = await Row(relay, other).channel.send(letter())
    assert len(other.received) == 1 and "TimeoutError" in sent.detail


@pytest.mark.parametrize(("step", "reply"), [("rcpt", "550 5.1.1 no such user"), ("data", "554 5.7.1 spam")])
async def test_a_letter_that_is_refused_for_good_is_not_offered_again(
    relay: Relay, other: Relay, step: str, reply: str
) -> None:
    setattr(relay, step, reply)
    row = Row(relay, other)
    with pytest.raises(ChannelError) as refusal:
        await row.channel.send(letter())
    assert not refusal.value.transient and reply[:3] in str(refusal.value)
    assert other.received == []
    relay.rcpt, relay.data, before = "250 OK", "250 OK", len(relay.received)
    await row.channel.send(letter())  # it was no fault of the relay's
    assert (len(relay.received), other.received) == (before + 1, [])


async def test_what_none_takes_may_pass_if_one_of_them_says_so(relay: Relay, other: Relay) -> None:
    relay.mail, other.mail = "550 5.7.1 relaying denied", "451 4.7.1 try later"
    with pytest.raises(ChannelError) as refusal:
        await Row(relay, other).channel.send(letter())
    assert refusal.value.transient and "550" in str(refusal.value) and "451" in str(refusal.value)
    other.mail = "550 5.7.1 relaying denied"
    with pytest.raises(ChannelError) as refusal:
        await Row(relay, other).channel.send(letter())
    assert not refusal.value.transient


async def test_a_relay_that_failed_comes_last_for_a_while(relay: Relay, other: Relay) -> None:
    row = Row(relay, other)
    relay.mail = "451 4.7.1 try later"
    await row.channel.send(letter())
    relay.mail = "250 OK"
    await row.channel.send(letter())
    assert row.taken == (0, 2)
    row.now += mail.AVOIDED
    await row.channel.send(letter())
    assert row.taken == (1, 2)


async def test_relays_are_greeted_without_a_letter(relay: Relay, other: Relay) -> None:
    row = Row(relay, other)
    assert (await row.channel.probe()).count("250 OK") == 2
    relay.port = 1
    assert "250 OK" in await Row(relay, other).channel.probe()
    other.port = 1
    with pytest.raises(ChannelError):
        await Row(relay, other).channel.probe()
    assert row.taken == (0, 0)


async def test_only_further_relays_will_do(other: Relay) -> None:
    relays = (RelaySettings(host="127.0.0.1", port=other.port),)
    await MailChannel(MailSettings(sender="a@shop.example", relays=relays)).send(letter())
    assert len(other.received) == 1


async def test_an_old_relay_that_knows_no_ehlo_gets_seven_bits(relay: Relay) -> None:
    relay.ehlo = "502 5.5.1 never heard of it"
    await channel(relay).send(letter())
    (_, got) = relay.received[0]
    assert got.get_content().splitlines() == ["P1：交换机", ".dot"]
    assert got["Content-Transfer-Encoding"] in {"base64", "quoted-printable"}


async def test_an_address_beyond_ascii_needs_a_relay_that_takes_it(relay: Relay) -> None:
    with pytest.raises(ChannelError, match="SMTPUTF8"):
        await channel(relay).send(letter(to="林@shop.example"))


@pytest.mark.parametrize("eight_bits", [True, False])
def test_what_goes_over_the_wire_is_what_the_library_writes(*, eight_bits: bool) -> None:
    mail = compose(letter(html="<p>交换机</p>", to="Lin <lin@shop.example>"), "Wache <ingestd@shop.example>")
    raw = on_the_wire(mail, eight_bits=eight_bits)
    library = mail.as_bytes(policy=policy.SMTP.clone(cte_type="8bit" if eight_bits else "7bit"))
    own, plain = (message_from_bytes(one, policy=policy.default) for one in (raw, library))
    headers = [[pair for pair in one.items() if pair[0] != "Content-Type"] for one in (own, plain)]
    assert headers[0] == headers[1]
    assert [part.get_content() for part in own.iter_parts()] == [part.get_content() for part in plain.iter_parts()]
    assert b"\r\n" in raw
    assert raw.isascii() or eight_bits
    assert own["To"].addresses[0].addr_spec == "lin@shop.example"


def test_headers_are_told_apart_though_they_are_remembered() -> None:
    first, second = (compose(letter(to=f"{who}@shop.example"), "ingestd@shop.example") for who in ("lin", "wei"))
    assert (first["To"], second["To"]) == ("lin@shop.example", "wei@shop.example")
    assert compose(letter(subject="x" * 500), "ingestd@shop.example")["Subject"] == "x" * 500
