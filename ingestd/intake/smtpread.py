"""The mail that follows DATA, bounded in every direction (RFC 5321, 4.1.1.4 and 4.5.2)."""

from ingestd.intake.fairness import Room

MOST_HEADER_LINES = 10_000
END = b"\r\n.\r\n"
LINE_END = b"\r\n"

TOO_LARGE = "552 5.3.4 message is too large"
LARGE_HEADER = "552 5.3.4 the header of the message is too large"
NO_ROOM = "452 4.3.1 too much mail at once, try again later"


class Reading:
    """A mail on its way in.

    Only CR LF . CR LF ends it: whoever takes less lets a second mail be smuggled in the first.
    """

    __slots__ = ("_found", "_header_limit", "_limit", "refusal", "room")

    def __init__(self, limit: int, header_limit: int, room: Room) -> None:
        self._limit, self._header_limit = limit, header_limit
        self.room = room  # freed by whoever is done with the mail
        self.refusal = ""  # the reply, if it is not taken
        self._found = bytearray(LINE_END)  # with the end of the line DATA, so that the first line is as any other

    def feed(self, octets: bytearray) -> bool:
        """Take what belongs to the mail off ``octets``; whether that was its end. What is not taken is read, too."""
        found = self._found
        before = len(found)
        found += octets
        end = found.find(END, max(0, before - len(END) + 1))
        if end < 0:
            octets.clear()
            self._bound(len(found) - len(END))  # all but the end may be there
            return False
        del octets[: end + len(END) - before]
        del found[end + len(LINE_END) :]
        self._bound(len(found) - len(LINE_END))
        if not self.refusal and _long_header(found, self._header_limit):
            self._refuse(LARGE_HEADER)
        return True

    def content(self) -> bytes:
        """The whole mail as it was written: with one dot less on lines that begin with one."""
        found = self._found
        undotted = found.replace(b"\r\n.", LINE_END) if b"\r\n." in found else found
        return bytes(memoryview(undotted)[len(LINE_END) :])

    def _bound(self, length: int) -> None:
        if not self.refusal and length > self._limit:
            self._refuse(TOO_LARGE)
        elif not self.refusal and not self.room.grow(max(0, length - self.room.octets)):
            self._refuse(NO_ROOM)
        if self.refusal:
            del self._found[: -len(END) + 1]

    def _refuse(self, reply: str) -> None:
        self.refusal = reply
        self.room.free()


def _long_header(mail: bytearray, limit: int) -> bool:
    end = mail.find(b"\r\n\r\n")
    if end < 0:
        return False  # no header that ends: the limit of the mail holds
    return end - len(LINE_END) > limit or mail.count(b"\n", len(LINE_END), end) > MOST_HEADER_LINES
