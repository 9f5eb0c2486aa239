"""What the digest of a day counts. ``since`` and ``until`` are wall times; the store's own lag behind by ``offset``."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, FromClause, func, or_, select

from ingestd.model import ASKING, Incident
from ingestd.store.rows import decode_incident
from ingestd.store.tables import alert, inbox, incident, notification

LISTED = 30  # of what is listed, the newest
PAGES = (*sorted(ASKING), "list")


class Paged(Struct, frozen=True):
    """A page: when (wall), to whom, and whether it was the first word of its incident."""

    at: float
    person: str
    first: bool


class Daily(Struct, frozen=True, kw_only=True):
    """The figures of a day."""

    kinds: dict[str, int]  # messages by kind
    notices: int  # understood, and of no incident
    shunted: int
    unrecognised: int
    alerts: int
    joined: int  # alerts that went to the incident of another
    unsure: tuple[str, ...]
    opened: dict[str, int]  # incidents by priority; linked ones are left out
    resolved: int
    pages: tuple[Paged, ...]
    quiet: tuple[str, ...]  # incidents that nobody was paged about
    quiet_count: int
    open_now: tuple[str, ...]
    open_count: int


class _Alert(Struct):
    """What is read of an alert."""

    node: str
    summary: str
    certainty: str
    incident: int
    first_at: float


_alert = msgspec.json.Decoder(_Alert).decode


def daily(connection: Connection, since: float, until: float, offset: float) -> Daily:
    """Count a day."""
    came = (inbox.c.received >= since, inbox.c.received < until)
    read = (*came, inbox.c.kind.in_(("mail", "webhook")))
    kinds = connection.execute(select(inbox.c.kind, func.count()).where(*came).group_by(inbox.c.kind))
    still = (incident.c.state != "resolved", incident.c.merged_into == 0)
    newest = connection.scalars(select(incident.c.body).where(*still).order_by(incident.c.number.desc()).limit(LISTED))
    alerts = list(_alerts(connection, since - offset, until - offset))
    joined = [one for one in alerts if one.certainty != "root"]
    opened = _opened(connection, since - offset, until - offset)
    quiet = [one for one in opened if not one.told_at]
    return Daily(
        kinds={row[0]: row[1] for row in kinds},
        notices=_count(connection, inbox, *read, inbox.c.incident.is_(None), inbox.c.recogniser != "none"),
        shunted=_count(connection, inbox, *came, inbox.c.state == "shunted"),
        unrecognised=_count(connection, inbox, *read, inbox.c.recogniser == "none"),
        alerts=len(alerts),
        joined=len(joined),
        unsure=tuple(f"#{a.incident} {a.node}: {a.summary}" for a in joined if a.certainty == "unsure")[-LISTED:],
        opened=dict(Counter(one.priority for one in opened)),
        resolved=_resolved(connection, since - offset, until - offset),
        pages=tuple(_pages(connection, since - offset, until - offset, offset)),
        quiet=tuple(map(_line, quiet[-LISTED:])),
        quiet_count=len(quiet),
        open_now=tuple(_line(decode_incident(body)) for body in newest),
        open_count=_count(connection, incident, *still),
    )


def _count(connection: Connection, table: FromClause, *conditions: Any) -> int:
    return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def _alerts(connection: Connection, since: float, until: float) -> Iterator[_Alert]:
    query = select(alert.c.body).where(alert.c.last_at >= since).order_by(alert.c.id)
    found = map(_alert, connection.scalars(query))
    return (one for one in found if since <= one.first_at < until)


def _opened(connection: Connection, since: float, until: float) -> list[Incident]:
    query = select(incident.c.body).where(incident.c.began >= since, incident.c.began < until)
    query = query.where(incident.c.merged_into == 0).order_by(incident.c.number)
    return [decode_incident(body) for body in connection.scalars(query)]


def _resolved(connection: Connection, since: float, until: float) -> int:
    """An incident is closed some time after it was resolved."""
    lately = or_(incident.c.closed_at == 0, incident.c.closed_at >= since)
    query = select(incident.c.body).where(incident.c.state == "resolved", incident.c.merged_into == 0, lately)
    return sum(since <= decode_incident(body).resolved_at < until for body in connection.scalars(query))


def _pages(connection: Connection, since: float, until: float, offset: float) -> Iterator[Paged]:
    sent = (notification.c.kind.in_(PAGES), notification.c.state != "cancelled")
    firsts = select(notification.c.incident, func.min(notification.c.at)).where(*sent).group_by(notification.c.incident)
    columns = (notification.c.incident, notification.c.at, notification.c.person)
    query = select(*columns).order_by(notification.c.id)
    query = query.where(*sent, notification.c.at >= since, notification.c.at < until)
    found = connection.execute(query).all()
    wanted = firsts.where(notification.c.incident.in_({row.incident for row in found}))
    first = {row[0]: row[1] for row in connection.execute(wanted)}
    return (Paged(row.at + offset, row.person, not row.incident or row.at == first[row.incident]) for row in found)


def _line(one: Incident) -> str:
    return f"#{one.number} {one.priority} {one.title}"
