"""The mail that follows DATA, read in large pieces and bounded in every direction (RFC 5321, 4.1.1.4 and 4.5.2)."""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from ingestd.intake.fairness import Room

MOST_HEADER_LINES = 10_000
END = b".\r\n"

TOO_LARGE = "552 5.3.4 message is too large"
LARGE_HEADER = "552 5.3.4 the header of the message is too large"
NO_ROOM = "452 4.3.1 too much mail at once, try again later"


class Read(Struct, frozen=True):
    """A mail as it was written, or why it is not taken."""

    content: bytes = b""
    refusal: str = ""


async def read_mail(
    reader: asyncio.StreamReader, limit: int, header_limit: int, room: Room, progress: Callable[[], None]
) -> Read:
    """Read to the end, also what is not taken. ``progress`` is called for each piece.

    Only CR LF . CR LF ends it: whoever takes less lets a second mail be smuggled in the first.
    """
    found = bytearray()
    refusal = ""
    while found != END and not found.endswith(b"\r\n" + END):
        try:
            piece = await reader.readuntil(END)
        except asyncio.LimitOverrunError as error:
            piece = await reader.readexactly(error.consumed)
        progress()
        found += piece
        refusal = refusal or _refused(len(found), limit, room)
        if refusal:
            del found[: -len(b"\r\n" + END)]
            room.free()
    if refusal:
        return Read(refusal=refusal)
    content = _undotted(found)
    return Read(refusal=LARGE_HEADER) if _long_header(content, header_limit) else Read(content=content)


def _refused(length: int, limit: int, room: Room) -> str:
    if length > limit + len(END):
        return TOO_LARGE
    return "" if room.grow(max(0, length - room.octets)) else NO_ROOM


def _undotted(data: bytearray) -> bytes:
    """Without the final dot, and with one dot less on lines that begin with one (RFC 5321, 4.5.2)."""
    text = bytes(memoryview(data)[: -len(END)])
    return text.replace(b"\r\n.", b"\r\n").removeprefix(b".")


def _long_header(content: bytes, limit: int) -> bool:
    end = content.find(b"\r\n\r\n")
    if end < 0:
        return False  # no header that ends: the limit of the mail holds
    return end > limit or content.count(b"\n", 0, end) > MOST_HEADER_LINES
