"""A night under a virtual clock: messages arrive, timers go off, people act; what they were told is a list.

The pipeline and the world are the real ones; only the outbox is played: every page is claimed and handed over at once,
unless a test says that a person's pages fail.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

import msgspec

from ingestd.decide.classify import CorrelateRules
from ingestd.decide.heartbeat import HeartbeatFile, Heartbeats
from ingestd.decide.normalise import RecogniserFile, Recognisers
from ingestd.decide.oncall import People, PeopleFile
from ingestd.decide.rank import PriorityRules, Ranker
from ingestd.decide.route import EscalationRules
from ingestd.decide.state import Rulebook
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.model import Alert, Changes, Command, Entry, Incident, Message, Notification, Stepped, Verdict
from ingestd.overlay import overlay
from ingestd.trial.delivery import Delivery, Fate, contacts_of
from ingestd.trial.run import Page as Told
from ingestd.trial.run import Trial
from ingestd.yamltypes import load, loads, read

ROOT = Path(__file__).parent.parent
#: Wednesday, 25 November 2026, 09:00 in Shanghai.
MORNING = 1795568400.0


def trading_company(
    topology: str = "",
    people: str = "",
    last_resort: tuple[str, ...] = ("person:wu",),
    heartbeats: str = "",
    channels: Mapping[str, tuple[str, ...]] | None = None,
) -> Rulebook:
    """The sample site's judgement; ``topology``, ``people`` and ``heartbeats`` (YAML) replace its files."""
    config, rules = ROOT / "config", ROOT / "rules"
    escalation = overlay(
        load(rules / "escalation.yaml", EscalationRules), read(config / "rules/escalation.yaml", EscalationRules)
    )
    priority = overlay(
        load(rules / "priority.yaml", PriorityRules), read(config / "rules/priority.yaml", PriorityRules)
    )
    files = tuple(load(path, RecogniserFile) for path in sorted((rules / "recognise").glob("*.yaml")))
    graph = loads(topology, TopologyFile, "topology") if topology else load(config / "topology.yaml", TopologyFile)
    staff = loads(people, PeopleFile, "people") if people else load(config / "people.yaml", PeopleFile)
    return Rulebook(
        topology=Topology(graph),
        recognisers=Recognisers.compile(files),
        correlate=load(rules / "correlate.yaml", CorrelateRules),
        ranker=Ranker(priority, "Asia/Shanghai"),
        escalation=escalation,
        people=People(staff, "Asia/Shanghai"),
        last_resort=last_resort,
        heartbeats=Heartbeats(loads(heartbeats, HeartbeatFile, "heartbeats"), "Asia/Shanghai"),
        sources=frozenset({"prod", "branch-office"}),
        read_by=(files,),
        channels=channels,
    )


@dataclass
class Page:
    """What somebody was told, and when (seconds after the beginning)."""

    at: float
    person: str
    kind: str
    incident: int
    notification: Notification


@lru_cache(maxsize=1000)
def _letter(subject: str, body: str, sender: str, charset: str) -> bytes:
    """A mail as a program writes it; a hundred thousand nights need but few of them."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "alerts@trading.example", subject
    mail["Message-ID"] = "<NUMBER@mon-1.trading.example>"
    mail.set_content(body, charset=charset)
    return mail.as_bytes()


@dataclass
class Night:
    """One run. Times are seconds after the beginning."""

    rules: Rulebook = field(default_factory=trading_company)
    begin: float = MORNING
    broken: set[str] = field(default_factory=set)  # people whose pages fail

    def __post_init__(self) -> None:
        self.pages: list[Page] = []
        self.journal: list[Stepped] = []
        self.cancelled: set[int] = set()
        self.fates: dict[str, Fate] = dict.fromkeys(self.broken, "fails")
        delivery = Delivery(channels=contacts_of(self.rules.people), fates=self.fates)
        self.trial = Trial(self.rules, self.begin, delivery=delivery, on_step=self._stepped, on_page=self._told)
        self.world = self.trial.world

    # -- what arrives
    def mail(
        self,
        at: float,
        subject: str,
        body: str,
        *,
        sender: str = "nagios@mon-1.trading.example",
        charset: str = "utf-8",
    ) -> None:
        """A mail is accepted at ``at``."""
        number = f"<{len(self.journal)}@".encode()
        self.raw(at, _letter(subject, body, sender, charset).replace(b"<NUMBER@", number, 1), sender)

    def raw(self, at: float, body: bytes, sender: str = "") -> None:
        """Any bytes arrive by SMTP."""
        self.message(at, Message(kind="mail", source="smtp", body=body, sender=sender))

    def webhook(self, at: float, body: object, source: str = "prod", adapter: str = "generic") -> None:
        """A webhook body arrives."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self.message(at, Message(kind="webhook", source=source, adapter=adapter, body=raw))

    def nagios(self, at: float, host: str, state: str = "DOWN", info: str = "CRITICAL - Host unreachable") -> None:
        """A host notification of Nagios."""
        kind = "RECOVERY" if state == "UP" else "PROBLEM"
        text = f"***** Nagios *****\n\nNotification Type: {kind}\nHost: {host}\nState: {state}\nAddress: \nInfo: {info}\n\nDate/Time: now\n"
        self.mail(at, f"** {kind} Host Alert: {host} is {state} **", text)

    def act(self, at: float, actor: str, action: str, incident: int = 0, **more: object) -> Verdict:
        """A person's command."""
        body = msgspec.json.encode(Command(action=action, incident=incident, **more))  # type: ignore[arg-type]
        changes = self.message(at, Message(kind="command", source="cli", actor=actor, body=body))
        assert changes.verdict is not None
        return changes.verdict

    def message(self, at: float, message: Message) -> Changes:
        """Anything arrives."""
        return self.trial.entry(Entry(len(self.journal) + 1, message), self.begin + at)

    def until(self, at: float) -> None:
        """Let every timer go off that is due by ``at``."""
        self.trial.advance(self.begin + at)

    # -- what is seen
    def incidents(self) -> list[Incident]:
        """Every surviving incident, the oldest first."""
        return self.trial.incidents()

    def incident(self, cause: str) -> Incident:
        """The surviving incident with this cause."""
        return next(i for i in self.incidents() if i.cause == cause)

    def alerts(self, node: str) -> list[Alert]:
        """The alerts of a node."""
        return [a for a in self.world.alerts.values() if a.node == node]

    def told(self, person: str | None = None) -> list[tuple[float, str, str]]:
        """(seconds, person, kind) of every page, or of one person's."""
        return [(round(p.at), p.person, p.kind) for p in self.pages if person in (None, p.person)]

    # -- inside
    def _stepped(self, stepped: Stepped) -> None:
        self.journal.append(stepped)
        self.cancelled.update(stepped.changes.cancelled)

    def _told(self, page: Told) -> None:
        self.pages.append(Page(page.at - self.begin, page.person, page.kind, page.incident, page.notification))
