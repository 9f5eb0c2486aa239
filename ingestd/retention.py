"""Messages as they came are kept for a while; the journal and the incidents for good.

Old bodies are erased by age and by size, those of an hour ago are packed: in small steps with long rests between them,
so that nobody who sends, reads or is paged has to wait for it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

import structlog

from ingestd.settings import RetentionSettings
from ingestd.store import Aged, Packable

log = structlog.get_logger("ingestd.retention")

FIRST, EVERY = 60.0, 3600.0  # seconds after the start, and between two looks
FRESH = 3600.0  # seconds for which a body stays as it came: it is read again soon, if ever
REST = 9.0  # times as long as the step before


class Bodies(Protocol):
    """What is asked of the store."""

    async def aged(self, before: float, people_before: float, after: int = 0) -> Aged:
        """Bodies that came before a time, people's before another."""
        ...

    async def oldest(self, after: int = 0) -> Aged:
        """The oldest bodies that may be erased."""
        ...

    async def octets(self) -> int:
        """Of all bodies."""
        ...

    async def packable(self, before: float) -> Packable:
        """The next bodies to pack."""
        ...


class Keeper(Protocol):
    """What is done to it."""

    @property
    def queries(self) -> Bodies:
        """What is asked of it."""
        ...

    async def erase(self, messages: Iterable[int]) -> None:
        """Erase bodies."""
        ...

    async def pack(self, found: Packable) -> None:
        """Keep bodies packed."""
        ...


class Retention:
    """Looks once an hour; ``erased`` is called with why, and how many."""

    def __init__(
        self,
        store: Keeper,
        settings: Callable[[], RetentionSettings],
        wall: Callable[[], float],
        erased: Callable[[str, int], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store, self._settings, self._wall = store, settings, wall
        self._erased, self._sleep = erased, sleep

    async def run(self) -> None:
        """Until cancelled."""
        await self._sleep(FIRST)
        while True:
            try:
                await self.look()
            except Exception as error:  # a store that does not answer: the next look may do
                log.warning("old bodies stay for now", error=f"{type(error).__name__}: {error}")
            await self._sleep(EVERY)

    async def look(self) -> None:
        """Erase what is too old and what is too much, pack the rest."""
        aged, over, packed = await self._by_age(), await self._by_size(), await self._packed()
        for why, count in (("age", aged), ("size", over)):
            self._erased(why, count)
        if aged or over or packed:
            log.info("old bodies", erased_by_age=aged, erased_by_size=over, packed=packed)

    async def _by_age(self) -> int:
        settings, now = self._settings(), self._wall()
        before, people = (now - kept if kept else 0.0 for kept in (settings.bodies, settings.people))
        count, found = 0, Aged((), 0, 0)
        while found.last is not None:
            began = time.monotonic()
            found = await self._store.queries.aged(before, people, found.last)
            count += await self._erase(found)
            await self._rest(began)
        return count

    async def _by_size(self) -> int:
        most = self._settings().octets
        too_many = await self._store.queries.octets() - most if most else 0
        count, found = 0, Aged((), 0, 0)
        while too_many > 0 and found.last is not None:
            began = time.monotonic()
            found = await self._store.queries.oldest(found.last)
            count += await self._erase(found)
            too_many -= found.octets
            await self._rest(began)
        return count

    async def _erase(self, found: Aged) -> int:
        if found.ids:
            await self._store.erase(found.ids)
        return len(found.ids)

    async def _packed(self) -> int:
        count = 0
        while True:
            began = time.monotonic()
            found = await self._store.queries.packable(self._wall() - FRESH)
            if found.last is None:
                return count
            await self._store.pack(found)
            count += len(found.bodies)
            await self._rest(began)

    async def _rest(self, began: float) -> None:
        await self._sleep(REST * (time.monotonic() - began))
