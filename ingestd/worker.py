"""The engine: positions and steps what was committed, lets timers go off, commits what was decided.

It runs on the event loop in slices of at most half a millisecond, so that intake is hardly delayed. Decisions are
applied to the world at once and committed in order behind it; verdicts, pages and figures leave after their commit.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from time import perf_counter
from typing import Protocol

import structlog
from msgspec import Struct
from msgspec.structs import replace

from ingestd import pipeline
from ingestd.aside import DIED, HOPELESS, REFUSED, is_note, set_aside
from ingestd.backlog import Backlog, Waiting
from ingestd.decide.state import Rulebook
from ingestd.model import (
    Changes,
    Entry,
    Message,
    Notification,
    Snapshot,
    Stepped,
    StoreUnavailable,
    TimelineRow,
    Verdict,
)
from ingestd.world import World, combine

log = structlog.get_logger("ingestd.engine")

SLICE = 0.0005  # seconds of deciding between two looks at the sockets: an answer takes some six looks
SAYING = 0.0002  # seconds of log lines between two looks, while there is something to decide
SAID_TOGETHER = 64  # entries whose log lines are written together while there is much to decide …
ALIKE = 3  # … so that of more lines than this, of one incident and sort, the first will do
UNSAID = 5000  # entries that wait for their log lines
IN_FLIGHT = 16  # batches waiting for their commit
DEAF_AFTER = 60.0  # seconds of lag or downtime after which deadlines about silence move
CLOCK_STEP = 2.0  # seconds by which the wall clock may drift from the engine's before it is an incident
SUSPECTS = 2000  # entries whose attempts are counted after an unclean end: more than can have been under way
#: How many are tried after one commit that counts the attempt, by the attempts that they had; after the last one an
#: entry is set aside. Kills from outside hardly meet one in ever smaller groups, and a start is not held up.
TOGETHER = (64, 8, 1)
POLL = 30.0  # seconds between looks for rows whose commit was unclear
STOP_PATIENCE = 5.0  # seconds of stepping what is queued at a stop
RETRY = 1.0  # seconds between tries to read a store that does not answer


class Clock(Protocol):
    """Time, handed in by ``app``, the only owner of a clock."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def wall(self) -> float:
        """Epoch seconds."""
        ...


class Journal(Protocol):
    """What the engine needs of the store."""

    unclean: bool

    async def commit(self, batch: Sequence[Stepped]) -> tuple[int, ...]:
        """Commit a batch, in order with the others."""
        ...

    async def attempt(self, ids: Sequence[int]) -> None:
        """Count an attempt to step these entries."""
        ...

    def load(self) -> Snapshot:
        """All rows that a world is rebuilt from."""
        ...

    def pending(self, known: frozenset[int] = frozenset()) -> tuple[Entry, ...]:
        """What nobody has stepped yet."""
        ...

    def urgent(self) -> tuple[Entry, ...]:
        """Of that, what overtakes."""
        ...

    def waiting_after(self, after: int = 0) -> tuple[Entry, ...]:
        """Of the rest, some that come next."""
        ...


class Stepping(Struct):
    """An entry under way: the units to come, and what those before decided."""

    waiting: Waiting
    units: Iterator[Changes]
    parts: list[Changes]


Told = Callable[[Sequence[Stepped]], None]
Key = int | tuple[str, bytes]  # an entry: its inbox id, or what the engine journals of its own


class Engine:
    """One world, one queue, one loop. ``committed`` is called with every batch after its commit."""

    def __init__(self, rules: Rulebook, store: Journal, clock: Clock, committed: Told) -> None:
        self.world = World(rules)
        self.stepped = 0  # entries so far, for figures
        self._rules, self._store, self._clock, self._committed = rules, store, clock, committed
        self._notes: deque[Waiting] = deque()
        self._urgent: deque[Waiting] = deque()
        self._queue = Backlog()
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._commits: set[asyncio.Task[None]] = set()
        self._verdicts: dict[int, asyncio.Future[Verdict]] = {}
        self._known: set[int] = set()  # ids queued or under way
        self._lately: set[int] = set()  # ids committed since the last look for stray rows
        self._suspects: dict[int, int] = {}  # id -> attempts, of entries whose next attempt must be counted first
        self._refused: Counter[Key] = Counter()  # how often the changes of an entry could not be kept
        self._careful = 0  # so many entries are still to be committed one by one
        self._lost: list[Waiting] = []  # notes of ours in batches that were not taken
        self._base = (0.0, 0.0)  # (engine's clock, monotonic) at the start
        self._open: Stepping | None = None  # the entry whose units are being decided
        self._deaf = 0.0  # seconds of the present lag by which deadlines have moved
        self._unsaid: deque[Stepped] = deque()  # committed, and not in the log yet
        self._stopping, self._stop_by = False, 0.0
        self._rebuild = False

    # -- time
    def now(self) -> float:
        """The engine's clock: goes on by the monotonic one from where the store left it."""
        at, monotonic = self._base
        return max(self.world.at, at + self._clock.monotonic() - monotonic)

    @property
    def lag(self) -> float:
        """Seconds for which the oldest entry has been waiting."""
        oldest = [self._urgent[0].arrived] if self._urgent else []
        oldest += [self._queue.oldest] if self._queue else []
        return max(0.0, self.now() - min(oldest)) if oldest else 0.0

    @property
    def queued(self) -> int:
        """Entries waiting to be stepped."""
        return len(self._notes) + len(self._urgent) + len(self._queue)

    # -- in
    def feed(self, entry: Entry) -> None:
        """A committed entry is to be stepped. Commands and receipts overtake alerts."""
        self._queue_up(entry, self.now())

    def feed_all(self, entries: Iterable[Entry]) -> None:
        """The same for those of one commit."""
        for entry in entries:
            self.feed(entry)

    def note(self, message: Message, rules: Rulebook | None = None) -> None:
        """Journal something of the engine's own: a start, a gap, a clock step, a reload (with its rules)."""
        self._notes.append(Waiting(Entry(0, message), self.now(), rules))
        self._wake.set()

    async def verdict(self, entry: int, patience: float) -> Verdict:
        """The answer to a command; TimeoutError if it is late. To be asked for before the command can be stepped."""
        waiting = self._verdicts.setdefault(entry, asyncio.get_running_loop().create_future())
        try:
            return await asyncio.wait_for(asyncio.shield(waiting), patience)
        finally:
            self._verdicts.pop(entry, None)

    # -- life
    def start(self, origin: bytes) -> None:
        """Rebuild the world from the store, note the start and any deafness, and queue what was left (blocks)."""
        snapshot = self._store.load()
        self.world = World(self._rules, snapshot)
        wall = self._clock.wall()
        at = max(snapshot.at, wall - snapshot.wall_offset)
        self._base = (at, self._clock.monotonic())
        self.note(Message(kind="start", source="engine", body=origin, received=wall))
        heard = max(snapshot.at, snapshot.alive)
        if snapshot.position and at - heard > DEAF_AFTER:
            self._deaf = at - heard
            self.note(Message(kind="gap", source="engine", body=repr(self._deaf).encode(), received=wall))
        left = self._left()
        if self._store.unclean:
            self._suspects = {entry.id: entry.attempts for entry in left[:SUSPECTS]}
        self._resume(left)

    async def run(self) -> None:
        """Step until stopped; what was taken in before the stop is stepped still, unless it takes too long."""
        polled = checked = self._clock.monotonic()
        while not (self._stopping and (self._idle() or self._clock.monotonic() >= self._stop_by)):
            if self._rebuild:
                await self._load_again()
            worked = await self._slice()
            if not worked or len(self._unsaid) >= SAID_TOGETHER:
                worked = self._say(SAYING) or worked
            now = self._clock.monotonic()
            if now - checked >= 1.0:
                checked = now
                self._check_clocks()
            if now - polled >= POLL:
                polled = now
                await self._look_for_strays()
            if self._queue.wants_more:
                await self._read_on()
            await (asyncio.sleep(0) if worked else self._rest())
        while self._commits:
            await asyncio.wait(self._commits)
        self._say(float("inf"))

    def stop(self) -> None:
        """Finish what is queued, for some seconds, and end ``run``; what is left is stepped at the next start."""
        self._stopping, self._stop_by = True, self._clock.monotonic() + STOP_PATIENCE
        self._wake.set()

    # -- stepping
    def _idle(self) -> bool:
        return not self.queued and self._open is None

    def _queue_up(self, entry: Entry, arrived: float) -> None:
        if entry.id in self._known:
            return
        waiting = Waiting(entry, arrived)
        if _overtakes(entry):
            self._urgent.append(waiting)
        elif not self._queue.add(waiting):
            return  # it is read from the store when its turn comes near
        self._known.add(entry.id)
        self._wake.set()

    def _put_back(self, waiting: Waiting) -> None:
        if _overtakes(waiting.entry):
            self._urgent.appendleft(waiting)
        else:
            self._queue.put_back(waiting)

    def _take_up(self, left: Iterable[Entry]) -> None:
        """Queue what the store had kept."""
        for entry in left:
            self._queue_up(entry, self._arrival(entry))

    def _arrival(self, entry: Entry) -> float:
        """Each arrived when it was received: an acknowledgement beats later timers."""
        message = entry.message
        heard = message.received - (0.0 if message.kind == "receipt" else self.world.wall_offset)
        return min(self.now(), max(self.world.at, heard))

    def _left(self) -> tuple[Entry, ...]:
        """What an earlier life has left, as much of it as is wanted at once: the rest is read on (blocks)."""
        return self._store.urgent() + self._store.waiting_after()

    def _resume(self, left: tuple[Entry, ...]) -> None:
        self._take_up(left)
        if left:
            self._queue.leave(1, self.now())  # there may be more

    async def _read_on(self) -> None:
        """There is room again for what was left in the store."""
        before = self._queue.left
        self._lately.clear()  # what is positioned by now is not found
        try:
            found = await asyncio.to_thread(self._store.waiting_after, self._queue.newest)
        except Exception as error:  # the next turn may do
            log.warning("the store does not answer", error=str(error))
            await asyncio.sleep(RETRY)
            return
        for entry in found:
            if entry.id not in self._known and entry.id not in self._lately:
                self._known.add(entry.id)
                waiting = Waiting(entry, self._arrival(entry))
                (self._urgent.append if _overtakes(entry) else self._queue.take)(waiting)
        self._queue.found(found[-1].id if found else 0, len(found), before)

    async def _slice(self) -> bool:
        """Decide for a slice; hand what is done to the store. A long body goes on in the next slice."""
        batch: list[Stepped] = []
        end = perf_counter() + SLICE
        worked = False
        while perf_counter() < end:
            if self._open is None:
                waiting = self._next()
                if waiting is None:
                    break
                suspected = self._suspects.get(waiting.entry.id, len(TOGETHER)) < len(TOGETHER)
                if suspected or self._careful:
                    if batch:
                        self._put_back(waiting)
                        break
                    await (self._count_attempts(waiting) if suspected else self._alone(waiting))
                    return True
                self._open = self._begin(waiting)
            worked = True
            if self._go_on(self._open, end):
                batch.append(self._finish(self._open))
                self._open = None
            elif self._rebuild:
                break
        if batch:
            await self._hand_over(batch)
        return worked

    def _next(self) -> Waiting | None:
        """What comes first: our own notes; commands and receipts, unless a timer was due before; then time order."""
        if self._notes:
            return self._notes.popleft()
        arrived = self._urgent[0].arrived if self._urgent else self._queue.oldest if self._queue.ready else self.now()
        due = self.world.due(min(self.now(), arrived))
        if due is not None:
            when, kind, number = due
            return Waiting(Entry(0, pipeline.timer_message(kind, number)), when)
        if self._urgent:
            return self._urgent.popleft()
        return self._queue.pop() if self._queue.ready else None

    def _begin(self, waiting: Waiting) -> Stepping:
        """Position an entry: from here on its time is the world's."""
        self.world.at = max(self.world.at, waiting.arrived)
        return Stepping(waiting, iter(self._decided(waiting, self.world.at)), [])

    def _go_on(self, stepping: Stepping, end: float) -> bool:
        """Decide and apply unit by unit until ``end``; whether the entry is done."""
        try:
            for changes in stepping.units:
                self.world.apply(changes)
                stepping.parts.append(changes)
                if perf_counter() >= end:
                    return False
        except Exception as broken:  # it could not even be set aside, or left the world half changed
            self._give_up([stepping.waiting], broken)
            return False
        return True

    def _finish(self, stepping: Stepping) -> Stepped:
        waiting, world = stepping.waiting, self.world
        if waiting.rules is not None:
            self._rules = waiting.rules
            world.reload(waiting.rules)
        world.position += 1
        self.stepped += 1
        return Stepped(entry=waiting.entry, position=world.position, at=world.at, changes=combine(stepping.parts))

    def _decided(self, waiting: Waiting, at: float) -> Iterable[Changes]:
        entry = waiting.entry
        died = self._suspects.pop(entry.id, 0) >= len(TOGETHER)
        refusals = self._refused[_key(entry)]
        if refusals or died:
            why = HOPELESS if refusals > 1 else REFUSED if refusals else DIED
            return (set_aside(self.world, entry.message, at, why) for _ in range(1))
        return pipeline.step(self.world, entry, at)

    async def _count_attempts(self, first: Waiting) -> None:
        """After an unclean end: the attempt at some is committed, then they are stepped as ever.

        If that kills, what kills is among them, and the next start tries fewer of them at once.
        """
        self._put_back(first)
        had = self._suspects[first.entry.id]
        alike = (w.entry.id for w in chain(self._urgent, self._queue) if self._suspects.get(w.entry.id) == had)
        ids = tuple(islice(alike, TOGETHER[had]))
        await self._store.attempt(ids)
        for number in ids:
            del self._suspects[number]

    async def _alone(self, waiting: Waiting) -> None:
        """Step and commit an entry by itself."""
        self._careful = max(0, self._careful - 1)
        stepping = self._begin(waiting)
        while not self._go_on(stepping, perf_counter() + SLICE):
            if self._rebuild:
                return
            await asyncio.sleep(0)
        await self._hand_over([self._finish(stepping)])
        while self._commits:
            await asyncio.wait(self._commits)

    # -- out
    async def _hand_over(self, batch: list[Stepped]) -> None:
        await self._slots.acquire()
        task = asyncio.get_running_loop().create_task(self._commit(batch))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)

    async def _commit(self, batch: list[Stepped]) -> None:
        try:
            await self._store.commit(batch)
        except StoreUnavailable:
            return  # stopping: what was not committed is stepped again at the next start
        except Exception as error:  # BatchRefused, or rows that can't be written down at all
            self._give_up([Waiting(stepped.entry, stepped.at) for stepped in batch], error)
            return
        finally:
            self._slots.release()
        for stepped in batch:
            self._refused.pop(_key(stepped.entry), None)
        ids = {stepped.entry.id for stepped in batch}
        self._known -= ids
        self._lately |= ids
        for stepped in batch:
            waiting = self._verdicts.pop(stepped.entry.id, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(
                    stepped.changes.verdict or Verdict(False, stepped.changes.shunted or "nothing was decided")
                )
        self._unsaid.extend(batch)
        self._wake.set()
        self._committed(batch)

    def _say(self, seconds: float) -> bool:
        """Write log lines for so long, or until few enough are left; whether some are."""
        end = perf_counter() + seconds
        while self._unsaid and (perf_counter() < end or len(self._unsaid) > UNSAID):
            _tell_log([self._unsaid.popleft() for _ in range(min(SAID_TOGETHER, len(self._unsaid)))])
        return bool(self._unsaid)

    def _give_up(self, batch: Sequence[Waiting], error: Exception) -> None:
        """What these lead to can't be kept, and nothing decided after them: rebuild, and go on one by one."""
        log.error("batch given up", error=str(error), entries=[waiting.entry.id for waiting in batch])
        if not self._rebuild and len(batch) == 1:  # those after the first are refused for its sake
            self._refused[_key(batch[0].entry)] += 1
        self._careful += len(batch)
        self._lost += [waiting for waiting in batch if is_note(waiting.entry)]
        self._rebuild = True
        self._wake.set()

    async def _load_again(self) -> None:
        """The database refused a batch: discard the world, rebuild it, step what was under way one by one."""
        while self._commits:
            await asyncio.wait(self._commits)
        if any(times > 1 for times in self._refused.values()):
            await asyncio.sleep(RETRY)  # a timer that is hopeless comes back at once: leave room for the others
        snapshot, left = await self._read()
        if self._open is not None and is_note(self._open.waiting.entry) and self._open.waiting not in self._lost:
            self._lost.append(self._open.waiting)
        # A lost reload was taken over already: its rules are those of now.
        lost = [
            replace(w, rules=(w.rules or self._rules) if w.entry.message.kind == "reload" else None) for w in self._lost
        ]
        self._notes.extendleft(reversed(lost))
        self._lost.clear()
        self._rebuild, self._open = False, None
        self._urgent.clear()
        self._queue.clear()
        self._known.clear()
        self.world = World(self._rules, snapshot)
        self._suspects = {entry.id: 0 for entry in left[:SUSPECTS] if not self._refused[_key(entry)]}
        self._resume(left)

    async def _read(self) -> tuple[Snapshot, tuple[Entry, ...]]:
        """All rows and what is left to step, as soon as the store answers; nothing comes in between the two."""
        while True:
            try:
                return self._store.load(), self._left()
            except Exception as error:
                if self._stopping:
                    raise
                log.warning("the store does not answer; the world waits", error=str(error))
                await asyncio.sleep(RETRY)

    # -- looking around
    async def _rest(self) -> None:
        """Sleep until something arrives or the next timer is due; wake every second to look at the clocks."""
        due = self.world.next_due()
        patience = min(1.0, max(0.0, due - self.now())) if due is not None else 1.0
        try:
            async with asyncio.timeout(patience + 0.001):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    def _check_clocks(self) -> None:
        wall, now = self._clock.wall(), self.now()
        if abs(wall - now - self.world.wall_offset) > CLOCK_STEP and not self._notes:
            self.note(Message(kind="clock", source="engine", body=repr(wall - now).encode(), received=wall))
        lag = self.lag
        if lag < DEAF_AFTER:
            self._deaf = 0.0
        elif lag > self._deaf + DEAF_AFTER:
            self.note(Message(kind="gap", source="engine", body=repr(lag - self._deaf).encode(), received=wall))
            self._deaf = lag

    async def _look_for_strays(self) -> None:
        """Rows whose commit was unclear to their sender are in the store all the same."""
        if self._queue.left:
            return  # nearly all is left there, and read on in its order
        self._lately.clear()
        try:
            found = await asyncio.to_thread(self._store.pending, frozenset(self._known))
        except Exception as error:  # the next look may do
            log.warning("the store does not answer", error=str(error))
            return
        self._take_up(entry for entry in found if entry.id not in self._lately)


def pages(batch: Sequence[Stepped]) -> list[Notification]:
    """The notifications that a batch requested."""
    return [n for stepped in batch for n in stepped.changes.notifications]


def _tell_log(batch: Sequence[Stepped]) -> None:
    """One line a decision, searchable by incident; of many alike only the first. The timeline has them all."""
    alike: defaultdict[tuple[int, str], list[tuple[TimelineRow, int]]] = defaultdict(list)
    for stepped in batch:
        for row in stepped.changes.timeline:
            alike[row.incident, row.what].append((row, stepped.position))
        if stepped.changes.shunted:
            log.warning(
                "shunted", entry=stepped.entry.id, source=stepped.entry.message.source, error=stepped.changes.shunted
            )
    for rows in alike.values():
        said = rows if len(rows) <= ALIKE else rows[:1]
        for row, position in said:
            log.info(
                row.what,
                incident=row.incident,
                text=row.text,
                actor=row.actor or None,
                rule=row.rule or None,
                position=position,
                more=len(rows) - len(said) or None,
            )


def _overtakes(entry: Entry) -> bool:
    """What people said and what became of letters come before alerts, and so does what is wrong here."""
    return entry.message.kind in ("command", "receipt", "trouble") or entry.message.answers is not None


def _key(entry: Entry) -> Key:
    return entry.id or (entry.message.kind, entry.message.body)
