"""One mail connection as far as octets and time are concerned: lines in, replies out, in order, in bounds and in time.

There is no task and no stream: what arrives is dealt with when it arrives, and the replies to it leave together. Only
what must wait, such as a commit, is a task; meanwhile what else the client says is held back, and then the client is.
"""

import asyncio
import logging
import math
import ssl
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, cast

from ingestd.intake.smtpcommands import text

log = logging.getLogger("ingestd.intake.smtp")

LONGEST_LINE = 12 * 1024  # octets; answers in a login are the longest (RFC 4954, 4)
TOO_LONG = "\n"  # stands for a line that was longer
MOST_AHEAD = 64 * 1024  # octets that a client may say ahead; then it is not listened to
CRLF = "\r\n"
AT_ONCE = 100  # lines; then others have their turn
LAST_WORDS = 20.0  # seconds to take them
LOCAL = "local"  # the peer on a Unix socket


class Wire(asyncio.Protocol, ABC):
    """One client. What its lines mean is told by a class that has ``_step``."""

    __slots__ = (
        "_asked",
        "_buffer",
        "_choked",
        "_deadline",
        "_due",
        "_ended",
        "_held",
        "_latest",
        "_long",
        "_over",
        "_said",
        "_sealed",
        "_sealing",
        "_task",
        "_timeout",
        "_timer",
        "_transport",
        "loop",
        "peer",
    )

    def __init__(self, timeout: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.peer = ""  # its address
        self._transport: asyncio.Transport  # from connection_made on
        self._buffer = bytearray()  # said, and not dealt with
        self._said: list[str] = []  # replies that have not left
        self._task: asyncio.Task[None] | None = None  # what must end before the next line counts
        self._asked: asyncio.Future[str] | None = None  # unless the task waits for that line
        self._long = False  # the line that comes is too long: the rest of it counts for nothing
        self._held = False  # it is not listened to
        self._choked = False  # it does not take our replies
        self._ended = False  # it says no more
        self._over = False  # our last word is said, or it is gone
        self._sealing = self._sealed = False  # TLS is being agreed on; it was
        self._timeout = timeout  # seconds from one line to the next, and from one piece of a mail to the next
        self._latest = math.inf  # when all pieces must have come
        self._deadline = self._due = math.inf  # when it has been too long; when the timer looks
        self._timer: asyncio.TimerHandle | None = None  # one for many deadlines: it looks whether it was put off

    @abstractmethod
    def _step(self) -> bool:
        """Take something off the buffer and do it; False: there is not enough for that yet."""

    # -- life
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn who it is, and begin to wait."""
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.peer = str(name[0]) if isinstance(name, tuple) and name else LOCAL
        self._renew()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        """It is gone. A commit under way goes on; a login that waits for an answer does not."""
        self._over = True
        self._buffer.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._asked is not None:
            self._asked.cancel()

    def _hang_up(self, reply: str = "") -> None:
        """Say a last word and close; whoever does not take it is cut off in the end."""
        if self._over:
            return
        if reply and not self._sealing:
            self._said.append(reply)
        self._flush()
        self._over = True
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._deadline = self.loop.time() + LAST_WORDS
            self._set_timer()

    # -- what is said
    def data_received(self, data: bytes) -> None:
        """Deal with it now, if nothing is under way."""
        self._buffer += data
        self._go_on()

    def eof_received(self) -> bool:
        """It says no more; what it said is still answered. With TLS a connection can't be open on one side."""
        self._ended = True
        self._go_on()
        if self._sealed:
            self._hang_up()
        return not self._over

    def _go_on(self) -> None:
        """Do what was said, as far as that goes now. The replies leave in one go."""
        left = AT_ONCE
        while self._buffer and left and self._listens() and self._step():
            left -= 1
        self._flush()
        if left < AT_ONCE:
            self._renew()
        if not left:
            self.loop.call_soon(self._go_on)
        elif self._ended and self._listens():
            self._hang_up()
        if self._held or self._sealing or len(self._buffer) > MOST_AHEAD:
            self._hold(self._sealing or len(self._buffer) > MOST_AHEAD)

    def _listens(self) -> bool:
        idle = self._task is None or self._asked is not None
        return idle and not self._choked and not self._over

    def _hold(self, held: bool) -> None:
        if held is self._held or self._over:
            return
        self._held = held
        if held:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _line(self) -> str | None:
        """The next line without its end, or TOO_LONG; None: it is not all there. A bare LF ends it, too."""
        buffer = self._buffer
        end = buffer.find(b"\n")
        if end < 0:
            if len(buffer) > LONGEST_LINE:
                buffer.clear()
                self._long = True
            return None
        line = TOO_LONG if self._long or end > LONGEST_LINE else text(buffer[:end]).removesuffix("\r")
        del buffer[: end + 1]
        self._long = False
        return line

    # -- what is answered
    def _flush(self) -> None:
        if self._said:
            replies, self._said = self._said, []
            if not self._over:
                self._transport.write(f"{CRLF.join(replies)}\r\n".encode())

    def pause_writing(self) -> None:
        """It does not take our replies: do nothing more for it."""
        self._choked = True

    def resume_writing(self) -> None:
        """It takes them again."""
        self._choked = False
        self._go_on()

    # -- what takes its time
    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let a task run; it calls ``_done``. What is said meanwhile waits."""
        self._task = self.loop.create_task(work)

    def _done(self) -> None:
        self._task = None
        self._renew()
        self._go_on()

    async def _ask(self, reply: str) -> str:
        """Within a task: say something, and return the line that answers it."""
        self._said.append(reply)
        asked: asyncio.Future[str] = self.loop.create_future()
        self._asked = asked
        self._renew()
        self._go_on()  # it may have said it already
        return await asked

    async def _seal(self, context: ssl.SSLContext) -> None:
        """As a task: agree on TLS. What arrived in the open meanwhile never counts (RFC 3207, 6)."""
        sealed = None
        try:
            sealed = await self.loop.start_tls(
                self._transport, self, context, server_side=True, ssl_handshake_timeout=self._timeout
            )
        except OSError as error:
            log.warning("TLS with %s failed: %s", self.peer, error)
        self._sealing = self._held = False
        if sealed is None or sealed.is_closing():
            self._transport.abort()
            self.connection_lost(None)  # nobody else may say so
            return
        self._transport, self._sealed = sealed, True
        self._done()

    def _hear(self, line: str) -> None:
        """What was asked for is answered."""
        assert self._asked is not None  # noqa: S101  (_listens)
        asked, self._asked = self._asked, None
        asked.set_result(line)

    # -- time
    def _renew(self) -> None:
        """It said something, or it is its turn: it has its time again. While a task runs, it is ours."""
        if self._over:
            return
        if self._task is not None and self._asked is None:
            self._deadline = math.inf
            return
        self._deadline = min(self.loop.time() + self._timeout, self._latest)
        if self._deadline < self._due:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = self._deadline
        self._timer = self.loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._timer, self._due = None, math.inf
        if self._over:
            self._transport.abort()
        elif self.loop.time() < self._deadline < math.inf:
            self._set_timer()
        elif self._deadline < math.inf:
            self._hang_up("421 4.4.2 it took too long, good bye")
