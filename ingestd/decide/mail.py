"""A mail's bytes -> ``Mail``: what a person would see of it, whatever is broken in it.

The standard library's parser with ``compat32`` finds the parts (ten times as fast as ``policy.default``); headers,
transfer encodings and charsets are decoded here, because senders break each of them. Nothing in here raises.
"""

import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import Message as Tree
from email.utils import mktime_tz, parsedate_tz
from itertools import islice

from msgspec import Struct

from ingestd.decide import charset, htmltext

LONGEST = 2 * 1024 * 1024  # bytes of a mail that are read; the text comes first, attachments are not judged
LONGEST_TEXT = 256 * 1024  # characters
LONGEST_SUBJECT = 2000
MOST_PARTS = 100
MOST_HEADERS = 1000
DEEPEST = 12
MOST_RECIPIENTS = 100

_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_ANGLE = re.compile(r"<([^<>\s]*)>")
_COMMENT = re.compile(r"\(([^()]{1,200})\)")
_ID = re.compile(r"<[^<>\s]+>")
_PARAM = re.compile(r";\s*(charset|format|delsp|report-type)\s*=\s*(?:\"([^\"]*)\"|([^\s;\"]+))", re.IGNORECASE)
_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_BLANK = re.compile(r"\s*\Z")


class Part(Struct, frozen=True):
    """A part of a mail that is no container: its type, its text, or the header fields inside it (reports)."""

    content_type: str
    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    attached: bool = False


class Mail(Struct, frozen=True, kw_only=True):
    """A mail as a reader sees it. Header names are in lower case, header values raw."""

    subject: str = ""
    sender: str = ""  # address of From
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    date: float | None = None  # the sender's clock, epoch seconds
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "text/plain"
    report_type: str = ""
    text: str = ""  # the plain part, else the HTML part as text
    html: str = ""
    parts: tuple[Part, ...] = ()

    def header(self, name: str) -> str:
        """The first header of that name, decoded; "" if there is none."""
        wanted = name.lower()
        return next((charset.header(value) for key, value in self.headers if key == wanted), "")

    def header_text(self) -> str:
        """All headers decoded, one ``name: value`` a line."""
        return "\n".join(f"{key}: {charset.header(value)}" for key, value in self.headers)


def read(raw: bytes) -> Mail:
    """Understand a mail; what can't be parsed as one is its own text."""
    try:
        tree = message_from_bytes(raw[:LONGEST])
    except Exception:  # the parser raises many things on broken input; the mail must be read all the same
        return Mail(text=_clipped(charset.decode(raw[:LONGEST])))
    headers = _headers(tree)
    parts = tuple(_parts(tree, 0, [MOST_PARTS]))
    first = dict(reversed(headers))
    kind = _kind(first.get("content-type", ""))
    return Mail(
        subject=charset.header(first.get("subject", ""))[:LONGEST_SUBJECT],
        sender=_address(first.get("from", "")),
        sender_name=_name(first.get("from", "")),
        recipients=_addresses(value for key, value in headers if key in ("to", "cc")),
        date=_date(first.get("date", "")),
        message_id=_first_id(first.get("message-id", "")),
        in_reply_to=_first_id(first.get("in-reply-to", "")),
        references=tuple(_ID.findall(charset.header(first.get("references", ""))))[:MOST_RECIPIENTS],
        headers=headers,
        content_type=kind,
        report_type=_params(first.get("content-type", "")).get("report-type", "").lower(),
        text=_clipped(_shown(tree, 0)),
        html=_clipped("\n".join(part.text for part in parts if part.content_type == "text/html" and not part.attached)),
        parts=parts,
    )


def _headers(tree: Tree) -> tuple[tuple[str, str], ...]:
    return tuple((str(name).lower(), str(value)) for name, value in islice(tree.raw_items(), MOST_HEADERS))


def _raw(tree: Tree, name: str) -> str:
    return next((str(value) for key, value in tree.raw_items() if key.lower() == name), "")


def _kind(content_type: str) -> str:
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    return kind if kind.count("/") == 1 else "text/plain"


def _params(content_type: str) -> dict[str, str]:
    return {found[1].lower(): found[2] or found[3] or "" for found in _PARAM.finditer(content_type[:1000])}


def _children(tree: Tree) -> list[Tree]:
    payload: object = tree.get_payload() if tree.is_multipart() else None  # of a leaf it would guess a charset
    return [child for child in payload if isinstance(child, Tree)] if isinstance(payload, list) else []


def _parts(tree: Tree, depth: int, budget: list[int]) -> Iterator[Part]:
    """The leaves in order, at most as many as the budget says; containers deeper than ``DEEPEST`` are left out."""
    if budget[0] <= 0 or depth > DEEPEST:
        return
    kind = _kind(_raw(tree, "content-type"))
    children = _children(tree)
    if kind.startswith("message/"):
        budget[0] -= 1
        fields = tuple((key, charset.header(value)) for child in children for key, value in _headers(child))
        yield Part(kind, "" if children else _clipped(_text(tree)), fields[:500], attached=True)
    elif children:
        for child in children:
            yield from _parts(child, depth + 1, budget)
    else:
        budget[0] -= 1
        attached = _attached(tree)
        yield Part(kind, _clipped(_text(tree)) if kind.startswith("text/") else "", (), attached)


def _attached(tree: Tree) -> bool:
    return _raw(tree, "content-disposition").strip().lower().startswith("attachment")


def _shown(tree: Tree, depth: int) -> str:
    """The text that a mail program shows for a part: of alternatives the plain one, unless it is empty."""
    if depth > DEEPEST:
        return ""
    kind, children = _kind(_raw(tree, "content-type")), _children(tree)
    if kind == "multipart/alternative":
        shown = [(_kind(_raw(child, "content-type")), child) for child in children[:MOST_PARTS]]
        ordered = sorted(shown, key=lambda pair: pair[0] != "text/plain")  # stable: the others keep their order
        texts = (_shown(child, depth + 1) for _, child in ordered)
        return next((text for text in texts if not _BLANK.match(text)), "")
    if kind.startswith("multipart/") and children:
        texts = (_shown(child, depth + 1) for child in children[:MOST_PARTS])
        return "\n\n".join(text for text in texts if not _BLANK.match(text))
    if _attached(tree) or not kind.startswith(("text/", "multipart/")):
        return ""
    text = _text(tree)
    return htmltext.to_text(text) if kind == "text/html" or _is_html(kind, text) else text


def _is_html(kind: str, text: str) -> bool:
    """Some senders put a page into text/plain."""
    start = text[:200].lstrip().lower()
    return kind == "text/plain" and start.startswith(("<!doctype html", "<html"))


def _text(tree: Tree) -> str:
    content_type = _raw(tree, "content-type")
    params = _params(content_type)
    text = charset.decode(_bytes(tree), params.get("charset", ""))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if params.get("format", "").lower() == "flowed":
        return _unflowed(text, params.get("delsp", "").lower() == "yes")
    return text


def _bytes(tree: Tree) -> bytes:
    """The payload without its transfer encoding; broken base64 is read as far as it goes."""
    if _raw(tree, "content-transfer-encoding").strip().lower() == "base64":
        with suppress(TypeError):  # of a charset in several parts, which the library can't use
            payload: object = tree.get_payload()
            return _from_base64(payload.encode("ascii", "ignore")) if isinstance(payload, str) else b""
    decoded: object = tree.get_payload(decode=True)  # undecoded, it would already have guessed a charset
    return decoded if isinstance(decoded, bytes) else b""


def _from_base64(raw: bytes) -> bytes:
    whole = _BASE64.sub(b"", raw)
    usable = whole[: len(whole) - (len(whole) % 4 == 1)]
    if not usable:
        return b"" if not raw.strip() else raw
    return binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))


def _unflowed(text: str, delete_space: bool) -> str:
    """RFC 3676: a line that ends in a space goes on in the next one of the same quote depth."""
    out: list[str] = []
    flowing, depth = False, 0
    for line in text.split("\n"):
        here = len(line) - len(line.lstrip(">"))
        body = line[here:].removeprefix(" ")
        if flowing and here == depth and body != "-- ":
            out[-1] += body
        else:
            out.append(">" * here + (" " if here else "") + body)
        flowing, depth = body.endswith(" ") and body != "-- ", here
        if flowing and delete_space:
            out[-1] = out[-1][:-1]
    return "\n".join(out)


def _clipped(text: str) -> str:
    return text[:LONGEST_TEXT]


def _address(value: str) -> str:
    """The address of a From header; forgiving, since the display name may hold anything."""
    text = charset.header(value)
    angles = [found for found in _ANGLE.findall(text) if "@" in found]
    plain = _ADDRESS.search(_COMMENT.sub(" ", text))
    return (angles[-1] if angles else plain[0] if plain else text.strip("<> ")[:320]).strip("'\"")


def _name(value: str) -> str:
    text = charset.header(value)
    comment = _COMMENT.search(text)
    if "<" in text:
        return text[: text.rindex("<")].strip().strip('"').strip()
    return comment[1].strip() if comment else ""


def _addresses(values: Iterator[str]) -> tuple[str, ...]:
    found = (address for value in values for address in _ADDRESS.findall(charset.header(value)))
    return tuple(dict.fromkeys(found))[:MOST_RECIPIENTS]


def _date(value: str) -> float | None:
    try:
        parsed = parsedate_tz(value[:200])
        return float(mktime_tz(parsed)) if parsed else None
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _first_id(value: str) -> str | None:
    text = charset.header(value)
    found = _ID.search(text)
    return found[0] if found else text[:998] or None
