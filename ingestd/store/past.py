"""What is learnt from: the hosts that alerts spoke of, when nodes were out of reach, what people put together or apart.

Only the fields that count are decoded, and the database does the counting: a long history costs little beside the
event loop. Times are seconds of the engine's clock.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, or_, select

from ingestd.model import Watcher
from ingestd.store.rows import clean
from ingestd.store.tables import alert, incident, timeline

LOOKED_AT = 20  # alerts of a host, the newest, from which its sources and checks are known
BY_HAND = ("merged", "split", "moved")
_INFERRED = '"cause_kind":"inferred"'


class Seen(Struct, frozen=True, kw_only=True):
    """A host as alerts spoke of it. Sources, checks and labels are those of its newest alerts."""

    node: str
    host: str | None  # as last spelled
    known: bool  # the topology had it, at its newest alert
    guessed: bool  # only ever found in free text
    sources: tuple[str, ...]
    checks: tuple[str, ...]
    labels: str  # JSON object, of the newest alert that has any
    count: int  # alerts
    first_at: float
    last_at: float


class Failure(Struct, frozen=True, kw_only=True):
    """A time for which a node was said, or inferred, to be out of reach."""

    node: str
    host: str | None
    known: bool
    incident: int
    began: float
    until: float  # 0: it goes on
    inferred: bool = False  # it never reported


class ByHand(Struct, frozen=True, kw_only=True):
    """A line of history: what a person merged, split or moved, and the node that the incident is about."""

    incident: int
    node: str
    at: float
    what: str
    text: str
    actor: str


class _Alert(Struct):
    """What is read of an alert."""

    cls: str
    state: str
    first_at: float
    last_at: float
    incident: int
    host: str | None = None
    check: str | None = None
    known: bool = True
    guessed: bool = False
    report: bool = False
    ended_at: float = 0.0
    labels: str = ""
    watchers: tuple[Watcher, ...] = ()

    def placed(self) -> bool:
        """Whether anybody said where it is; else its node is only the source that spoke, or the person."""
        return not self.report and (self.known or self.host is not None)


class _Incident(Struct):
    """What is read of an incident."""

    number: int
    root: str = ""
    cause: str | None = None
    cause_kind: str = ""
    began: float = 0.0
    resolved_at: float = 0.0


_alert = msgspec.json.Decoder(_Alert).decode
_incident = msgspec.json.Decoder(_Incident).decode


def hosts(connection: Connection, limit: int, after: str) -> tuple[tuple[Seen, ...], str]:
    """The hosts of up to ``limit`` nodes behind ``after``, by name; and the node to go on after, "" at the end."""
    grouped = (
        select(alert.c.node, func.count().label("count"), func.min(alert.c.id).label("first"))
        .add_columns(func.max(alert.c.last_at).label("last_at"))
        .where(alert.c.node > clean(after))
        .group_by(alert.c.node)
        .order_by(alert.c.node)
        .limit(limit)
    )
    groups = connection.execute(grouped).all()
    newest = _newest(connection, [row.node for row in groups])
    firsts = dict(_read(connection, [row.first for row in groups]))
    found = (_seen(row, newest.get(row.node, []), firsts[row.first]) for row in groups)
    return tuple(one for one in found if one is not None), groups[-1].node if len(groups) == limit else ""


def failures(connection: Connection, since: float, before: int, limit: int) -> tuple[tuple[Failure, ...], int]:
    """When nodes were out of reach, of the ``limit`` alerts below ``before``, newest first; the id to go on below.

    The id is 0 at the end. What never reported but was inferred comes first of all, with ``before`` 0.
    """
    query = select(alert.c.id, alert.c.node, alert.c.body).where(alert.c.last_at >= since)
    query = query.where(alert.c.id < before) if before else query
    found = connection.execute(query.order_by(alert.c.id.desc()).limit(limit)).all()
    heard = (_failure(row.node, _alert(row.body)) for row in found)
    silent = () if before else _inferred(connection, since)
    return (*silent, *(one for one in heard if one is not None)), found[-1].id if len(found) == limit else 0


def by_hand(connection: Connection, since: float, limit: int) -> tuple[ByHand, ...]:
    """What people merged, split and moved, newest first."""
    query = (
        select(timeline, incident.c.body)
        .join(incident, incident.c.number == timeline.c.incident)
        .where(timeline.c.rule == "hand", timeline.c.what.in_(BY_HAND), timeline.c.at >= since)
        .order_by(timeline.c.id.desc())
        .limit(limit)
    )
    return tuple(map(_line, connection.execute(query)))


def _newest(connection: Connection, nodes: list[str]) -> dict[str, list[_Alert]]:
    """The newest alerts of each node, the very newest first."""
    nth = func.row_number().over(partition_by=alert.c.node, order_by=alert.c.id.desc()).label("nth")
    ranked = select(alert.c.id, nth).where(alert.c.node.in_(nodes)).subquery()
    wanted = select(ranked.c.id).where(ranked.c.nth <= LOOKED_AT)
    query = select(alert.c.node, alert.c.body).where(alert.c.id.in_(wanted)).order_by(alert.c.id.desc())
    found: dict[str, list[_Alert]] = {}
    for row in connection.execute(query):
        found.setdefault(row.node, []).append(_alert(row.body))
    return found


def _read(connection: Connection, ids: list[int]) -> Iterator[tuple[int, _Alert]]:
    for row in connection.execute(select(alert.c.id, alert.c.body).where(alert.c.id.in_(ids))):
        yield row.id, _alert(row.body)


def _seen(row: Any, newest: list[_Alert], first: _Alert) -> Seen | None:
    """None for what is no host: a person, or a source that named none."""
    placed = [one for one in newest if one.placed()]
    if not placed:
        return None
    return Seen(
        node=row.node,
        host=placed[0].host,
        known=placed[0].known,
        guessed=all(one.guessed for one in placed),
        sources=_each(watcher.source for one in placed for watcher in one.watchers),
        checks=_each(one.check for one in placed),
        labels=next((one.labels for one in placed if one.labels), ""),
        count=row.count,
        first_at=first.first_at,
        last_at=row.last_at,
    )


def _each(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _failure(node: str, said: _Alert) -> Failure | None:
    """None for what says nothing about reach, or was only guessed."""
    if said.cls != "reachability" or said.guessed or not said.placed():
        return None
    ends = {"firing": 0.0, "resolved": said.ended_at or said.last_at}
    until = ends.get(said.state, said.last_at)
    return Failure(
        node=node, host=said.host, known=said.known, incident=said.incident, began=said.first_at, until=until
    )


def _inferred(connection: Connection, since: float) -> Iterator[Failure]:
    """Causes that never reported. The text is looked for first, so that few bodies are read."""
    recent = or_(incident.c.closed_at == 0, incident.c.closed_at >= since)
    query = select(incident.c.body).where(recent, incident.c.body.contains(_INFERRED, autoescape=True))
    for body in connection.scalars(query.order_by(incident.c.number.desc())):
        one = _incident(body)
        if one.cause and one.cause_kind == "inferred":
            yield Failure(
                node=one.cause,
                host=None,
                known=True,
                incident=one.number,
                began=one.began,
                until=one.resolved_at,
                inferred=True,
            )


def _line(row: Any) -> ByHand:
    about = _incident(row.body)
    return ByHand(
        incident=row.incident,
        node=about.cause or about.root,
        at=row.at,
        what=row.what,
        text=row.text,
        actor=row.actor,
    )
