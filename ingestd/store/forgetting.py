"""An address is taken out of what is kept: bodies that hold it are erased, in rows a token takes its place.

Looked through in small pieces by a reader, and written in short transactions that touch only what was found, so that a
daemon that runs is not held up. What it still has in memory would come back from there: open incidents with all that is
theirs, pages under way and what waits to be stepped are left, and counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from ingestd.store.erasing import MOST_AT_ONCE, OUTSIDE, open_positions, up_to
from ingestd.store.packing import Body
from ingestd.store.tables import (
    alert,
    blob,
    budget,
    inbox,
    inbox_body,
    incident,
    known,
    notification,
    silence,
    timeline,
)

ROWS = 500  # looked through at a time
BODIES = 200  # … with their bodies

Replaced = Callable[[str], str]  # a text without the address
Holds = Callable[[str, bytes], bool]  # kind of the message and its body
Rest = Callable[[], None]  # called between two pieces


class Forgotten(Struct, frozen=True):
    """What became of it: rows by where they are."""

    erased: int  # bodies
    replaced: dict[str, int]
    left: dict[str, int]


class _Place(Struct, frozen=True):
    """Columns of a table in which the address may stand; ``held``: rows that a daemon may still have in memory."""

    table: Table
    key: Any
    columns: tuple[Any, ...]
    held: ColumnElement[bool] | None = None


def _of_open_one(number: Any) -> ColumnElement[bool]:
    return select(incident.c.number).where(incident.c.number == number, incident.c.closed_at == 0).exists()


PLACES = (
    _Place(inbox, inbox.c.id, (inbox.c.envelope, inbox.c.error, inbox.c.verdict), inbox.c.position.is_(None)),
    _Place(timeline, timeline.c.id, (timeline.c.text, timeline.c.actor)),
    _Place(alert, alert.c.id, (alert.c.node, alert.c.fingerprint, alert.c.body), _of_open_one(alert.c.incident)),
    _Place(incident, incident.c.number, (incident.c.body, incident.c.owner), incident.c.closed_at == 0),
    _Place(
        notification,
        notification.c.id,
        (notification.c.body, notification.c.detail, notification.c.person),
        or_(notification.c.state.in_(("queued", "claimed")), _of_open_one(notification.c.incident)),
    ),
)
#: What a daemon has in memory for as long as it is there.
HELD = {"known": known, "silence": silence, "budget": budget}


class Forgetting:
    """One address on its way out of a store (blocks). What was done stays done if it is cut short: begin anew."""

    def __init__(
        self, writing: Engine, reading: Engine, replaced: Replaced, holds: Holds, rest: Rest = lambda: None
    ) -> None:
        self._writing, self._reading = writing, reading
        self._replaced, self._holds, self._rest = replaced, holds, rest
        self._done, self._left = Counter[str](), Counter[str]()

    def forget(self) -> Forgotten:
        """Look through all of it, and say what was done."""
        self._pragma("secure_delete=ON")
        erased = self._bodies()
        for place in PLACES:
            self._rows(place)
        self._count_held()
        self._pragma("busy_timeout=200")  # milliseconds: whoever writes waits behind this one
        self._pragma("wal_checkpoint(TRUNCATE)")
        return Forgotten(erased, dict(+self._done), dict(+self._left))

    def _pragma(self, words: str) -> None:
        """SQLite leaves what was deleted in its files until it needs the room, unless it is told to write over it."""
        if self._writing.dialect.name == "sqlite":
            connection = self._writing.raw_connection()
            connection.cursor().execute(f"PRAGMA {words}")
            connection.close()

    def _bodies(self) -> int:
        """Those from outside are erased; what people asked for here, and receipts, a replay must still read."""
        erased, last = 0, 0
        while True:
            with self._reading.begin() as connection:
                last, found = _holding(connection, last, self._holds)
                free = _free(connection, found) if found else []
            outside = [number for number in free if found[number][0] in OUTSIDE]
            inside = {number: found[number][1] for number in free if found[number][0] not in OUTSIDE}
            if free:
                with self._writing.begin() as connection:
                    _erase(connection, outside)
                    _rewrite(connection, inside, self._replaced)
            erased += len(outside)
            self._done["inbox_body"] += len(inside)
            self._left["inbox_body"] += len(found) - len(free)
            if not last:
                return erased
            self._rest()

    def _rows(self, place: _Place) -> None:
        name = place.table.name
        for found in _pieces(self._reading, place, self._replaced):
            with self._writing.begin() as connection:
                rows = connection.execute(_texts(place, place.key.in_(found), free=True)).all()
                ready = _found(rows, self._replaced)
                for number, changed in ready.items():
                    connection.execute(update(place.table).where(place.key == number).values(changed))
            self._done[name] += len(ready)
            self._left[name] += len(found) - len(ready)
            self._rest()

    def _count_held(self) -> None:
        with self._reading.begin() as connection:
            for name, table in HELD.items():
                texts = connection.scalars(select(table.c.body))
                self._left[name] += sum(self._replaced(text) != text for text in texts)
            for digest in connection.scalars(select(blob.c.digest)).all():
                content = connection.scalar(select(blob.c.content).where(blob.c.digest == digest)) or b""
                text = bytes(content).decode("utf-8", "replace")
                self._left["blob"] += self._replaced(text) != text


# -- rows


def _pieces(reading: Engine, place: _Place, replaced: Replaced) -> Iterator[list[int]]:
    """The keys of rows that hold it, piece by piece."""
    last = 0
    while True:
        with reading.begin() as connection:
            rows = connection.execute(_texts(place, place.key > last).limit(ROWS)).all()
        found = list(_found(rows, replaced))
        if found:
            yield found
        if len(rows) < ROWS:
            return
        last = rows[-1].key


def _texts(place: _Place, where: ColumnElement[bool], *, free: bool = False) -> Select[Any]:
    query = select(place.key.label("key"), *place.columns).where(where).order_by(place.key)
    return query.where(~place.held) if free and place.held is not None else query


def _found(rows: Sequence[Any], replaced: Replaced) -> dict[int, dict[str, str]]:
    """What is to be written, by key and column."""
    found: dict[int, dict[str, str]] = {}
    for row in rows:
        texts = {name: text for name, text in row._mapping.items() if isinstance(text, str)}
        changed = {name: new for name, text in texts.items() if (new := replaced(text)) != text}
        if changed:
            found[row.key] = changed
    return found


# -- bodies


def _holding(connection: Connection, after: int, holds: Holds) -> tuple[int, dict[int, tuple[str, bytes]]]:
    """The last message that was looked at (0: there are no more), and those of them that hold it."""
    size = func.length(type_coerce(inbox_body.c.body, LargeBinary))
    query = select(inbox_body.c.inbox_id, size.label("octets")).where(inbox_body.c.inbox_id > after)
    ids = list(up_to(MOST_AT_ONCE, connection.execute(query.order_by(inbox_body.c.inbox_id).limit(BODIES)).all()))
    bodies = select(inbox.c.id, inbox.c.kind, inbox_body.c.body).join(inbox_body, inbox_body.c.inbox_id == inbox.c.id)
    rows = connection.execute(bodies.where(inbox.c.id.in_(ids)))
    found = {row.id: (row.kind, row.body) for row in rows if holds(row.kind, row.body)}
    return (ids[-1] if ids else 0), found


def _free(connection: Connection, found: dict[int, Any]) -> list[int]:
    """Of these messages those that were stepped and are of no open incident."""
    stepped = select(inbox.c.id, inbox.c.position).where(inbox.c.id.in_(list(found)), inbox.c.position.is_not(None))
    rows = connection.execute(stepped.where(~_of_open_one(inbox.c.incident))).all()
    still = frozenset(connection.scalars(open_positions())) if rows else frozenset()
    return [row.id for row in rows if row.position not in still]


def _erase(connection: Connection, numbers: list[int]) -> None:
    if numbers:
        connection.execute(delete(inbox_body).where(inbox_body.c.inbox_id.in_(numbers)))


def _rewrite(connection: Connection, bodies: dict[int, bytes], replaced: Replaced) -> None:
    if bodies:
        new = update(inbox_body).where(inbox_body.c.inbox_id == bindparam("number"))
        values = [
            {"number": n, "new": replaced(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")}
            for n, body in bodies.items()
        ]
        connection.execute(new.values(body=bindparam("new", type_=Body)), values)
