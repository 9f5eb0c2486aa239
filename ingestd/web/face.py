"""What the web face is handed by the composition root; it reaches for nothing else."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from ingestd.decide.oncall import Language, Person
from ingestd.decide.queue import Line
from ingestd.decide.state import Rulebook
from ingestd.intake.door import HttpSource
from ingestd.links import Links
from ingestd.model import (
    Alert,
    Command,
    Entry,
    Incident,
    Known,
    Matcher,
    Message,
    Reading,
    Silence,
    TimelineRow,
    Verdict,
)
from ingestd.problem import Said
from ingestd.rehearsal import Rehearsal
from ingestd.store import Asked, ByHand, Delivery, Failure, LedgerLine, Seen, Shunted, Unpaged, Unrecognised


class Reads(Protocol):
    """The questions asked of the store (``ingestd.store.Queries`` answers them)."""

    async def incidents(self, state: str | None = None, limit: int = 100, before: int = 0) -> tuple[Incident, ...]:
        """Newest first; ``before`` pages on."""
        ...

    async def incident(self, number: int) -> Incident | None:
        """One by its number."""
        ...

    async def alert(self, number: int) -> Alert | None:
        """One by its id."""
        ...

    async def alerts_of(self, number: int) -> tuple[Alert, ...]:
        """With those of incidents merged into it."""
        ...

    async def known(self, name: str) -> Known | None:
        """The last times that one thing happened."""
        ...

    async def timeline_of(self, number: int) -> tuple[TimelineRow, ...]:
        """The whole history."""
        ...

    async def alert_by(self, fingerprint: str) -> Alert | None:
        """The newest with this fingerprint."""
        ...

    async def silences(self, limit: int = 1000) -> tuple[Silence, ...]:
        """Those that ended too."""
        ...

    async def silence(self, name: str) -> Silence | None:
        """One by its id."""
        ...

    async def by_origin(self, origin: str) -> Entry | None:
        """The message kept under an origin."""
        ...

    async def unrecognised(self, limit: int = 100, before: int = 0) -> tuple[Unrecognised, ...]:
        """What nothing understood, newest first."""
        ...

    async def shunted(self, limit: int = 100) -> tuple[Shunted, ...]:
        """What was set aside, newest first."""
        ...

    async def entry(self, number: int) -> Entry | None:
        """A message as it was kept."""
        ...

    async def hosts(self, limit: int = 500, after: str = "") -> tuple[tuple[Seen, ...], str]:
        """Hosts that alerts spoke of, by name; ``after`` pages on."""
        ...

    async def failures(self, since: float, before: int = 0, limit: int = 1000) -> tuple[tuple[Failure, ...], int]:
        """When nodes were out of reach, newest first; ``before`` pages on."""
        ...

    async def unpaged(self, since: float, before: int = 0, limit: int = 1000) -> tuple[tuple[Unpaged, ...], int]:
        """Alerts that nobody was paged about, newest first; ``before`` pages on."""
        ...

    async def by_hand(self, since: float, limit: int = 1000) -> tuple[ByHand, ...]:
        """What people merged, split and moved."""
        ...

    async def notification(self, number: int) -> Delivery | None:
        """A page and what became of it."""
        ...

    async def notifications_of(self, number: int) -> tuple[Delivery, ...]:
        """Who was told what, and what became of it."""
        ...

    async def ledger(self, asked: Asked) -> tuple[tuple[LedgerLine, ...], Asked | None]:
        """Pages and answers in the order of time, and how to ask on."""
        ...


class Stuck(Struct, frozen=True, kw_only=True):
    """What the auditor found; ``words``: its text before it was put into English."""

    what: str
    about: str
    text: str
    words: Said
    standing: bool  # it stood at the auditor's last look, too


Act = Callable[[Command, str], Awaitable[Verdict]]


class Face(Struct, frozen=True, kw_only=True):
    """Everything the pages and the API stand on. Callables where a reload changes the answer."""

    reads: Reads
    firing: Callable[[Sequence[Matcher]], AsyncIterator[Alert]]  # those that may meet all matchers
    receive: Callable[[Message], Awaitable[int]]  # keep a message; StoreUnavailable
    sources: Callable[[], Mapping[str, HttpSource]]  # who may send
    policies: Callable[[], tuple[str, ...]]  # names of the escalation policies
    clock: Callable[[], float]  # wall clock
    started: float  # when the process started, by the wall clock
    act: Act  # command and actor -> the step's verdict; StoreUnavailable, or TimeoutError if the verdict is late
    reload: Callable[[], Awaitable[tuple[str, ...]]]  # take over changed files; what is wrong with them
    people: Callable[[], tuple[Person, ...]]
    worklist: Callable[[tuple[Incident, ...]], tuple[Line, ...]]  # the order in which to take incidents, and by whom
    rules: Callable[[], Rulebook]  # in force
    rehearse: Callable[[Message, Reading | None], Rehearsal]  # what a message would lead to now; changes nothing
    language: Callable[[], Language]  # of people who name none
    links: Links
    wall_offset: Callable[[], float]  # wall clock = engine's clock + this
    alive: Callable[[], tuple[str, ...]]  # why the process should be restarted; empty = healthy
    ready: Callable[[], Awaitable[tuple[str, ...]]]  # why it can't serve now; empty = ready
    notes: Callable[[], tuple[str, ...]]  # what an operator should know although it serves
    metrics: Callable[[], bytes]  # Prometheus text format
    audit: Callable[[], Awaitable[tuple[Stuck, ...]]]  # what is stuck now
