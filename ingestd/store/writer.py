"""The one thread that writes. All that was queued while the last commit was being synced goes into the next.

Two sorts of job. An *intake* job has a sender waiting who can try again: if its group fails it gets StoreUnavailable at
once. Every other job (an engine batch, a claim, an outcome …) has nobody else: it keeps its place in the order and is
retried until it commits. Each group has all intake jobs that wait and a bounded share of the others, so that a busy
engine hardly delays senders. A database that refuses a row for good (a constraint, not an outage) is told apart: the
group is then written one job at a time, and only the refused one fails.
"""

import asyncio
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ingestd.model import Message, StoreUnavailable
from ingestd.store import tables
from ingestd.store.bulk import Bulk
from ingestd.store.rows import Row, decode_progress
from ingestd.store.statements import ORDER, statements

log = logging.getLogger("ingestd.store")

AGAIN = 7 * 86400.0  # seconds within which a second delivery is one
GROUP_ROWS = 4096  # most rows of intake jobs in one transaction: bounds the latency of whoever waits next
ENGINE_ROWS = 128  # … and of all other jobs, which have no sender waiting
FIRST_RETRY, LAST_RETRY = 0.05, 2.0  # seconds between tries of what must commit
FOR_GOOD = (IntegrityError, DataError, ProgrammingError)

_LAST_ID = text("SELECT seq FROM sqlite_sequence WHERE name = 'inbox'")
_NEXT_IDS = text("SELECT nextval(pg_get_serial_sequence('inbox', 'id')) FROM generate_series(1, :count)")


class BatchRefused(Exception):  # noqa: N818  (what happened, like StoreUnavailable)
    """The database refuses an engine batch for good, or one before it: discard the world and rebuild it by ``load``."""


@dataclass(slots=True, eq=False)
class Job:
    """One unit that is written whole or not at all."""

    future: asyncio.Future[Any]
    message: Message | None = None  # set: an intake job
    inbox: list[Row] = field(default_factory=list)  # new inbox rows; their ids are given by the writer
    bodies: list[bytes] = field(default_factory=list)  # one for each of ``inbox``
    rows: dict[str, list[Row]] = field(default_factory=dict)  # statement name -> rows
    act: Callable[[Connection, int], Any] | None = None  # conditional work after the rows; gets a reserved inbox id
    position: int = 0  # engine batch: its last position
    epoch: int = 0  # engine batch: how often the world had been loaded when it was decided
    ids: list[int] = field(default_factory=list)
    kept_before: bool = False  # a second delivery: ``ids`` are those of the first
    answer: Any = None
    error: Exception | None = None

    @property
    def weight(self) -> int:
        """How many rows it brings."""
        return len(self.inbox) + sum(map(len, self.rows.values())) + 1


@dataclass(slots=True)
class Figures:
    """What the writer did since it started."""

    commits: int = 0
    jobs: int = 0
    failures: int = 0


Settle = Callable[[Sequence[Job], float], None]


class Writer:
    """Takes jobs from the event loop, answers with one callback into the loop a group: ``settle(jobs, seconds)``."""

    def __init__(self, engine: Engine, settle: Settle) -> None:
        self.figures = Figures()
        self._engine = engine
        self._settle = settle
        self._bulk = Bulk(statements(engine.dialect.name), engine.dialect)
        self._intake: deque[Job] = deque()  # a sender waits for each: they overtake
        self._queue: deque[Job] = deque()
        self._carried: deque[Job] = deque()  # from a failed group, before everything in the queue
        self._wake = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._waking = False  # the thread is told at the end of this turn of the loop
        self._connection: Connection | None = None  # the thread's, from group to group
        self._stop_by: float | None = None  # monotonic; after it even what must commit is given up
        self._singly = 0  # so many jobs are still to be written alone
        self._unsure = False  # the last commit failed and may have happened all the same
        self._refused_epoch = -1
        self._failed_in_a_row = 0

    def submit(self, job: Job) -> None:
        """Queue a job; called on the event loop."""
        if self._thread is None:
            self._loop = job.future.get_loop()
            self._thread = threading.Thread(target=self._run, name="ingestd-writer", daemon=True)
            self._thread.start()
        (self._queue if job.message is None else self._intake).append(job)
        if not self._waking and self._loop is not None:
            self._waking = True
            self._loop.call_soon(self._tell)  # all that is queued in this turn goes together

    def _tell(self) -> None:
        self._waking = False
        with self._wake:
            self._wake.notify()

    def stop(self, patience: float) -> None:
        """Write what is queued, for at most ``patience`` seconds if the database fails, and end the thread (blocks)."""
        with self._wake:
            self._stop_by = time.monotonic() + patience
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    # --- the thread ---

    def _run(self) -> None:
        while group := self._next_group():
            self._write_group(group)
        self._disconnect()

    def _next_group(self) -> list[Job]:
        """Wait for work; an empty list: it is over."""
        with self._wake:
            while not (self._queue or self._intake or self._carried) and self._stop_by is None:
                self._wake.wait()
            group: list[Job] = []
            if self._singly:
                waiting = self._carried or self._intake or self._queue
                return [waiting.popleft()] if waiting else []
            _take(group, self._carried, GROUP_ROWS)
            _take(group, self._intake, GROUP_ROWS)  # while the database fails, senders are told so at once
            if not self._carried:
                _take(group, self._queue, ENGINE_ROWS)
            return group

    def _write_group(self, group: list[Job]) -> None:
        started = time.perf_counter()
        refused = [job for job in group if job.position and job.epoch <= self._refused_epoch]
        todo = [job for job in group if job not in refused] if refused else group
        for job in refused:
            job.error = BatchRefused("an earlier batch was refused")
        try:
            self._transaction(todo)
        except Exception as error:
            self._failed(todo, error)
            group = refused + [job for job in todo if job.error]
        else:
            self._unsure = False
            self._failed_in_a_row = 0
            self._singly = max(0, self._singly - len(todo))
            self.figures.commits += 1
            self.figures.jobs += len(todo)
        self._answer(group, time.perf_counter() - started)
        if self._failed_in_a_row:
            self._back_off()

    def _transaction(self, group: list[Job]) -> None:
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            with self._connection.begin():
                if self._unsure:
                    settled = self._stored_position(self._connection)
                    group = [job for job in group if not 0 < job.position <= settled]
                self._execute(self._connection, group)
        except BaseException:
            self._disconnect()  # whatever state it is in
            raise

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _execute(self, connection: Connection, group: list[Job]) -> None:
        """All rows of all jobs, those of one statement together."""
        twins = _second_deliveries(connection, group)
        new = [job for job in group if job not in twins]
        ids = iter(self._take_ids(connection, sum(len(job.inbox) + (job.act is not None) for job in new)))
        rows: defaultdict[str, list[Row]] = defaultdict(list)
        for job in new:
            job.ids, job.kept_before = [next(ids) for _ in job.inbox], False
            for number, row, body in zip(job.ids, job.inbox, job.bodies, strict=True):
                row["id"] = number
                rows["inbox"].append(row)
                if body:
                    rows["inbox_body"].append({"inbox_id": number, "body": body})
            for name, more in job.rows.items():
                rows[name] += more
        for name in ORDER:
            if name in rows:
                self._bulk.execute(connection, name, rows[name])
        for job in new:
            if job.act is not None:
                job.answer = job.act(connection, next(ids))
        for job, first in twins.items():
            job.ids, job.kept_before = (first.ids if isinstance(first, Job) else [first]), True

    def _take_ids(self, connection: Connection, count: int) -> Sequence[int]:
        if not count:
            return ()
        if connection.dialect.name == "postgresql":
            return sorted(connection.scalars(_NEXT_IDS, {"count": count}))
        # This transaction holds the write lock: nobody else takes the same numbers.
        last: int = connection.scalar(_LAST_ID) or 0
        return range(last + 1, last + count + 1)

    @staticmethod
    def _stored_position(connection: Connection) -> int:
        value = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.key == "engine"))
        return decode_progress(value).position if value else 0

    def _failed(self, group: list[Job], error: Exception) -> None:
        """Decide who is told now and who is tried again."""
        self.figures.failures += 1
        for_good = isinstance(error, FOR_GOOD) or not isinstance(error, DBAPIError | PoolTimeout | OSError)
        if for_good and len(group) > 1:
            self._singly = len(group)
            self._carried.extendleft(reversed(group))
            return
        if for_good:
            self._refuse(group[0], error)
            return
        log.warning("commit failed, %d jobs: %s", len(group), error.__cause__ or error)
        self._unsure = True
        self._failed_in_a_row += 1
        given_up = self._stop_by is not None and time.monotonic() >= self._stop_by
        for job in group:
            if job.message is not None or given_up:
                job.error = StoreUnavailable(f"the store can't commit now: {type(error).__name__}")
        kept = [job for job in group if job.error is None]
        self._singly = min(self._singly, len(kept))
        self._carried.extendleft(reversed(kept))

    def _refuse(self, job: Job, error: Exception) -> None:
        log.error("the database refuses a row for good: %s", error)
        self._singly = max(0, self._singly - 1)
        job.error = error
        if job.message is not None:
            job.error = StoreUnavailable("the store refuses this message")  # the sender keeps it
        elif job.position:
            self._refused_epoch = job.epoch
            job.error = BatchRefused(str(error))

    def _answer(self, group: Sequence[Job], seconds: float) -> None:
        if group and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._settle, group, seconds)

    def _back_off(self) -> None:
        """Wait before the next try of what was carried over; a stop cuts the first wait short."""
        if not self._carried:
            return
        delay = min(LAST_RETRY, FIRST_RETRY * 2 ** min(self._failed_in_a_row, 10))
        with self._wake:
            if self._stop_by is None:
                self._wake.wait_for(lambda: self._stop_by is not None, delay)
            else:
                self._wake.wait(max(0.0, min(delay, self._stop_by - time.monotonic())))


def _second_deliveries(connection: Connection, group: list[Job]) -> dict[Job, "Job | int"]:
    """Intake jobs whose message is kept already -> the inbox id, or the job of this group, that keeps it."""
    named = [job for job in group if job.message is not None and job.message.origin]
    if not named:
        return {}
    found: dict[str, Job | int] = dict(_kept(connection, {job.inbox[0]["origin"]: job for job in named}))
    twins: dict[Job, Job | int] = {}
    for job in named:
        first = found.setdefault(job.inbox[0]["origin"], job)
        if first is not job:
            twins[job] = first
    return twins


def _kept(connection: Connection, by_origin: dict[str, Job]) -> Iterator[tuple[str, int]]:
    """The inbox ids under these origins; one from long ago gives its origin up."""
    origins = list(by_origin)
    for start in range(0, len(origins), 500):
        query = select(tables.inbox.c.id, tables.inbox.c.origin, tables.inbox.c.received)
        for row in connection.execute(query.where(tables.inbox.c.origin.in_(origins[start : start + 500]))).all():
            if by_origin[row.origin].inbox[0]["received"] - row.received <= AGAIN:
                yield row.origin, row.id
            else:
                connection.execute(update(tables.inbox).where(tables.inbox.c.id == row.id).values(origin=None))


def _take(group: list[Job], waiting: deque[Job], limit: int) -> None:
    """Move jobs into a group until they bring ``limit`` rows."""
    weight = 0
    while waiting and weight < limit:
        group.append(waiting.popleft())
        weight += group[-1].weight
