"""What the web face is handed by the composition root; it reaches for nothing else."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from ingestd.decide.oncall import Language, Person
from ingestd.links import Links
from ingestd.model import Alert, Command, Incident, TimelineRow, Verdict
from ingestd.store import Delivery


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

    async def timeline_of(self, number: int) -> tuple[TimelineRow, ...]:
        """The whole history."""
        ...

    async def notifications_of(self, number: int) -> tuple[Delivery, ...]:
        """Who was told what, and what became of it."""
        ...


Act = Callable[[Command, str], Awaitable[Verdict]]


class Face(Struct, frozen=True, kw_only=True):
    """Everything the pages and the API stand on. Callables where a reload changes the answer."""

    reads: Reads
    act: Act  # command and actor -> the step's verdict; StoreUnavailable, or TimeoutError if the verdict is late
    people: Callable[[], tuple[Person, ...]]
    language: Callable[[], Language]  # of people who name none
    links: Links
    wall_offset: Callable[[], float]  # wall clock = engine's clock + this
    alive: Callable[[], tuple[str, ...]]  # why the process should be restarted; empty = healthy
    ready: Callable[[], Awaitable[tuple[str, ...]]]  # why it can't serve now; empty = ready
    notes: Callable[[], tuple[str, ...]]  # what an operator should know although it serves
    metrics: Callable[[], bytes]  # Prometheus text format
