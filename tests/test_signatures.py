"""Whether a body was signed by who knows the secret."""

import hmac
from base64 import b64encode

import pytest

from ingestd.signatures import Signature, signed

BODY = b'{"alerts": []}'


def hexed(text: bytes, secret: bytes = b"s", algorithm: str = "sha256") -> bytes:
    return hmac.digest(secret, text, algorithm).hex().encode()


@pytest.mark.parametrize(
    ("way", "headers"),
    [
        (Signature("x-sig"), {b"x-sig": hexed(BODY)}),
        (Signature("x-sig", prefix="v1="), {b"x-sig": b"v1=" + hexed(b"other") + b", v1=" + hexed(BODY)}),
        (Signature("x-sig", algorithm="sha1"), {b"x-sig": hexed(BODY, algorithm="sha1")}),
        (Signature("x-sig", encoding="base64"), {b"x-sig": b64encode(hmac.digest(b"s", BODY, "sha256"))}),
        (
            Signature("x-sig", time_header="x-time", joined="{time}:{body}"),
            {b"x-sig": hexed(b"12:" + BODY), b"x-time": b"12"},
        ),
    ],
)
def test_each_way_to_sign(way: Signature, headers: dict[bytes, bytes]) -> None:
    assert signed(way, ("old", "s"), headers, BODY)
    assert not signed(way, ("old",), headers, BODY)
    assert not signed(way, ("s",), headers, BODY + b" ")
    assert not signed(way, ("s",), {}, BODY)
    assert not signed(way, (), headers, BODY)


def test_a_time_that_may_be_left_away_counts_where_it_is_sent() -> None:
    way = Signature("x-sig", time_header="x-time", joined="{time}:{body}", untimed=True)
    timed = {b"x-sig": hexed(b"12:" + BODY), b"x-time": b"12"}
    assert signed(way, ("s",), {b"x-sig": hexed(BODY)}, BODY)
    assert signed(way, ("s",), timed, BODY)
    assert not signed(way, ("s",), timed | {b"x-time": b"13"}, BODY)
    assert not signed(way, ("s",), {b"x-sig": timed[b"x-sig"]}, BODY)
    assert not signed(way, ("s",), {b"x-sig": hexed(BODY), b"x-time": b"12"}, BODY)
