"""What is going on now, in memory: open alerts and incidents, what is known of nodes, what is due.

``World`` only ever changes by ``apply``; a step reads and writes a ``Draft`` over it, whose changes are data. The rows
are all there is: indices and due times are derived from them, and a world rebuilt from rows equals the live one.
"""

import heapq
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from ingestd.decide.state import Rulebook
from ingestd.decide.topology import keys_of
from ingestd.index import Index, IndexDraft
from ingestd.model import (
    FAILURES,
    KNOWN_KEPT,
    SILENCE_KEPT,
    Alert,
    Budget,
    Changes,
    Heartbeat,
    Incident,
    Known,
    NodeMark,
    Notification,
    Silence,
    Snapshot,
    TimelineRow,
    Verdict,
)

Key = TypeVar("Key")
Row = TypeVar("Row")
Timer = tuple[float, str, int | str]  # when, "incident" | "alert" | "heartbeat" …, its number or name
UNPLANNED = 1.0  # when a heartbeat that nobody has planned is due: long ago


class World:
    """All open rows, indexed. One engine owns one world."""

    def __init__(self, rules: Rulebook, snapshot: Snapshot | None = None) -> None:
        snapshot = snapshot or Snapshot()
        self.rules = rules
        self.position = snapshot.position
        self.at = snapshot.at
        self.wall_offset = snapshot.wall_offset
        self.next_alert = snapshot.next_alert
        self.next_incident = snapshot.next_incident
        self.next_notification = snapshot.next_notification
        self.alerts: dict[int, Alert] = {}
        self.incidents: dict[int, Incident] = {}
        self.marks: dict[str, NodeMark] = {}
        self.silences: dict[str, Silence] = {}
        self.heartbeats: dict[str, Heartbeat] = {}
        self.budgets: dict[str, Budget] = {}
        self.fingerprints: dict[str, int] = {}
        self.at_node: Index[str] = Index()
        self.members: Index[int] = Index()
        self.firing: Index[int] = Index()
        self.linked: Index[int] = Index()
        self.rooted: Index[str] = Index()
        self.waiting: Index[str] = Index()
        self.owned: Index[str] = Index()
        self.known: dict[str, Known] = {}
        self.known_of: dict[int, str] = {}  # an incident, or one that continued as it: the thing that it was
        self._oldest: list[tuple[float, int, str]] = []
        self._due: list[Timer] = []
        self._incident_due: dict[int, float] = {}
        self.apply(
            Changes(
                incidents=snapshot.incidents,
                alerts=snapshot.alerts,
                marks=snapshot.marks,
                silences=snapshot.silences,
                heartbeats=snapshot.heartbeats,
                budgets=snapshot.budgets,
                known=snapshot.known,
            )
        )
        self._expect()

    def apply(self, changes: Changes) -> None:
        """Take over what a step decided."""
        for alert in changes.alerts:
            self._take_alert(alert)
        for incident in changes.incidents:
            self._take_incident(incident)
        for mark in changes.marks:
            self.marks[mark.node] = mark
        for silence in changes.silences:
            self._take_silence(silence)
        for heartbeat in changes.heartbeats:
            self._take_heartbeat(heartbeat)
        for budget in changes.budgets:
            self._take_budget(budget)
        for known in changes.known:
            self._take_known(known)
        for notification in changes.notifications:
            self.next_notification = max(self.next_notification, notification.id + 1)
        if changes.wall_offset is not None:
            self.wall_offset = changes.wall_offset

    def reload(self, rules: Rulebook) -> None:
        """Go on under other rules; what depends on the topology is indexed anew."""
        self.rules = rules
        self.waiting = Index()
        for incident in self.incidents.values():
            self.waiting.move(incident.number, (), waits_under(rules, incident))
        self._expect()

    def due(self, at: float) -> "Timer | None":
        """The earliest timer that is due at ``at``: (when, kind, number or name); None if none is."""
        when = self.next_due()
        return self._due[0] if when is not None and when <= at else None

    def next_due(self) -> float | None:
        """When the next timer goes off."""
        while self._due:
            when, kind, number = self._due[0]
            if when and when == self._due_of(kind, number):
                return when
            heapq.heappop(self._due)
        return None

    def facts(self) -> tuple[object, ...]:
        """Everything that decides what happens next: equal facts, equal future."""
        counters = (self.next_alert, self.next_incident, self.next_notification, self.wall_offset)
        indices = (self.at_node, self.members, self.firing, self.linked, self.rooted, self.waiting, self.owned)
        timers = sorted(
            [(due_of_incident(i), i.number) for i in self.incidents.values()]
            + [(a.due_at, a.id) for a in self.alerts.values()]
        )
        return (
            self.alerts,
            self.incidents,
            self.marks,
            {name: one for name, one in self.silences.items() if one.ends_at > self.at + self.wall_offset},
            self.heartbeats,
            self.budgets,
            self.known,
            self.known_of,
            self.fingerprints,
            counters,
            timers,
            *(i.sets for i in indices),
        )

    def _take_alert(self, alert: Alert) -> None:
        old = self.alerts.get(alert.id)
        self.alerts[alert.id] = alert
        self.next_alert = max(self.next_alert, alert.id + 1)
        if self.fingerprints.get(alert.fingerprint, 0) <= alert.id:
            self.fingerprints[alert.fingerprint] = alert.id
        self.at_node.move(alert.id, _node_key(old), _node_key(alert))
        self.members.move(alert.id, (old.incident,) if old else (), (alert.incident,))
        self.firing.move(alert.id, fires_in(old), fires_in(alert))
        if alert.due_at and (old is None or old.due_at != alert.due_at):
            heapq.heappush(self._due, (alert.due_at, "alert", alert.id))

    def _take_incident(self, incident: Incident) -> None:
        number = incident.number
        old = self.incidents.get(number)
        self.next_incident = max(self.next_incident, number + 1)
        if incident.closed_at:
            self._forget(number, old)
            return
        self.incidents[number] = incident
        self.linked.move(number, linked_to(old), linked_to(incident))
        self.owned.move(number, owned_by(old), owned_by(incident))
        if old is None or _elsewhere(old, incident):
            self.rooted.move(number, rooted_at(old), rooted_at(incident))
            self.waiting.move(number, waits_under(self.rules, old), waits_under(self.rules, incident))
        due = due_of_incident(incident)
        if due != self._incident_due.get(number, 0.0):
            self._incident_due[number] = due
            if due:
                heapq.heappush(self._due, (due, "incident", number))

    def _take_silence(self, silence: Silence) -> None:
        self.silences[silence.id] = silence
        if silence.due_at:
            heapq.heappush(self._due, (silence.due_at, "silence", silence.id))
        for name in [n for n, one in self.silences.items() if one.ends_at <= self.at + self.wall_offset - SILENCE_KEPT]:
            del self.silences[name]

    def _take_heartbeat(self, heartbeat: Heartbeat) -> None:
        self.heartbeats[heartbeat.id] = heartbeat
        if heartbeat.due_at:
            heapq.heappush(self._due, (heartbeat.due_at, "heartbeat", heartbeat.id))

    def _take_known(self, known: Known) -> None:
        old = self.known.get(known.id)
        self._forget_numbers(old)
        self.known[known.id] = known
        self.known_of.update(dict.fromkeys(numbers_of(known), known.id))
        if old is None or (old.at, old.times[0].number) != (known.at, known.times[0].number):
            heapq.heappush(self._oldest, (known.at, known.times[0].number, known.id))
        if len(self._oldest) > 2 * KNOWN_KEPT:  # most of it is over and done with
            self._oldest = [(one.at, one.times[0].number, one.id) for one in self.known.values()]
            heapq.heapify(self._oldest)
        while len(self.known) > KNOWN_KEPT:
            at, number, name = heapq.heappop(self._oldest)
            last = self.known.get(name)
            if last is not None and (last.at, last.times[0].number) == (at, number):
                self._forget_numbers(self.known.pop(name))

    def _forget_numbers(self, known: Known | None) -> None:
        for number in numbers_of(known):
            self.known_of.pop(number, None)

    def _take_budget(self, budget: Budget) -> None:
        self.budgets[budget.person] = budget
        if budget.due_at:
            heapq.heappush(self._due, (budget.due_at, "budget", budget.person))

    def _expect(self) -> None:
        """A heartbeat that the rules name and nobody has planned is due at once: that plans it."""
        for name in self.rules.heartbeats.names:
            if name not in self.heartbeats:
                heapq.heappush(self._due, (UNPLANNED, "heartbeat", name))

    def _forget(self, number: int, old: Incident | None) -> None:
        for alert in [self.alerts[a] for a in self.members.get(number)]:
            del self.alerts[alert.id]
            if self.fingerprints.get(alert.fingerprint) == alert.id:
                del self.fingerprints[alert.fingerprint]
            self.at_node.move(alert.id, (alert.node,), ())
            self.members.move(alert.id, (alert.incident,), ())
            self.firing.move(alert.id, fires_in(alert), ())
        self._incident_due.pop(number, None)
        if old is not None:
            del self.incidents[number]
            self.linked.move(number, linked_to(old), ())
            self.rooted.move(number, rooted_at(old), ())
            self.waiting.move(number, waits_under(self.rules, old), ())
            self.owned.move(number, owned_by(old), ())

    def _due_of(self, kind: str, number: int | str) -> float:
        if kind == "alert":
            alert = self.alerts.get(int(number))
            return alert.due_at if alert else 0.0
        if kind == "heartbeat":
            heartbeat = self.heartbeats.get(str(number))
            expected = number in self.rules.heartbeats.names
            return (heartbeat.due_at if heartbeat else UNPLANNED) if expected else 0.0
        if kind == "silence":
            silence = self.silences.get(str(number))
            return silence.due_at if silence else 0.0
        if kind == "budget":
            return self.budgets[str(number)].due_at
        return self._incident_due.get(int(number), 0.0)


class Draft:
    """The world as one step sees it. Implements ``decide.state.State``."""

    def __init__(self, world: World, at: float) -> None:
        self._world = world
        self.rules = world.rules
        self.at = at
        self.wall = at + world.wall_offset
        self.explanations: dict[str | tuple[str, str], object] = {}
        self.verdict: Verdict | None = None
        self.reloaded = False  # other rules are the only news
        self.wall_offset: float | None = None
        self._alerts: dict[int, Alert] = {}
        self._incidents: dict[int, Incident] = {}
        self._marks: dict[str, NodeMark] = {}
        self._silences: dict[str, Silence] = {}
        self._heartbeats: dict[str, Heartbeat] = {}
        self._budgets: dict[str, Budget] = {}
        self._known: dict[str, Known] = {}
        self._fingerprints: dict[str, int] = {}
        self._timeline: list[TimelineRow] = []
        self._notifications: list[Notification] = []
        self._cancelled: list[int] = []
        self._touched: dict[int, None] = {}
        self._ids = [world.next_alert, world.next_incident, world.next_notification]
        self._at_node = IndexDraft(world.at_node)
        self._members = IndexDraft(world.members)
        self._firing = IndexDraft(world.firing)
        self._linked = IndexDraft(world.linked)
        self._rooted = IndexDraft(world.rooted)
        self._waiting = IndexDraft(world.waiting)
        self._owned = IndexDraft(world.owned)

    # -- reading
    def alert(self, number: int) -> Alert:
        """The alert with this id; KeyError if it is not open."""
        return self._alerts.get(number) or self._world.alerts[number]

    def open_alert(self, number: int) -> Alert | None:
        """The alert with this id; None if it is not open."""
        return self._alerts.get(number) or self._world.alerts.get(number)

    def alert_by(self, fingerprint: str) -> Alert | None:
        """The newest open alert with this fingerprint."""
        number = self._fingerprints.get(fingerprint) or self._world.fingerprints.get(fingerprint)
        return self.alert(number) if number else None

    def alert_before(self, number: int) -> Alert | None:
        """The alert as it was before this step."""
        return self._world.alerts.get(number)

    def written(self, incident: int) -> Iterator[Alert]:
        """The alerts of an incident, linked ones included, that this step has changed so far, as they are now."""
        placed = [a for a in self._alerts.values() if self.incident(a.incident) is not None]
        return (a for a in placed if self.survivor(a.incident).number == incident)

    def rearranged(self) -> bool:
        """Whether this step changed silences, or which incidents are linked to which."""
        before = self._world.incidents
        linked = (i for i in self._incidents.values() if i.number in before)
        known = self._world.silences
        anew = any(_asked(one) != _asked(known.get(name)) for name, one in self._silences.items())
        return anew or any(i.merged_into != before[i.number].merged_into for i in linked)

    def every_alert(self) -> Iterator[Alert]:
        """All that is open; for what concerns everything, such as a stretch of deafness."""
        return (self.alert(n) for n in sorted({*self._world.alerts, *self._alerts}))

    def alerts_at(self, node: str) -> Iterator[Alert]:
        """Every alert of a node that is still remembered."""
        return (self.alert(n) for n in sorted(self._at_node.get(node)))

    def members(self, incident: int) -> Iterator[Alert]:
        """The alerts that came with an incident, oldest first; not those of incidents linked to it."""
        return (self.alert(n) for n in sorted(self._members.get(incident)))

    def firing(self, incident: int) -> Iterator[Alert]:
        """The firing alerts of an incident and of all that is linked to it."""
        return (self.alert(n) for one in self._group(incident) for n in self._firing.lazily(one))

    def firing_count(self, incident: int) -> int:
        """How many alerts of an incident and of all that is linked to it fire."""
        return sum(self._firing.count(one) for one in self._group(incident))

    def incident(self, number: int) -> Incident | None:
        """The incident with this number, merged or not; None if it is closed."""
        return self._incidents.get(number) or self._world.incidents.get(number)

    def numbered(self, number: int) -> Incident:
        """The incident with this number, merged or not; KeyError if it is closed."""
        return self._incidents.get(number) or self._world.incidents[number]

    def before(self, number: int) -> Incident | None:
        """The incident as it was before this step."""
        return self._world.incidents.get(number)

    def survivor(self, number: int) -> Incident:
        """The incident that this one continues as. KeyError if it is closed."""
        incident = self.numbered(number)
        while incident.merged_into:
            incident = self.numbered(incident.merged_into)
        return incident

    def group(self, number: int) -> list[int]:
        """An incident and all that is linked to it."""
        return list(self._group(number))

    def _group(self, number: int) -> Iterator[int]:
        """The same, no further than it is asked for."""
        found = [number]
        for one in found:
            yield one
            linked = self._linked.get(one)
            if linked:
                found += sorted(linked)

    def size(self, number: int, enough: int) -> int:
        """How many alerts an incident and what is linked to it have; counted only until ``enough``."""
        size = 0
        for one in self._group(number):
            size += self._members.count(one)
            if size >= enough:
                break
        return size

    def rooted(self, node: str) -> Collection[int]:
        """Incidents, merged ones included, whose root or cause is this node."""
        return self._rooted.get(node)

    def rooted_among(self, nodes: Sequence[str]) -> list[str]:
        """Those of some nodes that are the root or the cause of an incident, in their order."""
        return self._rooted.among(nodes)

    def waiting(self, node: str) -> Collection[int]:
        """Incidents that this node would explain, or help to explain, if it were down."""
        return self._waiting.get(node)

    def owned(self, person: str) -> Collection[int]:
        """The open incidents that this person has taken."""
        return self._owned.get(person)

    def mark(self, node: str) -> NodeMark:
        """What is known of a node beyond its alerts."""
        return self._marks.get(node) or self._world.marks.get(node) or NodeMark(node=node)

    def silences(self) -> Mapping[str, Silence]:
        """What people asked not to be told of, by id; those that ended may be among them."""
        return {**self._world.silences, **self._silences} if self._silences else self._world.silences

    def heartbeat(self, name: str) -> Heartbeat | None:
        """What is known of an expected sign of life; None: it was never planned."""
        return self._heartbeats.get(name) or self._world.heartbeats.get(name)

    def known(self, name: str) -> Known | None:
        """What is known of the last times that one thing happened."""
        return self._known.get(name) or self._world.known.get(name)

    def known_of(self, incident: int) -> Known | None:
        """The same, of what an incident was that is over."""
        return self.known(self._world.known_of.get(incident, ""))

    def budget(self, person: str) -> Budget:
        """The letters that a person got lately, and what waits for her next one."""
        return self._budgets.get(person) or self._world.budgets.get(person) or Budget(person=person)

    # -- writing
    def new_alert(self) -> int:
        """The id of the next alert."""
        return self._next(0)

    def new_incident(self) -> int:
        """The number of the next incident."""
        return self._next(1)

    def new_notification(self) -> int:
        """The id of the next notification."""
        return self._next(2)

    def put_alert(self, alert: Alert) -> None:
        """Add or replace an alert. One without an incident yet is not found at its node."""
        old = self._alerts.get(alert.id) or self._world.alerts.get(alert.id)
        self._alerts[alert.id] = alert
        self._fingerprints[alert.fingerprint] = alert.id
        self._at_node.move(alert.id, _node_key(old), _node_key(alert))
        self._members.move(alert.id, (old.incident,) if old else (), (alert.incident,))
        self._firing.move(alert.id, fires_in(old), fires_in(alert))
        self.explanations.clear()

    def put_incident(self, incident: Incident) -> None:
        """Add or replace an incident."""
        number = incident.number
        old = self._incidents.get(number) or self._world.incidents.get(number)
        self._incidents[number] = incident
        self._linked.move(number, linked_to(old), linked_to(incident))
        self._owned.move(number, owned_by(old), owned_by(incident))
        if old is None or _elsewhere(old, incident):
            self._rooted.move(number, rooted_at(old), rooted_at(incident))
            self._waiting.move(number, waits_under(self.rules, old), waits_under(self.rules, incident))
            self.explanations.clear()

    def put_mark(self, mark: NodeMark) -> None:
        """Replace what is known of a node."""
        self._marks[mark.node] = mark
        self.explanations.clear()

    def put_silence(self, silence: Silence) -> None:
        """Add or replace a silence."""
        self._silences[silence.id] = silence

    def put_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Add or replace what is known of a heartbeat."""
        self._heartbeats[heartbeat.id] = heartbeat

    def put_known(self, known: Known) -> None:
        """Replace what is known of one thing."""
        self._known[known.id] = known

    def put_budget(self, budget: Budget) -> None:
        """Replace what is known of a person's letters."""
        self._budgets[budget.person] = budget

    def log(self, incident: int, what: str, text: str, actor: str = "", rule: str = "") -> None:
        """Add a line to an incident's timeline."""
        row = TimelineRow(incident=incident, at=self.at, what=what, text=text[:500], actor=actor, rule=rule)
        self._timeline.append(row)

    def notify(self, notification: Notification) -> None:
        """Request a page."""
        self._notifications.append(notification)

    def cancel(self, notification: int) -> None:
        """Withdraw a page if nobody has claimed it yet."""
        self._cancelled.append(notification)

    def touch(self, incident: int) -> None:
        """Something in this incident changed: it is to be ranked again."""
        self._touched[incident] = None

    def touched(self) -> list[int]:
        """The surviving incidents that changed."""
        return list(dict.fromkeys(self.survivor(n).number for n in self._touched if self.incident(n)))

    def owned_anew(self) -> list[int]:
        """The open incidents of which the owner or the team is not as before."""
        return [n for n, one in self._incidents.items() if _theirs(one) != _theirs(self._world.incidents.get(n))]

    def changes(self) -> Changes:
        """What the step decided."""
        world = self._world
        return Changes(
            alerts=_changed(self._alerts, world.alerts),
            incidents=_changed(self._incidents, world.incidents),
            marks=_changed(self._marks, world.marks),
            silences=tuple(self._silences.values()),
            heartbeats=_changed(self._heartbeats, world.heartbeats),
            budgets=_changed(self._budgets, world.budgets),
            known=_changed(self._known, world.known),
            timeline=tuple(self._timeline),
            notifications=tuple(self._notifications),
            cancelled=tuple(self._cancelled),
            verdict=self.verdict,
            wall_offset=self.wall_offset,
        )

    def _next(self, which: int) -> int:
        self._ids[which] += 1
        return self._ids[which] - 1


def _changed(now: Mapping[Key, Row], before: Mapping[Key, Row]) -> tuple[Row, ...]:
    """The rows that are not as they were."""
    return tuple([row for key, row in now.items() if row != before.get(key)]) if now else ()


# -- the keys under which rows are found
def fires_in(alert: Alert | None) -> tuple[int, ...]:
    """The incident a firing alert keeps open."""
    return (alert.incident,) if alert is not None and alert.state == "firing" else ()


def _asked(silence: Silence | None) -> tuple[object, ...]:
    """What a silence hides, and when."""
    if silence is None:
        return ()
    return silence.matchers, silence.targets, silence.starts_at, silence.ends_at, silence.weekly


def _theirs(incident: Incident | None) -> tuple[object, ...]:
    """Whose an incident is; nobody's until it is taken, and when it is over or continues as another."""
    if incident is None or not owned_by(incident):
        return ()
    return incident.owner, incident.team


def linked_to(incident: Incident | None) -> tuple[int, ...]:
    """The incident this one was merged into."""
    return (incident.merged_into,) if incident is not None and incident.merged_into else ()


def rooted_at(incident: Incident | None) -> tuple[str, ...]:
    """The nodes an incident is about."""
    if incident is None:
        return ()
    return tuple({name for name in (incident.root, incident.cause, incident.group) if name})


def owned_by(incident: Incident | None) -> tuple[str, ...]:
    """Who works on an incident."""
    if incident is None or incident.merged_into or incident.state != "acknowledged" or not incident.owner:
        return ()
    return (incident.owner,)


def waits_under(rules: Rulebook, incident: Incident | None) -> set[str]:
    """The nodes that would explain an incident if they went down, and the keys of its cause's place."""
    if incident is None or incident.merged_into or incident.state == "resolved":
        return set()
    topology = rules.topology
    found = {a for w in incident.watches for a in topology.ancestors(w)}
    if not incident.cause_kind:
        found |= set(incident.watches)
    spec = topology.nodes.get(incident.cause or "") if incident.cause_kind in FAILURES else None
    return found if spec is None else found | keys_of(spec)


def numbers_of(known: Known | None) -> tuple[int, ...]:
    """The incidents under which the last times of a thing are found."""
    return () if known is None else tuple(n for one in known.times for n in (one.number, *one.merged))


def due_of_incident(incident: Incident) -> float:
    """When an incident's next timer goes off; 0 = never. While it is suppressed the clocks of people stand still.

    One that was merged leaves its clocks to the survivor; one that is over waits for its ends to arrive; one that seems
    to be over brings in nobody else.
    """
    if incident.merged_into:
        return 0.0
    if incident.state == "resolved":
        return min((d for d in (incident.end_at, incident.again_at) if d), default=0.0)
    dues: tuple[float, ...] = (incident.end_at, incident.remind_at, incident.silent_until, incident.recheck_at)
    if not incident.suppressed:
        dues = (incident.page_at, incident.update_at, incident.rank_at, incident.again_at, *dues)
        if not incident.end_at:
            dues = (incident.step_at, incident.resolve_at, incident.stale_at, incident.ask_at, *dues)
    return min((d for d in dues if d), default=0.0)


def combine(parts: Iterable[Changes]) -> Changes:
    """The changes of one entry's units as one; of a row changed twice the last version counts."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    return Changes(
        alerts=_last((a for p in parts for a in p.alerts), lambda a: a.id),
        incidents=_last((i for p in parts for i in p.incidents), lambda i: i.number),
        marks=_last((m for p in parts for m in p.marks), lambda m: m.node),
        silences=_last((x for p in parts for x in p.silences), lambda x: x.id),
        heartbeats=_last((x for p in parts for x in p.heartbeats), lambda x: x.id),
        budgets=_last((x for p in parts for x in p.budgets), lambda x: x.person),
        known=_last((x for p in parts for x in p.known), lambda x: x.id),
        timeline=tuple(row for p in parts for row in p.timeline),
        notifications=tuple(n for p in parts for n in p.notifications),
        cancelled=tuple(c for p in parts for c in p.cancelled),
        verdict=next((p.verdict for p in reversed(parts) if p.verdict), None),
        recogniser=next((p.recogniser for p in parts if p.recogniser), None),
        shunted="; ".join(p.shunted for p in parts if p.shunted),
        wall_offset=next((p.wall_offset for p in reversed(parts) if p.wall_offset is not None), None),
    )


def _last(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> tuple[Row, ...]:
    return tuple({key(row): row for row in rows}.values())


def _node_key(alert: Alert | None) -> tuple[str, ...]:
    return (alert.node,) if alert is not None and alert.incident else ()


def _elsewhere(old: Incident, new: Incident) -> bool:
    """Whether an incident is to be found under other nodes than before."""
    return (
        old.watches != new.watches
        or old.state != new.state
        or old.cause != new.cause
        or old.cause_kind != new.cause_kind
        or old.root != new.root
        or old.group != new.group
        or old.merged_into != new.merged_into
    )
