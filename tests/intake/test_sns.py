"""Amazon SNS: what Amazon signed gets in, and nothing that a body names is fetched unless it is Amazon's."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID

from ingestd.intake import sns as module
from ingestd.intake.door import HttpSource, RefusedError
from ingestd.intake.http import Webhooks
from ingestd.intake.sns import Sns
from ingestd.model import StoreUnavailable
from tests.intake.doors import Threshold

PEM = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
CONFIRM = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.example")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Amazon:
    """The host that serves the certificate, and what was asked of it."""

    def __init__(self, pem: bytes) -> None:
        self.pem, self.asked = pem, list[str]()
        self.fault: Exception | None = None

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.fault:
            raise self.fault
        return self.pem


@pytest.fixture
def amazon(key: rsa.RSAPrivateKey) -> Amazon:
    return Amazon(certificate(key))


def body(key: rsa.RSAPrivateKey, version: str = "2", **change: Any) -> bytes:
    """A signed envelope; what is changed is changed after the signature where its name ends in an underscore."""
    said = {
        "Type": "Notification",
        "MessageId": "m1",
        "TopicArn": "arn:aws:sns:eu-west-1:1:alarms",
        "Subject": "ALARM",
        "Message": "{}",
        "Timestamp": "2026-11-23T02:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": PEM,
    } | {name: value for name, value in change.items() if not name.endswith("_")}
    confirms = "SubscribeURL" in said
    names = ["Message", "MessageId", *(["SubscribeURL"] if confirms else ["Subject"]), "Timestamp"]
    names += [*(["Token"] if confirms else []), "TopicArn", "Type"]
    text = "".join(f"{name}\n{said[name]}\n" for name in names).encode()
    digest: Any = hashes.SHA256() if version == "2" else hashes.SHA1()
    said["Signature"] = b64encode(key.sign(text, PKCS1v15(), digest)).decode()
    return json.dumps(said | {name[:-1]: value for name, value in change.items() if name.endswith("_")}).encode()


@pytest.mark.parametrize("version", ["1", "2"])
async def test_what_amazon_signed_is_its_own(key: rsa.RSAPrivateKey, amazon: Amazon, version: str) -> None:
    sns = Sns(amazon.fetch)
    for _ in range(2):
        assert (await sns.verified(body(key, version))).origin == "sns:m1"
    assert amazon.asked == [PEM]


@pytest.mark.parametrize(
    "change",
    [
        {"Message_": "{ }"},
        {"Signature_": "AAAA"},
        {"Signature_": "not base64"},
        {"SignatureVersion_": "3"},
        {"MessageId_": None},
    ],
)
async def test_what_was_changed_is_refused(key: rsa.RSAPrivateKey, amazon: Amazon, change: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as refused:
        await Sns(amazon.fetch).verified(body(key, **change))
    assert refused.value.code == 401


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://evil.example@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123456789abcdef.pem",
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com/my-bucket/SimpleNotificationService-0123456789abcdef.pem",
        "https://[",
        "",
    ],
)
async def test_a_certificate_from_elsewhere_is_never_fetched(key: rsa.RSAPrivateKey, amazon: Amazon, url: str) -> None:
    with pytest.raises(RefusedError):
        await Sns(amazon.fetch).verified(body(key, SigningCertURL_=url))
    assert amazon.asked == []


async def test_while_the_certificate_can_not_be_had_amazon_is_to_try_again(
    key: rsa.RSAPrivateKey, amazon: Amazon
) -> None:
    sns = Sns(amazon.fetch)
    amazon.fault = httpx.ConnectError("no route")
    with pytest.raises(StoreUnavailable):
        await sns.verified(body(key))
    amazon.fault, amazon.pem = None, b"<html>"
    with pytest.raises(StoreUnavailable):
        await sns.verified(body(key))
    amazon.pem = certificate(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(RefusedError, match="no RSA key"):
        await sns.verified(body(key))
    amazon.pem = certificate(key)
    assert await sns.verified(body(key))


async def test_only_so_many_keys_are_kept(
    key: rsa.RSAPrivateKey, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KEYS", 1)
    sns = Sns(amazon.fetch)
    for digit in "ab":
        await sns.verified(body(key, SigningCertURL=PEM.replace("0123", f"012{digit}")))
    assert len(sns._keys) == 1


async def test_a_notification_is_kept_under_its_id(key: rsa.RSAPrivateKey, amazon: Amazon) -> None:
    site = Threshold(Webhooks, {"aws": HttpSource("aws", "cloudwatch_sns", ("t",))})
    site.app.sns = Sns(amazon.fetch)  # type: ignore[attr-defined]
    assert (await site.client.post("/webhooks/aws?token=t", content=body(key))).status_code == 200
    assert site.message.origin == "sns:m1"
    assert amazon.asked == [PEM]


async def test_a_subscription_is_confirmed_once_it_is_kept(key: rsa.RSAPrivateKey, amazon: Amazon) -> None:
    site = Threshold(Webhooks, {"aws": HttpSource("aws", "cloudwatch_sns", ("t",))})
    site.app.sns = Sns(amazon.fetch)  # type: ignore[attr-defined]
    asks = body(key, Type="SubscriptionConfirmation", Token="t", SubscribeURL=CONFIRM)
    amazon.fault = httpx.ConnectError("no route")
    assert (await site.client.post("/webhooks/aws?token=t", content=asks)).status_code == 503
    amazon.fault = None
    assert (await site.client.post("/webhooks/aws?token=t", content=asks)).status_code == 200
    assert amazon.asked[-1] == CONFIRM
    assert {message.origin for message in site.messages} == {"sns:m1"}
    amazon.fault = httpx.ReadTimeout("slow")
    assert (await site.client.post("/webhooks/aws?token=t", content=asks)).status_code == 503


async def test_a_confirmation_elsewhere_is_not_visited(key: rsa.RSAPrivateKey, amazon: Amazon) -> None:
    sns = Sns(amazon.fetch)
    asks = body(key, Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://evil.example/")
    with pytest.raises(RefusedError):
        await sns.confirm(await sns.verified(asks))
    assert amazon.asked == [PEM]


async def test_raw_delivery_needs_a_word_in_the_configuration(amazon: Amazon) -> None:
    sources = {
        "strict": HttpSource("strict", "cloudwatch_sns", ("t",)),
        "raw": HttpSource("raw", "cloudwatch_sns", ("t",), verify=False),
    }
    site = Threshold(Webhooks, sources)
    site.app.sns = Sns(amazon.fetch)  # type: ignore[attr-defined]
    answer = await site.client.post("/webhooks/strict?token=t", content=b'{"AlarmName": "x"}')
    assert (answer.status_code, "verify: false" in answer.json()["error"]) == (401, True)
    assert (await site.client.post("/webhooks/raw?token=t", content=b'{"AlarmName": "x"}')).status_code == 200


async def test_a_fetch_follows_nothing_and_reads_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/moved":
            return httpx.Response(302, headers={"Location": "https://evil.example/"})
        return httpx.Response(200, content=b"x" * (10 if request.url.path == "/small" else module.LARGEST + 1))

    real = httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **more: real(transport=httpx.MockTransport(answer), **more))
    assert await module.fetch("https://x.example/small") == b"x" * 10
    for path in ("moved", "large"):
        with pytest.raises(httpx.HTTPError):
            await module.fetch(f"https://x.example/{path}")
