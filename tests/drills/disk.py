"""The disk is full, the store can't be written, another process has locked it: under load, and for a while.

Senders are put off by 451 and 503 with Retry-After, nothing that was accepted is lost, and it goes on by itself.

    python tests/drills/disk.py [full | full-for-real | read-only | locked]
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import cast

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import Stage
from tests.benchmarks.throughput import metric
from tests.drills.crowd import Crowd, Say, main, site, url_of
from tests.test_app import House, opened

PATIENCE = 60.0  # seconds beyond the outage
CALM = 1.0  # seconds of load before and after
LOCK = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
"""
Outage = Callable[[House], AbstractAsyncContextManager[None]]


def outage(folder: Path, say: Say, seconds: float, make: Outage, *, refusing: bool = True) -> bool:
    """Load on a daemon whose store is out of order for a while."""
    return asyncio.run(_outage(folder, say, seconds, make, refusing))


async def _outage(folder: Path, say: Say, seconds: float, make: Outage, refusing: bool) -> bool:
    async with asyncio.timeout(seconds + PATIENCE), opened(site(folder)) as house:
        crowd = Crowd(house.stage)
        async with crowd.sending():
            await asyncio.sleep(CALM)
            async with make(house):
                await asyncio.sleep(seconds)
            said = sum(crowd.refused.values())
            before = len(crowd.accepted)
            await asyncio.sleep(CALM)
        recovered = len(crowd.accepted) > before
        await house.until(partial(_idle, house))
    count = crowd.count(url_of(house.stage))
    say(f"{count}; put off meanwhile {said}, went on by itself: {'yes' if recovered else 'NO'}")
    politely = set(crowd.refused) <= {451, 503} and not crowd.without_again and not crowd.unclear
    return count.good and recovered and politely and (said > 0 or not refusing)


async def _idle(house: House) -> bool:
    engine = house.daemon.engine
    return not (engine.queued or engine._commits or house.daemon.outbox.waiting)


@asynccontextmanager
async def _no_more_pages(house: House) -> AsyncIterator[None]:
    """SQLite may not grow: what needs a page is refused with "database or disk is full"."""
    connection = _writing(house)
    connection.execute("PRAGMA max_page_count=1")
    yield
    connection.execute("PRAGMA max_page_count=1000000")


@asynccontextmanager
async def _read_only(house: House) -> AsyncIterator[None]:
    connection = _writing(house)
    connection.execute("PRAGMA query_only=ON")
    yield
    connection.execute("PRAGMA query_only=OFF")


def _writing(house: House) -> Connection:
    """The driver's connection that writes: one for the daemon's life, whatever its commits come to."""
    held = house.daemon.store._writer._connection
    assert held is not None
    return cast(Connection, held.connection.driver_connection)


@asynccontextmanager
async def _locked(seconds: float, house: House) -> AsyncIterator[None]:
    """Another process holds the lock for writing."""
    file = house.stage.folder / "state" / "ingestd.db"
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCK, str(file), str(seconds), stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    await other.stdout.readline()
    yield
    await other.wait()


def full(folder: Path, say: Say, seconds: float = 10.0) -> bool:
    return outage(folder, say, seconds, _no_more_pages)


def read_only(folder: Path, say: Say, seconds: float = 10.0) -> bool:
    return outage(folder, say, seconds, _read_only)


def locked(folder: Path, say: Say, seconds: float = 30.0) -> bool:
    """For less than ten seconds senders wait; after that they are put off."""
    return outage(folder, say, seconds, partial(_locked, seconds), refusing=seconds > 12)


def full_for_real(folder: Path, say: Say, seconds: float = 10.0) -> bool:
    """A file system of its own, filled to the last octet by somebody else; it needs root."""
    if os.geteuid():
        say("skipped: only root may mount")
        return True
    stage = site(folder)
    state, image = folder / "state", folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(160 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
    if subprocess.run(["mount", "-o", "loop", str(image), str(state)], check=False, capture_output=True).returncode:
        say("skipped: nothing can be mounted here")
        return True
    try:
        return asyncio.run(_filled(stage, say, seconds))
    finally:
        subprocess.run(["umount", "-l", str(state)], check=True)


async def _filled(stage: Stage, say: Say, seconds: float) -> bool:
    daemon, crowd = Daemon(stage), Crowd(stage)
    await asyncio.to_thread(daemon.start)
    ballast = stage.folder / "state" / "ballast"
    try:
        async with crowd.sending():
            await asyncio.sleep(CALM)
            await asyncio.to_thread(_fill, ballast)
            await asyncio.sleep(seconds)
            said, before = sum(crowd.refused.values()), len(crowd.accepted)
            ballast.unlink()
            await asyncio.sleep(CALM + 2.0)
        recovered = len(crowd.accepted) > before
        while metric(stage, "ingestd_engine_queue"):  # noqa: ASYNC110  (another process)
            await asyncio.sleep(0.2)
    finally:
        await asyncio.to_thread(daemon.stop)
    count = crowd.count(url_of(stage))
    say(f"{count}; put off meanwhile {said}, went on by itself: {'yes' if recovered else 'NO'}")
    return count.good and recovered and said > 0 and set(crowd.refused) <= {451, 503}


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 1024 * 1024):
                pass
        except OSError:
            return


DRILLS: dict[str, Callable[[Path, Say], bool]] = {
    "full": full,
    "full-for-real": full_for_real,
    "read-only": read_only,
    "locked": locked,
}

SHORT: dict[str, Callable[[Path, Say], bool]] = {
    "full": partial(full, seconds=0.5),
    "read-only": partial(read_only, seconds=0.5),
    "locked": partial(locked, seconds=1.5),
}

if __name__ == "__main__":
    sys.exit(main(__doc__, DRILLS, SHORT))
