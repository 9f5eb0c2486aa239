"""Notifications as signed JSON, and as Alertmanager posts them."""

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingestd.channels import ChannelError, ChannelSettings, build, delivery, problem
from ingestd.channels.alertmanager import AlertmanagerSettings
from ingestd.channels.post import LONGEST_ANSWER, Poster
from ingestd.channels.webhook import Body, WebhookOutSettings
from ingestd.model import Message
from ingestd.problem import said
from ingestd.sources import read
from ingestd.yamltypes import Duration
from tests.channels.receiver import FACTS, MESSAGE_ID, Receiver, letter, receiving
from tests.intake.mailpost import certificate


@pytest.fixture
async def far() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        receiver.answers = [(202, "kept")]
        yield receiver


async def test_a_notification_is_posted_signed_and_named(far: Receiver) -> None:
    settings = WebhookOutSettings(url=far.url, secret="hush", token="t0ken", headers={"X-Tenant": "9"})
    sent = await build(settings).send(letter(to="queue-1"))
    assert sent.detail == "HTTP 202: kept"
    (got,) = far.got
    assert got.headers["content-type"].startswith("application/json")
    assert (got.headers["authorization"], got.headers["x-tenant"]) == ("Bearer t0ken", "9")
    assert got.headers["x-ingestd-delivery"] == "ingestd.7.2.999999@shop.example"
    digest = hmac.new(b"hush", b"1000000." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-ingestd-signature"] == f"t=1000000,v1={digest}"
    body = msgspec.json.decode(got.body, type=Body, strict=True)
    assert (body.version, body.id, body.kind, body.person, body.to) == (1, delivery(letter()), "open", "lin", "queue-1")
    assert (body.sent_at, body.link) == ("1970-01-12T13:46:40.000Z", "https://x.example/a/token")
    assert body.incident is not None
    assert (body.incident.number, body.incident.priority, body.incident.since) == (7, "P1", "1970-01-12T13:36:40.000Z")
    assert body.incident.reasons[0].rule == "explain-upward"


async def test_the_token_of_a_letter_goes_nowhere(far: Receiver) -> None:
    for settings in (WebhookOutSettings(url=far.url), AlertmanagerSettings(url=far.url)):
        await build(settings).send(letter())
    token = MESSAGE_ID.rpartition("@")[0].rpartition(".")[2]
    assert all(token.encode() not in got.body and token not in str(got.headers) for got in far.got)


async def test_without_secrets_and_without_an_incident_it_is_plain(far: Receiver) -> None:
    await build(WebhookOutSettings(url=far.url)).send(letter(kind="digest", incident=0, facts=None, link=""))
    (got,) = far.got
    assert "x-ingestd-signature" not in got.headers and "authorization" not in got.headers
    assert got.json["incident"] is None and got.json["link"] is None


@pytest.mark.parametrize(
    ("status", "transient"),
    [(301, False), (307, False), (400, False), (410, False), (408, True), (429, True), (503, True)],
)
async def test_only_2xx_is_success_and_no_redirect_is_followed(far: Receiver, status: int, transient: bool) -> None:
    far.answers, far.more_headers = [(status, "no")], f"Location: {far.url}\r\n"
    for settings in (WebhookOutSettings(url=far.url), AlertmanagerSettings(url=far.url)):
        with pytest.raises(ChannelError) as refused:
            await build(settings).send(letter())
        assert refused.value.transient is transient and str(status) in str(refused.value)
    assert len(far.got) == 2


async def test_an_endless_answer_is_read_in_part(far: Receiver) -> None:
    far.answers = [(200, "x" * (LONGEST_ANSWER * 3))]
    assert len((await build(WebhookOutSettings(url=far.url)).send(letter())).detail) < 300


async def test_receivers_of_alertmanager_take_it(far: Receiver) -> None:
    settings = AlertmanagerSettings(url=far.url, receiver="pager", token="t", labels={"env": "prod"})
    await build(settings).send(letter())
    await build(settings).send(
        letter(kind="end", facts=msgspec.structs.replace(FACTS, state="resolved", priority="P3"))
    )
    fired, ended = (got.json for got in far.got)
    assert (fired["version"], fired["status"], fired["receiver"]) == ("4", "firing", "pager")
    assert fired["groupKey"] == ended["groupKey"] == '{}:{alertname="IngestdIncident", incident="7"}'
    (alert,), (over,) = fired["alerts"], ended["alerts"]
    assert (
        alert["labels"]
        == fired["commonLabels"]
        == {
            "alertname": "IngestdIncident",
            "env": "prod",
            "incident": "7",
            "instance": "acc-sw-3",
            "priority": "P1",
            "severity": "critical",
            "team": "network",
        }
    )
    assert (alert["startsAt"], alert["endsAt"]) == ("1970-01-12T13:36:40.000Z", "0001-01-01T00:00:00Z")
    assert (over["status"], over["endsAt"]) == ("resolved", "1970-01-12T13:46:40.000Z")
    assert alert["fingerprint"] == over["fingerprint"] and len(alert["fingerprint"]) == 16
    assert alert["generatorURL"] == "https://x.example/a/token" and ended["externalURL"] == ""
    assert far.got[0].headers["authorization"] == "Bearer t"


async def test_so_does_ingestd_itself(far: Receiver) -> None:
    await build(AlertmanagerSettings(url=far.url)).send(letter())
    message = Message(kind="webhook", source="far", adapter="alertmanager", body=far.got[0].body)
    (event,) = read(message).events
    assert "acc-sw-3 unreachable" in event.summary


async def test_what_is_no_incident_goes_another_way(far: Receiver) -> None:
    for more in ({"kind": "digest"}, {"facts": None}):
        with pytest.raises(ChannelError) as refused:
            await build(AlertmanagerSettings(url=far.url)).send(letter(**more))
        assert not refused.value.transient
    assert far.got == []


async def test_both_can_be_tried_without_a_post(far: Receiver) -> None:
    for settings in (WebhookOutSettings(url=far.url), AlertmanagerSettings(url=far.url)):
        channel: Any = build(settings)
        assert await channel.probe() == f"127.0.0.1:{far.port} answers"
    assert far.got == []


async def test_tls_that_is_no_tls_is_an_error_that_may_pass(far: Receiver) -> None:
    settings = WebhookOutSettings(url=far.url.replace("http:", "https:"), timeout=Duration(0.2))
    with pytest.raises(ChannelError) as refused:
        await build(settings).send(letter())
    assert refused.value.transient and "sesame" not in str(refused.value)
    with pytest.raises(ChannelError):
        await Poster(settings).probe()
    await asyncio.sleep(0.05)  # until the connections are gone


async def test_an_address_that_can_not_be_read_is_for_good(far: Receiver) -> None:
    with pytest.raises(ChannelError) as refused:
        await Poster(WebhookOutSettings(url="http://[::1/sesame")).post(b"", {})
    assert not refused.value.transient and "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        (WebhookOutSettings(), ("url", said("{key!r} is missing", key="url"))),
        (
            WebhookOutSettings(url="https://x.example", headers={"Host": "y"}),
            ("headers", said("the header {name} can't be set", name="Host")),
        ),
        (
            AlertmanagerSettings(url="https://x.example", headers={"a b": "y"}),
            ("headers", said("expected a header's name and a value in one line, got {got!r}", got="a b")),
        ),
        (
            WebhookOutSettings(url="https://x.example", headers={"X-A": "y\r\nX-B: z"}),
            ("headers", said("expected a header's name and a value in one line, got {got!r}", got="X-A")),
        ),
        (AlertmanagerSettings(url="https://x.example", headers={"X-A": "y"}), None),
    ],
)
def test_settings_that_can_not_work_are_told(settings: ChannelSettings, wrong: object) -> None:
    assert problem(settings) == wrong


async def test_a_certificate_counts_only_if_its_authority_is_known(tmp_path: Path) -> None:
    path = certificate(tmp_path) / "cert.pem"
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(path, tmp_path / "key.pem")
    async with receiving(served) as far:
        url = f"https://localhost:{far.port}/hook"
        with pytest.raises(ChannelError) as refused:
            await build(WebhookOutSettings(url=url)).send(letter())
        assert refused.value.transient and "CERTIFICATE_VERIFY_FAILED" in str(refused.value) and far.got == []
        known: Any = build(WebhookOutSettings(url=url, ca_file=str(path)))
        await known.send(letter())
        assert len(far.got) == 1 and "by TLSv1" in await known.probe()
        await asyncio.sleep(0.05)  # until the connections are gone
