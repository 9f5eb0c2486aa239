"""kill -9 under load, again and again on the same store: nothing lost, nothing opened twice, nobody left untold.

Problems come by webhook, SMTP, LMTP and into a mailbox (Dovecot, where it is installed), each on a host of its own; pages
go to a relay and a webhook of ours. A problem is over once it was paged, so that its end is told as well. The daemon is
killed at random moments, also while it starts. Counted at the end, from what the senders saw, what the store has, and
what the sink heard:

- lost: answered 2xx, 250 (or laid into the mailbox), and not in the store;
- kept twice: more often in the store than it was sent; a mail more than once, however often it was sent;
- incidents doubled: more than one for a problem, or one for several;
- pages and ends lost; doubled: told under two names, or twice under one name by the same process. What was in flight at
  a kill may come again under its own name;
- set aside: a message that was under way at four kills in a row is taken for their cause. It is kept, and an incident tells of
  it; more than a few is a fault.

    python tests/drills/crash.py [--kills 1000] [--seed 1] [--peer]

``--peer``: the same with Debian's prometheus-alertmanager (webhooks in, webhooks out, ``group_wait: 0s``).
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.site import Stage, free_port, prepare
from tests.benchmarks.latency import ALERTMANAGER, CORRELATE, ESCALATION, PEOPLE, PRIORITY
from tests.drills import crashload
from tests.drills.crashcount import again, found, judged, told
from tests.drills.crashload import Sent, Sink, Story, mail, post, until_accepted
from tests.drills.crashvictim import Daemon, Program, Victim
from tests.peers.dovecot import PASSWORD, USER, Dovecot

LANES = 32  # problems at a time
HOSTS = 200
STARTING = 0.3  # the share of kills that come before it is ready
LIFE = 0.8  # seconds that it lives at most once it is ready
COLD = 20  # every so many starts it is a new program; else a fork of one that has read its modules already
PAUSE = 0.3  # seconds at most between a page and the recovery
ASIDE = 0.01  # most problems of a kill of which something may be set aside
SETTLE = 90.0  # seconds in which everything must have been told after the last kill
SOON = CORRELATE.replace("}", ", cooling: 100ms, linger: 100ms, leftover: 300ms}")

Tell = Callable[[Story, float], Awaitable[None]]  # a story, and the pause before what follows


# -- the drill


class Drill:
    """Stories that are told while who hears them dies."""

    def __init__(self, victim: Victim, tell: Tell, ways: Sequence[str], seed: int) -> None:
        self.stories: list[Story] = []
        self.faults: list[str] = []
        self.starts: list[float] = []  # of each process, by the monotonic clock
        self._victim, self._tell, self._ways = victim, tell, ways
        self._chance = random.Random(seed)
        self._hosts = deque(f"h-{n:03d}" for n in range(HOSTS))
        self._ending = False

    async def run(self, kills: int, say: Callable[[str], None]) -> None:
        """Kill so often, then let it finish."""
        lanes = [asyncio.ensure_future(self._lane()) for _ in range(LANES)]
        began = time.monotonic()
        for n in range(kills):
            self._start(cold=n % COLD == 0)
            await self._live()
            self._victim.kill()
            await asyncio.sleep(0.02)  # what it had written is read before the next one writes
            if (n + 1) % 50 == 0:
                say(f"{n + 1} kills, {(time.monotonic() - began) / (n + 1):.2f} s each, {len(self.stories)} problems")
            if self.faults:
                break
        self._ending = True
        self._start(cold=True)
        _, stuck = await asyncio.wait(lanes, timeout=SETTLE)
        for lane in stuck:
            lane.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
        for lane in set(lanes) - stuck:
            lane.result()

    def _start(self, *, cold: bool) -> None:
        self.starts.append(time.monotonic())
        self._victim.start(cold=cold)

    async def _live(self) -> None:
        """As long as it is to live."""
        early = self._chance.random() < STARTING
        moment = self._chance.random()
        if early:
            await asyncio.sleep(moment * LIFE)
            return
        end = time.monotonic() + SETTLE
        while not await self._victim.ready():
            said = self._victim.died()
            if said or time.monotonic() > end:
                self.faults.append(said or f"it was not ready in {SETTLE:.0f} s")
                return
            await asyncio.sleep(0.02)
        await asyncio.sleep(moment * LIFE)
        if said := self._victim.died():
            self.faults.append(said)

    async def _lane(self) -> None:
        while not self._ending:
            host = self._hosts.popleft()
            story = Story(len(self.stories), self._chance.choice(self._ways), host)
            self.stories.append(story)
            await self._tell(story, self._chance.random() * PAUSE)
            self._hosts.append(host)


class Teller:
    """Tells ingestd a story: the problem, and once it was paged its recovery, until its end was told."""

    def __init__(self, stage: Stage, sink: Sink, dovecot: Dovecot | None) -> None:
        head = f"/webhooks/prometheus HTTP/1.1\r\nX-Ingestd-Token: {stage.webhook_token}"
        self._sink, self._dovecot = sink, dovecot
        self._ways = {
            "webhook": (crashload.webhook, partial(post, stage.http, head)),
            "smtp": (crashload.nagios, partial(mail, stage.smtp)),
            "lmtp": (crashload.nagios, partial(mail, str(stage.folder / "lmtp"))),
        }
        self.ways = (*self._ways, *(("mailbox",) if dovecot else ()))

    async def tell(self, story: Story, pause: float) -> None:
        await self._say(story, story.problem, over=False)
        await self._sink.told(story.mark, "open")
        await asyncio.sleep(pause)
        await self._say(story, story.over, over=True)
        await self._sink.told(story.mark, "end")

    async def _say(self, story: Story, sent: Sent, *, over: bool) -> None:
        if story.way == "mailbox":
            assert self._dovecot is not None
            self._dovecot.deliver(crashload.nagios(story.host, sent.mark, over=over))
            sent.sendings, sent.accepted = 1, True
            return
        text, send = self._ways[story.way]
        await until_accepted(partial(send, text(story.host, sent.mark, over=over)), sent)


def site(folder: Path, sink: Sink, dovecot: Dovecot | None) -> Stage:
    """The demo's site with hosts that have nothing to do with one another; every problem is a P1 and told at once."""
    stage = prepare(folder)
    names = [f"  - {{id: h-{n:03d}, kind: server}}" for n in range(HOSTS)]
    (folder / "topology.yaml").write_text("version: 1\nnodes:\n" + "\n".join(names) + "\n")
    for name, text in (("correlate", SOON), ("priority", PRIORITY), ("escalation", ESCALATION)):
        (folder / "rules" / f"{name}.yaml").write_text(text)
    (folder / "people.yaml").write_text(PEOPLE)
    settings = stage.config.read_text().replace("person:wu", "person:mia")
    settings = settings.replace("listen:\n", f"listen:\n  lmtp: {{path: {folder / 'lmtp'}}}\n")
    ways = (
        f"mail: {{sender: ingestd@ops.example, host: 127.0.0.1, port: {sink.smtp}}}\n"
        f'channels: {{hook: {{type: webhook, url: "http://127.0.0.1:{sink.http}/ingestd"}}}}\n'
    )
    if dovecot is not None:
        ways += f"imap: [{{name: desk, host: 127.0.0.1, port: {dovecot.port}, tls: none, user: {USER}, password: {PASSWORD}, poll: 1s}}]\n"
    stage.config.write_text(re.sub(r"maildir: .*\n", ways, settings))
    return stage


async def drill(folder: Path, kills: int, seed: int, say: Callable[[str], None]) -> bool:
    """Kill ingestd; whether all is well."""
    sink, dovecot = Sink(), mailbox()
    await sink.start()
    try:
        stage = site(folder, sink, dovecot)
        teller, daemon = Teller(stage, sink, dovecot), Daemon(stage)
        one = Drill(daemon, teller.tell, teller.ways, seed)
        try:
            await one.run(kills, say)
            status = await asyncio.to_thread(daemon.stop)
        finally:
            daemon.kill()
    finally:
        await sink.stop()
        if dovecot is not None:
            dovecot.stop()
    store = found(f"sqlite:///{folder / 'state' / 'ingestd.db'}")
    faults = judged(one.stories, store, sink.letters, one.starts)
    faults["ended by itself"] = one.faults + ([f"the last stop: status {status}"] if status else [])
    faults["set aside"] = sorted(store.set_aside) if len(store.set_aside) > max(1, kills * ASIDE) else []
    sent = [message for story in one.stories for message in (story.problem, story.over)]
    say(
        f"{kills} kills: {sum(s.accepted for s in sent)} accepted of {sum(s.sendings for s in sent)} sent"
        f" ({', '.join(f'{n} {way}' for way, n in Counter(story.way for story in one.stories).items())}),"
        f" {sum(store.kept.values())} found; {len(sink.letters)} letters, {again(sink.letters)} of them in flight at a"
        f" kill and told again under their own name; something set aside of {len(store.set_aside)} problems"
    )
    return told(faults, say)


def mailbox() -> Dovecot | None:
    """A mailbox, where there can be one."""
    if os.geteuid() or not shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return None
    dovecot = Dovecot()
    dovecot.start()
    return dovecot


# -- the peer


async def drill_peer(folder: Path, kills: int, seed: int, say: Callable[[str], None]) -> bool:
    """Kill Alertmanager in the same way. What it lost is a figure, not a fault of ours."""
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        say("prometheus-alertmanager is not installed: left out")
        return True
    sink, port, config = Sink(), free_port(), folder / "alertmanager.yml"
    await sink.start()
    config.write_text(
        ALERTMANAGER.format(url=f"http://127.0.0.1:{sink.http}/alertmanager").replace("instance", "alertname")
    )
    words = (f"--storage.path={folder / 'am'}", "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{port}")
    peer = Program([program, f"--config.file={config}", *words], folder / "alertmanager.log", port, "/-/ready")

    async def tell(story: Story, pause: float) -> None:
        body = json.dumps([crashload.alert(story.host, story.problem.mark, over=False)]).encode()
        await until_accepted(partial(post, port, "/api/v2/alerts HTTP/1.1", body), story.problem)
        await asyncio.sleep(pause)

    one = Drill(peer, tell, ("webhook",), seed)
    try:
        await one.run(kills, say)
        while not await peer.ready():  # noqa: ASYNC110  (a process: it tells nobody)
            await asyncio.sleep(0.1)
        await asyncio.sleep(3)  # for its last letters
        knows = await known(port)
    finally:
        peer.kill()
        await sink.stop()
    accepted = {story.mark for story in one.stories if story.problem.accepted}
    untold = accepted - {letter.mark for letter in sink.letters}
    say(
        f"Alertmanager, {kills} kills: {len(accepted)} alerts accepted, {len(untold)} never told,"
        f" {len(accepted - knows)} that still fire are unknown to it"
    )
    return not one.faults


async def known(port: int) -> set[str]:
    """The problems that Alertmanager has."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=crashload.ROOM)
    writer.write(b"GET /api/v2/alerts HTTP/1.0\r\nHost: x\r\n\r\n")
    answer = (await reader.read()).decode()
    writer.close()
    return set(crashload.MARK.findall(answer))


def main() -> int:
    """Print the counts; 1: something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--peer", action="store_true", help="kill Alertmanager instead")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="ingestd-crash-") as folder:
        run = drill_peer if args.peer else drill
        good = asyncio.run(run(Path(folder), args.kills, seed, partial(print, flush=True)))
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
