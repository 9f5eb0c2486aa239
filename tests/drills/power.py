"""The power cut: what SQLite had not synced is lost, torn or there; whatever was promised before must be there.

The real store and engine work on a disk that remembers what was synced (tests/drills/vfs.py). At random moments an image
is taken of what a power cut would leave. Then, on every image: ``PRAGMA integrity_check`` is content, the store opens,
every message whose sender was answered is in it, every batch that the engine heard to be committed, every claim and
every outcome of a page; the engine starts on it and steps what was left. The next round goes on from one of the images.

    python tests/drills/power.py [--cuts 200] [--seed 1] [--synchronous FULL]

``--synchronous OFF`` or ``NORMAL`` shows that the drill finds what is lost without the syncs.
"""

import argparse
import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import create_engine, select

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.model import Entry, Notification, Receipt
from ingestd.store import Store, engines, tables
from ingestd.world import World
from tests.desk import RULES, Clock, Desk, opened
from tests.drills.vfs import Disk, Image, Shim, library

HOSTS = ("acc-sw-17", "acc-sw-18", "core-rt-1", "sales-mail", "inventory-db", "hr-server")
FILE = "store.db"
ROUND = 10  # cuts in a round
LAST = 2  # of them while the store is closed
FRESH = 4  # rounds on one store
EVERY = {FILE: 60, "": 500}  # changes of a file between two cuts, on average: the database's come all at once
SENDERS = 8
MINUTE = 60.0  # seconds of the engine's clock between two looks at what is due


@dataclass
class Promised:
    """What was answered: it must survive."""

    messages: dict[int, bytes] = field(default_factory=dict)  # inbox id -> body
    position: int = 0
    claimed: set[int] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)

    def now(self) -> "Promised":
        return Promised(self.messages.copy(), self.position, self.claimed.copy(), self.settled.copy())


@dataclass
class Cut:
    """One power cut: what was left, and what had been promised."""

    image: Image
    promised: Promised


class Promising(Desk):
    """A desk that notes what it was promised."""

    promised: Promised

    async def _deliver(self, page: Notification) -> None:
        claimed = await self.store.claim(page.id, self.engine.now())
        if claimed is None:
            return
        self.promised.claimed.add(page.id)
        self.engine.feed(claimed)
        done = Receipt(
            notification=page.id, incident=page.incident, person=page.person, outcome="handed_over", channel="mail"
        )
        entry: Entry | None = await self.store.outcome(done, self.engine.now())
        if entry is not None:
            self.promised.settled.add(page.id)
            self.engine.feed(entry)

    def _tell(self, batch: Any) -> None:
        self.promised.position = max(self.promised.position, batch[-1].position)
        super()._tell(batch)


# -- the load


class Round:
    """Work on one folder until enough cuts were made."""

    def __init__(self, folder: Path, cuts: int, chance: random.Random, promised: Promised, at: float) -> None:
        self.cuts: list[Cut] = []
        self.in_database = 0  # of the cuts: while a checkpoint was under way
        self.promised = promised.now()
        self.at = at  # of the engine's clock
        self._folder, self._wanted, self._chance = folder, cuts, chance
        self._numbers = iter(range(len(promised.messages), sys.maxsize))

    def run(self, library: Any) -> None:
        disk = Disk(self._folder, self._cut)
        with Shim(library, disk).in_place():
            asyncio.run(self._work())

    def _cut(self, disk: Disk, name: str) -> None:
        if len(self.cuts) < self._wanted and self._chance.random() * EVERY.get(name, EVERY[""]) < 1:
            self.in_database += name == FILE
            promised = self.promised.now()
            self.cuts.append(Cut(disk.torn(self._chance), promised))

    async def _work(self) -> None:
        clock = Clock()
        clock.at = self.at
        desk = Promising(Store.open(f"sqlite:///{self._folder / FILE}"), clock)
        desk.promised = self.promised
        try:
            desk.start()
            async with asyncio.TaskGroup() as group:
                for _ in range(SENDERS):
                    group.create_task(self._send(desk))
                group.create_task(self._pass(desk))
            await desk.quiet()
        finally:
            await desk.stop()
            await desk.store.close()
            self.at = clock.at

    async def _send(self, desk: Desk) -> None:
        """One sender after the other: monitors, and somebody who takes what there is."""
        while len(self.cuts) < self._wanted - LAST:
            number = next(self._numbers)
            body = f'{{"host": "{HOSTS[number % len(HOSTS)]}", "check": "disk {number % 40}", "summary": "{number}"}}'
            self.promised.messages[await desk.webhook(body.encode())] = body.encode()
            await asyncio.sleep(self._chance.random() * 0.005)

    async def _pass(self, desk: Desk) -> None:
        """Time passes: pages, escalations, reminders."""
        while len(self.cuts) < self._wanted - LAST:
            desk.clock.at += self._chance.random() * MINUTE
            desk.engine._wake.set()
            await asyncio.sleep(0.02)


# -- what is left


async def wrong(folder: Path, cut: Cut, at: float) -> list[str]:
    """What does not hold on an image."""
    _laid(folder, cut.image)
    try:
        return [*_damaged(folder / FILE), *await _missing(folder, cut.promised, at)]
    except Exception as error:
        return [f"it does not open: {type(error).__name__}: {error}"]


def _damaged(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    with sqlite3.connect(path) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    if found != [("ok",)]:
        yield f"integrity: {found[:3]}"


async def _missing(folder: Path, promised: Promised, at: float) -> list[str]:
    url, clock = f"sqlite:///{folder / FILE}", Clock()
    clock.at = at
    async with opened(url, clock) as desk:
        found = list(_lost(url, promised))
        desk.start()
        await desk.quiet()
        if desk.store.pending():
            found.append("the engine did not step what was left")
        if World(RULES, desk.store.queries.load()).facts() != desk.engine.world.facts():
            found.append("the world of the rows is not the engine's")
    return found


def _lost(url: str, promised: Promised) -> Iterator[str]:
    engine = create_engine(url)
    inbox, body, pages = tables.inbox, tables.inbox_body, tables.notification
    with engine.connect() as connection:
        kept = {row.inbox_id: row.body for row in connection.execute(select(body.c.inbox_id, body.c.body))}
        positions = sorted(connection.scalars(select(inbox.c.position).where(inbox.c.position.is_not(None))))
        states = {row.id: row.state for row in connection.execute(select(pages.c.id, pages.c.state))}
    engine.dispose()
    lost = [number for number, content in promised.messages.items() if kept.get(number) != content]
    if lost:
        yield f"{len(lost)} messages that were answered, {lost[:5]}"
    if positions[: promised.position] != list(range(1, promised.position + 1)):
        yield f"batches: told up to {promised.position}, there are {len(positions)}"
    if unclaimed := [n for n in promised.claimed if states.get(n) not in ("claimed", "handed_over")]:
        yield f"claims of {unclaimed[:5]}"
    if unsettled := [n for n in promised.settled if states.get(n) != "handed_over"]:
        yield f"outcomes of {unsettled[:5]}"


# -- the drill


@contextmanager
def synchronous(word: str) -> Iterator[None]:
    """Stores are opened with another ``PRAGMA synchronous`` than ours."""
    before = engines.SQLITE_PRAGMAS
    engines.SQLITE_PRAGMAS = (*before, f"PRAGMA synchronous={word}")  # type: ignore[assignment]
    try:
        yield
    finally:
        engines.SQLITE_PRAGMAS = before


def drill(cuts: int, seed: int, say: Callable[[str], None], word: str = "FULL") -> Counter[str]:
    """Cut so often; how often all held, and each way in which it did not."""
    sqlite = library()
    if sqlite is None:
        say("Python's sqlite3 is linked statically here: its disk can't be watched, the drill is left out")
        return Counter()
    chance, result, rounds = random.Random(seed), Counter[str](), 0
    image, promised, at = Image(), Promised(), 0.0
    while (done := result["held"] + result["failed"]) < cuts:
        with tempfile.TemporaryDirectory(prefix="ingestd-power-") as name, synchronous(word):
            one = Round(_laid(Path(name), image), min(ROUND, cuts - done), chance, promised, at)
            one.run(sqlite)
        for cut in one.cuts:
            found = checked(cut, one.at)
            result["failed" if found else "held"] += 1
            for words in found:
                say(f"  cut {result['failed'] + result['held']}: {words}")
        result += Counter(
            {"in a checkpoint": one.in_database, "answered": len(one.promised.messages) - len(promised.messages)}
        )
        rounds += 1
        image, promised, at = Image(), Promised(), 0.0
        if one.cuts and rounds % FRESH:
            following = chance.choice(one.cuts)
            image, promised, at = following.image, following.promised, one.at
    return result


def _laid(folder: Path, image: Image) -> Path:
    for name, content in image.items():
        (folder / name).write_bytes(content)
    return folder


def checked(cut: Cut, at: float) -> list[str]:
    """What does not hold, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="ingestd-power-") as folder:
        return asyncio.run(wrong(Path(folder), cut, at))


def main() -> int:
    """Print how many cuts held; 1: one did not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--synchronous", default="FULL", choices=("FULL", "NORMAL", "OFF"))
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    began = time.monotonic()
    result = drill(args.cuts, seed, print, args.synchronous)
    print(
        f"{args.cuts} power cuts in {time.monotonic() - began:.0f} s ({result['in a checkpoint']} in a checkpoint,"
        f" {result['answered']} messages): {result['held']} held, {result['failed']} lost something"
    )
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
