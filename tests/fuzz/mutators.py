"""How a message is spoilt. Each mutator takes the chance that decides, a body and another seed's; same chance, same bytes.

``SMALL`` keep a body about as long as it is, ``LARGE`` make a megabyte of it: these are slow to read, and so are rare.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from quopri import encodestring
from random import Random
from typing import Any

Mutator = Callable[[Random, bytes, bytes], bytes]

MEGABYTE = 1_000_000
DEEP = 60
CHARSETS = ("utf-8", "utf-16", "utf-16-be", "utf-32", "utf-7", "gb18030", "big5", "shift_jis", "iso-2022-jp", "koi8-r")
NAMED = (
    "x-unknown",
    "",
    "utf-8*",
    "hex",
    "rot13",
    "idna",
    "unicode_escape",
    "punycode",
    "zlib_codec",
    "\xff",
    "a" * 300,
)
ODD_NUMBERS = (
    b"-1",
    b"0",
    b"1e999",
    b"-0.0",
    b"9" * 400,
    b"NaN",
    b"18446744073709551616",
    b"2147483648",
    b"0x1F",
    b"1.",
)
ODD_BYTES = (
    b"\x00",
    b"\x1b[2J",
    b"\r",
    b"\r\n\r\n",
    b"\x7f",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\xed\xa0\x80",
    b"\xff",
    b"\x0b",
)
ODD_VALUES: tuple[Any, ...] = (
    None, True, -1, 1e308, 10**40, "", " ", "0", "x" * 3000, [], {}, [[]], [None], {"": None}, "[{", "http://[", "\ud800",
    "\x00", "2026-99-99T99:99:99Z", {"value": {"value": {}}}, ["firing", 1],
)  # fmt: skip
HEADERS = ("Content-Type", "Content-Transfer-Encoding", "Subject", "From", "In-Reply-To", "Date", "Auto-Submitted", "X")
_NUMBER = re.compile(rb"\d+")
_CHARSET = re.compile(rb"charset=[^\s;]*")


def flip(chance: Random, body: bytes, other: bytes) -> bytes:
    """Some bytes become others."""
    out = bytearray(body or b" ")
    for _ in range(chance.randint(1, 8)):
        out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out)


def splice(chance: Random, body: bytes, other: bytes) -> bytes:
    """The beginning of one seed, the end of another."""
    return body[: chance.randint(0, len(body))] + other[chance.randint(0, len(other)) :]


def truncate(chance: Random, body: bytes, other: bytes) -> bytes:
    return body[: chance.randint(0, len(body))]


def control(chance: Random, body: bytes, other: bytes) -> bytes:
    """Control characters and the like at some places."""
    for _ in range(chance.randint(1, 5)):
        at = chance.randint(0, len(body))
        body = body[:at] + chance.choice(ODD_BYTES) * chance.randint(1, 3) + body[at:]
    return body


def renumber(chance: Random, body: bytes, other: bytes) -> bytes:
    """Numbers become huge, negative or none."""
    odd, rate = chance.choice(ODD_NUMBERS), chance.random()
    return _NUMBER.sub(lambda found: odd if chance.random() < rate else found[0], body)


def shuffle_lines(chance: Random, body: bytes, other: bytes) -> bytes:
    lines = body.split(b"\n")
    at = chance.randrange(len(lines))
    some = lines[at : at + 5]
    chance.shuffle(some)
    return b"\n".join([*lines[:at], *some * chance.randint(0, 2), *lines[at + 5 :]])


def recode(chance: Random, body: bytes, other: bytes) -> bytes:
    """Written in another charset than it says, or says another than it is written in."""
    if chance.random() < 0.5:
        return body.decode("utf-8", "replace").encode(chance.choice(CHARSETS), "replace")
    named = chance.choice((*CHARSETS, *NAMED)).encode("latin-1")
    if _CHARSET.search(body):
        return _CHARSET.sub(lambda _: b"charset=" + named, body)
    return b"Content-Type: text/plain; charset=" + named + b"\n" + body


def double_header(chance: Random, body: bytes, other: bytes) -> bytes:
    """A header that is there twice, with something else in it."""
    name = chance.choice(HEADERS)
    value = chance.choice((b"", b"\xff" * 40, b"=?utf-8?b?" + b64encode(other[:60]) + b"?=", b"a\n " * 9, other[:50]))
    return name.encode() + b": " + value + b"\n" + body


def encode(chance: Random, body: bytes, other: bytes) -> bytes:
    """The text in a transfer encoding, or with the header of one only."""
    head, blank, text = body.partition(b"\n\n")
    name = chance.choice(("base64", "quoted-printable", "7bit", "uuencode"))
    if chance.random() < 0.7:
        text = b64encode(text) if name == "base64" else encodestring(text)
    return b"Content-Transfer-Encoding: " + name.encode() + b"\n" + head + blank + text


def nest(chance: Random, body: bytes, other: bytes) -> bytes:
    """A mail inside parts inside parts, or inside forwarded mails."""
    depth = chance.choice((1, 2, 3, DEEP))
    for level in range(depth):
        kind = chance.choice(("multipart/mixed", "multipart/alternative", "multipart/report", "message/rfc822"))
        mark = f"b{level if chance.random() < 0.8 else 0}".encode()
        head = b"Content-Type: " + kind.encode() + b'; boundary="' + mark + b'"\n\n'
        if kind == "message/rfc822":
            body = head + body
        else:
            end = b"\n--" + mark + b"--\n" if chance.random() < 0.7 else b""
            body = head + b"--" + mark + b"\n" + body + b"\n--" + mark + b"\n\n" + other[:200] + end
    return body


def as_html(chance: Random, body: bytes, other: bytes) -> bytes:
    """The text as a page, badly closed."""
    head, _, text = body.partition(b"\n\n")
    row = chance.choice((b"<tr><td>", b"<p>", b"<br/>", b"<div style='", b"<!-- ", b"&#x", b"<b><i>", b"<![CDATA["))
    return head + b"\nContent-Type: text/html\n\n<html><body>" + text.replace(b"\n", row)


def retype(chance: Random, body: bytes, other: bytes) -> bytes:
    """Some values of a JSON body become values of other types."""
    value = _json(body)
    for _ in range(chance.randint(1, 4)):
        value = _odd(chance, value)
    return json.dumps(value).encode()


def wrap(chance: Random, body: bytes, other: bytes) -> bytes:
    """A JSON body inside others, in a list, or as text in a field."""
    value = _json(body)
    match chance.randrange(4):
        case 0:
            value = [value] * chance.randint(1, 30)
        case 1:
            value = {chance.choice(("alerts", "payload", "data", "event")): value}
        case 2:
            value = {chance.choice(("message", "text", "body")): json.dumps(value)}
        case _:
            for _ in range(chance.choice((3, DEEP))):
                value = {"a": value} if chance.random() < 0.5 else [value]
    return json.dumps(value).encode()


def merge(chance: Random, body: bytes, other: bytes) -> bytes:
    """The fields of two bodies in one."""
    one, two = _json(body), _json(other)
    return json.dumps({**one, **two} if isinstance(one, dict) and isinstance(two, dict) else [one, two]).encode()


def repeat(chance: Random, body: bytes, other: bytes) -> bytes:
    """A part of it over and over, up to a megabyte."""
    start = chance.randint(0, len(body))
    part = body[start : start + chance.choice((1, 2, 7, 40, 300, MEGABYTE))] or b" "
    return (body[:start] + part * (MEGABYTE // len(part)))[: MEGABYTE - len(body[start:])] + body[start:]


def repeat_line(chance: Random, body: bytes, other: bytes) -> bytes:
    """One line, or two in turn, over and over."""
    lines = body.split(b"\n")
    at = chance.randrange(len(lines))
    part = b"\n".join(lines[at : at + chance.randint(1, 2)]) + b"\n"
    return b"\n".join([*lines[:at], part * (MEGABYTE // len(part)), *lines[at:]])


def long_field(chance: Random, body: bytes, other: bytes) -> bytes:
    """One word of it becomes a megabyte of characters."""
    filling = chance.choice(
        (
            b"a",
            b"-",
            b".",
            b" ",
            b"(",
            b"<",
            b"[",
            b"\\",
            b"%",
            b"=?",
            b"a.",
            b"> ",
            b"1",
            b"\xe4\xb8\xad",
            b"a@",
            b"::",
        )
    )
    at = chance.randint(0, len(body))
    return body[:at] + filling * (MEGABYTE // len(filling)) + body[at:]


def many_alerts(chance: Random, body: bytes, other: bytes) -> bytes:
    """A list of very many."""
    value = json.dumps(_json(body))
    inner = ",".join([value] * max(1, MEGABYTE // (len(value) + 1)))
    name = chance.choice(("alerts", "incidents", "events", "messages", ""))
    return (f'{{"{name}":[{inner}]}}' if name else f"[{inner}]").encode("utf-8", "replace")


def deepen(chance: Random, body: bytes, other: bytes) -> bytes:
    """Nesting without an end."""
    opening = chance.choice((b"[", b'{"a":', b'[{"a":', b'{"alerts":[', b'"{\\"a\\":'))
    return opening * (MEGABYTE // len(opening)) + chance.choice((b"", body))


ANY: tuple[Mutator, ...] = (flip, splice, truncate, control, renumber, shuffle_lines, recode)
SMALL: dict[str, tuple[Mutator, ...]] = {
    "mail": (*ANY, double_header, encode, nest, as_html),
    "webhook": (*ANY, retype, retype, retype, wrap, merge),
}
LARGE: dict[str, tuple[Mutator, ...]] = {
    "mail": (repeat, repeat_line, long_field),
    "webhook": (repeat, long_field, many_alerts, deepen),
}


def _json(body: bytes) -> Any:
    """The body's JSON; a body that is none stands for itself."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _odd(chance: Random, value: Any) -> Any:
    """The value with one of its parts replaced, dropped or wrapped."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(list(value))
        if chance.random() < 0.1:
            return {name: kept for name, kept in value.items() if name != key}
        return {**value, key: _odd(chance, value[key])}
    if isinstance(value, list) and value and chance.random() < 0.7:
        at = chance.randrange(len(value))
        return [*value[:at], _odd(chance, value[at]), *value[at + 1 :]]
    return chance.choice((*ODD_VALUES, [value], {"x": value}, str(value)))
