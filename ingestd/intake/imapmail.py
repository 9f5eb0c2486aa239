"""From a mail in a mailbox to a message: its place as ``origin``, its age, and for whom it was."""

import re
from collections.abc import Iterator

from msgspec import Struct

from ingestd.intake.imapsettings import ImapSettings
from ingestd.model import Message

HEAD = 64 * 1024  # octets in which the envelope is looked for
LONGEST_FIELD = 4096  # characters of one header field that are read for addresses
MOST_RECIPIENTS = 50
#: Where servers note whom they delivered to; the first of these that is there counts, and it alone.
RECIPIENT_FIELDS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")
ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]@]{1,256}@[^\s<>,;:\"()\[\]@]{1,256}")


class Head(Struct, frozen=True):
    """What is known of a mail before it is fetched."""

    uid: int
    size: int = 0  # octets
    arrived: float = 0.0  # INTERNALDATE, epoch seconds; 0: the server doesn't say


class Found(Struct, frozen=True):
    """A mail as it was fetched."""

    head: Head
    body: bytes = b""
    problem: str = ""  # why it could not be fetched


class Place(Struct, frozen=True):
    """A mail's place in a mailbox."""

    validity: int  # UIDVALIDITY
    uid: int


def prefix(settings: ImapSettings) -> str:
    """What the origins of all mails of a mailbox begin with."""
    mailbox = settings.mailbox.replace("%", "%25").replace(":", "%3A")
    return f"imap:{settings.name}:{mailbox}:"


def origin(settings: ImapSettings, place: Place) -> str:
    """A mail's origin. The UID has all of its ten digits, so that no origin is the beginning of another."""
    return f"{prefix(settings)}{place.validity}:{place.uid:010}"


def place_of(settings: ImapSettings, known: str | None) -> Place | None:
    """The place that an origin names; None if it is none of this mailbox."""
    found = re.fullmatch(r"(\d{1,10}):(\d{1,10})", (known or "").removeprefix(prefix(settings)))
    return Place(int(found[1]), int(found[2])) if found else None


def message(settings: ImapSettings, validity: int, found: Found, now: float) -> Message:
    """A fetched mail as the inbox keeps it. What could not be fetched is kept as a mail that says so."""
    head = found.head
    body = found.body or _instead(settings, found)
    fields = dict(_fields(body))
    return Message(
        kind="mail",
        source=settings.name,
        body=_marked(body, head.size),
        received=now,
        peer=settings.host,
        sender=next(iter(_addresses(fields.get("return-path", ""))), ""),
        recipients=_recipients(fields),
        refused=found.problem,
        origin=origin(settings, Place(validity, head.uid)),
        old=bool(head.arrived) and now - head.arrived > settings.news,
    )


def _marked(body: bytes, size: int) -> bytes:
    """With a line in front that says how much is missing, if not all of it was fetched."""
    if len(body) >= size or not body:
        return body
    return b"X-Ingestd-Cut: the first %d of %d octets\r\n%b" % (len(body), size, body)


def _instead(settings: ImapSettings, found: Found) -> bytes:
    if not found.problem:
        return b""
    text = f"The mail with UID {found.head.uid} in {settings.mailbox} of {settings.name} could not be read."
    words = f"{found.problem}\r\nIt is still in the mailbox, not marked as read."
    return f"Subject: {text}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n{words}\r\n".encode()


def _fields(body: bytes) -> Iterator[tuple[str, str]]:
    """Header fields, unfolded, from the last to the first: of several the first counts in a dict."""
    head = re.split(rb"\r?\n\r?\n", body[:HEAD], maxsplit=1)[0].decode("utf-8", "replace")
    for line in reversed(re.sub(r"\r?\n[ \t]+", " ", head).splitlines()):
        name, _, value = line.partition(":")
        yield name.strip().casefold(), value.strip()[:LONGEST_FIELD]


def _recipients(fields: dict[str, str]) -> tuple[str, ...]:
    for name in RECIPIENT_FIELDS:
        found = _addresses(fields.get(name, ""))
        if found:
            return found
    return ()


def _addresses(text: str) -> tuple[str, ...]:
    found = dict.fromkeys(match[0] for match in ADDRESS.finditer(text))
    return tuple(found)[:MOST_RECIPIENTS]
