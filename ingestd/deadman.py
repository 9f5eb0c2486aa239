"""The dead man's switch: somebody else is told every minute that all is well, and shouts when that stops.

A watcher such as healthchecks.io, or another ingestd's heartbeat, is pinged only while this daemon takes in, judges and
commits. Silence is the alarm, so nothing here is ever retried or made up for.
"""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import structlog

from ingestd.settings import DeadManSettings

log = structlog.get_logger("ingestd.deadman")
Ready = Callable[[], Awaitable[tuple[str, ...]]]  # why the daemon is not ready; empty: it is
IDLE = 60.0  # seconds until a site without one is asked again


class DeadMan:
    """Pings until cancelled. ``settings`` is asked for each time: a reload may change them. The URL is a secret."""

    def __init__(
        self,
        settings: Callable[[], DeadManSettings | None],
        ready: Ready,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings, self._ready, self._transport, self._pause = settings, ready, transport, pause
        self._said = ""  # what was last said in the log

    async def run(self) -> None:
        """Ping every so often; what goes wrong is told once, and so is that it goes well again."""
        while True:
            settings = self._settings()
            if settings is not None:
                self._tell(await self._round(settings))
            await self._pause(float(settings.every) if settings is not None else IDLE)

    async def _round(self, settings: DeadManSettings) -> str:
        """Why there was no ping; empty: there was one."""
        reasons = await self._ready()
        if reasons:
            return f"not pinged: {'; '.join(reasons)}"
        try:
            async with httpx.AsyncClient(
                transport=self._transport, timeout=float(settings.timeout), trust_env=False
            ) as client:
                status = (await client.get(settings.address())).status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return f"no answer: {type(error).__name__}"  # its words may hold the URL
        return "" if status < 300 else f"HTTP {status}"

    def _tell(self, wrong: str) -> None:
        if wrong == self._said:
            return
        self._said = wrong
        if wrong:
            log.warning("the dead man's switch is not held", why=wrong)
        else:
            log.info("the dead man's switch is held again")
