"""Mail fetched from mailboxes over IMAP: kept first, then marked as read, moved or deleted.

IMAPClient blocks, so each mailbox has a thread of its own, which hands mails over to the event loop and waits for their
commit. Where it stands survives a restart without notes of its own: each mail carries its place as ``origin``
(``imap:NAME:MAILBOX:UIDVALIDITY:UID``), and the newest one kept says where to go on.
"""

import asyncio
import logging
import threading
import zlib
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ingestd.intake import Clock, CountRefused, Receive, count_nothing
from ingestd.intake.imapreader import Reader, Stopping
from ingestd.intake.imapsession import LoginRefused, Session, reason_of
from ingestd.intake.imapsettings import ImapSettings
from ingestd.model import Message, StoreUnavailable

Last = Callable[[str], Awaitable[str | None]]  # the newest origin kept that begins with a prefix
Trouble = Callable[[str, str], None]  # the mailbox, and what is wrong with it; "": it is well again

log = logging.getLogger("ingestd.intake.imap")

DELAYS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)  # seconds between attempts to connect
LOGIN_DELAYS = (30.0, 60.0, 300.0, 900.0)  # after a refused login: servers lock whom they see too often
REFUSALS = 2  # refused logins in a row that are trouble at once
SLICE = 0.5  # seconds after which a wait looks whether it is to stop
RESELECT = 600.0  # seconds after which the mailbox is opened anew: some servers show a session nothing new
STOP_PATIENCE = 10.0  # seconds for a mailbox to come to an end


class MailboxState(Struct, frozen=True):
    """How a mailbox is doing, for the figures."""

    name: str
    connected: bool = False
    last_ok: float = 0.0  # when it was last read to its end, epoch seconds; 0: never
    backlog: int = 0  # mails found and not yet kept
    error: str = ""


class ImapIntake:
    """One mailbox. ``start`` and ``stop`` on the event loop; all else happens in its thread."""

    def __init__(
        self,
        settings: ImapSettings,
        receive: Receive,
        clock: Clock,
        last: Last,
        *,
        trouble: Trouble = lambda _name, _text: None,
        count_refused: CountRefused = count_nothing,
    ) -> None:
        self.settings = settings
        self.state = MailboxState(settings.name)
        self._receive, self._clock, self._last = receive, clock, last
        self._trouble, self._count_refused = trouble, count_refused
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: Session | None = None
        self._reader = Reader(settings, clock, self._keep, self._newest, self._show)
        self._failed_since = 0.0
        self._said = False

    async def start(self) -> None:
        """Begin to read; whether the server can be had shows later, in ``state`` and by ``trouble``."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=f"imap-{self.settings.name}", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """End after the batch under way; a server that does not answer is not waited for."""
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_PATIENCE)
            if self._thread.is_alive() and self._session is not None:
                self._session.cut()
            self._thread = None

    # -- in the thread
    def _run(self) -> None:
        refusals = attempt = 0
        delays: tuple[float, ...] = DELAYS
        while not self._stop.is_set():
            began = self._clock()
            try:
                self._visit()
            except (Stopping, CancelledError):
                return
            except LoginRefused as error:
                refusals += 1
                attempt = 0
                self._failed(reason_of(error), now=refusals >= REFUSALS)
                delays = LOGIN_DELAYS
            except Exception as error:
                attempt = attempt + 1 if self.state.last_ok < began else 1
                refusals = 0
                self._failed(reason_of(error))
                delays = DELAYS
            self._pause(self._jittered(delays[min(max(attempt, refusals), len(delays)) - 1]))

    def _visit(self) -> None:
        """One connection, until it fails or we stop."""
        with Session(self.settings) as session:
            self._session = session
            try:
                while not self._stop.is_set():
                    self._reader.select(session)
                    self._stay(session)
            finally:
                self._session = None
                self.state = _evolve(self.state, connected=False)
        raise Stopping

    def _stay(self, session: Session) -> None:
        """Read what comes until the mailbox is to be opened anew."""
        until = self._clock() + RESELECT
        while not self._stop.is_set() and self._clock() < until:
            self._reader.read(session, self._stop.is_set)
            self._well()
            session.wait(float(self.settings.poll), SLICE, self._stop.is_set)

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _jittered(self, seconds: float) -> float:
        """Mailboxes of one server don't all come back in the same moment."""
        return seconds * (0.75 + zlib.crc32(self.settings.name.encode()) % 512 / 1024)

    # -- what the loop is told and asked
    def _well(self) -> None:
        self._failed_since = 0.0
        self.state = _evolve(self.state, connected=True, last_ok=self._clock(), error="")
        if self._said:
            self._said = False
            self._tell("")

    def _failed(self, reason: str, *, now: bool = False) -> None:
        at, text = self._clock(), f"{self.settings.host}: {reason}"
        self._failed_since = self._failed_since or at
        self.state = _evolve(self.state, error=text)
        log.warning("mailbox %s: %s", self.settings.name, text)
        if not self._said and (now or at - self._failed_since >= self.settings.trouble_after):
            self._said = True
            self._tell(text)

    def _tell(self, text: str) -> None:
        assert self._loop is not None  # noqa: S101  (set by start)
        with suppress(RuntimeError):  # the loop is closed: nobody is there to hear it
            self._loop.call_soon_threadsafe(self._trouble, self.settings.name, text)

    def _show(self, backlog: int) -> None:
        self.state = _evolve(self.state, connected=True, backlog=backlog)

    def _newest(self, prefix: str) -> str | None:
        async def ask() -> str | None:
            return await self._last(prefix)

        found: str | None = self._on_loop(ask)
        return found

    def _keep(self, messages: Sequence[Message]) -> None:
        """Commit a batch; while the store can't, wait and try the same again. Stopping: it was not all kept."""

        async def keep_all() -> None:
            await asyncio.gather(*map(self._keep_one, messages))

        self._on_loop(keep_all)

    async def _keep_one(self, message: Message) -> None:
        while True:
            try:
                await self._receive(message)
            except StoreUnavailable as error:
                log.warning("mailbox %s waits: %s", self.settings.name, error)
                self._count_refused(self.settings.name, 451)
                await self._wait_for_store(error.retry_after)
            else:
                return

    async def _wait_for_store(self, seconds: float) -> None:
        assert self._loop is not None  # noqa: S101
        end = self._loop.time() + seconds
        while self._loop.time() < end:
            if self._stop.is_set():
                raise Stopping
            await asyncio.sleep(min(SLICE, max(0.0, end - self._loop.time())))

    def _on_loop(self, make: Callable[[], Any]) -> Any:
        """What a coroutine on the event loop returns. Stopping: the loop is closed, or closes meanwhile."""
        assert self._loop is not None  # noqa: S101
        if self._loop.is_closed():
            raise Stopping
        future = asyncio.run_coroutine_threadsafe(make(), self._loop)
        while True:
            try:
                return future.result(timeout=STOP_PATIENCE)
            except TimeoutError:
                if future.done():
                    raise
                if self._loop.is_closed():
                    raise Stopping from None


def _evolve(state: MailboxState, **changes: Any) -> MailboxState:
    return replace(state, **changes)
