"""The production pipeline under a virtual clock: a stream of events in, the log of what was done out.

For benchmarks of correlation. The stream is a list of JSON objects in arrival order: ``id``, ``t`` (arrival, epoch s),
``source``, ``host``, ``service``, ``severity``, ``state`` (problem | ok | report), ``summary``, ``dedup_key`` and
``from``. The inventory has the shape of topology.yaml. The log has one object an action: assign, merge, cause, notify,
resolve.
"""

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ingestd import pipeline
from ingestd.config import SHIPPED_RULES
from ingestd.decide.classify import CorrelateRules
from ingestd.decide.dedup import locate
from ingestd.decide.normalise import Recognisers
from ingestd.decide.oncall import People, PeopleFile, Person
from ingestd.decide.rank import PriorityRules, Ranker
from ingestd.decide.route import EscalationRules, PolicySpec, RouteSpec, StepSpec
from ingestd.decide.state import Rulebook
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.model import Changes, Ends, Entry, Event, Message, Reading, Receipt, Severity
from ingestd.world import World
from ingestd.yamltypes import load

Action = dict[str, Any]
_SEVERITIES: dict[str | None, Severity] = {"critical": "critical", "warning": "warning", "info": "info", "ok": "info"}
_READING = Reading(kind="alert", recogniser="simulate")
_WAIT_FOR_TIMERS = 2 * 86400.0  # how long after the last event timers still run
#: One page to one person who never answers: what is measured is the decision, not the escalation.
_ESCALATION = EscalationRules(
    policies=(PolicySpec(id="one-page", steps=(StepSpec(tell=("person:oncall",)),), insist=False),),
    routes=(RouteSpec(id="all", policy="one-page"),),
)


def correlate(inventory: dict[str, Any], events: list[dict[str, Any]]) -> list[Action]:
    """Run the pipeline over a stream; its action log."""
    world = World(rulebook(msgspec.convert(inventory, TopologyFile)))
    run = Run(world)
    for row in events:
        run.timers_until(float(row["t"]))
        run.event(row)
    run.timers_until(world.at + _WAIT_FOR_TIMERS)
    return run.log


@functools.cache
def _shipped() -> tuple[CorrelateRules, PriorityRules]:
    rules = SHIPPED_RULES
    return load(rules / "correlate.yaml", CorrelateRules), load(rules / "priority.yaml", PriorityRules)


def rulebook(topology: TopologyFile) -> Rulebook:
    """The shipped judgement over any topology, with one person to page."""
    correlating, priority = _shipped()
    return Rulebook(
        topology=Topology(topology),
        recognisers=Recognisers.compile(()),
        correlate=correlating,
        ranker=Ranker(priority),
        escalation=_ESCALATION,
        people=People(PeopleFile(people=(Person(id="oncall", mail="oncall@localhost"),))),
        last_resort=("oncall",),
    )


class Run:
    """One simulation: the world, its clock, and the log."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.log: list[Action] = []

    def event(self, row: dict[str, Any]) -> None:
        """Judge one event of the stream."""
        self.world.at = max(self.world.at, float(row["t"]))
        event = _event(row)
        message = Message(kind="webhook", source=row["source"])
        changes = pipeline.decide(self.world, self.world.at, lambda s: pipeline.judge(s, message, _READING, event))
        self.world.apply(changes)
        alert = self.world.fingerprints.get(locate(self.world.rules, event, row["source"]).fingerprint)
        if alert is not None:
            self._act("assign", self.world.alerts[alert].incident, event=row["id"])
        self._record(changes)

    def timers_until(self, end: float) -> None:
        """Let every timer go off that is due by ``end``."""
        while due := self.world.due(end):
            when, kind, number = due
            self.world.at = max(self.world.at, when)
            changes = pipeline.tick(self.world, self.world.at, pipeline.timer_message(kind, number))
            self.world.apply(changes)
            self._record(changes)

    def _record(self, changes: Changes) -> None:
        for action in self._actions(changes):
            self.log.append(action)
        for receipt in _receipts(changes):
            body = msgspec.json.encode(receipt)
            entry = Entry(0, Message(kind="receipt", source="outbox", body=body))
            for more in pipeline.step(self.world, entry, self.world.at):
                self.world.apply(more)
                self._record(more)

    def _actions(self, changes: Changes) -> Iterator[Action]:
        for incident in changes.incidents:
            if incident.merged_into:
                into = self._survivor(incident.merged_into)
                yield self._made("merge", into, **{"from": f"I{incident.number}", "into": f"I{into}"})
            elif incident.state == "resolved" and not incident.closed_at and incident.resolved_at:
                yield self._made("resolve", incident.number)
            else:
                yield self._made("cause", incident.number, node=incident.cause)
        for page in changes.notifications:
            kind = {"end": "resolve", "update": "update"}.get(page.kind, "open")
            yield self._made("notify", page.incident, kind=kind)

    def _act(self, op: str, incident: int, **more: Any) -> None:
        self.log.append(self._made(op, incident, **more))

    def _made(self, op: str, incident: int, **more: Any) -> Action:
        return {"op": op, "t": self.world.at, "incident": f"I{self._survivor(incident)}", **more}

    def _survivor(self, number: int) -> int:
        incident = self.world.incidents.get(number)
        return self._survivor(incident.merged_into) if incident and incident.merged_into else number


def _receipts(changes: Changes) -> Iterable[Receipt]:
    """Every page is claimed and handed over at once."""
    for page in changes.notifications:
        for outcome in ("claimed", "handed_over"):
            yield Receipt(notification=page.id, incident=page.incident, person=page.person, outcome=outcome)


def _event(row: dict[str, Any]) -> Event:
    return Event(
        state="resolved" if row["state"] == "ok" else "firing",
        summary=row["summary"],
        host=row["host"],
        check=row["service"],
        severity=_SEVERITIES.get(row["severity"], "unknown"),
        identity=row["dedup_key"],
        report=row["state"] == "report",
        sender=row.get("from", ""),
        ends=Ends("recovery"),
    )
