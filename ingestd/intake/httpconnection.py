"""One HTTP connection: uvicorn speaks the protocol, and here is what a client may not do with it.

What most senders send, a short body to a door, goes there without an application in between: see ``httpvisit``.

A request has so long to arrive, its head no more than so many octets; there are so many connections, and so many of one
peer. Whoever is slow, silent or too many hears so (408, 431, 503) and is hung up on; everybody else is not delayed.
"""

import asyncio
import math
from typing import Any, ClassVar, cast

import httptools
from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ingestd.intake import CountRefused, count_nothing
from ingestd.intake.fairness import Doors
from ingestd.intake.httpvisit import FindDoor, Visit, is_plain, nobodys

SOURCE = "http"  # under which what is turned away here is counted
HEAD_OCTETS = 64 * 1024  # of a head that does not end
HEAD, BODY = 20.0, 120.0  # seconds for a request's head, and for the rest of it
ANSWER = 120.0  # seconds to answer it, and to take the answer
WORDS = {408: "Request Timeout", 431: "Request Header Fields Too Large", 503: "Service Unavailable"}


class Bounds(Struct, frozen=True):
    """How many connections there may be."""

    most: int = 1000
    per_peer: int = 500


class Shared:
    """What the connections of one listener have in common."""

    def __init__(self, bounds: Bounds, count: CountRefused, find: FindDoor) -> None:
        self.doors = Doors(bounds.most, bounds.per_peer)
        self.guests: set[Connection] = set()
        self.count, self.find = count, find


class Connection(HttpToolsProtocol):
    """One client. Made by ``bounded``."""

    shared: ClassVar[Shared]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.peer = ""
        self.since = self.loop.time()
        self._reading = self._heading = False  # a request has begun; its head is not over
        self._answering = False
        self._head_octets = 0
        self._deadline, self._status = math.inf, 0  # when it has been too long, and what is said then
        self._timer: asyncio.TimerHandle | None = None  # one for many deadlines: it looks whether it was put off

    # -- life
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it in, and give it time for a first request."""
        super().connection_made(transport)
        self.peer = self.client[0] if self.client else ""
        doors, guests = self.shared.doors, self.shared.guests
        guests.add(self)
        doors.enter(self.peer)
        if doors.refusal(self.peer) is not None and not doors.make_room(self.peer, guests):
            self._hang_up(503)
        else:
            self._wait(HEAD, 408)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out."""
        self._stop_waiting()
        if self._timer is not None:
            self._timer.cancel()
        if self in self.shared.guests:
            self.shared.guests.discard(self)
            self.shared.doors.leave(self.peer)
        super().connection_lost(error)

    @property
    def busy(self) -> bool:
        """What it asks for is being done, or it is gone."""
        return self._answering or self.transport.is_closing()

    def dismiss(self) -> None:
        """Somebody else needs the place."""
        self._hang_up(503)

    # -- a request
    def data_received(self, data: bytes) -> None:
        """Read on; a head that does not end is refused."""
        if self.transport.is_closing():
            return
        if not self._reading and not self._answering and self._deadline == math.inf:
            self._wait(HEAD, 408)
        super().data_received(data)
        if self._heading:
            self._head_octets += len(data)
            if self._head_octets > HEAD_OCTETS:
                self._hang_up(431)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._reading = self._heading = True
        self._head_octets = 0

    def on_headers_complete(self) -> None:
        """Its body may take longer."""
        self._heading = False
        self._wait(BODY, 408)
        self._answering = False
        waits = self.cycle is not None and not self.cycle.response_complete  # for the answer to the one before
        visit = None if waits else self._visit()
        if visit is None:
            super().on_headers_complete()
        else:
            self.cycle = cast(RequestResponseCycle, visit)  # as much of one as uvicorn looks at

    def _visit(self) -> Visit | None:
        if self.parser.get_method() != b"POST" or self.parser.get_http_version() != "1.1" or not is_plain(self.headers):
            return None
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        door = self.shared.find("POST", path) if "%" not in path else None
        if door is None:
            return None
        self.scope |= {"method": "POST", "path": path, "raw_path": url.path, "query_string": url.query or b""}
        return Visit(self, door, keep_alive=self.parser.should_keep_alive())

    def on_message_complete(self) -> None:
        """All of it is there: it is our turn."""
        super().on_message_complete()
        visit: object = self.cycle
        if isinstance(visit, Visit):
            visit.begin()
        self._reading, self._answering = False, not self.cycle.response_complete
        self._wait(ANSWER, 0) if self._answering else self._stop_waiting()

    def on_response_complete(self) -> None:
        """It was answered; what is left of its body has its time still."""
        super().on_response_complete()
        self._answering = not self._reading and not self.cycle.response_complete  # one that came with it
        self.since = self.loop.time()
        if self._answering:
            self._wait(ANSWER, 0)
        elif not self._reading:
            self._stop_waiting()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing follows. Whoever does not take the last answer either is cut off in the end."""
        super().timeout_keep_alive_handler()
        self._wait(ANSWER, 0)

    # -- limits
    def _wait(self, seconds: float, status: int) -> None:
        self._deadline, self._status = self.loop.time() + seconds, status
        if self._timer is None or self._timer.when() > self._deadline:
            self._set_timer()

    def _stop_waiting(self) -> None:
        self._deadline = math.inf

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline == math.inf:
            return
        if self.loop.time() < self._deadline:
            self._set_timer()
        elif self._status:
            self._hang_up(self._status)
        else:
            self.transport.abort()

    def _hang_up(self, status: int) -> None:
        """Say why, where no answer has begun and somebody asked; then close, and cut off who does not take it."""
        if self.transport.is_closing():
            return
        self.shared.count(SOURCE, status)
        self._unset_keepalive_if_required()
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_answer(status))
        self.transport.close()
        self._wait(HEAD, 0)


def bounded(bounds: Bounds, count: CountRefused = count_nothing, find: FindDoor = nobodys) -> type[Connection]:
    """The class of the connections of one listener. ``find``: the door of a method and a path."""
    return type("BoundedConnection", (Connection,), {"shared": Shared(bounds, count, find)})


def _answer(status: int) -> bytes:
    again = "retry-after: 5\r\n" if status == 503 else ""
    return f"HTTP/1.1 {status} {WORDS[status]}\r\n{again}content-length: 0\r\nconnection: close\r\n\r\n".encode()
