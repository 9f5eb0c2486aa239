"""What is read from the store: short transactions on connections of their own, in worker threads."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from ingestd.model import (
    KNOWN_KEPT,
    REREAD,
    SILENCE_KEPT,
    Alert,
    Entry,
    Incident,
    Known,
    Message,
    Notification,
    Silence,
    Snapshot,
    TimelineRow,
    Verdict,
)
from ingestd.store import audit, erasing, past, rows, unpaged
from ingestd.store.audit import Unsent, Unstepped
from ingestd.store.daily import Daily, daily
from ingestd.store.erasing import Aged, Packable
from ingestd.store.ledger import Asked, LedgerLine, ledger
from ingestd.store.listing import listing
from ingestd.store.past import ByHand, Failure, Seen
from ingestd.store.sharing import shared
from ingestd.store.tables import (
    alert,
    budget,
    heartbeat,
    inbox,
    inbox_body,
    incident,
    known,
    meta,
    node_mark,
    notification,
    silence,
    timeline,
)
from ingestd.store.unpaged import Unpaged

T = TypeVar("T")

MARK = "copying"  # in ``meta``: where a copy that is not complete comes from
CHUNK = 500  # journal entries read at a time
MOST_WAITING = 2000  # entries that wait, read at a time …
MOST_OCTETS = 64 * 1024 * 1024  # … and the octets of their bodies, as they are stored


class Delivery(Struct, frozen=True):
    """A notification and what became of it."""

    notification: Notification
    channel: str
    detail: str
    attempts: int
    message_id: str


class First(Struct, frozen=True):
    """The first letter of a thread: its notification, and when that was decided."""

    id: int
    at: float


class Shunted(Struct, frozen=True):
    """An entry that was set aside, without its body."""

    id: int
    message: Message
    error: str
    position: int | None
    at: float | None
    incident: int | None


class Unrecognised(Struct, frozen=True):
    """A message that no recogniser and no source understood, without its body."""

    id: int
    message: Message
    incident: int | None  # that it opened or joined


class Journalled(Struct, frozen=True):
    """A positioned entry as it was stepped: what a replay feeds to the pipeline."""

    entry: Entry
    position: int
    at: float
    state: str  # done | shunted
    recogniser: str | None
    verdict: Verdict | None
    error: str = ""  # why it was set aside


class Queries:
    """The reading side of a store. Every method is one transaction that sees one state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def incidents(self, state: str | None = None, limit: int = 100, before: int = 0) -> tuple[Incident, ...]:
        """Newest first. ``state``: triggered, acknowledged, resolved, or "open" (not resolved, not merged); None: all.

        ``before`` pages on: only numbers below it (0: from the newest).
        """
        query = select(incident.c.body).order_by(incident.c.number.desc()).limit(limit)
        if state == "open":
            query = query.where(incident.c.state != "resolved", incident.c.merged_into == 0)
        elif state is not None:
            query = query.where(incident.c.state == state)
        if before:
            query = query.where(incident.c.number < before)
        return await self._decoded(query, rows.decode_incident)

    async def incident(self, number: int) -> Incident | None:
        """One incident as it is; a merged one names its survivor."""
        found = await self._decoded(select(incident.c.body).where(incident.c.number == number), rows.decode_incident)
        return found[0] if found else None

    async def alert(self, number: int) -> Alert | None:
        """One alert by its id."""
        found = await self._decoded(select(alert.c.body).where(alert.c.id == number), rows.decode_alert)
        return found[0] if found else None

    async def alerts_of(self, number: int) -> tuple[Alert, ...]:
        """The alerts of an incident and of all that were merged into it, in the order they came."""
        query = select(alert.c.body).where(alert.c.incident.in_(with_merged(number))).order_by(alert.c.id)
        return await self._decoded(query, rows.decode_alert)

    async def known(self, name: str) -> Known | None:
        """What is known of the last times that one thing happened."""
        found = await self._decoded(select(known.c.body).where(known.c.id == rows.clean(name)), rows.decode_known)
        return found[0] if found else None

    async def timeline_of(self, number: int) -> tuple[TimelineRow, ...]:
        """An incident's history, with that of all that were merged into it."""
        query = select(timeline).where(timeline.c.incident.in_(with_merged(number))).order_by(timeline.c.id)
        return await asyncio.to_thread(self._all, query, _line)

    async def notification(self, number: int) -> Delivery | None:
        """One page by its id, and what became of it."""
        query = select(notification).where(notification.c.id == number)
        found = await asyncio.to_thread(self._all, query, _delivery)
        return found[0] if found else None

    async def notifications_of(self, number: int) -> tuple[Delivery, ...]:
        """Who was told what, and whether it arrived."""
        query = select(notification).where(or_(notification.c.incident.in_(with_merged(number)), listing(number)))
        return await asyncio.to_thread(self._all, query.order_by(notification.c.id), _delivery)

    async def first_told(self, number: int, person: str) -> First | None:
        """The first notification of this incident that went (or is going) to this person: her mail thread's root."""
        query = (
            select(notification.c.id, notification.c.at)
            .where(
                notification.c.incident == number,
                notification.c.person == person,
                notification.c.state.in_(("claimed", "handed_over")),
            )
            .order_by(notification.c.id)
            .limit(1)
        )
        return next(iter(await asyncio.to_thread(self._all, query, lambda row: First(row[0], row[1]))), None)

    async def shunted(self, limit: int = 100) -> tuple[Shunted, ...]:
        """What was set aside, newest first."""
        query = select(inbox).where(inbox.c.state == "shunted").order_by(inbox.c.id.desc()).limit(limit)
        return await asyncio.to_thread(self._all, query, _shunted)

    async def entry(self, number: int) -> Entry | None:
        """An inbox row with its body."""
        found = await asyncio.to_thread(self._all, _entries().where(inbox.c.id == number), rows.entry)
        return found[0] if found else None

    async def alert_by(self, fingerprint: str) -> Alert | None:
        """The newest alert with a fingerprint."""
        query = select(alert.c.body).where(alert.c.fingerprint == fingerprint).order_by(alert.c.id.desc()).limit(1)
        found = await self._decoded(query, rows.decode_alert)
        return found[0] if found else None

    async def silences(self, limit: int = 1000) -> tuple[Silence, ...]:
        """What people silenced, those that end last first; those that ended are among them."""
        query = select(silence.c.body).order_by(silence.c.ends_at.desc()).limit(limit)
        return await self._decoded(query, rows.decode_silence)

    async def silence(self, name: str) -> Silence | None:
        """One silence by its id."""
        found = await self._decoded(select(silence.c.body).where(silence.c.id == name), rows.decode_silence)
        return found[0] if found else None

    async def by_origin(self, origin: str) -> Entry | None:
        """The message that was kept under an origin."""
        found = await asyncio.to_thread(self._all, _entries().where(inbox.c.origin == origin), rows.entry)
        return found[0] if found else None

    async def unrecognised(self, limit: int = 100, before: int = 0) -> tuple[Unrecognised, ...]:
        """Mails and bodies that nothing recognised and that were not read anew since, newest first."""
        again = select(inbox.c.origin).where(inbox.c.origin.startswith(REREAD), inbox.c.recogniser != "none")
        anew = set(await asyncio.to_thread(self._all, again, lambda row: int(row.origin.split(":")[1])))
        query = select(inbox.c.id, inbox.c.envelope, inbox.c.incident).where(inbox.c.recogniser == "none")
        query = query.order_by(inbox.c.id.desc())
        if before:
            query = query.where(inbox.c.id < before)
        found = await asyncio.to_thread(self._all, query.limit(limit + len(anew)), _unrecognised)
        return tuple(one for one in found if one.id not in anew and not one.message.origin.startswith(REREAD))[:limit]

    async def last_origin(self, prefix: str) -> str | None:
        """The newest ``origin`` that begins with ``prefix``."""
        query = select(inbox.c.origin).where(inbox.c.origin.startswith(prefix, autoescape=True))
        query = query.order_by(inbox.c.id.desc()).limit(1)
        found = await asyncio.to_thread(self._all, query, lambda row: str(row.origin))
        return found[0] if found else None

    async def hosts(self, limit: int = 500, after: str = "") -> tuple[tuple[Seen, ...], str]:
        """The hosts of up to ``limit`` nodes of alerts, by name, and the node to go on after; "" at the end."""
        return await self._together(lambda connection: past.hosts(connection, limit, after))

    async def failures(self, since: float, before: int = 0, limit: int = 1000) -> tuple[tuple[Failure, ...], int]:
        """When nodes were out of reach, of ``limit`` alerts, newest first, and the id to go on below; 0 at the end."""
        return await self._together(lambda connection: past.failures(connection, since, before, limit))

    async def by_hand(self, since: float, limit: int = 1000) -> tuple[ByHand, ...]:
        """What people merged, split and moved, newest first."""
        return await self._together(lambda connection: past.by_hand(connection, since, limit))

    async def unpaged(self, since: float, before: int = 0, limit: int = 1000) -> tuple[tuple[Unpaged, ...], int]:
        """What nobody was paged about, of ``limit`` alerts, newest first, and the id to go on below; 0 at the end."""
        return await self._together(lambda connection: unpaged.alerts(connection, since, before, limit))

    async def daily(self, since: float, until: float, offset: float) -> Daily:
        """What came, was decided and was sent between two wall times."""
        return await self._together(lambda connection: daily(connection, since, until, offset))

    async def ledger(self, asked: Asked) -> tuple[tuple[LedgerLine, ...], Asked | None]:
        """Pages and answers in the order of time, and how to ask on; None at the end."""
        return await self._together(lambda connection: ledger(connection, asked, with_merged(asked.incident)))

    async def still_open(self, after: int = 0, limit: int = 200) -> tuple[Incident, ...]:
        """Incidents that are neither over nor linked to another, by number, behind ``after``."""
        return await self._together(lambda connection: audit.still_open(connection, after, limit))

    async def awaited(self, numbers: Iterable[int]) -> frozenset[int]:
        """Those of some incidents with a page that is under way."""
        return await self._together(lambda connection: audit.awaited(connection, numbers))

    async def unsent(self, before: float, limit: int = 20) -> tuple[Unsent, ...]:
        """Pages decided before a time that have no outcome."""
        return await self._together(lambda connection: audit.unsent(connection, before, limit))

    async def unstepped(self, wall: float, at: float, limit: int = 20) -> tuple[Unstepped, ...]:
        """Entries received before a wall time (receipts: before ``at``, by the engine's clock) without a position."""
        return await self._together(lambda connection: audit.unstepped(connection, wall, at, limit))

    async def ready(self) -> bool:
        """Whether the database answers a read."""
        return bool(await asyncio.to_thread(self._all, select(func.count()).select_from(meta), bool))

    # --- blocking: for the start, and for commands that run without an event loop ---

    def load(self) -> Snapshot:
        """Everything a world is rebuilt from: what belongs to incidents that are not closed, and how far we are."""
        with self._engine.begin() as connection:
            progress = read_progress(connection)
            still_open = select(incident.c.number).where(incident.c.closed_at == 0)
            alerts = select(alert.c.body).where(alert.c.incident.in_(still_open)).order_by(alert.c.id)
            incidents = select(incident.c.body).where(incident.c.closed_at == 0).order_by(incident.c.number)
            marks = select(node_mark.c.body).order_by(node_mark.c.node)
            silences = (
                select(silence.c.body)
                .where(silence.c.ends_at > progress.at + progress.wall_offset - SILENCE_KEPT)
                .order_by(silence.c.id)
            )
            heartbeats = select(heartbeat.c.body).order_by(heartbeat.c.id)
            budgets = select(budget.c.body).order_by(budget.c.person)
            newest = select(known.c.body).order_by(known.c.at.desc(), known.c.incident.desc()).limit(KNOWN_KEPT)
            alive = connection.scalar(select(meta.c.value).where(meta.c.key == "alive"))
            return Snapshot(
                position=progress.position,
                at=progress.at,
                wall_offset=progress.wall_offset,
                next_alert=progress.next_alert,
                next_incident=progress.next_incident,
                next_notification=progress.next_notification,
                alerts=tuple(shared(map(rows.decode_alert, connection.scalars(alerts)))),
                incidents=tuple(map(rows.decode_incident, connection.scalars(incidents))),
                marks=tuple(map(rows.decode_mark, connection.scalars(marks))),
                silences=tuple(map(rows.decode_silence, connection.scalars(silences))),
                heartbeats=tuple(map(rows.decode_heartbeat, connection.scalars(heartbeats))),
                budgets=tuple(map(rows.decode_budget, connection.scalars(budgets))),
                known=tuple(map(rows.decode_known, connection.scalars(newest))),
                alive=float(alive or 0.0),
            )

    def pending(self, known: frozenset[int] = frozenset()) -> tuple[Entry, ...]:
        """Committed but unpositioned entries: commands and receipts first, then in the order they came.

        ``known`` are ids that the caller has already; their bodies are not read again.
        """
        waiting = select(inbox.c.id, inbox.c.kind).where(inbox.c.position.is_(None)).order_by(inbox.c.id)
        with self._engine.begin() as connection:
            found = [row for row in connection.execute(waiting) if row.id not in known]
            return _read(connection, [row.id for row in sorted(found, key=lambda row: row.kind not in FIRST)])

    def urgent(self) -> tuple[Entry, ...]:
        """Of the unpositioned entries those that overtake."""
        with self._engine.begin() as connection:
            waiting = select(inbox.c.id).where(inbox.c.position.is_(None), inbox.c.kind.in_(FIRST))
            return _read(connection, list(connection.scalars(waiting.order_by(inbox.c.id))))

    def waiting(self, after: int = 0) -> tuple[Entry, ...]:
        """Of the other unpositioned entries the next above an id; the fewer the larger they are."""
        size = func.coalesce(func.length(type_coerce(inbox_body.c.body, LargeBinary)), 0)
        query = select(inbox.c.id.label("inbox_id"), size.label("octets")).join(
            inbox_body, inbox_body.c.inbox_id == inbox.c.id, isouter=True
        )
        query = query.where(inbox.c.position.is_(None), inbox.c.id > after, inbox.c.kind.not_in(FIRST))
        with self._engine.begin() as connection:
            found = connection.execute(query.order_by(inbox.c.id).limit(MOST_WAITING)).all()
            return _read(connection, list(erasing.up_to(MOST_OCTETS, found)))

    def queued(self) -> tuple[Notification, ...]:
        """Notifications nobody claimed, and those claimed without an outcome (in flight when the process ended)."""
        query = select(notification.c.body, notification.c.state).where(notification.c.state.in_(("queued", "claimed")))
        return self._all(query.order_by(notification.c.id), rows.notification)

    async def unclaimed(self, limit: int) -> tuple[Notification, ...]:
        """Notifications nobody claimed, the oldest of them."""
        query = select(notification.c.body, notification.c.state).where(notification.c.state == "queued")
        return await asyncio.to_thread(self._all, query.order_by(notification.c.id).limit(limit), rows.notification)

    def entries(self, from_position: int = 1, to_position: int | None = None) -> Iterator[Journalled]:
        """The journal in the order it was stepped, both ends included; read in chunks, so that it may be long."""
        position = from_position - 1
        while True:
            chunk = self._all(_journal(position, to_position), _journalled)
            yield from chunk
            if len(chunk) < CHUNK:
                return
            position = chunk[-1].position

    async def _decoded(self, query: Select[Any], decode: Callable[[str], T]) -> tuple[T, ...]:
        return await asyncio.to_thread(self._all, query, lambda row: decode(row[0]))

    # --- bodies that grow old ---

    async def aged(self, before: float, people_before: float, after: int = 0) -> Aged:
        """Messages whose bodies may be erased: they came before a time (wall), people's mail before another one."""
        return await self._together(lambda connection: erasing.aged(connection, before, people_before, after))

    async def oldest(self, after: int = 0) -> Aged:
        """The oldest messages whose bodies may be erased, whatever their age."""
        return await self._together(lambda connection: erasing.oldest(connection, after))

    async def octets(self) -> int:
        """Of all bodies together, as they are stored."""
        return await self._together(erasing.octets)

    async def packable(self, before: float) -> Packable:
        """The next bodies, packed, of messages that came before a time (wall)."""
        return await self._together(lambda connection: erasing.packable(connection, before))

    async def _together(self, read: Callable[[Connection], T]) -> T:
        """Several reads of one state."""

        def transaction() -> T:
            with self._engine.begin() as connection:
                return read(connection)

        return await asyncio.to_thread(transaction)

    def _all(self, query: Select[Any], make: Callable[[Any], T]) -> tuple[T, ...]:
        with self._engine.begin() as connection:
            return tuple(map(make, connection.execute(query)))


def _read(connection: Connection, ids: list[int]) -> tuple[Entry, ...]:
    entries: dict[int, Entry] = {}
    for start in range(0, len(ids), CHUNK):
        query = _entries().where(inbox.c.id.in_(ids[start : start + CHUNK]))
        entries |= {row.id: rows.entry(row) for row in connection.execute(query)}
    return tuple(entries[number] for number in ids)


#: An acknowledgement queued behind many alerts still beats the escalation; that they are late is to be heard in time.
FIRST = ("command", "receipt", "trouble")


def read_progress(connection: Connection) -> rows.Progress:
    """How far the engine is, from ``meta``."""
    value = connection.scalar(select(meta.c.value).where(meta.c.key == "engine"))
    return rows.decode_progress(value) if value else rows.Progress()


def half_made(connection: Connection) -> str | None:
    """Where a copy into this store, which is not complete, comes from; None: it is whole."""
    return connection.scalar(select(meta.c.value).where(meta.c.key == MARK))


def with_merged(number: int) -> Select[Any]:
    """The numbers whose alerts and history belong to ``number``: its own and, link by link, those merged into it."""
    family = select(literal(number, BigInteger).label("number")).cte("family", recursive=True)
    family = family.union(select(incident.c.number).join(family, incident.c.merged_into == family.c.number))
    return select(family.c.number)


def _entries(*more: ColumnElement[Any]) -> Select[Any]:
    joined = inbox.outerjoin(inbox_body, inbox_body.c.inbox_id == inbox.c.id)
    return select(inbox.c.id, inbox.c.envelope, inbox.c.attempts, inbox_body.c.body, *more).select_from(joined)


def _journal(after: int, last: int | None) -> Select[Any]:
    query = _entries(inbox.c.position, inbox.c.at, inbox.c.state, inbox.c.recogniser, inbox.c.verdict, inbox.c.error)
    query = query.where(inbox.c.position > after).order_by(inbox.c.position).limit(CHUNK)
    return query if last is None else query.where(inbox.c.position <= last)


def _journalled(row: Any) -> Journalled:
    verdict = rows.verdict(row.verdict)
    return Journalled(rows.entry(row), row.position, row.at, row.state, row.recogniser, verdict, row.error)


def _line(row: Any) -> TimelineRow:
    return TimelineRow(incident=row.incident, at=row.at, what=row.what, text=row.text, actor=row.actor, rule=row.rule)


def _delivery(row: Any) -> Delivery:
    return Delivery(rows.notification(row), row.channel, row.detail, row.attempts, row.message_id)


def _unrecognised(row: Any) -> Unrecognised:
    return Unrecognised(row.id, rows.with_body(row.envelope, None), row.incident)


def _shunted(row: Any) -> Shunted:
    return Shunted(row.id, rows.with_body(row.envelope, None), row.error, row.position, row.at, row.incident)
