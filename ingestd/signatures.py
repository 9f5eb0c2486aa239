"""How a webhook is signed with a secret that both sides know, and whether a body is."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct


class Signature(Struct, frozen=True):
    """One source's way to sign. ``joined`` is what the HMAC is of; ``{time}`` is the text of ``time_header``."""

    header: str  # in lower case; several signatures in it are parted by commas
    prefix: str = ""  # of each, such as "v1="
    algorithm: Literal["sha256", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    time_header: str = ""  # in lower case
    joined: Literal["{body}", "{time}{body}", "{time}:{body}", "{time}.{body}"] = "{body}"
    untimed: bool = False  # the sender may leave the time away: without its header the HMAC is of the body alone


def signed(way: Signature, secrets: tuple[str, ...], headers: Mapping[bytes, bytes], body: bytes) -> bool:
    """Whether one of the secrets signed the body. Every pair is compared, each in constant time."""
    offered = [
        one.strip().removeprefix(way.prefix).encode()
        for one in headers.get(way.header.encode(), b"").decode("latin-1").split(",")
    ]
    at = headers.get(way.time_header.encode())
    before = "" if at is None and way.untimed else way.joined.partition("{body}")[0]
    text = before.encode().replace(b"{time}", at or b"") + body
    wanted = [_encoded(way, hmac.digest(secret.encode(), text, way.algorithm)) for secret in secrets]
    matches = [hmac.compare_digest(one, other) for one in offered for other in wanted]
    return any(matches)


def _encoded(way: Signature, digest: bytes) -> bytes:
    return digest.hex().encode() if way.encoding == "hex" else b64encode(digest)
