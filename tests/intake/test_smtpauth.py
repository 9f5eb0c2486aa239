"""Who may log in, and what it costs to guess."""

import asyncio
import smtplib
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ingestd.intake import smtpauth
from ingestd.intake.smtpauth import Credentials, Porter, Users, hash_password, read_users
from tests.intake import mailpost
from tests.intake.mailpost import Inbox, Start, listening, raw, talk

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
HASH = CHEAP.hash("opensesame")
UMLAUTS = CHEAP.hash("ключ-密")


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def start(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    monkeypatch.setattr(smtpauth, "FIRST_WAIT", 0.001)
    async with listening(inbox, users={"mon": HASH, "王": UMLAUTS}, auth_without_tls=True) as begin:
        yield begin


def b64(text: str) -> bytes:
    return b64encode(text.encode())


@pytest.mark.parametrize("way", ["auth_plain", "auth_login"])
async def test_a_stranger_logs_in_and_sends(start: Start, inbox: Inbox, way: str) -> None:
    intake = await start(allowed_networks=("10.0.0.0/8",))

    def client(connection: smtplib.SMTP) -> int:
        connection.ehlo()
        before = connection.mail("mon@shop.example")[0]
        connection.user, connection.password = "mon", "opensesame"
        connection.auth(way.removeprefix("auth_").upper(), getattr(connection, way))
        connection.sendmail("mon@shop.example", ["x@y.example"], b"one")
        return before

    assert await talk(intake, client) == 530
    assert [m.body for m in inbox.messages] == [b"one\r\n"]


async def test_trusted_networks_log_in_only_if_they_must(start: Start, inbox: Inbox) -> None:
    intake = await start()
    await talk(intake, lambda c: c.sendmail("a@b.example", ["x@y.example"], b"one"))
    strict = await start(require_auth=True)
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        await talk(strict, lambda c: c.sendmail("a@b.example", ["x@y.example"], b"two"))
    assert refusal.value.smtp_code == 530
    assert len(inbox.messages) == 1


async def test_passwords_cross_the_network_sealed_only(start: Start, inbox: Inbox, tmp_path: Path) -> None:
    mailpost.certificate(tmp_path)
    pem = {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    intake = await start(auth_without_tls=False, require_auth=True, **pem)
    trusted = ssl.create_default_context(cafile=tmp_path / "cert.pem")

    def client(connection: smtplib.SMTP) -> tuple[bool, int]:
        connection.ehlo()
        offered, code = connection.has_extn("auth"), connection.docmd("AUTH PLAIN", "x")[0]
        connection.starttls(context=trusted)
        connection.login("mon", "opensesame")
        connection.sendmail("mon@shop.example", ["x@y.example"], b"sealed", mail_options=["AUTH=<>"])
        return offered, code

    assert await talk(intake, client) == (False, 538)
    assert inbox.messages[0].body == b"sealed\r\n"


async def test_what_is_no_login_is_refused_in_words(start: Start, inbox: Inbox) -> None:
    intake = await start()
    lines = [
        (b"AUTH PLAIN x", b"503"),  # before EHLO
        (b"EHLO c", b"250"),
        (b"AUTH", b"501"),
        (b"AUTH PLAIN a b", b"501"),
        (b"AUTH CRAM-MD5", b"504"),
        (b"AUTH PLAIN ###", b"501"),
        (b"AUTH PLAIN " + b64("no zeros"), b"501"),
        (b"AUTH PLAIN =", b"501"),
        (b"AUTH PLAIN " + b64("\0" + "n" * 1100 + "\0p"), b"501"),
        (b"AUTH LOGIN", b"334"),
        (b"*", b"501"),
        (b"AUTH LOGIN " + b64("mon"), b"334"),
        (b"*", b"501"),
        (b"AUTH PLAIN", b"334"),
        (b"*", b"501"),
        (b"AUTH PLAIN", b"334"),
        (b"A" * 70_000, b"500"),
        (b"AUTH plain " + b64("\0mon\0wrong"), b"535"),
        (b"AUTH plain " + b64("\0nobody\0opensesame"), b"535"),
        (b"AUTH plain " + b64("\0王\0ключ-密"), b"235"),
        (b"AUTH PLAIN " + b64("\0mon\0opensesame"), b"503"),
        (b"MAIL FROM:<a@b.example> AUTH=<>", b"250"),
        (b"QUIT", b"221"),
    ]
    answer = await raw(intake, *(line + b"\r\n" for line, _ in lines))
    codes = [line[:3] for line in answer.splitlines() if line[3:4] == b" "]
    assert codes == [b"220", *(code for _, code in lines)]
    assert inbox.refused == [("smtp", 535)] * 2


async def test_five_failures_end_the_connection(start: Start) -> None:
    intake = await start()
    guess = b"AUTH PLAIN " + b64("\0mon\0guess") + b"\r\n"
    answer = await raw(intake, b"EHLO c\r\n", guess * 5)
    assert answer.count(b"535") == 4
    assert answer.rstrip().endswith(b"421 4.7.0 too many failed logins")


async def test_without_users_there_are_no_logins(start: Start) -> None:
    intake = await start(users={})
    assert b"502 5.5.1 there are no logins" in await raw(intake, b"EHLO c\r\nAUTH PLAIN x\r\nQUIT\r\n")


class Waits:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def test_each_failure_waits_longer_and_a_success_forgives() -> None:
    waits = Waits()
    porter = Porter(Users({"mon": HASH}), waits.sleep)
    for _ in range(8):
        assert await porter.admit("10.0.0.1", Credentials("mon", "guess")) == "no"
    assert await porter.admit("10.0.0.2", Credentials("mon", "guess")) == "no"
    assert await porter.admit("10.0.0.1", Credentials("mon", "opensesame")) == "yes"
    assert await porter.admit("10.0.0.1", Credentials("mon", "guess")) == "no"
    assert waits.seconds == [0.5, 1, 2, 4, 8, 10, 10, 10, 0.5, 0.5]


async def test_failures_are_forgotten_in_time_and_remembered_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits()
    porter = Porter(Users({"mon": HASH}), waits.sleep)
    monkeypatch.setattr(smtpauth, "MOST_PEERS", 1)
    for peer in ("a", "b", "a"):
        await porter.admit(peer, Credentials("mon", "guess"))
    monkeypatch.setattr(smtpauth, "FORGOTTEN_AFTER", -1.0)
    await porter.admit("a", Credentials("mon", "guess"))
    assert waits.seconds == [0.5] * 4


async def test_too_many_logins_at_once_are_put_off(start: Start, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtpauth, "MOST_WAITING", 0)
    intake = await start()
    login = b"AUTH PLAIN " + b64("\0mon\0opensesame") + b"\r\n"
    assert b"454 4.7.0" in await raw(intake, b"EHLO c\r\n", login, b"QUIT\r\n")
    assert inbox.refused == [("smtp", 454)]


def test_a_name_that_nobody_has_is_hashed_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    fits = smtpauth._fits
    monkeypatch.setattr(smtpauth, "_fits", lambda h, p: hashed.append(h) or fits(h, p))
    users = Users({"mon": HASH})
    assert not users.verify("nobody", "opensesame")
    assert not users.verify("mon", "guess")
    parameters = [h.rpartition("$")[0].rpartition("$")[0] for h in hashed]
    assert parameters[0] == parameters[1]


def test_a_known_password_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    users = Users({"mon": HASH})
    assert users.verify("mon", "opensesame")
    monkeypatch.setattr(smtpauth, "_fits", lambda _h, _p: False)
    assert users.verify("mon", "opensesame")
    assert not users.verify("mon", "opensesame ")


def test_a_users_file_is_read_anew_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text(f"# people\n\nann:{HASH}\n")
    users = Users({"mon": HASH}, str(file))
    assert users.verify("ann", "opensesame")
    file.write_text(f"ben-the-second:{HASH}\n")
    assert not users.verify("ann", "opensesame")
    assert users.verify("ben-the-second", "opensesame")
    file.write_text("ann:plain text\n")
    assert users.verify("ben-the-second", "opensesame")
    file.unlink()
    assert users.verify("mon", "opensesame")
    assert bool(users)


def test_a_users_file_says_which_line_is_wrong() -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_users(f"ann:{HASH}\nben\n")


def test_a_hash_fits_its_password_only() -> None:
    hashed = hash_password("opensesame")
    assert hashed.startswith("$argon2id$")
    users = Users({"mon": hashed})
    assert users.verify("mon", "opensesame")
    assert not users.verify("mon", "")
    assert not users.verify("mon", "\udcff")


async def test_hashing_leaves_the_loop_free() -> None:
    porter = Porter(Users({"mon": hash_password("opensesame")}))
    admitted = asyncio.ensure_future(porter.admit("a", Credentials("mon", "opensesame")))
    turns = 0
    while not admitted.done():
        await asyncio.sleep(0)
        turns += 1
    assert admitted.result() == "yes"
    assert turns > 3


def test_where_nobody_may_log_in_no_password_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(smtpauth, "_decoy", lambda _hashes: hashed.append("decoy"))
    assert not Users({}) and not Users({}).verify("mon", "opensesame")
    assert hashed == []
    assert Users({"mon": HASH})
    assert hashed == ["decoy"]
