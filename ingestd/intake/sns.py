"""Amazon SNS: whether Amazon signed a message, and the confirmation of a subscription.

The body names the certificate that it is signed with and the address that confirms. Neither is fetched unless it is on
Amazon's own host for SNS; the confirmation only after the signature was found right.
Format: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import logging
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct, field

from ingestd.intake.door import RefusedError
from ingestd.model import StoreUnavailable

log = logging.getLogger("ingestd.intake.sns")

ADAPTER = "cloudwatch_sns"
CONFIRMATIONS = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})
HOST = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?")
CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{16,64}\.pem")
LARGEST = 64 * 1024  # bytes of an answer
MOST_KEYS = 16
PATIENCE = 5.0  # seconds for one fetch

Fetch = Callable[[str], Awaitable[bytes]]


class Envelope(Struct, frozen=True, kw_only=True, rename="pascal"):
    """What SNS wraps a message in."""

    type: str
    message_id: str
    topic_arn: str
    message: str
    timestamp: str
    signature: str
    signature_version: str
    signing_cert_url: str = field(name="SigningCertURL")
    subject: str | None = None
    token: str | None = None
    subscribe_url: str | None = field(name="SubscribeURL", default=None)

    @property
    def origin(self) -> str:
        """The same at every delivery."""
        return f"sns:{self.message_id}"

    def signed_text(self) -> bytes:
        """What the signature is of: names and values, a line each."""
        confirms = self.type in CONFIRMATIONS
        pairs: tuple[tuple[str, str | None], ...] = (
            ("Message", self.message),
            ("MessageId", self.message_id),
            ("SubscribeURL", self.subscribe_url if confirms else None),
            ("Subject", None if confirms else self.subject),
            ("Timestamp", self.timestamp),
            ("Token", self.token if confirms else None),
            ("TopicArn", self.topic_arn),
            ("Type", self.type),
        )
        return "".join(f"{name}\n{value}\n" for name, value in pairs if value is not None).encode()


_DECODER = msgspec.json.Decoder(Envelope)


async def fetch(url: str) -> bytes:
    """The body at an address, no redirects; httpx.HTTPError: it could not be had."""
    async with (
        httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False) as client,
        client.stream("GET", url) as answer,
    ):
        answer.raise_for_status()
        found = b""
        async for chunk in answer.aiter_bytes():
            found += chunk
            if len(found) > LARGEST:
                raise httpx.DecodingError("the answer is too large")
        return found


class Sns:
    """Checks and confirms; keeps the keys it has fetched."""

    def __init__(self, fetch: Fetch = fetch) -> None:
        self._fetch = fetch
        self._keys: dict[str, RSAPublicKey] = {}

    async def verified(self, body: bytes) -> Envelope:
        """The envelope, if Amazon signed it. RefusedError 401: not signed right; StoreUnavailable: can't tell now."""
        try:
            envelope = _DECODER.decode(body)
            signature = b64decode(envelope.signature, validate=True)
        except (msgspec.DecodeError, UnicodeError, ValueError) as error:
            text = f"not signed by Amazon SNS ({error}); for raw delivery, write verify: false"
            raise RefusedError(401, text, ADAPTER) from error
        kind: Any = {"1": hashes.SHA1, "2": hashes.SHA256}.get(envelope.signature_version)
        key = await self._key(envelope.signing_cert_url)
        try:
            if kind is None:
                raise InvalidSignature
            key.verify(signature, envelope.signed_text(), PKCS1v15(), kind())
        except InvalidSignature as error:
            raise RefusedError(401, "the signature of Amazon SNS is wrong", ADAPTER) from error
        return envelope

    async def confirm(self, envelope: Envelope) -> None:
        """Visit the address that confirms a subscription. StoreUnavailable: it does not answer; SNS asks again."""
        if envelope.type != "SubscriptionConfirmation":
            return
        url = _amazons(envelope.subscribe_url or "")
        try:
            await self._fetch(url)
        except httpx.HTTPError as error:
            raise StoreUnavailable(f"the subscription can't be confirmed now: {error}", 30) from error
        log.info("subscribed to %s", envelope.topic_arn)

    async def _key(self, url: str) -> RSAPublicKey:
        if url not in self._keys:
            if not CERTIFICATE.fullmatch(urlsplit(_amazons(url)).path):
                raise RefusedError(401, "SigningCertURL names no certificate of Amazon SNS", ADAPTER)
            found = await self._fetched_key(url)
            if len(self._keys) >= MOST_KEYS:
                self._keys.clear()
            self._keys[url] = found
        return self._keys[url]

    async def _fetched_key(self, url: str) -> RSAPublicKey:
        try:
            key = x509.load_pem_x509_certificate(await self._fetch(url)).public_key()
        except (httpx.HTTPError, ValueError) as error:
            raise StoreUnavailable(f"Amazon's certificate can't be had now: {error}", 30) from error
        if not isinstance(key, RSAPublicKey):
            raise RefusedError(401, "Amazon's certificate holds no RSA key", ADAPTER)
        return key


def _amazons(url: str) -> str:
    """The address, if it is on Amazon's host for SNS."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "https" and parts.netloc == parts.hostname
    except ValueError:
        plain = False
    if not plain or not HOST.fullmatch(parts.hostname or ""):
        raise RefusedError(401, "an address in the body is not on Amazon's host for SNS", ADAPTER)
    return url
