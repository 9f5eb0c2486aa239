"""A request that goes to its door as soon as all of it is there: one task, one write, no application in between.

To uvicorn it is the cycle of a request and its answer: it has the attributes that uvicorn's connection looks at.
"""

import logging
from collections.abc import Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ingestd.intake.door import Answer, Door, Scope, written

log = logging.getLogger("ingestd.intake.http")

LONGEST = 64 * 1024  # octets of a body that is waited for before its door hears of it
#: Headers that want more than that: leave to go on, an address that a proxy names, a body of unknown length …
WANTING = frozenset({b"expect", b"x-forwarded-for", b"x-forwarded-proto", b"transfer-encoding", b"upgrade"})
CLOSE = (b"connection", b"close")
FAULT = Answer(500, {"error": "a fault of ours: send it again"}, (CLOSE,))
LINES = {one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode() for one in HTTPStatus}

FindDoor = Callable[[str, str], Door | None]  # by method and path
Headers = Sequence[tuple[bytes, bytes]]


def nobodys(_method: str, _path: str) -> None:
    """Where there are no doors."""


def is_plain(headers: Headers) -> bool:
    """Whether a request with these headers has a short body of a known length, and wants nothing else."""
    length = b""
    for name, value in headers:
        if name in WANTING:
            return False
        if name == b"content-length":
            length = value
    return length.isdigit() and int(length) <= LONGEST


class Visit:
    """One request."""

    __slots__ = (
        "_connection",
        "_door",
        "_scope",
        "body",
        "disconnected",
        "keep_alive",
        "message_event",
        "more_body",
        "response_complete",
    )

    def __init__(self, connection: HttpToolsProtocol, door: Door, *, keep_alive: bool) -> None:
        self._connection, self._door = connection, door
        self._scope = cast(Scope, connection.scope)  # the connection's own may be that of the next request
        self.keep_alive = keep_alive
        self.body, self.more_body = b"", True
        self.disconnected = self.response_complete = False
        self.message_event = NOBODY_WAITS

    def begin(self) -> None:
        """All of it is there."""
        task = self._connection.loop.create_task(self._answer())
        self._connection.tasks.add(task)
        task.add_done_callback(self._connection.tasks.discard)

    async def _answer(self) -> None:
        try:
            answer = await self._door.answer(self._scope, self._read)
        except Exception as error:
            log.error("a request failed", exc_info=error)
            answer = FAULT
        self._write(answer or FAULT)

    async def _read(self) -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": self.body, "more_body": False}

    def _write(self, answer: Answer) -> None:
        connection = self._connection
        self.response_complete = True
        if self.disconnected or connection.transport.is_closing():
            return
        own, body = written(answer)
        if CLOSE in own:
            self.keep_alive = False
        elif not self.keep_alive:
            own.append(CLOSE)
        headers = (b"%b: %b\r\n" % one for one in (*connection.server_state.default_headers, *own))
        connection.transport.write(b"".join((LINES[answer.status], *headers, b"\r\n", body)))
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()


class _Nobody:
    """Stands where uvicorn wakes who waits for a body."""

    def set(self) -> None:
        """Wake nobody."""


NOBODY_WAITS = _Nobody()
