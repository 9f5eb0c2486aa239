"""What the fuzzing starts from: the examples of all recognisers, the sample bodies of all sources, and some nasty ones."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.mime.text import MIMEText
from functools import cache

from msgspec import Struct

from ingestd.decide.normalise import RecogniserFile
from ingestd.demo import script
from ingestd.model import Message
from ingestd.yamltypes import load
from tests.night import ROOT
from tests.sources.cases import SAMPLES, cases

SENDER = "watch@mon-1.trading.example"
BOUNCE = b"""\
Return-Path: <>
From: MAILER-DAEMON@mx.trading.example
To: ingestd@trading.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.trading.example

Final-Recipient: rfc822; wu.jing@trading.example
Action: failed
Status: 5.1.1

--B
Content-Type: message/rfc822

Message-ID: <ingestd.7@trading.example>
Subject: [#3 P1] acc-sw-17

it is down
--B--
"""
REPLY = b"""\
From: Lin Hao <lin.hao@trading.example>
Subject: Re: [#3 P1] acc-sw-17
In-Reply-To: <ingestd.7@trading.example>
References: <ingestd.6@trading.example> <ingestd.7@trading.example>

on my way

On Wed, 25 Nov 2026 at 09:01, ingestd wrote:
> acc-sw-17 is down
>> State: DOWN
"""
ENCODED = b"""\
From: =?UTF-8?B?55uR5o6n?= <zabbix@mon-1.trading.example>
Subject: =?gb2312?B?1ve7+rK7v8m07w==?= =?utf-8?q?=3A_hr-server?=
Content-Type: text/plain; charset="gbk"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

1ve7+rK7v8m07w0KSG9zdDogaHItc2VydmVyDQo=
"""
NASTY = (
    b"",
    b"\n",
    b"\x00",
    b"From \n\n",
    b": \n: \n\n:",
    b"Subject:" + b" =?x?q?" * 40 + b"\n\n",
    b"Content-Type: multipart/mixed; boundary=\n\n--\n--\n",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\n--a\n--a\n--a--",
    b"Content-Type: text/html\n\n" + b"<table><tr><td>Host:" * 20 + b"<script>&#x110000;&#0;&" + b"<!--" * 9,
    b"Content-Type: text/plain; charset=utf-7\n\n+AGY-+///-+",
    b"Content-Transfer-Encoding: quoted-printable\n\n=\n==0=ZZ=3D\xff",
    b"Date: Mon, 99 Foo 99999 99:99:99 +9999\nSubject: ** PROBLEM **\n\nState:\nHost:\n",
    b'From: <<>>@,;:(((\nTo: "a\\"@b" <@>, x@[::]\nSubject: [FIRING:9] (x)\n\nAlerts Firing:\nLabels:\n - = \n',
)
MEGABYTE = 1024 * 1024
# What a pattern that goes back and forth would take minutes for: long runs of what it splits at.
RUNS = tuple(
    (run * (MEGABYTE // len(run) + 1))[:MEGABYTE]
    for run in (
        b" ", b"\t", b":", b"|", b"-", b"1", b"a", b".", b"a-", b"a.", b"1.", b": ", b"| ", b"- ", b"a: ", b"=\t", b"\n",
        b" \n", b"on a1-", b"http://", b"host ", b"> ", b"<", b"a@", b"no ", "主机".encode(), "：".encode(),
    )
)  # fmt: skip
BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"CRITICAL: hr-server is down"',
    b'{"alerts":[{"labels":{"alertname":1e400,"instance":null},"status":[],"startsAt":"99999-01-01T00:00:00Z"}]}',
    b'{"host":"\\ud800","msg":"\\u0000","state":-0,"url":"http://[::1"}',
    b"payload=%7B%22host%22%3A%22hr-server%22%7D&a=%zz&&=&host=hr-server",
    b'--b\r\nContent-Disposition: form-data; name="json"\r\n\r\n{"host":"hr-server"}\r\n--b--\r\n',
)


class Seed(Struct, frozen=True):
    """A message and where it is from."""

    name: str
    message: Message


@cache
def seeds() -> tuple[Seed, ...]:
    """All of them, mails first, always in the same order."""
    return (*_mails(), *_webhooks())


def _mails() -> Iterator[Seed]:
    for path in sorted((ROOT / "rules" / "recognise").glob("*.yaml")):
        for number, example in enumerate(load(path, RecogniserFile).examples):
            yield _mail(f"{path.stem} {number}", example.mail.encode())
    written = (BOUNCE, REPLY, ENCODED, _alternatives(), _report(), script.zabbix_in_chinese("hr-server"), _german())
    for number, raw in enumerate((*written, *NASTY)):
        yield _mail(f"ours {number}", raw)


@cache
def runs() -> tuple[Seed, ...]:
    """Mails with a run of a megabyte in the text, in the subject, and behind the first word of a line."""
    made = ((b"", run) for run in RUNS)
    subjects = ((run[: 64 * 1024].replace(b"\n", b" "), b"text") for run in RUNS)
    lines = ((b"ALERT down", b"Host: x\nweb-4 is down on " + run) for run in RUNS)
    return tuple(
        _mail(f"run {number}", b"From: watch <watch@mon-1.trading.example>\nSubject: " + subject + b"\n\n" + text)
        for number, (subject, text) in enumerate((*made, *subjects, *lines))
    )


def _webhooks() -> Iterator[Seed]:
    for case in cases():
        yield Seed(str(case), case.message)
    for path in sorted((SAMPLES / "alertmanager").glob("*.json")):
        yield _webhook(path.stem, "alertmanager", path.read_bytes())
    for number, body in enumerate(BODIES):
        for adapter in ("alertmanager", "generic", "zabbix"):
            yield _webhook(f"ours {number}", adapter, body)


def _mail(name: str, raw: bytes) -> Seed:
    recipient = ("alerts+prod@trading.example",)
    return Seed(name, Message(kind="mail", source="smtp", body=raw, sender=SENDER, recipients=recipient))


def _webhook(name: str, adapter: str, body: bytes) -> Seed:
    return Seed(f"{adapter}: {name}", Message(kind="webhook", source="prod", adapter=adapter, body=body))


def _alternatives() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = SENDER, "Störung: hr-server antwortet nicht"
    mail.set_content("Host: hr-server\nStatus: kritisch\n")
    mail.add_alternative("<html><body><p>Host:&nbsp;<b>hr-server</b></p><br>Status: kritisch</body>", subtype="html")
    mail.add_attachment(b"\x89PNG\r\n", maintype="image", subtype="png", filename="graph.png")
    return mail.as_bytes()


def _report() -> bytes:
    return script.person("mei@finance.trading.example", "no network", "pc-finance-01 has no network since nine\n")


def _german() -> bytes:
    mail = MIMEText("Festplatte voll auf hr-server: 97 %\n", "plain", "iso-8859-1")
    mail["From"], mail["Subject"] = SENDER, "Warnung"
    return mail.as_bytes()
