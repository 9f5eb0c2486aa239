"""What nobody was paged about: alerts that joined an incident, or whose own was hidden or over before its page.

What is swallowed must show. Only the fields that count are decoded. Times are seconds of the engine's clock.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from ingestd.model import Reason
from ingestd.store.tables import alert, incident

#: joined: it went to an incident at once; linked: its own incident was linked to another before its page;
#: hidden: by maintenance or a silence; over: it ended within the hold.
How = Literal["joined", "linked", "hidden", "over"]
_MOST_LINKS = 50  # an incident linked to one that is linked …


class Unpaged(Struct, frozen=True, kw_only=True):
    """An alert for which nobody's phone rang, and the incident that it belongs to now."""

    alert: int
    node: str
    check: str | None
    summary: str
    severity: str
    certainty: str
    at: float
    how: How
    why: str
    incident: int
    title: str
    priority: str


class _Alert(Struct):
    """What is read of an alert."""

    id: int
    node: str
    summary: str
    severity: str
    certainty: str
    incident: int
    first_at: float
    check: str | None = None
    reasons: tuple[Reason, ...] = ()


class _Incident(Struct):
    """What is read of an incident."""

    number: int
    state: str
    title: str = ""
    priority: str = "P4"
    merged_into: int = 0
    told_at: float = 0.0
    suppressed: bool = False


_alert = msgspec.json.Decoder(_Alert).decode
_incident = msgspec.json.Decoder(_Incident).decode


def alerts(connection: Connection, since: float, before: int, limit: int) -> tuple[tuple[Unpaged, ...], int]:
    """Of the ``limit`` alerts below ``before`` (0: of all), newest first; and the id to go on below, 0 at the end."""
    query = select(alert.c.id, alert.c.body).where(alert.c.last_at >= since)
    query = query.where(alert.c.id < before) if before else query
    rows = connection.execute(query.order_by(alert.c.id.desc()).limit(limit)).all()
    found = [one for one in (_alert(row.body) for row in rows) if one.first_at >= since]
    incidents = _with_survivors(connection, {one.incident for one in found})
    listed = (_listed(one, incidents) for one in found if one.incident in incidents)
    return tuple(one for one in listed if one is not None), rows[-1].id if len(rows) == limit else 0


def _with_survivors(connection: Connection, numbers: set[int]) -> dict[int, _Incident]:
    found: dict[int, _Incident] = {}
    wanted = numbers
    for _ in range(_MOST_LINKS):
        if not wanted:
            break
        query = select(incident.c.body).where(incident.c.number.in_(wanted))
        found |= {one.number: one for one in map(_incident, connection.scalars(query))}
        wanted = _links(found.values()) - set(found)
    return found


def _links(found: Iterable[_Incident]) -> set[int]:
    return {one.merged_into for one in found if one.merged_into}


def _listed(one: _Alert, incidents: dict[int, _Incident]) -> Unpaged | None:
    """None if people were paged about it, or may still be."""
    own = incidents[one.incident]
    survivor = own
    for _ in range(_MOST_LINKS):
        survivor = incidents.get(survivor.merged_into, survivor)
    how = _how(one, own, survivor)
    if how is None:
        return None
    why = next((r.text for r in reversed(one.reasons) if r.stage == "correlate"), "")
    return Unpaged(
        alert=one.id,
        node=one.node,
        check=one.check,
        summary=one.summary,
        severity=one.severity,
        certainty=one.certainty,
        at=one.first_at,
        how=how,
        why=why,
        incident=survivor.number,
        title=survivor.title,
        priority=survivor.priority,
    )


def _how(one: _Alert, own: _Incident, survivor: _Incident) -> How | None:
    if one.certainty != "root":
        return "joined"
    if own.told_at:
        return None
    if own.merged_into:
        return "linked"
    if survivor.suppressed:
        return "hidden"
    return "over" if survivor.state == "resolved" else None
