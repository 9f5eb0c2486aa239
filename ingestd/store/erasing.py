"""Bodies grow old: which may be erased, and which are not packed yet.

A body is never erased while its message waits, was set aside, was not recognised, or is of an open incident; its row in
the journal stays.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, LargeBinary, Select, and_, func, or_, select, type_coerce

from ingestd.store.packing import LEAST, PACKED, packed
from ingestd.store.tables import inbox, inbox_body, incident, meta, timeline

PEOPLE = ("person", "phone", "reply", "human_report", "auto_reply")  # what the journal calls people's mail
OUTSIDE = ("mail", "webhook")
MOST_AT_ONCE = 8 * 1024 * 1024  # octets of bodies in memory
MARK = "packed"  # in ``meta``: the last message whose body was looked at for packing

_stored = type_coerce(inbox_body.c.body, LargeBinary)


class Aged(Struct, frozen=True):
    """Messages whose bodies may be erased."""

    ids: tuple[int, ...]
    octets: int  # of these bodies together, as they are stored
    last: int | None  # the last message that was looked at; None: there are no more


def aged(connection: Connection, before: float, people_before: float, after: int = 0, limit: int = 500) -> Aged:
    """Of messages above ``after`` those that came before a time (wall), people's mail before another one."""
    people = func.coalesce(inbox.c.recogniser, "").in_(PEOPLE)
    old = or_(and_(people, inbox.c.received < people_before), and_(~people, inbox.c.received < before))
    newest = id_at(connection, max(before, people_before))
    return _found(connection, _erasable(after).where(old, inbox.c.id < newest).limit(limit))


def oldest(connection: Connection, after: int = 0, limit: int = 500) -> Aged:
    """Of messages above ``after`` the oldest, whatever their age."""
    return _found(connection, _erasable(after).limit(limit))


def _found(connection: Connection, query: Select[Any]) -> Aged:
    still = frozenset(connection.scalars(open_positions()))
    rows = connection.execute(query).all()
    ripe = [row for row in rows if row.position not in still]
    return Aged(tuple(row.id for row in ripe), sum(row.octets for row in ripe), rows[-1].id if rows else None)


def octets(connection: Connection) -> int:
    """Of all bodies together, as they are stored."""
    return connection.scalar(select(func.sum(func.length(_stored)))) or 0


class Packable(Struct, frozen=True):
    """Bodies that get smaller by it, packed."""

    bodies: dict[int, bytes]  # by message
    last: int | None  # the last message that was looked at; None: there are no more


def packable(connection: Connection, before: float, limit: int = 200) -> Packable:
    """Of the messages that came before a time (wall) the next whose bodies were not looked at yet."""
    known = connection.scalar(select(meta.c.value).where(meta.c.key == MARK))
    number, size = inbox_body.c.inbox_id, func.length(_stored)
    query = select(number, size.label("octets")).where(number > int(known or 0), number < id_at(connection, before))
    next_ones = list(up_to(MOST_AT_ONCE, connection.execute(query.order_by(number).limit(limit)).all()))
    bodies = select(number, _stored.label("body")).where(number.in_(next_ones))
    smaller = {
        row.inbox_id: new
        for row in connection.execute(bodies)
        if len(row.body) >= LEAST and not row.body.startswith(PACKED) and len(new := packed(row.body)) < len(row.body)
    }
    return Packable(smaller, next_ones[-1] if next_ones else None)


def up_to(octets: int, rows: Iterable[Any]) -> Iterator[int]:
    """The first of them, and those after it that are not too much together with it."""
    for row in rows:
        yield row.inbox_id
        octets -= row.octets
        if octets <= 0:
            return


def id_at(connection: Connection, wall: float) -> int:
    """The first message that came at a time or later, by halving: ids and times of arrival rise together."""
    low, high = 0, (connection.scalar(select(func.max(inbox.c.id))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        query = select(inbox.c.received).where(inbox.c.id >= middle).order_by(inbox.c.id).limit(1)
        came = connection.scalar(query)
        if came is not None and came < wall:
            low = middle + 1
        else:
            high = middle
    return low


def open_positions() -> Select[Any]:
    """Positions of entries to which an open incident owes something of its history."""
    of_open_ones = select(timeline.c.position).join(incident, incident.c.number == timeline.c.incident)
    return of_open_ones.where(incident.c.closed_at == 0)


def _erasable(after: int) -> Select[Any]:
    open_one = select(incident.c.number).where(incident.c.number == inbox.c.incident, incident.c.closed_at == 0)
    return (
        select(inbox.c.id, inbox.c.position, func.length(_stored).label("octets"))
        .join(inbox_body, inbox_body.c.inbox_id == inbox.c.id)
        .where(inbox.c.id > after, inbox.c.kind.in_(OUTSIDE), inbox.c.state == "done", inbox.c.position.is_not(None))
        .where(func.coalesce(inbox.c.recogniser, "") != "none", ~open_one.exists())
        .order_by(inbox.c.id)
    )
