"""PostgreSQL is killed (-9) and started again, under load: what was accepted is there, and nothing is there twice.

python tests/drills/postgres.py
"""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import Stage
from tests.benchmarks.throughput import metric
from tests.drills.crowd import Crowd, Say, main, site
from tests.postgres import NotAvailableError, Server

AWAY = 2.0  # seconds that it is away


def killed(folder: Path, say: Say, times: int = 10, seconds: float = 3.0) -> bool:
    try:
        server = Server()
    except NotAvailableError as error:
        say(f"skipped: {error}")
        return True
    try:
        url = server.create_database()
        return asyncio.run(_killed(site(folder, f'store: "{url}"\n'), url, server, say, times=times, seconds=seconds))
    finally:
        server.stop()


async def _killed(stage: Stage, url: str, server: Server, say: Say, *, times: int, seconds: float) -> bool:
    daemon, crowd = Daemon(stage), Crowd(stage)
    await asyncio.to_thread(daemon.start)
    try:
        async with crowd.sending():
            for number in range(times):
                await asyncio.sleep(seconds)
                before = len(crowd.accepted)
                await asyncio.to_thread(server.kill)
                await asyncio.sleep(AWAY)
                await asyncio.to_thread(server.start_again)
                say(f"kill {number + 1}: {before} had been accepted")
            await asyncio.sleep(seconds)
        async with asyncio.timeout(60):
            while metric(stage, "ingestd_engine_queue"):  # noqa: ASYNC110  (another process)
                await asyncio.sleep(0.2)
    finally:
        ended = await asyncio.to_thread(daemon.stop)
    count = crowd.count(url)
    say(f"{times} kills: {count}; the daemon ended with {ended}")
    return count.good and ended == 0 and len(crowd.accepted) > before and set(crowd.refused) <= {451, 503}


DRILLS: dict[str, Callable[[Path, Say], bool]] = {"killed": killed}

SHORT: dict[str, Callable[[Path, Say], bool]] = {"killed": partial(killed, times=1, seconds=1.0)}

if __name__ == "__main__":
    sys.exit(main(__doc__, DRILLS, SHORT))
