"""What a decision may look at and what it may write: the contract between judgement and the world.

Judgement reads through a ``State`` and writes new rows into it; nothing of the live world changes until the step's
changes are applied. ``world.Draft`` is the implementation.
"""

from collections.abc import Collection, Iterator
from typing import Protocol

from ingestd.decide.classify import Classifier, CorrelateRules
from ingestd.decide.match import NameFinder
from ingestd.decide.normalise import Recognisers
from ingestd.decide.oncall import People
from ingestd.decide.rank import Ranker
from ingestd.decide.route import EscalationRules, Router
from ingestd.decide.topology import Topology
from ingestd.model import Alert, Incident, NodeMark, Notification


class Rulebook:
    """Everything that judgement goes by, compiled; replaced as a whole by a reload."""

    def __init__(
        self,
        *,
        topology: Topology,
        recognisers: Recognisers,
        correlate: CorrelateRules,
        ranker: Ranker,
        escalation: EscalationRules,
        people: People,
        last_resort: tuple[str, ...],
    ) -> None:
        self.topology = topology
        self.recognisers = recognisers
        self.names = NameFinder(topology.spellings())
        self.correlate = correlate
        self.times = correlate.times
        self.classifier = Classifier(correlate)
        self.ranker = ranker
        self.escalation = escalation
        self.router = Router(escalation)
        self.people = people
        self.last_resort = last_resort


class State(Protocol):
    """The world as a step sees it, its own changes included."""

    rules: Rulebook
    at: float  # the engine's clock
    wall: float  # for calendar judgements only
    explanations: dict[str, object]  # forgotten whenever something that explains may have changed

    def alert(self, number: int) -> Alert: ...
    def alert_by(self, fingerprint: str) -> Alert | None: ...
    def every_alert(self) -> Iterator[Alert]: ...
    def alerts_at(self, node: str) -> Iterator[Alert]: ...
    def members(self, incident: int) -> Iterator[Alert]: ...
    def firing(self, incident: int) -> Iterator[Alert]: ...
    def incident(self, number: int) -> Incident | None: ...
    def before(self, number: int) -> Incident | None: ...
    def survivor(self, number: int) -> Incident: ...
    def group(self, number: int) -> list[int]: ...
    def rooted(self, node: str) -> Collection[int]: ...
    def waiting(self, node: str) -> Collection[int]: ...
    def mark(self, node: str) -> NodeMark: ...
    def new_alert(self) -> int: ...
    def new_incident(self) -> int: ...
    def new_notification(self) -> int: ...
    def put_alert(self, alert: Alert) -> None: ...
    def put_incident(self, incident: Incident) -> None: ...
    def put_mark(self, mark: NodeMark) -> None: ...
    def log(self, incident: int, what: str, text: str, actor: str = "", rule: str = "") -> None: ...
    def notify(self, notification: Notification) -> None: ...
    def cancel(self, notification: int) -> None: ...
    def touch(self, incident: int) -> None: ...
