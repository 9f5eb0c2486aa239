"""What an auditor asks of the rows: incidents with their due times, pages without an outcome, unstepped entries."""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection, and_, case, func, or_, select

from ingestd.model import Incident
from ingestd.store.rows import decode_incident
from ingestd.store.tables import inbox, incident, notification


class Unsent(Struct, frozen=True):
    """A page that nobody claimed, or that was claimed and has no outcome."""

    id: int
    incident: int
    person: str
    state: str
    at: float  # when it was decided, by the engine's clock


class Unstepped(Struct, frozen=True):
    """An entry without a position."""

    id: int
    kind: str
    source: str
    received: float  # wall; of a receipt, the engine's clock


def still_open(connection: Connection, after: int, limit: int) -> tuple[Incident, ...]:
    """Incidents that are neither over nor linked to another, by number, behind ``after``."""
    query = select(incident.c.body).where(incident.c.state != "resolved", incident.c.merged_into == 0)
    query = query.where(incident.c.closed_at == 0, incident.c.number > after).order_by(incident.c.number).limit(limit)
    return tuple(map(decode_incident, connection.scalars(query)))


def awaited(connection: Connection, numbers: Iterable[int]) -> frozenset[int]:
    """Those of some incidents with a page under way: its outcome is what they wait for."""
    query = select(notification.c.incident).where(notification.c.incident.in_(list(numbers)))
    return frozenset(connection.scalars(query.where(notification.c.state.in_(("queued", "claimed")))))


def unsent(connection: Connection, before: float, limit: int) -> tuple[Unsent, ...]:
    """Pages decided before a time of the engine's clock that are not done with, the oldest first.

    Of one that is told again counts when it failed, or was claimed since.
    """
    columns = (getattr(notification.c, name) for name in Unsent.__struct_fields__)
    query = select(*columns).select_from(notification.outerjoin(inbox, inbox.c.id == notification.c.receipt))
    decided = notification.c.at
    since = case((notification.c.attempts > 0, func.coalesce(inbox.c.received, decided)), else_=decided)  # told again
    query = query.where(notification.c.state.in_(("queued", "claimed")), since < before)
    return tuple(Unsent(*row) for row in connection.execute(query.order_by(notification.c.id).limit(limit)))


def unstepped(connection: Connection, wall: float, at: float, limit: int) -> tuple[Unstepped, ...]:
    """Entries received before a wall time (receipts: before ``at`` of the engine's clock) that nobody positioned."""
    waiting = or_(
        and_(inbox.c.kind == "receipt", inbox.c.received < at), and_(inbox.c.kind != "receipt", inbox.c.received < wall)
    )
    columns = (getattr(inbox.c, name) for name in Unstepped.__struct_fields__)
    query = select(*columns).where(inbox.c.position.is_(None), waiting).order_by(inbox.c.id).limit(limit)
    return tuple(Unstepped(*row) for row in connection.execute(query))
