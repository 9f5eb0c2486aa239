"""The store: what is accepted is kept here, and what was decided is committed here before anyone hears of it."""

import asyncio
import hashlib
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, insert, select

from ingestd.model import Entry, Message, Notification, Receipt, Snapshot, Stepped, StoreUnavailable
from ingestd.store import engines, erasing, rows, tables
from ingestd.store.erasing import Packable
from ingestd.store.queries import Journalled, Queries, half_made, read_progress
from ingestd.store.schema import migrate
from ingestd.store.statements import CLAIM, SETTLE
from ingestd.store.writer import Figures, Job, Writer

log = logging.getLogger("ingestd.store")

WATERMARK_EVERY = 1.0  # seconds between looks at the free disk space


class Limits(Struct, frozen=True, kw_only=True):
    """When new messages are turned away for a while, and how long a stop may take."""

    queued: int = 20_000  # messages waiting for their commit
    queued_bytes: int = 256 * 1024 * 1024
    free_bytes: int = 64 * 1024 * 1024  # of the disk that an SQLite file is on
    patience: float = 10.0  # seconds to go on trying at a stop while commits fail


class Store:
    """Opened by ``Store.open``; everything but ``open`` and the blocking reads runs on one event loop.

    ``on_received`` is called with entries as soon as they are committed, also when the sender who waited for one is
    gone: the engine's feed. ``on_commit`` is called with (jobs, seconds) after every group.
    """

    def __init__(self, writing: Engine, reading: Engine, folder: Path | None, limits: Limits) -> None:
        self.queries = Queries(reading)
        self.unclean = False  # the process before did not close the store
        self.on_received: Callable[[Sequence[Entry]], None] | None = None
        self.on_commit: Callable[[int, float], None] | None = None
        self._writing, self._reading = writing, reading
        self._writer = Writer(writing, self._settle)
        self._folder, self._limits = folder, limits
        self._waiting = self._waiting_bytes = 0
        self._looked_at_disk = float("-inf")
        self._disk_is_full = False
        self._progress = rows.Progress()
        self._epoch = 0
        self._boot = secrets.token_hex(8)
        self._tokens = 0
        self._closed = False

    @classmethod
    def open(cls, url: str, *, limits: Limits | None = None) -> Self:
        """Connect, bring the schema up to date and mark the store as in use (blocks).

        ``url``: ``sqlite:////path/ingestd.db`` or ``postgresql://user@host/name``. ValueError: another kind, or half a
        copy; sqlalchemy.exc.SQLAlchemyError: it can't be reached or migrated.
        """
        parsed = engines.parse(url)
        writing = engines.writer(parsed)
        try:
            migrate(writing)
            store = cls(writing, engines.reader(parsed), engines.folder(parsed), limits or Limits())
            store._begin()
        except BaseException:
            writing.dispose()
            raise
        return store

    async def close(self, *, clean: bool = True) -> None:
        """Commit what is queued, note that the end was clean (if it was), and disconnect. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._writer.stop, self._limits.patience)
        await asyncio.to_thread(self._end, clean)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- intake ---

    async def receive(self, message: Message) -> int:
        """Keep a message; returns its inbox id once it is committed and synced. StoreUnavailable: try again later.

        A second delivery (the same ``origin`` within a week) is not kept again: the id is that of the first.
        """
        self._admit(len(message.body))
        job = self._job(message=message, inbox=[rows.inbox_row(message)], bodies=[message.body])
        self._waiting += 1
        self._waiting_bytes += len(message.body)
        self._writer.submit(job)
        await job.future
        return job.ids[0]

    # --- engine ---

    async def commit(self, batch: Sequence[Stepped]) -> tuple[int, ...]:
        """Commit positioned entries and all they changed, in order; returns each entry's inbox id.

        Retried until it is durable. BatchRefused: the database takes neither this batch nor those decided after it;
        ``load`` and rebuild the world. StoreUnavailable: only when the store was closed meanwhile.
        """
        if not batch:
            return ()
        progress = rows.advance(self._progress, batch)
        new = [stepped for stepped in batch if not stepped.entry.id]
        job = self._job(
            inbox=[rows.journal_row(stepped) for stepped in new],
            bodies=[stepped.entry.message.body for stepped in new],
            rows=_changes(batch) | {"meta": [{"key": "engine", "value": rows.json(progress)}]},
            position=progress.position,
            epoch=self._epoch,
        )
        self._progress = progress
        await self._submit(job)
        given = iter(job.ids)
        return tuple(stepped.entry.id or next(given) for stepped in batch)

    async def attempt(self, ids: Iterable[int]) -> None:
        """Count one more try at stepping these entries, before it is made: a death while stepping them shows."""
        attempts = [{"row_id": number} for number in ids]
        if attempts:
            await self._submit(self._job(rows={"attempt": attempts}))

    async def alive(self, at: float) -> None:
        """Note that the process listens: at the next start deafness counts from here, not from the last message."""
        await self._submit(self._job(rows={"meta": [{"key": "alive", "value": repr(at)}]}))

    def load(self) -> Snapshot:
        """All that a world is rebuilt from (blocks; call it while no batch is under way)."""
        snapshot = self.queries.load()
        self._epoch += 1
        self._progress = rows.Progress(*msgspec.structs.astuple(snapshot)[:6])
        return snapshot

    def pending(self, known: frozenset[int] = frozenset()) -> tuple[Entry, ...]:
        """Unpositioned entries not in ``known``: commands and receipts first, then as they came (blocks).

        Call it now and then, while few wait: a commit that failed unclearly may have kept what a sender was refused.
        """
        return self.queries.pending(known)

    def urgent(self) -> tuple[Entry, ...]:
        """Of the unpositioned entries those that overtake (blocks)."""
        return self.queries.urgent()

    def waiting_after(self, after: int = 0) -> tuple[Entry, ...]:
        """Of the others some that come next above an id; none: there are no more (blocks)."""
        return self.queries.waiting(after)

    def queued(self) -> tuple[Notification, ...]:
        """Notifications that are queued, or were in flight when the process before ended (blocks)."""
        return self.queries.queued()

    def entries(self, from_position: int = 1) -> Iterator[Journalled]:
        """The journal from a position on (blocks)."""
        return self.queries.entries(from_position)

    # --- outbox ---

    async def claim(self, notification: int, at: float) -> Entry | None:
        """Take a queued notification: from now on its person counts as told.

        Returns the receipt as a committed entry for the engine to step; None: it was cancelled or taken before.
        """
        return await self._conditional(notification, at, _claim)

    async def outcome(self, receipt: Receipt, at: float, *, message_id: str = "", attempts: int = 0) -> Entry | None:
        """Record what became of a claimed notification; returns the receipt as an entry, None: it had an outcome."""

        def settle(connection: Connection, number: int, token: str, new: int) -> Receipt | None:
            parameters = {
                "row_id": number,
                "new_token": token,
                "new_receipt": new,
                "new_state": receipt.outcome,
                "new_channel": rows.clean(receipt.channel),
                "new_detail": rows.clean(receipt.detail),
                "new_attempts": attempts,
                "new_message_id": message_id,
            }
            return receipt if connection.execute(SETTLE, parameters).first() else None

        return await self._conditional(receipt.notification, at, settle)

    # --- blobs ---

    async def put_blob(self, content: bytes) -> str:
        """Keep content under its SHA-256, once; returns the digest in hex."""
        digest = hashlib.sha256(content).hexdigest()
        await self._submit(self._job(rows={"blob": [{"digest": digest, "content": content}]}))
        return digest

    async def blob(self, digest: str) -> bytes | None:
        """The content kept under a digest."""
        return await asyncio.to_thread(self._read_blob, digest)

    # --- bodies that grow old ---

    async def erase(self, messages: Iterable[int]) -> None:
        """Erase bodies; their rows in the journal stay."""
        await self._submit(self._job(rows={"erase": [{"row_id": number} for number in messages]}))

    async def pack(self, found: Packable) -> None:
        """Keep bodies packed, and where to go on."""
        smaller = [{"row_id": number, "packed": body} for number, body in found.bodies.items()]
        rows_of = {"meta": [{"key": erasing.MARK, "value": str(found.last)}]} | ({"pack": smaller} if smaller else {})
        await self._submit(self._job(rows=rows_of))

    # --- figures ---

    @property
    def figures(self) -> Figures:
        """Commits, jobs and failures since the start."""
        return self._writer.figures

    @property
    def waiting(self) -> int:
        """Messages whose commit is awaited."""
        return self._waiting

    # --- inside ---

    def _begin(self) -> None:
        with self._writing.begin() as connection:
            if begun := half_made(connection):
                raise ValueError(
                    f"a copy of {begun} into this store is not complete: run `ingestd migrate-store` again"
                )
            ended = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.key == "clean"))
            self.unclean = ended == "no"
            self._progress = read_progress(connection)
            _put_meta(connection, "clean", "no")

    def _end(self, clean: bool) -> None:
        try:
            with self._writing.begin() as connection:
                _put_meta(connection, "clean", "yes" if clean else "no")
        except Exception as error:  # the next start only looks closer than it needs to
            log.warning("the store was not marked as cleanly closed: %s", error)
        self._writing.dispose()
        self._reading.dispose()

    def _job(self, **parts: Any) -> Job:
        return Job(asyncio.get_running_loop().create_future(), **parts)

    async def _submit(self, job: Job) -> Any:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        self._writer.submit(job)
        return await job.future

    def _admit(self, size: int) -> None:
        """Turn a message away at once rather than let the queue or the disk fill up."""
        if self._closed:
            raise StoreUnavailable("stopping")
        if self._waiting >= self._limits.queued or self._waiting_bytes + size > self._limits.queued_bytes:
            raise StoreUnavailable("too much is waiting to be committed", retry_after=5)
        if self._low_on_disk():
            raise StoreUnavailable("the disk is nearly full", retry_after=60)

    def _low_on_disk(self) -> bool:
        now = time.monotonic()
        if self._folder is not None and now - self._looked_at_disk >= WATERMARK_EVERY:
            self._looked_at_disk = now
            disk = os.statvfs(self._folder)
            self._disk_is_full = disk.f_bavail * disk.f_frsize < self._limits.free_bytes
        return self._disk_is_full

    def _settle(self, group: Sequence[Job], seconds: float) -> None:
        """On the loop: account for a group, feed the engine, wake who waits."""
        received: list[Entry] = []
        for job in group:
            if job.message is not None:
                self._waiting -= 1
                self._waiting_bytes -= len(job.message.body)
                if job.error is None and not job.kept_before:
                    received.append(Entry(job.ids[0], job.message))
            if job.future.done():  # cancelled: the waiter is gone
                continue
            if job.error is None:
                job.future.set_result(job.answer)
            else:
                job.future.set_exception(job.error)
        if received and self.on_received is not None:
            self.on_received(received)
        if self.on_commit is not None and any(job.error is None for job in group):
            self.on_commit(len(group), seconds)

    async def _conditional(
        self, number: int, at: float, change: Callable[[Connection, int, str, int], Receipt | None]
    ) -> Entry | None:
        """One conditional update and, if it took effect, the receipt's inbox row; settled by token if unclear."""
        self._tokens += 1
        token = f"{self._boot}:{self._tokens}"

        def act(connection: Connection, new: int) -> Entry | None:
            receipt = change(connection, number, token, new)
            if receipt is None:
                return _made_before(connection, number, token)
            message = _receipt_message(receipt, at)
            connection.execute(insert(tables.inbox), [rows.inbox_row(message) | {"id": new}])
            connection.execute(insert(tables.inbox_body), [{"inbox_id": new, "body": message.body}])
            return Entry(new, message)

        answer: Entry | None = await self._submit(self._job(act=act))
        return answer

    def _read_blob(self, digest: str) -> bytes | None:
        with self._reading.begin() as connection:
            content = connection.scalar(select(tables.blob.c.content).where(tables.blob.c.digest == digest))
        return bytes(content) if content is not None else None


def _changes(batch: Sequence[Stepped]) -> dict[str, list[rows.Row]]:
    """A batch as rows by statement; of what changed several times only the last version."""
    alerts = {a.id: a for stepped in batch for a in stepped.changes.alerts}
    incidents = {i.number: i for stepped in batch for i in stepped.changes.incidents}
    marks = {m.node: m for stepped in batch for m in stepped.changes.marks}
    silences = {one.id: one for stepped in batch for one in stepped.changes.silences}
    heartbeats = {one.id: one for stepped in batch for one in stepped.changes.heartbeats}
    budgets = {one.person: one for stepped in batch for one in stepped.changes.budgets}
    known = {one.id: one for stepped in batch for one in stepped.changes.known}
    asked = [n for stepped in batch for n in stepped.changes.notifications]
    found = {
        "stepped": [rows.outcome_row(stepped) for stepped in batch if stepped.entry.id],
        "alert": [rows.alert_row(a) for a in alerts.values()],
        "incident": [rows.incident_row(i) for i in incidents.values()],
        "node_mark": [rows.mark_row(m) for m in marks.values()],
        "silence": [rows.silence_row(one) for one in silences.values()],
        "heartbeat": [rows.heartbeat_row(one) for one in heartbeats.values()],
        "budget": [rows.budget_row(one) for one in budgets.values()],
        "known": [rows.known_row(one) for one in known.values()],
        "timeline": [rows.timeline_row(t, stepped.position) for stepped in batch for t in stepped.changes.timeline],
        "notification": [rows.notification_row(n) for n in asked if not n.again],
        "again": [{"row_id": n.id, "new_body": rows.json(n)} for n in asked if n.again],
        "cancel": [{"row_id": number} for stepped in batch for number in stepped.changes.cancelled],
    }
    return {name: some for name, some in found.items() if some}


def _claim(connection: Connection, number: int, token: str, new: int) -> Receipt | None:
    row = connection.execute(CLAIM, {"row_id": number, "new_token": token, "new_receipt": new}).first()
    if row is None:
        return None
    return Receipt(notification=number, incident=row.incident, person=row.person, kind=row.kind, outcome="claimed")


def _made_before(connection: Connection, number: int, token: str) -> Entry | None:
    """The entry that this very update wrote in a commit whose answer was lost."""
    mine = select(tables.notification.c.receipt).where(
        tables.notification.c.id == number, tables.notification.c.token == token
    )
    kept = select(tables.inbox.c.id, tables.inbox.c.envelope, tables.inbox.c.attempts, tables.inbox_body.c.body)
    kept = kept.join(tables.inbox_body, tables.inbox_body.c.inbox_id == tables.inbox.c.id)
    row = connection.execute(kept.where(tables.inbox.c.id == mine.scalar_subquery())).first()
    return rows.entry(row) if row else None


def _receipt_message(receipt: Receipt, at: float) -> Message:
    return Message(kind="receipt", source="outbox", received=at, body=msgspec.json.encode(receipt))


def _put_meta(connection: Connection, key: str, value: str) -> None:
    connection.execute(tables.meta.delete().where(tables.meta.c.key == key))
    connection.execute(insert(tables.meta), [{"key": key, "value": value}])
