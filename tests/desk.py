"""A real engine on a real store, under a clock that the test plays."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from ingestd.decide.state import Rulebook
from ingestd.demo import script
from ingestd.model import Command, Message, Notification, Receipt, Stepped, Verdict
from ingestd.replay import Origin
from ingestd.store import Store
from ingestd.worker import Engine, pages
from ingestd.world import World
from tests.night import MORNING, trading_company

RULES = trading_company()
ORIGIN = msgspec.json.encode(Origin("rules-of-the-morning", "1"))


class Clock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.at, self.shift = 0.0, MORNING

    def monotonic(self) -> float:
        return self.at

    def wall(self) -> float:
        return self.at + self.shift


class Desk:
    """An engine at work, and what left it."""

    def __init__(self, store: Store, clock: Clock, rules: Rulebook = RULES) -> None:
        self.store, self.clock = store, clock
        self.committed: list[Stepped] = []
        self.engine = Engine(rules, store, clock, self._tell)
        self.paging = True  # every page is claimed and handed over
        store.on_received = self.engine.feed_all
        self.task: asyncio.Task[None] | None = None
        self._letters: set[asyncio.Task[None]] = set()

    def start(self, origin: bytes = ORIGIN) -> None:
        self.engine.start(origin)
        self.task = asyncio.get_running_loop().create_task(self.engine.run())

    async def pause(self) -> None:
        """The engine takes nothing up until ``go_on``."""
        await self.quiet()
        await self.stop()

    def go_on(self) -> None:
        self.engine._stopping = False
        self.task = asyncio.get_running_loop().create_task(self.engine.run())

    async def later(self, seconds: float) -> None:
        """Time passes at once; what is due then goes off."""
        self.clock.at += seconds
        self.engine._wake.set()
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until there is nothing left to do."""
        engine = self.engine
        async with asyncio.timeout(40):
            still = 0
            while still < 3:
                due = engine.world.next_due()
                busy = (
                    engine.queued
                    or engine._known
                    or engine._open
                    or engine._commits
                    or engine._rebuild
                    or self._letters
                )
                still = 0 if busy or (due is not None and due <= engine.now()) else still + 1
                await asyncio.sleep(0.001)
                if self.task is not None and self.task.done():
                    return

    @staticmethod
    async def until(so: Callable[[], object]) -> None:
        """Let the others run until something is so."""
        async with asyncio.timeout(40):
            while not so():  # noqa: ASYNC110  (what is awaited is a state, and tells nobody)
                await asyncio.sleep(0)

    # -- what arrives
    async def message(self, message: Message) -> int:
        return await self.store.receive(msgspec.structs.replace(message, received=self.clock.wall()))

    async def mail(self, raw: bytes) -> int:
        return await self.message(Message(kind="mail", source="smtp", body=raw, sender=script.MONITOR))

    async def host(self, name: str, *, up: bool = False) -> int:
        return await self.mail(script.nagios(name, "10.20.0.1", up=up))

    async def webhook(self, body: object) -> int:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return await self.message(Message(kind="webhook", source="prod", adapter="generic", body=raw))

    async def act(self, actor: str, action: str, incident: int, patience: float = 30.0, **more: Any) -> Verdict:
        body = msgspec.json.encode(Command(action=action, incident=incident, **more))  # type: ignore[arg-type]
        number = await self.message(Message(kind="command", source="web", actor=actor, body=body))
        return await self.engine.verdict(number, patience)

    # -- what is seen
    def told(self) -> list[tuple[str, str]]:
        """(person, kind) of every page."""
        return [(page.person, page.kind) for page in pages(self.committed)]

    def kinds(self) -> list[str]:
        """The journal, by kind."""
        return [stepped.entry.message.kind for stepped in self.committed]

    def shunted(self) -> list[str]:
        return [stepped.changes.shunted for stepped in self.committed if stepped.changes.shunted]

    def rebuilt(self) -> World:
        """The world as the store's rows have it."""
        return World(self.engine.world.rules, self.store.queries.load())

    # -- ends
    async def stop(self) -> None:
        if self.task is not None and not self.task.done():
            self.engine.stop()
            await self.task

    async def die(self) -> None:
        """The process is gone: nothing is finished, and the store was not closed."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])
        await asyncio.to_thread(self.store._writer.stop, 0.0)
        self.store._writing.dispose()
        self.store._reading.dispose()

    def _tell(self, batch: Sequence[Stepped]) -> None:
        self.committed += batch
        for page in pages(batch) if self.paging else ():
            task = asyncio.get_running_loop().create_task(self._deliver(page))
            self._letters.add(task)
            task.add_done_callback(self._letters.discard)

    async def _deliver(self, page: Notification) -> None:
        claimed = await self.store.claim(page.id, self.engine.now())
        if claimed is None:
            return
        self.engine.feed(claimed)
        done = Receipt(
            notification=page.id, incident=page.incident, person=page.person, outcome="handed_over", channel="mail"
        )
        entry = await self.store.outcome(done, self.engine.now())
        if entry is not None:
            self.engine.feed(entry)


@asynccontextmanager
async def opened(url: str, clock: Clock | None = None, rules: Rulebook = RULES) -> AsyncIterator[Desk]:
    """A desk whose engine is not started yet."""
    desk = Desk(Store.open(url), clock or Clock(), rules)
    try:
        yield desk
    finally:
        await desk.stop()
        await desk.store.close()
