"""Mail comes in over real connections; 250 means kept."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from ingestd.intake.smtp import SmtpIntake, SmtpSettings, smtp_problem
from ingestd.intake.smtpauth import hash_password
from ingestd.model import StoreUnavailable
from tests.intake import mailpost
from tests.intake.mailpost import ENVELOPE, Inbox, Start, listening, raw, talk


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def start(inbox: Inbox) -> AsyncIterator[Start]:
    async with listening(inbox, 1234.5) as begin:
        yield begin


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
    monkeypatch.setattr("ingestd.intake.smtpconnection.MOST_RECIPIENTS", 1)
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
    return mailpost.certificate(tmp_path_factory.mktemp("tls"))


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


async def test_what_can_be_done_is_named(start: Start) -> None:
    intake = await start(size_limit=1000)

    def client(connection: smtplib.SMTP) -> dict[str, str]:
        connection.ehlo("mon.shop.example")
        return dict(connection.esmtp_features)

    offered = await talk(intake, client)
    assert offered == {"size": "1000", "8bitmime": "", "smtputf8": "", "pipelining": "", "help": ""}


async def test_commands_may_be_sent_in_one_go(start: Start, inbox: Inbox) -> None:
    intake = await start()
    answer = await raw(intake, ENVELOPE + b"one\r\n.\r\n" + ENVELOPE + b"two\r\n.\r\nQUIT\r\n")
    assert answer.count(b"250 2.0.0 kept") == 2
    assert [m.body for m in inbox.messages] == [b"one\r\n", b"two\r\n"]


async def test_only_allowed_senders_and_bounces_may_send(start: Start, inbox: Inbox) -> None:
    intake = await start(
        allowed_senders=("mon@shop.example", "Plant.example", "*@*.branch.example", "ups-?@hq.example")
    )
    taken = ["mon@shop.example", "any.one@plant.example", "x@north.branch.example", "UPS-7@hq.example", ""]
    refused = [
        "mon@shop.example.evil",
        "other@shop.example",
        "x@plant.example.org",
        "x@branch.example",
        "ups-77@hq.example",
    ]

    def client(connection: smtplib.SMTP, sender: str) -> int:
        connection.ehlo()
        return connection.mail(sender)[0]

    for sender in taken:
        assert await talk(intake, lambda c, s=sender: client(c, s)) == 250, sender
    for sender in refused:
        assert await talk(intake, lambda c, s=sender: client(c, s)) == 550, sender
    assert inbox.refused == [("smtp", 550)] * len(refused)


async def test_a_header_without_measure_is_refused_and_the_next_mail_is_taken(start: Start, inbox: Inbox) -> None:
    intake = await start(header_limit=2000)
    long = b"Subject: " + b"x" * 3000 + b"\r\n\r\nbody\r\n.\r\n"
    many = b"X: 1\n" * 10_001 + b"\r\n\r\nbody\r\n.\r\n"
    answer = await raw(intake, ENVELOPE, long, ENVELOPE, b"Subject: y\r\n\r\nbody\r\n.\r\nQUIT\r\n")
    assert answer.count(b"552 5.3.4 the header") == 1
    assert [m.body for m in inbox.messages] == [b"Subject: y\r\n\r\nbody\r\n"]
    wide = await start(header_limit=1_000_000)
    assert b"552 5.3.4 the header" in await raw(wide, ENVELOPE, many, b"QUIT\r\n")


async def test_more_than_there_is_room_for_is_put_off_before_and_while_it_comes(start: Start, inbox: Inbox) -> None:
    intake = await start(size_limit=1000, memory=1000)
    declared = ENVELOPE.replace(b"example>\r\nRCPT", b"example> SIZE=600\r\nRCPT")
    answer = await raw(
        intake, declared, b"RSET\r\n", ENVELOPE, b"y" * 700 + b"\r\n.\r\n", ENVELOPE, b"z\r\n.\r\nQUIT\r\n"
    )
    assert answer.count(b"452 4.3.1") == 2
    assert [m.body for m in inbox.messages] == [b"z\r\n"]
    assert inbox.refused == [("smtp", 452)] * 2


async def test_a_mail_that_comes_drop_by_drop_is_given_up(start: Start, inbox: Inbox) -> None:
    intake = await start(data_timeout=0.1)
    reader, writer = await asyncio.open_connection(*intake.addresses[0])
    writer.write(ENVELOPE)
    for _ in range(30):
        if writer.is_closing() or reader.at_eof():
            break
        writer.write(b"drop.\r\n")
        await asyncio.sleep(0.02)
        await asyncio.wait([asyncio.ensure_future(reader.read(1000))], timeout=0.01)
    assert reader.at_eof()
    assert inbox.messages == []
    writer.close()


async def test_one_address_may_not_take_all_connections(start: Start) -> None:
    intake = await start(connections_per_peer=1)
    reader, writer = await asyncio.open_connection(*intake.addresses[0])
    assert (await reader.readline()).startswith(b"220")
    assert (await raw(intake)).startswith(b"421 4.7.0")
    assert await talk(intake, lambda c: c.noop()[0], "127.0.0.2") == 250
    writer.close()
    await writer.wait_closed()


async def test_where_all_places_are_taken_the_idlest_of_the_greediest_goes(start: Start, inbox: Inbox) -> None:
    intake = await start(max_connections=3)
    clients = [await asyncio.open_connection(*intake.addresses[0]) for _ in range(3)]
    for reader, writer in clients:
        assert (await reader.readline()).startswith(b"220")
        writer.write(ENVELOPE)
    assert await talk(intake, lambda c: c.noop()[0], "127.0.0.2") == 250
    assert b"421 4.3.2" in await clients[0][0].read()
    for reader, writer in clients[1:]:  # the others are where they were
        writer.write(b"one\r\n.\r\nQUIT\r\n")
        assert b"221" in await reader.read()
    for _, writer in clients:
        writer.close()
    assert len(inbox.messages) == 2


async def test_while_one_floods_another_is_served(inbox: Inbox) -> None:
    """A store that needs 2 ms for a mail, 90 connections with a mail each, and one mail from somebody else."""

    async def slow(message: Any) -> int:
        async with lock:
            begun.set()
            await asyncio.sleep(0.002)
        return await inbox.receive(message)

    lock, begun = asyncio.Lock(), asyncio.Event()
    intake = SmtpIntake(SmtpSettings(port=0, hostname="in.example"), slow, lambda: 0.0)
    await intake.start()
    try:
        flood = [asyncio.ensure_future(raw(intake, ENVELOPE, b"flood\r\n.\r\nQUIT\r\n")) for _ in range(90)]
        await begun.wait()
        await talk(intake, lambda c: c.sendmail("mon@shop.example", ["x@y.example"], b"one"), "127.0.0.2")
        when = [m.body for m in inbox.messages].index(b"one\r\n")
        assert all(b"250 2.0.0" in answer for answer in await asyncio.gather(*flood))
    finally:
        await intake.stop()
    assert len(inbox.messages) == 91
    assert when < 80, "it waits for one round, not for the whole flood"


HASH = hash_password("opensesame")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"users": {"ann": "secret"}, "auth_without_tls": True}, "users"),
        ({"require_auth": True}, "require_auth"),
        ({"users": {"ann": HASH}}, "users"),
        ({"require_tls": True}, "require_tls"),
        ({"memory": 1000}, "memory"),
        ({"users_file": "/nowhere/users", "auth_without_tls": True}, "users_file"),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict[str, Any], key: str) -> None:
    problem = smtp_problem(SmtpSettings(**settings))
    assert problem is not None
    assert problem[0] == key


def test_settings_that_can_be_have_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text(f"ann:{HASH}\n")
    assert smtp_problem(SmtpSettings()) is None
    assert smtp_problem(SmtpSettings(users_file=str(file), auth_without_tls=True, require_auth=True)) is None
