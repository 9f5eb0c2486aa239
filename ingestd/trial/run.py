"""One run of the production pipeline under a virtual clock: messages arrive, timers go off, pages get their receipts.

The pipeline and the world are the real ones, and so is the order: what is due goes off first, one by one; the receipts
of a step's pages are stepped right behind it. Only the outbox is played (delivery.py). Nothing is kept but the world,
which forgets what is over as in production, and, unless somebody else takes them, the pages.
"""

import heapq
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from ingestd import pipeline
from ingestd.decide.state import Rulebook
from ingestd.model import (
    CLOCKS,
    Changes,
    Command,
    Entry,
    Event,
    Incident,
    Message,
    Notification,
    NotificationKind,
    Priority,
    Reading,
    Receipt,
    Snapshot,
    Stepped,
    Verdict,
)
from ingestd.trial.delivery import Delivery, Fate, bounced
from ingestd.world import World, combine

#: How an event is read that nobody had to understand.
READING = Reading(kind="alert", recogniser="trial")


class Page(Struct, frozen=True, kw_only=True):
    """What one person was told, whatever became of it then; ``waits``: it was asked for, and nobody claimed it yet."""

    at: float  # engine's clock
    person: str
    kind: NotificationKind
    incident: int  # the survivor, as it was then
    priority: Priority
    channel: str
    fate: Fate
    notification: Notification


class StuckError(RuntimeError):
    """A timer went off and is still due: the daemon would spin."""


Stepping = Callable[[Stepped], None]
Telling = Callable[[Page], None]
_Later = tuple[float, int, Message]  # when, in which order, what the outbox or a person sends then


class Trial:
    """One virtual run. All times are seconds of the engine's clock; ``wall``: the wall clock at the beginning.

    ``on_step`` gets every journal entry with what it changed, after it was applied (a body of many events is one
    entry); ``on_page`` gets every page, which else are kept in ``told``.
    """

    def __init__(
        self,
        rules: Rulebook,
        at: float,
        wall: float | None = None,
        *,
        delivery: Delivery | None = None,
        on_step: Stepping | None = None,
        on_page: Telling | None = None,
        reader: pipeline.Reader | None = None,
    ) -> None:
        self.world = World(rules, Snapshot(at=at, wall_offset=0.0 if wall is None else wall - at))
        self.delivery = delivery or Delivery()
        self.told: list[Page] = []
        self._on_step = on_step
        self._on_page = on_page or self.told.append
        self._reader = reader
        self._queued: deque[Notification] = deque()  # pages whose receipts are to be stepped
        self._later: list[_Later] = []
        self._order = 0
        self._delivering = False
        self._same = 0  # how often the same timer was due at the same moment

    # -- what arrives
    def entry(self, entry: Entry, at: float) -> Changes:
        """An inbox entry is stepped at ``at``, after all that is due by then; what it changed."""
        self.advance(at)
        return self._step(entry, at)

    def message(self, message: Message, at: float) -> Changes:
        """A mail, a webhook body or whatever else has an entry in the inbox."""
        return self.entry(Entry(0, message), at)

    def event(self, event: Event, at: float, source: str = "trial", reading: Reading = READING) -> Changes:
        """What a webhook of ``source`` says, as its recogniser would give it. What breaks the judgement is shunted."""
        self.advance(at)
        message = Message(kind="webhook", source=source)
        world = self.world
        world.at = max(world.at, at)
        try:
            changes = pipeline.decide(world, world.at, lambda s: pipeline.judge(s, message, reading, event))
        except Exception as broken:
            changes = pipeline.shunt(world, message, world.at, broken)
        world.apply(changes)
        return self._stepped(Entry(0, message), changes)

    def command(self, command: Command, actor: str, at: float) -> Verdict:
        """A person acts; the verdict. What can't be obeyed at all was shunted, and the verdict says so."""
        changes = self.message(command_message(command, actor), at)
        return changes.verdict or Verdict(False, changes.shunted or "nothing was decided")

    # -- time
    def advance(self, until: float) -> None:
        """Let everything go off that is due by ``until``, in its order."""
        while self.tick(until):
            pass

    def tick(self, until: float) -> bool:
        """Let the next thing go off that is due by ``until``: a timer, a late receipt, an answer. False: nothing is."""
        due = self.world.due(until)
        if self._later and self._later[0][0] <= until and (due is None or self._later[0][0] < due[0]):
            when, _, message = heapq.heappop(self._later)
            self._step(Entry(0, message), when)
            return True
        if due is None:
            return False
        when, kind, number = due
        self._step(Entry(0, pipeline.timer_message(kind, number)), when)
        self._same = self._same + 1 if self.world.due(until) == due else 0
        if self._same > len(CLOCKS):  # several clocks of one incident may be due at one moment
            raise StuckError(f"a timer of {kind} {number} stays due")
        return True

    def reload(self, rules: Rulebook) -> None:
        """Go on under other rules."""
        self.world.reload(rules)

    # -- what is seen
    def incidents(self) -> list[Incident]:
        """Every surviving incident that is not closed, the oldest first."""
        return [i for i in self.world.incidents.values() if not i.merged_into]

    def survivor(self, number: int) -> int:
        """The number under which an incident continues; its own if it is closed or unknown."""
        incidents = self.world.incidents
        while (incident := incidents.get(number)) is not None and incident.merged_into:
            number = incident.merged_into
        return number

    # -- inside
    def _step(self, entry: Entry, at: float) -> Changes:
        world = self.world
        world.at = max(world.at, at)
        parts = []
        for changes in pipeline.step(world, entry, world.at, self._reader):
            world.apply(changes)
            parts.append(changes)
        return self._stepped(entry, combine(parts))

    def _stepped(self, entry: Entry, changes: Changes) -> Changes:
        world = self.world
        world.position += 1
        if self._on_step is not None:
            self._on_step(Stepped(entry=entry, position=world.position, at=world.at, changes=changes))
        if changes.notifications:
            self._queued += [page for page in changes.notifications if page.id not in changes.cancelled]
            self._deliver()
        return changes

    def _deliver(self) -> None:
        """Hand over what is queued, in order; what its receipts lead to comes behind it."""
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._queued:
                self._hand_over(self._queued.popleft())
        finally:
            self._delivering = False

    def _hand_over(self, page: Notification) -> None:
        """The claim and the outcome are stepped at once; what comes later is planned."""
        way = self.delivery.way(page)
        lines = [(one.incident, one.kind, one.priority) for one in page.facts.listed]
        for incident, kind, priority in lines or [(page.incident, page.kind, page.facts.priority)]:
            told = Page(
                at=self.world.at,
                person=page.person,
                kind=kind,
                incident=self.survivor(incident),
                priority=priority,
                channel=way.channel,
                fate=way.fate,
                notification=page,
            )
            self._on_page(told)
        for receipt in way.receipts(page):
            self._step(Entry(0, receipt_message(receipt)), self.world.at)
        if way.fate == "bounces":
            self._plan(self.delivery.bounce_after, receipt_message(bounced(page, way)))
        answered = self.delivery.answer(page, way)
        if answered is not None:
            taking = Command(action="ack", incident=page.incident, notification=page.id)
            self._plan(answered, command_message(taking, page.person))

    def _plan(self, after: float, message: Message) -> None:
        self._order += 1
        heapq.heappush(self._later, (self.world.at + after, self._order, message))


def receipt_message(receipt: Receipt) -> Message:
    """The journal's entry for a receipt."""
    return Message(kind="receipt", source="outbox", body=_encode(receipt))


def command_message(command: Command, actor: str, source: str = "trial") -> Message:
    """The journal's entry for what a person asks."""
    return Message(kind="command", source=source, actor=actor, body=_encode(command))


_encoder = msgspec.json.Encoder()


def _encode(value: Any) -> bytes:
    return _encoder.encode(value)
