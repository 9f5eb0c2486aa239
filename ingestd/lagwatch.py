"""A pipeline that is far behind becomes an incident itself. Nobody is refused for it: what was accepted waits its turn.

The trouble overtakes the alerts that wait, so that people hear of it while it lasts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection

SOURCE = "pipeline:lag"  # of the trouble, and the node it is about
LIMIT = 60.0  # seconds that the oldest entry has waited, from which on it is a trouble
CALM = 5.0  # seconds under which it is over
EVERY = 5.0  # seconds between looks

Trouble = Callable[[str, str], None]  # source, text; "" = all is well again


class LagWatch:
    """Looks until cancelled. ``lag``: seconds for which the oldest entry has been waiting."""

    def __init__(
        self,
        trouble: Trouble,
        lag: Callable[[], float],
        queued: Callable[[], int],
        *,
        limit: float = LIMIT,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._trouble, self._lag, self._queued = trouble, lag, queued
        self._limit, self._pause = limit, pause
        self._told = False

    def use(self, firing: Collection[str]) -> None:
        """What was told before a restart: the nodes with alerts that fire."""
        self._told = SOURCE in firing

    def look(self) -> None:
        """Tell once that it is behind, and once that it no longer is."""
        lag = self._lag()
        if not self._told and lag > self._limit:
            self._told = True
            self._trouble(SOURCE, f"the oldest of {self._queued()} entries has been waiting for {lag:.0f} s")
        elif self._told and lag < CALM:
            self._told = False
            self._trouble(SOURCE, "")

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await self._pause(EVERY)
