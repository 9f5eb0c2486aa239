"""Each look of the doctor at a real thing: servers of the test's own, files, certificates, a daemon that is not there."""

import asyncio
import os
import socket
import sqlite3
import ssl
import struct
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from ingestd.check.chinese import CATALOGUE
from ingestd.config import site_of, survey
from ingestd.doctor import Case, certificates, clocks, examine, storage, table
from ingestd.doctor import letters as doctor_letters
from ingestd.doctor import people as doctor_people
from ingestd.doctor.case import Finding, Trial, as_said, ok
from ingestd.problem import said
from ingestd.store import Store
from tests.channels.test_mail import Relay

HOUR, DAY = 3600.0, 86400.0
PEOPLE = """
people:
- {id: ida, mail: ida@x.example}
- {id: wei, mail: wei@x.example, language: zh_CN}
teams:
- {id: quay, members: [ida, wei], rota: {people: [ida, wei]}}
"""
TOPOLOGY = "nodes:\n- {id: core-sw, owner: quay}\n"


def certificate(folder: Path, days: float, *, host: str = "127.0.0.1") -> Path:
    """A PEM file with a certificate that is good for so long, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=90))
    built = built.not_valid_after(now + timedelta(days=days, hours=1))
    shown = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host)), x509.DNSName("localhost")])
    signed = built.add_extension(shown, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"certificate-{days}.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return path


@asynccontextmanager
async def relay(pem: Path | None = None, *, implicit: bool = False, **more: Any) -> AsyncIterator[Relay]:
    """A relay; with a certificate it offers STARTTLS, or begins with TLS."""
    hooks, context = Relay(), None
    if pem is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
    loop = asyncio.get_running_loop()
    offered = None if implicit else context

    def connection() -> asyncio.Protocol:
        return SMTP(hooks, hostname="relay", loop=loop, tls_context=offered, **more)

    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=context if implicit else None)
    hooks.port = server.sockets[0].getsockname()[1]
    yield hooks
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def web(answer: str, status: str = "200 OK", pem: Path | None = None) -> AsyncIterator[int]:
    """A web server that says one thing to everybody."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        head = f"HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
        writer.write((head + answer).encode())
        await writer.drain()
        writer.close()

    context = None
    if pem is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


class House:
    """A site in a folder, and what the doctor says of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url, self.token = folder, "http://127.0.0.1:1", ""
        self.net, self.ntp, self.now = False, "pool.ntp.org", time.time()
        self.path = folder / "ingestd.yaml"
        self.write("maildir: {path: mails}")
        (folder / "people.yaml").write_text(PEOPLE)
        (folder / "topology.yaml").write_text(TOPOLOGY)

    def write(self, *lines: str, last: str = "ida") -> None:
        self.path.write_text("\n".join([*lines, f"last_resort: [{last}]", ""]))
        self.path.chmod(0o600)

    def case(self) -> Case:
        found = survey(self.path)
        site = None if found.errors else site_of(found)
        return Case(survey=found, site=site, url=self.url, token=self.token, net=self.net, ntp=self.ntp, now=self.now)

    async def looked(self) -> dict[str, Finding]:
        return {str(one.name): one.found for one in await examine(self.case())}

    async def words(self, name: str) -> tuple[str, str]:
        found = (await self.looked())[name]
        return found.verdict, str(found.words)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


# -- files


async def test_a_site_that_can_t_be_read_is_told_with_its_first_error_and_nothing_else_is_guessed(house: House) -> None:
    house.write("mailer: {}")
    found = await house.looked()
    assert found["configuration"].verdict == "fail"
    assert "ingestd.yaml:1:1: " in str(found["configuration"].words)
    assert not any(name.startswith(("channel", "relay", "store", "on call")) for name in found)


async def test_warnings_of_the_check_are_warnings(house: House) -> None:
    (house.folder / "topology.yaml").write_text(
        "nodes:\n- {id: a, depends_on: [b], owner: quay}\n- {id: b, depends_on: [a]}\n"
    )
    verdict, words = await house.words("configuration")
    assert verdict == "warn" and "topology.yaml" in words


async def test_files_that_others_can_read_or_write(house: House) -> None:
    (house.folder / "pw").write_text("hush")
    (house.folder / "var").mkdir()
    (house.folder / "var" / "link.key").write_bytes(b"k" * 32)
    (house.folder / "var" / "link.key").chmod(0o640)
    house.write("mail: {host: 127.0.0.1, port: 1, sender: a@b.example, user: a, password_file: pw}")
    (house.folder / "pw").chmod(0o644)
    found = await house.looked()
    assert found["pw: permissions"].verdict == found["link.key: permissions"].verdict == "fail"
    assert str(found["link.key: permissions"].remedy).startswith("chmod 600 ")
    (house.folder / "pw").chmod(0o600)
    assert (await house.words("pw: permissions"))[0] == "ok"
    house.path.chmod(0o646)
    assert (await house.words("ingestd.yaml: permissions"))[0] == "fail"


async def test_a_site_s_file_with_a_password_in_it_is_for_its_owner(house: House) -> None:
    house.path.chmod(0o644)
    assert (await house.words("ingestd.yaml: permissions"))[0] == "ok"
    house.write("mail: {host: 127.0.0.1, port: 1, sender: a@b.example, user: a, password: hush}")
    house.path.chmod(0o644)
    verdict, words = await house.words("ingestd.yaml: permissions")
    assert verdict == "warn" and "secrets" in words


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_a_key_that_is_another_s(house: House) -> None:
    (house.folder / "var").mkdir()
    key = house.folder / "var" / "link.key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    os.chown(key, 12345, 12345)
    verdict, words = await house.words("link.key: permissions")
    assert verdict == "warn" and "12345" in words


# -- people


async def test_who_is_on_call_and_when_nobody_is(house: House) -> None:
    found = await house.looked()
    assert found["on call: quay"].verdict == found["last resort"].verdict == "ok"
    away = PEOPLE.replace("zh_CN}", "zh_CN, away: [{from: 2026-01-01, to: 2030-01-01}]}")
    (house.folder / "people.yaml").write_text(
        away.replace("members: [ida, wei], rota: {people: [ida, wei]}", "members: [wei]")
    )
    verdict, words = await house.words("on call: quay")
    assert verdict == "fail" and words.startswith("nobody is on call until")


async def test_a_gap_ahead_is_a_warning(house: House) -> None:
    start = (datetime.now(UTC) + timedelta(days=5)).date()
    away = f"away: [{{from: {start}, to: {start + timedelta(days=2)}}}]"
    people = PEOPLE.replace("ida@x.example}", f"ida@x.example, {away}}}").replace("zh_CN}", f"zh_CN, {away}}}")
    (house.folder / "people.yaml").write_text(people)
    verdict, words = await house.words("on call: quay")
    assert verdict == "warn" and str(start) in words


async def test_somebody_without_an_address_can_t_be_called(house: House) -> None:
    people = PEOPLE.replace("wei, mail: wei@x.example", "wei").replace(
        "rota: {people: [ida, wei]}", "rota: {people: [wei]}"
    )
    (house.folder / "people.yaml").write_text(people)
    verdict, words = await house.words("on call: quay")
    assert (verdict, words) == ("fail", "wei is on call and has no address on a channel that is configured")


async def test_a_last_resort_that_nobody_can_reach(house: House) -> None:
    site = house.case().site
    assert site is not None
    nobody = replace(site, settings=replace(site.settings, last_resort=("team:gone",)))
    assert doctor_people._last(nobody, house.now).verdict == "fail"


async def test_a_group_that_several_share_has_one_test_page(house: House) -> None:
    shared = "contacts: [{channel: hook, address: room}, {address: X}]"
    people = PEOPLE.replace("mail: ida@x.example", shared.replace("X", "ida@x.example"))
    (house.folder / "people.yaml").write_text(
        people.replace("mail: wei@x.example", shared.replace("X", "wei@x.example"))
    )
    async with web("") as port:
        house.write(
            "maildir: {path: mails}",
            f"channels: {{hook: {{type: webhook, group: true, url: 'http://127.0.0.1:{port}/'}}}}",
            last="ida, wei",
        )
        case = house.case()
        letters = doctor_letters.planned(case)
        assert sorted((one.address.channel, one.address.to) for one in letters) == [
            ("hook", "room"),
            ("maildir", "ida@x.example"),
            ("maildir", "wei@x.example"),
        ]
        sent = await doctor_letters.send(case, letters)
    assert [one.found.verdict for one in sent] == ["ok"] * 3


async def test_of_a_site_that_can_t_be_read_nobody_gets_a_letter(house: House) -> None:
    house.write("mailer: {}")
    case = house.case()
    assert doctor_letters.planned(case) == () == await doctor_letters.send(case, ())


# -- ways out


async def test_a_relay_that_answers_and_its_certificate(house: House) -> None:
    pem = certificate(house.folder, 10)
    async with relay(pem) as server:
        house.write(
            f"mail: {{host: localhost, port: {server.port}, tls: starttls, ca_file: {pem}, sender: a@b.example}}"
        )
        found = await house.looked()
        assert found[f"relay localhost:{server.port}"].verdict == "ok"
        aged = found[f"certificate of localhost:{server.port}"]
        assert (aged.verdict, str(aged.words)) == ("warn", "good for 10 days")
        assert found["name localhost"].verdict == "ok"
        assert server.received == []


@pytest.mark.parametrize(
    ("tls", "given", "implicit", "advice"),
    [
        ("starttls", True, False, "ca_file"),
        ("starttls", False, False, "STARTTLS"),
        ("implicit", False, False, "does not begin with TLS"),
    ],
)
async def test_a_relay_that_does_not_fit_is_told_with_what_to_do(
    house: House, tls: str, given: bool, implicit: bool, advice: str
) -> None:
    async with relay(certificate(house.folder, 50) if given else None, implicit=implicit) as server:
        house.write(f"mail: {{host: 127.0.0.1, port: {server.port}, tls: {tls}, sender: a@b.example}}")
        found = await house.looked()
        one = found[f"relay 127.0.0.1:{server.port}"]
        assert one.verdict == "fail" and advice in str(one.remedy), one
        assert found[f"certificate of 127.0.0.1:{server.port}"].verdict == "skip"


async def test_a_login_that_is_refused_and_a_relay_that_is_not_there(house: House) -> None:
    async with relay(auth_require_tls=False, authenticator=lambda *_: _refusal()) as server:
        house.write(
            f"mail: {{host: 127.0.0.1, port: {server.port}, sender: a@b.example, user: u, password: p,"
            " relays: [{host: 127.0.0.1, port: 1}]}"
        )
        found = await house.looked()
        assert "login" in str(found[f"relay 127.0.0.1:{server.port}"].remedy)
        gone = found["relay 127.0.0.1:1"]
        assert gone.verdict == "fail" and "port 1" in str(gone.remedy)


def _refusal() -> Any:
    from aiosmtpd.smtp import AuthResult  # noqa: PLC0415

    return AuthResult(success=False, handled=False)


async def test_other_channels_are_tried_without_sending(house: House) -> None:
    async with web("ok\n") as port:
        house.write(
            "mode: observe",
            f"maildir: {{path: {house.folder / 'mails'}}}",
            "channels:",
            f"  hook: {{type: webhook, url: 'http://127.0.0.1:{port}/'}}",
            "  gone: {type: webhook, url: 'http://127.0.0.1:1/'}",
            "  chat: {type: apprise, url: 'json://127.0.0.1:1/'}",
        )
        found = await house.looked()
    assert found["channel hook"].verdict == "ok" and found["channel gone"].verdict == "fail"
    assert found["channel chat"].verdict == "skip" and "--send" in str(found["channel chat"].remedy)
    assert found["mode"].verdict == "warn" and found["channel maildir"].verdict == "ok"


def test_a_name_that_leads_nowhere(house: House) -> None:
    house.write("maildir: {path: mails}", "public_url: https://nothing.invalid")

    async def looked() -> dict[str, Finding]:
        return await house.looked()

    found = asyncio.run(looked())
    assert found["name nothing.invalid"].verdict == "fail" and found["links"].verdict == "fail"
    assert found["certificate of nothing.invalid"].verdict == "skip"


# -- certificates


@pytest.mark.parametrize(
    ("days", "verdict"), [(400, "ok"), (21.5, "ok"), (20.9, "warn"), (3.5, "warn"), (2.9, "fail"), (-2, "fail")]
)
def test_days_that_are_left(days: float, verdict: str) -> None:
    found = certificates.left(1000.0 + days * DAY, 1000.0)
    assert found.verdict == verdict and (found.remedy is None) == (verdict == "ok")


async def test_our_own_certificate_and_one_that_is_none(house: House) -> None:
    pem, broken = certificate(house.folder, 2), house.folder / "broken.pem"
    broken.write_text("nothing")
    house.write("maildir: {path: mails}", f"listen: {{http: {{certificate: {pem}}}, smtp: {{certificate: {pem}}}}}")
    assert (await house.words(f"certificate {pem.name}"))[0] == "fail"
    assert certificates._file(broken, house.now).verdict == "fail"


async def test_the_public_url_s_certificate_must_be_trusted(house: House) -> None:
    async with web("ok\n", pem=certificate(house.folder, 50)) as port:
        house.write("maildir: {path: mails}", f"public_url: https://127.0.0.1:{port}")
        found = await house.looked()
    assert found["certificate of 127.0.0.1"].verdict == "fail" and "renew" in str(
        found["certificate of 127.0.0.1"].remedy
    )
    assert found["links"].verdict == "fail"
    assert certificates._shown(None, 0.0).verdict == "skip"


# -- links, the daemon


async def test_links_are_asked_for_and_what_that_proves_is_said(house: House) -> None:
    assert (await house.words("links"))[0] == "warn"
    async with web("ok\n") as port:
        house.write("maildir: {path: mails}", f"public_url: http://127.0.0.1:{port}")
        verdict, words = await house.words("links")
    assert verdict == "ok" and words.endswith("this proves only the way from this machine")
    async with web("<html>Welcome to nginx</html>") as port:
        house.write("maildir: {path: mails}", f"public_url: http://127.0.0.1:{port}")
        assert (await house.words("links"))[0] == "fail"


async def test_a_daemon_that_is_not_there(house: House) -> None:
    found = await house.looked()
    assert [found[name].verdict for name in ("daemon", "ready", "auditor")] == ["fail", "skip", "skip"]
    assert found["dead man's switch"].verdict == "warn"
    house.token = "t"
    assert (await house.words("auditor"))[0] == "skip"


async def test_a_daemon_that_is_ill(house: House) -> None:
    house.token = "t"
    house.write("maildir: {path: mails}", "dead_man: {url: 'https://watch.invalid/x', every: 30s}")
    async with web("the pipeline is 90 s behind\n", "503 Service Unavailable") as port:
        house.url = f"http://127.0.0.1:{port}"
        found = await house.looked()
    assert [found[name].verdict for name in ("daemon", "ready", "auditor")] == ["fail", "fail", "warn"]
    assert str(found["dead man's switch"].words) == "it tells its watcher every 30 s that all is well"


async def test_what_the_daemon_notes_is_a_warning_and_what_the_auditor_finds_is_told_in_both_languages(
    house: House,
) -> None:
    words = said("incident {number} was due {seconds} s ago", number=7, seconds=300)
    stuck = {"what": "overdue", "about": "7", "text": str(words), "words": words, "standing": False}
    house.token = "t"
    for standing, verdict in ((False, "warn"), (True, "fail")):
        answer = msgspec.json.encode({"findings": [stuck | {"standing": standing}] * 2}).decode()
        async with web(answer) as port:
            house.url = f"http://127.0.0.1:{port}"
            found = (await house.looked())["auditor"]
        assert (found.verdict, str(found.words)) == (verdict, "incident 7 was due 300 s ago; 1 more")
    async with web("ok\nnote: restart it\n") as port:
        house.url = f"http://127.0.0.1:{port}"
        assert await house.words("ready") == ("warn", "ok; note: restart it")


async def test_our_own_certificate_is_believed_whatever_the_name(house: House) -> None:
    pem = certificate(house.folder, 90)
    house.write("maildir: {path: mails}", f"listen: {{http: {{certificate: {pem}}}}}")
    async with web("ok\n", pem=pem) as port:
        house.url = f"https://127.0.0.1:{port}"
        assert (await house.words("daemon"))[0] == "ok"


# -- the clock


class TimeServer(asyncio.DatagramProtocol):
    """Says a time that is off by some seconds; or what it is told to."""

    def __init__(self, off: float, head: bytes = b"\x24\x01") -> None:
        self._off, self._head = off, head

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, _data: bytes, address: Any) -> None:
        now = time.time() + self._off + clocks.SINCE_1900
        stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
        self._transport.sendto(self._head + bytes(30) + stamp + stamp, address)


@asynccontextmanager
async def time_server(*how: Any) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: TimeServer(*how), local_addr=("127.0.0.1", 0))
    yield "{}:{}".format(*transport.get_extra_info("sockname"))
    transport.close()


async def test_nobody_is_asked_for_the_time_unless_that_is_wanted(house: House) -> None:
    assert (await house.words("clock"))[0] == "skip"


@pytest.mark.parametrize(("off", "verdict"), [(0.0, "ok"), (-5.0, "warn"), (120.0, "fail")])
async def test_a_clock_that_is_off(house: House, off: float, verdict: str) -> None:
    house.net = True
    async with time_server(off) as house.ntp:
        found = await house.words(f"clock by {house.ntp}")
    assert found[0] == verdict and found[1].startswith("off by ")


async def test_a_time_server_that_knows_no_time_or_is_not_there(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.net = True
    async with time_server(0.0, b"\x24\x00") as house.ntp:
        assert (await house.words(f"clock by {house.ntp}"))[0] == "warn"
    assert (await house.words(f"clock by {house.ntp}"))[0] == "warn"
    monkeypatch.setattr(clocks, "PATIENCE", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        house.ntp = f"127.0.0.1:{silent.getsockname()[1]}"
        assert (await house.words(f"clock by {house.ntp}"))[0] == "warn"


async def test_the_watcher_s_date_without_a_sign_of_life(house: House) -> None:
    house.net, house.ntp = True, "127.0.0.1:9"
    async with web("") as port:
        house.write("maildir: {path: mails}", f"dead_man: {{url: 'http://127.0.0.1:{port}/ping/secret'}}")
        assert (await house.words("clock by dead_man"))[0] == "ok"
    verdict, words = await house.words("clock by dead_man")
    assert verdict == "warn" and "secret" not in words


# -- where things are kept


class Disk:
    """What statvfs says."""

    def __init__(self, free: int, inodes: int = 900) -> None:
        self.f_bavail, self.f_frsize, self.f_files, self.f_favail = free, storage.MIB, 1000, inodes


@pytest.mark.parametrize(
    ("disk", "verdict"), [(Disk(5000), "ok"), (Disk(900), "warn"), (Disk(100), "fail"), (Disk(5000, 10), "warn")]
)
async def test_room_on_the_disk(house: House, monkeypatch: pytest.MonkeyPatch, disk: Disk, verdict: str) -> None:
    monkeypatch.setattr(storage.os, "statvfs", lambda _path: disk)
    found = await house.looked()
    assert [one.verdict for name, one in found.items() if name.startswith("disk of")] == [verdict]


async def test_a_store_that_is_whole_one_that_is_damaged_and_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await house.words("store"))[0] == "skip"
    file = house.folder / "var" / "ingestd.db"
    async with Store.open(f"sqlite:///{file}"):
        assert (await house.words("store"))[0] == "ok"
    monkeypatch.setattr(storage, "STEPS", 1)
    monkeypatch.setattr(storage, "PATIENCE", -1.0)
    verdict, words = await house.words("store")
    assert verdict == "ok" and words.startswith("nothing wrong in the first")
    monkeypatch.undo()
    with sqlite3.connect(file) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    raw = bytearray(file.read_bytes())
    for start in range(size, len(raw), size):
        raw[start : start + 200] = os.urandom(200)
    file.write_bytes(raw)
    verdict, words = await house.words("store")
    assert verdict == "fail" and "damaged" in words


def test_a_database_server(postgres_server: Any) -> None:
    assert storage._answers(postgres_server.create_database()).verdict == "ok"
    gone = storage._answers("postgresql://nobody@127.0.0.1:1/none")
    assert gone.verdict == "fail" and "does not answer" in str(gone.words)


# -- all of it


async def test_a_look_that_hangs_or_breaks_delays_and_hides_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs() -> Finding:
        await asyncio.sleep(60)
        return ok(as_said("x"))

    async def breaks() -> Finding:
        raise RuntimeError("a bug")

    def trials(_case: Case) -> Iterator[Trial]:
        yield Trial(said("store"), hangs)
        yield Trial(said("clock"), hangs, "warn")
        yield Trial(said("mode"), breaks)

    monkeypatch.setattr(table, "TOPICS", (trials,))
    began = time.monotonic()
    found = {str(one.name): one.found for one in await examine(house.case(), 0.05)}
    assert time.monotonic() - began < 5
    assert [found[name].verdict for name in ("store", "clock", "mode")] == ["fail", "warn", "fail"]
    assert "RuntimeError: a bug" in str(found["mode"].words)


async def test_every_word_is_said_in_chinese_too(house: House) -> None:
    for one in await examine(house.case()):
        for words in (one.name, one.found.words, one.found.remedy):
            assert words is None or words.template in CATALOGUE
