"""The auditor: proves every two minutes that nothing is stuck, and shouts if something is.

It reads the store, never the world: what it proves holds for what a restart would find. Of the engine it knows the
position, the lag and whether it moves. A finding that stands at two looks in a row becomes a ``trouble`` in the inbox,
and so an incident. If the engine itself is stuck the inbox can't help: the people of ``last_resort`` get one plain
letter straight through their channels, at most one an hour, and the daemon is not ready.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol

import structlog
from msgspec import Struct

from ingestd.model import Incident
from ingestd.problem import Said, said
from ingestd.store import Unsent, Unstepped
from ingestd.world import due_of_incident

log = structlog.get_logger("ingestd.auditor")

SOURCE = "auditor"  # of the trouble
EVERY = 120.0  # seconds between looks
BEAT = 15.0  # seconds between looks at whether the engine moves
LATE = 120.0  # seconds for which a due time may be over
UNSENT = 300.0  # seconds for which a page may be without an outcome
UNSTEPPED = 120.0  # seconds for which an entry may be without a position
LAGS = 60.0  # seconds of lag from which on the engine says itself that it is behind
STILL = 60.0  # seconds for which an engine that has something to do may stand still
HOUR = 3600.0
CHUNK = 200  # incidents read at once: a millisecond or two of decoding
BREATH = 0.01  # seconds between chunks: mails and pages go first
LISTED = 20  # findings of a kind
SHOWN = 5  # findings in a text

What = Literal["idle", "overdue", "unsent", "unstepped", "last_resort", "engine", "store"]
#: What no inbox entry can mend or tell: it would not be stepped.
DEAF: frozenset[What] = frozenset({"unstepped", "engine", "store"})
#: Findings without what changes from look to look.
PLAIN: Mapping[What, str] = {
    "idle": "incident {about} waits for nothing",
    "overdue": "incident {about} is overdue",
    "unsent": "page n{about} has no outcome",
    "unstepped": "entry {about} was not stepped",
    "last_resort": "the last resort is nobody who can be told now",
    "engine": "the engine does not move",
    "store": "the store does not answer",
}


class Finding(Struct, frozen=True):
    """One thing that is stuck. ``what`` and ``about`` are the same at the next look if it still is."""

    what: What
    about: str
    words: Said


class Audit(Struct, frozen=True, kw_only=True):
    """One look: what was found, and what of it stood at the look before, too. ``at``: wall clock."""

    at: float
    findings: tuple[Finding, ...] = ()
    standing: tuple[Finding, ...] = ()


class Reads(Protocol):
    """What is asked of the store."""

    async def still_open(self, after: int = 0, limit: int = 200) -> tuple[Incident, ...]:
        """Incidents that are neither over nor linked, by number."""
        ...

    async def awaited(self, numbers: Iterable[int]) -> frozenset[int]:
        """Those with a page under way."""
        ...

    async def unsent(self, before: float, limit: int = 20) -> tuple[Unsent, ...]:
        """Pages without an outcome."""
        ...

    async def unstepped(self, wall: float, at: float, limit: int = 20) -> tuple[Unstepped, ...]:
        """Entries without a position."""
        ...


class Motion(Protocol):
    """What is known of the engine."""

    stepped: int

    @property
    def lag(self) -> float:
        """Seconds for which its oldest entry has been waiting."""
        ...

    @property
    def queued(self) -> int:
        """Entries waiting."""
        ...

    def now(self) -> float:
        """Its clock."""
        ...


class Times(Protocol):
    """Both clocks."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def wall(self) -> float:
        """Epoch seconds."""
        ...


Reached = Callable[[float], bool]  # wall time -> whether the last resort is somebody with an address
Trouble = Callable[[str, str], None]
Shout = Callable[[Sequence[Finding]], Awaitable[bool]]  # whether somebody was told


class Auditor:
    """Looks until cancelled. Whom it asks and tells is asked anew each time: a reload may change them."""

    def __init__(
        self,
        reads: Reads,
        engine: Callable[[], Motion],
        clock: Times,
        *,
        reached: Reached,
        trouble: Trouble,
        shout: Shout,
        counted: Callable[[int], None] = lambda _findings: None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.last = Audit(at=0.0)  # the last look
        self._reads, self._engine, self._clock = reads, engine, clock
        self._reached, self._trouble, self._shout, self._counted = reached, trouble, shout, counted
        self._pause = pause
        self._told = ""  # what the inbox was told last
        self._shouted = float("-inf")
        self._moved = clock.monotonic()
        self._steps = 0

    async def run(self) -> None:
        """Beat often, look now and then."""
        looked = self._clock.monotonic()
        while True:
            await self._pause(BEAT)
            self.beat()
            if self._clock.monotonic() - looked >= EVERY:
                looked = self._clock.monotonic()
                await self.round()

    def beat(self) -> None:
        """Note whether the engine moves; one that has nothing to do does."""
        engine = self._engine()
        if not engine.queued or engine.stepped != self._steps:
            self._moved, self._steps = self._clock.monotonic(), engine.stepped

    def reasons(self) -> tuple[str, ...]:
        """Why the daemon can't serve, as far as the last look knows."""
        return tuple(f"stuck: {one.words}" for one in self.last.standing if one.what in DEAF)

    async def round(self) -> None:
        """Look, compare with the look before, and tell what stands."""
        self.last = audit = await self.look()
        self._counted(len(audit.findings))
        deaf = [one for one in audit.standing if one.what in DEAF]
        if deaf:
            await self._shout_about(deaf)
        text = _text(audit.standing)
        if text != self._told:
            self._told = text
            self._trouble(SOURCE, text)

    async def look(self) -> Audit:
        """What is stuck now."""
        self.beat()
        try:
            found = [one async for one in self._found()]
        except Exception as error:  # whatever it is: a store that can't be read proves nothing
            words = said("the store does not answer: {why}", why=f"{type(error).__name__}: {error}"[:200])
            found = [Finding("store", "", words), *self._still()]
        before = {(one.what, one.about) for one in self.last.findings}
        standing = tuple(one for one in found if (one.what, one.about) in before)
        return Audit(at=self._clock.wall(), findings=tuple(found), standing=standing)

    # -- what is looked for
    async def _found(self) -> AsyncIterator[Finding]:
        for one in self._still():
            yield one
        engine, wall = self._engine(), self._clock.wall()
        lag, now = engine.lag, engine.now()
        if not self._reached(wall):
            yield Finding("last_resort", "", said("the last resort is nobody who can be told now"))
        if lag < LAGS:
            for entry in await self._reads.unstepped(wall - UNSTEPPED, now - UNSTEPPED, LISTED):
                yield _unstepped(entry)
        for page in await self._reads.unsent(now - UNSENT, LISTED):
            yield _unsent(page, now)
        async for finding in self._waiting(now - lag):
            yield finding

    def _still(self) -> tuple[Finding, ...]:
        still = self._clock.monotonic() - self._moved
        if still <= STILL:
            return ()
        words = said(
            "the engine has not moved for {seconds} s: {count} entries wait",
            seconds=round(still),
            count=self._engine().queued,
        )
        return (Finding("engine", "", words),)

    async def _waiting(self, heard: float) -> AsyncIterator[Finding]:
        """Open incidents of which nothing will ever become anything. ``heard``: up to when the engine is."""
        after = listed = 0
        while listed < LISTED:
            chunk = await self._reads.still_open(after, CHUNK)
            found = [one for one in (_stuck(incident, heard) for incident in chunk) if one is not None]
            idle = [int(one.about) for one in found if one.what == "idle"]
            under_way = await self._reads.awaited(idle) if idle else frozenset()
            for finding in found[: LISTED - listed]:
                if finding.what != "idle" or int(finding.about) not in under_way:
                    listed += 1
                    yield finding
            if len(chunk) < CHUNK:
                return
            after = chunk[-1].number
            await asyncio.sleep(BREATH)

    # -- telling
    async def _shout_about(self, deaf: Sequence[Finding]) -> None:
        log.critical("the engine is stuck", findings=[str(one.words) for one in deaf])
        if self._clock.monotonic() - self._shouted < HOUR:
            return
        if await self._shout(deaf):
            self._shouted = self._clock.monotonic()


def _stuck(incident: Incident, heard: float) -> Finding | None:
    due, about = due_of_incident(incident), str(incident.number)
    if not due:
        words = said("incident {number} ({state}) waits for nothing", number=incident.number, state=incident.state)
        return Finding("idle", about, words)
    if due >= heard - LATE:
        return None
    words = said("incident {number} was due {seconds} s ago", number=incident.number, seconds=round(heard - due))
    return Finding("overdue", about, words)


def _unsent(page: Unsent, now: float) -> Finding:
    words = said(
        "page n{id} of incident {number} to {person} has been {state} for {seconds} s",
        id=page.id,
        number=page.incident,
        person=page.person,
        state=page.state,
        seconds=round(now - page.at),
    )
    return Finding("unsent", str(page.id), words)


def _unstepped(entry: Unstepped) -> Finding:
    words = said(
        "entry {id} ({kind} from {source}) was kept and not stepped",
        id=entry.id,
        kind=entry.kind,
        source=entry.source,
    )
    return Finding("unstepped", str(entry.id), words)


def _text(standing: Sequence[Finding]) -> str:
    """What an incident says: it is the same for as long as the same is stuck."""
    named = [PLAIN[one.what].format(about=one.about) for one in standing]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return "; ".join(named[:SHOWN]) + more
