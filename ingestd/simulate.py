"""The production pipeline under a virtual clock: a stream of events in, the log of what was done out.

For benchmarks of correlation. The stream is a list of JSON objects in arrival order: ``id``, ``t`` (arrival, epoch s),
``source``, ``host``, ``service``, ``severity``, ``state`` (problem | ok | report), ``summary``, ``dedup_key`` and
``from``. The inventory has the shape of topology.yaml. The log has one object an action: assign, merge, cause, notify,
resolve.
"""

import functools
from collections.abc import Iterator
from typing import Any

import msgspec

from ingestd.config import SHIPPED_RULES
from ingestd.decide.classify import CorrelateRules
from ingestd.decide.dedup import locate
from ingestd.decide.normalise import Recognisers
from ingestd.decide.oncall import People, PeopleFile, Person
from ingestd.decide.rank import PriorityRules, Ranker
from ingestd.decide.route import EscalationRules, PolicySpec, RouteSpec, StepSpec
from ingestd.decide.state import Rulebook
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.model import Changes, Ends, Event, Reading, Severity, Stepped
from ingestd.trial.run import Page, Trial
from ingestd.yamltypes import load

Action = dict[str, Any]
_SEVERITIES: dict[str | None, Severity] = {"critical": "critical", "warning": "warning", "info": "info", "ok": "info"}
_READING = Reading(kind="alert", recogniser="simulate")
_WAIT_FOR_TIMERS = 2 * 86400.0  # how long after the last event timers still run
#: One page to one person who never answers: what is measured is the decision, not the escalation.
_ESCALATION = EscalationRules(
    policies=(PolicySpec(id="one-page", steps=(StepSpec(tell=("person:oncall",)),), insist=False),),
    routes=(RouteSpec(id="all", policy="one-page"),),
    pages_an_hour=0,  # what is judged is which pages there are, not how they are sent
)


def correlate(inventory: dict[str, Any], events: list[dict[str, Any]]) -> list[Action]:
    """Run the pipeline over a stream; its action log."""
    run = Run(rulebook(msgspec.convert(inventory, TopologyFile)))
    for row in events:
        run.event(row)
    run.trial.advance(run.trial.world.at + _WAIT_FOR_TIMERS)
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
    """One simulation: a trial, and the log of what it did."""

    def __init__(self, rules: Rulebook) -> None:
        self.trial = Trial(rules, 0.0, on_step=self._record, on_page=_nobody_listens)
        self.log: list[Action] = []
        self._judged: tuple[str, str] | None = None  # the event under way: its id, and its fingerprint

    def event(self, row: dict[str, Any]) -> None:
        """Judge one event of the stream, after every timer that is due before it."""
        event = _event(row)
        at = float(row["t"])
        self.trial.advance(at)
        self._judged = row["id"], locate(self.trial.world.rules, event, row["source"]).fingerprint
        self.trial.event(event, at, row["source"], _READING)

    def _record(self, stepped: Stepped) -> None:
        if self._judged is not None:
            (name, fingerprint), self._judged = self._judged, None
            self._assign(name, fingerprint)
        self.log += self._actions(stepped.changes)

    def _assign(self, event: str, fingerprint: str) -> None:
        world = self.trial.world
        alert = world.fingerprints.get(fingerprint)
        if alert is not None:
            self.log.append(self._made("assign", world.alerts[alert].incident, event=event))

    def _actions(self, changes: Changes) -> Iterator[Action]:
        for incident in changes.incidents:
            if incident.merged_into:
                into = self.trial.survivor(incident.merged_into)
                yield self._made("merge", into, **{"from": f"I{incident.number}", "into": f"I{into}"})
            elif incident.state == "resolved" and not incident.closed_at and incident.resolved_at:
                yield self._made("resolve", incident.number)
            else:
                yield self._made("cause", incident.number, node=incident.cause)
        for page in changes.notifications:
            kind = {"end": "resolve", "update": "update"}.get(page.kind, "open")
            yield self._made("notify", page.incident, kind=kind)

    def _made(self, op: str, incident: int, **more: Any) -> Action:
        return {"op": op, "t": self.trial.world.at, "incident": f"I{self.trial.survivor(incident)}", **more}


def _nobody_listens(_page: Page) -> None:
    """Pages are read off the changes."""


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
