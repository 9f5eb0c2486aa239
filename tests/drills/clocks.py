"""The system's clock jumps by hours, forth and back, while an incident is escalated and signs of life come in.

Nobody is paged twice, no step is skipped or rushed, no heartbeat dies of it, and the jumps are told.

    python tests/drills/clocks.py
"""

import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd import app
from ingestd.demo import script
from ingestd.demo.site import Stage
from tests.drills.crowd import Crowd, Say, main, site, twice_told, url_of
from tests.test_app import House, opened

HOUR = 3600.0
JUMPS = (3 * HOUR, -5 * HOUR, 26 * HOUR, -24 * HOUR)
SETTLE, STEP = 4.0, 5.0  # seconds of the demo's rules: until a reachability symptom is paged, and to the next step
LATE = 2.5  # seconds by which a busy machine may be late
HEARTBEATS = """
version: 1
heartbeats:
  - {id: beat-1, every: 2s, grace: 2s}
  - {id: beat-2, every: 2s, grace: 2s}
  - {id: beat-3, every: 2s, grace: 2s}
"""


class Shifting(app.SystemClock):
    """The machine's clocks, of which somebody sets one."""

    by = 0.0

    @staticmethod
    def wall() -> float:
        return time.time() + Shifting.by


def jumps(folder: Path, say: Say, by: tuple[float, ...] = JUMPS, every: float = 3.0) -> bool:
    stage = site(folder)
    source = f"sources:\n  jobs: {{adapter: heartbeat, token: {stage.webhook_token}}}\n"
    stage.config.write_text(stage.config.read_text("utf-8").replace("sources:\n", source), "utf-8")
    (folder / "heartbeats.yaml").write_text(HEARTBEATS, "utf-8")
    real, app.SystemClock = app.SystemClock, Shifting  # type: ignore[misc]
    Shifting.by = 0.0
    try:
        return asyncio.run(_jumps(stage, say, by, every))
    finally:
        app.SystemClock = real  # type: ignore[misc]


async def _jumps(stage: Stage, say: Say, by: tuple[float, ...], every: float) -> bool:
    async with asyncio.timeout(120), opened(stage) as house:
        alive = asyncio.create_task(_beat(house))
        crowd = Crowd(stage)
        began = time.monotonic()
        await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))
        async with crowd.sending(2):
            for jump in by:
                await asyncio.sleep(every)
                Shifting.by += jump
            await asyncio.sleep(max(every, SETTLE + STEP + LATE - (time.monotonic() - began)))
        assert not alive.done(), alive.exception()
        alive.cancel()
        told = [(page.kind, page.at) for page, _ in await _pages(house, "acc-sw-17")]
        world = house.daemon.engine.world
        titles = [one.title for one in world.incidents.values()]
    told.sort(key=lambda one: one[1])
    asking = [(kind, at) for kind, at in told if kind in ("open", "functional", "hierarchic", "last_resort")]
    waited = asking[1][1] - asking[0][1] if len(asking) > 1 else 0.0
    missed = [title for title in titles if "beat-" in title]
    jumped = sum("clock jumped" in title for title in titles)
    count = crowd.count(url_of(stage))
    say(f"{count}")
    say(f"told {[kind for kind, _ in asking]}, the second step after {waited:.1f} s; heartbeats missed: {len(missed)}")
    say(f"jumps told in {jumped} incident(s)")
    steps = [kind for kind, _ in asking]
    on_time = abs(waited - STEP) <= LATE and steps[0] == "open" and "functional" in steps
    once = not twice_told(url_of(stage), stage.mails)
    return count.good and once and on_time and not missed and jumped == 1


async def _pages(house: House, host: str) -> list[tuple[object, object]]:
    world = house.daemon.engine.world
    number = next(one.number for one in world.incidents.values() if one.title.startswith(host))
    found = await house.daemon.store.queries.notifications_of(number)
    return [(one.notification, one) for one in found]


async def _beat(house: House) -> None:
    headers = {"Authorization": f"Bearer {house.stage.webhook_token}"}
    while True:
        for name in ("beat-1", "beat-2", "beat-3"):
            (await house.web.post(f"/heartbeats/{name}", headers=headers)).raise_for_status()
        await asyncio.sleep(1.0)


DRILLS: dict[str, Callable[[Path, Say], bool]] = {"jumps": jumps}

SHORT: dict[str, Callable[[Path, Say], bool]] = {"jumps": partial(jumps, every=1.0)}

if __name__ == "__main__":
    sys.exit(main(__doc__, DRILLS, SHORT))
