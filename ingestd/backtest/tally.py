"""One virtual run, counted: its incidents, whom they would have paged, and when."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ingestd.backtest.stream import READ, Heard
from ingestd.decide.state import Rulebook
from ingestd.model import ASKING, Command, Incident, Priority, Stepped
from ingestd.pipeline import Reader
from ingestd.trial.delivery import Delivery, contacts_of
from ingestd.trial.run import Page, Trial

NIGHT = (22, 7)  # from, to: hours
SHOWN = 120  # characters of a title


class Call(Struct, frozen=True):
    """A page: when (wall), to whom, how."""

    at: float
    person: str
    kind: str
    night: bool


class Case(Struct):
    """An incident of a run."""

    number: int
    root: str  # fingerprint of the alert that opened it
    began: float  # wall
    title: str
    cause: str
    priority: Priority
    merged_into: int = 0
    closed: bool = False
    hidden: bool = False
    calls: list[Call] = []

    def told(self) -> bool:
        """Whether anybody was paged."""
        return bool(self.calls)


class Totals(Struct):
    """The figures of a run."""

    messages: int = 0
    quiet: int = 0  # mails and webhooks that touched no incident
    unrecognised: int = 0
    shunted: int = 0
    lost_commands: int = 0  # whose incident there was not
    alerts: int = 0
    incidents: Counter[str] = msgspec.field(default_factory=Counter)  # by priority; linked ones left out
    pages: int = 0  # the first word of an incident
    escalations: int = 0
    night: int = 0  # of both
    people: Counter[str] = msgspec.field(default_factory=Counter)


class Run:
    """The pipeline under one set of rules. ``counted_from``: what began before is warming up, and not counted."""

    def __init__(
        self, rules: Rulebook, at: float, wall: float, counted_from: float = 0.0, reader: Reader | None = None
    ) -> None:
        self.totals = Totals()
        self.cases: dict[int, Case] = {}  # until they are closed and were looked at
        self.fresh: list[int] = []  # opened since somebody looked
        self.done: list[int] = []  # closed since somebody looked
        self._zone: ZoneInfo = rules.ranker.zone
        self._from = counted_from
        delivery = Delivery(channels=contacts_of(rules.people))
        self.trial = Trial(
            rules, at, wall, delivery=delivery, on_step=self._stepped, on_page=self._paged, reader=reader
        )

    def hear(self, heard: Heard) -> None:
        """A message arrives, after all that is due by then."""
        message = heard.message
        if message.kind == "command" and heard.about:
            command = self._found(msgspec.json.decode(message.body, type=Command), heard.about)
            if command is None:
                self.totals.lost_commands += self._counts(heard.at)
                self.trial.advance(heard.at)
                return
            message = replace(message, body=msgspec.json.encode(command))
        self.trial.message(message, heard.at)

    def finish(self, seconds: float) -> None:
        """Let the timers run on after the last message."""
        self.trial.advance(self.trial.world.at + seconds)

    def forget(self, number: int) -> None:
        """A case was looked at."""
        del self.cases[number]

    def where(self, fingerprint: str) -> int:
        """The incident that has the newest alert with this fingerprint; 0 if there is none."""
        world = self.trial.world
        alert = world.alerts.get(world.fingerprints.get(fingerprint, 0))
        return self.trial.survivor(alert.incident) if alert is not None else 0

    # -- what the trial tells
    def _stepped(self, stepped: Stepped) -> None:
        totals, changes, kind = self.totals, stepped.changes, stepped.entry.message.kind
        counts = self._counts(stepped.at)
        for incident in changes.incidents:
            self._take(incident)
        if not counts:
            return
        totals.shunted += bool(changes.shunted)
        totals.alerts += sum(alert.count == 1 and alert.first_at == stepped.at for alert in changes.alerts)
        if kind in READ:
            totals.messages += 1
            totals.quiet += not changes.incidents and not changes.alerts
            totals.unrecognised += changes.recogniser == "none"

    def _take(self, incident: Incident) -> None:
        case = self.cases.get(incident.number)
        if case is None:
            if incident.closed_at:
                return
            case = self._opened(incident)
        case.title, case.cause = incident.title[:SHOWN], incident.cause or ""
        case.priority, case.merged_into = incident.priority, incident.merged_into
        case.hidden = incident.suppressed
        if incident.closed_at and not case.closed:
            case.closed = True
            self.done.append(incident.number)
            self.totals.incidents[case.priority] += not case.merged_into and self._counts(incident.began)

    def _opened(self, incident: Incident) -> Case:
        world, number = self.trial.world, incident.number
        root = min(world.members.get(number), default=0)
        case = self.cases[number] = Case(
            number,
            world.alerts[root].fingerprint if root else "",
            incident.began + world.wall_offset,
            incident.title[:SHOWN],
            incident.cause or "",
            incident.priority,
            calls=[],
        )
        self.fresh.append(number)
        return case

    def _paged(self, page: Page) -> None:
        case = self.cases.get(page.incident)
        if page.kind not in ASKING or case is None or _said_again(case, page):
            return
        wall = page.at + self.trial.world.wall_offset
        hour = datetime.fromtimestamp(wall, self._zone).hour
        call = Call(wall, page.person, page.kind, hour >= NIGHT[0] or hour < NIGHT[1])
        first = not case.calls or case.calls[0].at == wall
        case.calls.append(call)
        if self._counts(page.at):
            totals = self.totals
            totals.pages += first
            totals.escalations += not first
            totals.night += call.night
            totals.people[page.person] += 1

    def _counts(self, at: float) -> bool:
        return at >= self._from

    def _found(self, command: Command, about: tuple[str, ...]) -> Command | None:
        """The command, about the incident that has one of these alerts here."""
        if not command.incident:
            return command
        number = next((n for n in map(self.where, about) if n), 0)
        return replace(command, incident=number) if number else None


def _said_again(case: Case, page: Page) -> bool:
    """The last resort is told until somebody answers; in a run without answers one time stands for all."""
    return page.kind == "last_resort" and any((c.person, c.kind) == (page.person, page.kind) for c in case.calls)
