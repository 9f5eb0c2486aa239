"""kill -9 under load, again and again on the same store: nothing lost, nothing opened twice, nobody left untold.

Problems come by webhook, SMTP, LMTP and into a mailbox (Dovecot, where it is installed), each on a host of its own; pages
go to a relay and a webhook of ours. A problem is over once it was paged, so that its end is told as well. The daemon is
killed at random moments, also while it starts. Counted at the end, from what the senders saw, what the store has, and
what the sink heard:

- lost: answered 2xx, 250 (or laid into the mailbox), and not in the store;
- kept twice: more often in the store than it was sent; a mail more than once, however often it was sent;
- incidents doubled: more than one for a problem, or one for several;
- pages and ends lost; doubled: told under two names, or twice under one name by the same process. What was in flight at
  a kill may come again under its own name.

    python tests/drills/crash.py [--kills 1000] [--seed 1] [--peer]

``--peer``: the same with Debian's prometheus-alertmanager (webhooks in, webhooks out, ``group_wait: 0s``).
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
from sqlalchemy import create_engine, select

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd import app
from ingestd.demo.site import Stage, free_port, prepare
from ingestd.model import Alert
from ingestd.store import tables
from tests.benchmarks.latency import ALERTMANAGER, CORRELATE, ESCALATION, PEOPLE, PRIORITY
from tests.drills import crashload
from tests.drills.crashload import Letter, Sent, Sink, mail, post, until_accepted
from tests.peers.dovecot import PASSWORD, USER, Dovecot

LANES = 32  # problems at a time
HOSTS = 200
STARTING = 0.3  # the share of kills that come before it is ready
LIFE = 0.8  # seconds that it lives at most once it is ready
COLD = 20  # every so many starts it is a new program; else a fork of one that has read its modules already
PAUSE = 0.3  # seconds at most between a page and the recovery
SETTLE = 90.0  # seconds in which everything must have been told after the last kill
SHOWN = 5  # faults of a sort that are printed
STORED = re.compile(rb"disk of (q\d{6}[fr])")
SOON = CORRELATE.replace("}", ", cooling: 100ms, linger: 100ms, leftover: 300ms}")


@dataclass(eq=False)
class Story:
    """One problem: which way it comes, on which host, and what is said of it."""

    number: int
    way: str
    host: str
    problem: Sent = field(init=False)
    over: Sent = field(init=False)

    def __post_init__(self) -> None:
        self.problem, self.over = Sent(f"{self.mark}f"), Sent(f"{self.mark}r")

    @property
    def mark(self) -> str:
        return f"q{self.number:06d}"


class Found(NamedTuple):
    """What the store has: copies of each message, and the incidents of each problem."""

    kept: Mapping[str, int]
    incidents: Mapping[str, frozenset[int]]
    set_aside: frozenset[str] = frozenset()  # problems of which something is set aside: an incident of its own says so


Tell = Callable[[Story, float], Awaitable[None]]


# -- who is killed


class Victim(Protocol):
    """A process that may be killed at any moment and started again."""

    def start(self, *, cold: bool) -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> int: ...
    def died(self) -> str: ...
    async def ready(self) -> bool: ...


class Program:
    """A program of its own, started anew each time; its words go to a log."""

    def __init__(self, command: Sequence[str], log: Path, port: int, path: str) -> None:
        self._command, self._log, self._port, self._path = command, log, port, path
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, cold: bool = True) -> None:
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(self._command, stdout=said, stderr=said)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """A graceful stop; its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(SETTLE)

    def died(self) -> str:
        """Its last words, if it ended by itself."""
        if self._process is None or self._process.poll() is None:
            return ""
        return self._last_words(self._process.returncode)

    def _last_words(self, status: int | None) -> str:
        return f"ended by itself, status {status}: {self._log.read_text('utf-8', 'replace')[-1500:]}"

    async def ready(self) -> bool:
        """Whether it says that it is."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        try:
            writer.write(f"GET {self._path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            return b" 200 " in await asyncio.wait_for(reader.readline(), 5)
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()


class Daemon(Program):
    """``ingestd run``; unless it is to be cold, a fork of a process that has read the modules, which saves a second."""

    def __init__(self, stage: Stage) -> None:
        command = [sys.executable, "-m", "ingestd", "run", "--config", str(stage.config)]
        super().__init__(command, stage.folder / "daemon.log", stage.http, "/readyz")
        self._config = stage.config
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(["ingestd.app", "tests.drills.crash"])
        self._fork: multiprocessing.process.BaseProcess | None = None

    def start(self, *, cold: bool = True) -> None:
        self._fork = None
        if cold:
            super().start()
        else:
            self._fork = self._forks.Process(target=serve, args=(self._config, self._log), daemon=True)
            self._fork.start()

    def kill(self) -> None:
        if self._fork is None:
            super().kill()
        else:
            self._fork.kill()
            self._fork.join()

    def died(self) -> str:
        if self._fork is None:
            return super().died()
        return "" if self._fork.is_alive() else self._last_words(self._fork.exitcode)


def serve(config: Path, log: Path) -> None:
    """What a fork does: the daemon, its words in a log."""
    with log.open("ab") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    sys.exit(app.run(config))


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


# -- what came of it


def found(url: str) -> Found:
    """Look into a store."""
    engine = create_engine(url)
    inbox, bodies = tables.inbox, tables.inbox_body
    messages = select(inbox.c.kind, inbox.c.state, bodies.c.body).join(bodies, bodies.c.inbox_id == inbox.c.id)
    incidents: defaultdict[str, set[int]] = defaultdict(set)
    with engine.connect() as connection:
        numbers = select(tables.incident.c.number, tables.incident.c.merged_into)
        survivors = {number: into or number for number, into in connection.execute(numbers)}
        for (body,) in connection.execute(select(tables.alert.c.body)):
            alert = msgspec.json.decode(body, type=Alert)
            incidents[crashload.marked(alert.check or "")].add(survivors[alert.incident])
        rows = connection.execute(messages.where(inbox.c.kind.in_(("mail", "webhook", "receipt")))).all()
    engine.dispose()
    kept = Counter(mark for row in rows if row.kind != "receipt" for mark in _stored(row.body))
    of = {number: mark for mark, some in incidents.items() for number in some}
    aside = [row for row in rows if row.state == "shunted"]
    marks = {mark[:-1] for row in aside for mark in _stored(row.body)}
    marks |= {of.get(json.loads(row.body)["incident"], "") for row in aside if row.kind == "receipt"}
    return Found(kept, {mark: frozenset(some) for mark, some in incidents.items()}, frozenset(marks))


def _stored(body: bytes) -> list[str]:
    """The mark of a message."""
    return [mark.decode() for mark in STORED.findall(body)[:1]]


def judged(
    stories: Sequence[Story], store: Found, letters: Sequence[Letter], starts: Sequence[float]
) -> dict[str, list[str]]:
    """Every fault, by its sort. What was set aside is kept and told in another way."""
    stories = [one for one in stories if one.mark not in store.set_aside]
    messages = [(one, sent) for one in stories for sent in (one.problem, one.over)]
    heard: defaultdict[tuple[str, str], list[Letter]] = defaultdict(list)
    for letter in letters:
        if letter.mark not in store.set_aside:
            heard[letter.mark, letter.kind].append(letter)
    return {
        "never taken": [f"{one.way} {sent.mark}" for one, sent in messages if sent.sendings and not sent.accepted],
        "lost": [f"{one.way} {sent.mark}" for one, sent in messages if sent.accepted and not store.kept.get(sent.mark)],
        "kept twice": [
            f"{one.way} {sent.mark}: {copies} copies, sent {sent.sendings} times"
            for one, sent in messages
            if (copies := store.kept.get(sent.mark, 0)) > (sent.sendings if one.way == "webhook" else 1)
        ],
        "incidents doubled": _doubled_incidents(stories, store.incidents),
        "pages lost": [
            f"{one.way} {one.mark}" for one in stories if one.problem.accepted and not heard[one.mark, "open"]
        ],
        "ends lost": [f"{one.way} {one.mark}" for one in stories if one.over.accepted and not heard[one.mark, "end"]],
        "pages doubled": _doubled(heard, "open", starts),
        "ends doubled": _doubled(heard, "end", starts),
        "other letters": sorted({f"{mark}: {kind}" for mark, kind in heard if mark and kind not in ("open", "end")}),
    }


def _doubled_incidents(stories: Iterable[Story], incidents: Mapping[str, frozenset[int]]) -> list[str]:
    shared = Counter(number for some in incidents.values() for number in some)
    return [
        f"{one.way} {one.mark}: {sorted(some) or 'none'}"
        for one in stories
        if one.problem.accepted and (len(some := incidents.get(one.mark, frozenset())) != 1 or shared[min(some)] != 1)
    ]


def _doubled(heard: Mapping[tuple[str, str], Sequence[Letter]], kind: str, starts: Sequence[float]) -> list[str]:
    """Told under two names, or twice by one process."""
    wrong = []
    for (mark, said), letters in heard.items():
        came = [(one.id, bisect(starts, one.at)) for one in letters]
        if mark and said == kind and (len({name for name, _ in came}) > 1 or len(set(came)) < len(came)):
            wrong.append(f"{mark}: {came}")
    return wrong


def again(letters: Sequence[Letter]) -> int:
    """How many letters came again under their own name."""
    return len(letters) - len({one.id for one in letters})


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


def told(faults: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> bool:
    """Say what is wrong; whether nothing is."""
    say(", ".join(f"{sort} {len(some)}" for sort, some in faults.items()))
    for sort, some in faults.items():
        for words in some[:SHOWN]:
            say(f"  {sort}: {words}")
    return not any(faults.values())


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
