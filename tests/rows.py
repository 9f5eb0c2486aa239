"""What a store would hold of a journal."""

from collections.abc import Sequence

from ingestd.model import Alert, Budget, Heartbeat, Incident, Known, NodeMark, Silence, Snapshot, Stepped


def rows(journal: Sequence[Stepped], at: float) -> Snapshot:
    """What a store would hold at a time: the last version of each row, without what is closed."""
    alerts: dict[int, Alert] = {}
    incidents: dict[int, Incident] = {}
    marks: dict[str, NodeMark] = {}
    silences: dict[str, Silence] = {}
    heartbeats: dict[str, Heartbeat] = {}
    budgets: dict[str, Budget] = {}
    known: dict[str, Known] = {}
    notifications, offset = 0, 0.0
    for stepped in journal:
        changes = stepped.changes
        alerts |= {a.id: a for a in changes.alerts}
        incidents |= {i.number: i for i in changes.incidents}
        marks |= {m.node: m for m in changes.marks}
        silences |= {one.id: one for one in changes.silences}
        heartbeats |= {one.id: one for one in changes.heartbeats}
        budgets |= {one.person: one for one in changes.budgets}
        known |= {one.id: one for one in changes.known}
        notifications = max([notifications, *(n.id for n in changes.notifications)])
        offset = offset if changes.wall_offset is None else changes.wall_offset
    open_ones = tuple(i for i in incidents.values() if not i.closed_at)
    return Snapshot(
        next_alert=max(alerts, default=0) + 1,
        next_incident=max(incidents, default=0) + 1,
        next_notification=notifications + 1,
        wall_offset=offset,
        incidents=open_ones,
        alerts=tuple(a for a in alerts.values() if any(a.incident == i.number for i in open_ones)),
        marks=tuple(marks.values()),
        silences=tuple(silences.values()),
        heartbeats=tuple(heartbeats.values()),
        budgets=tuple(budgets.values()),
        known=tuple(known.values()),
        at=at,
    )
