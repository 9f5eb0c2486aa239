"""Reload under load: 500 messages a second while the files of a 20,000-node site change, and are broken, and mended.

Two thousand alerts are open and told; the load says them again, so that whoever is paged from then on is paged because of
a reload. The sender keeps its own time (a slow answer delays no other message), and a message's delay is counted from
when it should have left: until it was answered, and until the engine had stepped it.

    python tests/drills/reload.py [--seconds 60] [--rate 500]
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import Engine, create_engine, func, select

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import Stage, prepare
from ingestd.store.tables import inbox, incident, notification
from tests.benchmarks.replay import topology
from tests.benchmarks.throughput import metric

OPEN = 2000
LANES = 32  # connections
LATE = 1.0  # seconds
#: Everybody is told once, and nobody insists: what is paged later was caused by something else.
CALM = """
version: 1
policies:
  - {id: urgent, steps: [{tell: [owner], wait: 1d}], insist: false}
  - {id: by-mail, steps: [{tell: [owner], wait: 1d}], insist: false}
routes:
  - {id: urgent, policy: by-mail}
"""
EDIT = "\n  - {{id: edited, when: {{node: nowhere-{n}}}, policy: by-mail}}\n"

Counted = tuple[int, int, list[float]]  # sent, refused, seconds until each was answered


def site(folder: Path) -> Stage:
    """The demo's site with 20,000 hosts of its own."""
    stage = prepare(folder)
    (folder / "topology.yaml").write_text(topology(), "utf-8")
    (folder / "rules" / "escalation.yaml").write_text(CALM, "utf-8")
    (folder / "rules" / "priority.yaml").unlink()
    return stage


def body(n: int) -> bytes:
    """One alert in Alertmanager's shape: a disk of a host of its own, so that nothing explains it."""
    labels = {"alertname": "disk", "instance": f"r{n % 500:03}-h{n // 500 % 40:02}:9100", "severity": "warning"}
    summary = {"summary": "disk usage 91 %"}
    alert = {"status": "firing", "labels": labels, "annotations": summary, "fingerprint": f"{n:016x}"}
    return json.dumps({"version": "4", "status": "firing", "receiver": "x", "alerts": [alert]}).encode()


def load(stage: Stage, seconds: float, rate: int, out: "multiprocessing.Queue[Counted]") -> None:
    """A process of its own that sends ``rate`` messages a second."""
    asyncio.run(_load(stage, seconds, rate, out))


async def _load(stage: Stage, seconds: float, rate: int, out: "multiprocessing.Queue[Counted]") -> None:
    took: list[float] = []
    refused = 0
    count = int(seconds * rate)
    begin = time.perf_counter() + 0.5
    numbers = iter(range(count))

    async def lane() -> None:
        nonlocal refused
        send = await connected(stage)
        for n in numbers:
            due = begin + n / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            refused += await send(body(n % OPEN)) >= 300
            took.append(time.perf_counter() - due)

    await asyncio.gather(*(lane() for _ in range(LANES)))
    out.put((count, refused, took))


async def connected(stage: Stage) -> Callable[[bytes], Awaitable[int]]:
    """A connection that is kept: a body in, the status out. The machine is for the daemon, so it speaks plainly."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.http)
    head = f"POST /webhooks/prometheus HTTP/1.1\r\nHost: x\r\nX-Ingestd-Token: {stage.webhook_token}\r\n"

    async def send(sent: bytes) -> int:
        writer.write(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await reader.readexactly(length)
        return status

    return send


def reloads(stage: Stage, seconds: float) -> list[str]:
    """Edits while the load runs, each in another way; what came of each."""
    rules, nodes = stage.folder / "rules" / "escalation.yaml", stage.folder / "topology.yaml"
    graph = nodes.read_text("utf-8")
    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("a rule, saved", lambda: rules.write_text(CALM + EDIT.format(n=1), "utf-8")),
        ("the topology, saved", lambda: nodes.write_text(graph + "  - {id: one-more}\n", "utf-8")),
        ("a broken rule, saved", lambda: rules.write_text(CALM + "  - {id: x, polcy: y}\n", "utf-8")),
        ("a rule, asked for", lambda: (rules.write_text(CALM + EDIT.format(n=2), "utf-8"), ask(stage))),
    )
    said = []
    for what, edit in steps:
        before = generation(stage)
        waited = time.monotonic()
        until = waited + seconds / len(steps)
        edit()
        while time.monotonic() < until and generation(stage) == before:
            time.sleep(0.1)
        taken = generation(stage) != before
        said.append(f"{what}: {f'done after {time.monotonic() - waited:.1f} s' if taken else 'NOT DONE'}")
        time.sleep(max(0.0, until - time.monotonic()))
    return said


def generation(stage: Stage) -> tuple[float, float]:
    """How often files were taken over, and refused."""
    return metric(stage, 'ingestd_reloads_total{outcome="ok"'), metric(stage, 'ingestd_reloads_total{outcome="refused"')


def ask(stage: Stage) -> None:
    """Reload by the API."""
    headers = {"Authorization": f"Bearer {stage.personal_token}"}
    request = urllib.request.Request(f"{stage.url}/api/v1/reload", method="POST", headers=headers)
    with urllib.request.urlopen(request, timeout=60):
        pass


def settle(stage: Stage, store: Engine) -> int:
    """Wait until nothing more is to be told; how many pages there were."""
    told = -1
    while told != (told := pages(store)) or metric(stage, "ingestd_engine_queue"):
        time.sleep(5)
    return told


def pages(store: Engine, upto: int = sys.maxsize) -> int:
    """Of the incidents up to a number: that a file was refused is one of its own, told to the admins.

    Lists (of no incident) are left out: they tell when their minute has come, with a reload or without.
    """
    with store.connect() as connection:
        found = select(func.count()).select_from(notification).where(notification.c.incident.between(1, upto))
        return connection.scalar(found) or 0


def incidents(store: Engine) -> int:
    """The newest number."""
    with store.connect() as connection:
        return connection.scalar(select(func.max(incident.c.number))) or 0


def stepped(store: Engine) -> tuple[int, list[float]]:
    """How many webhooks were stepped, and how long after they came each was."""
    with store.connect() as connection:
        rows = connection.execute(select(inbox.c.at - inbox.c.received).where(inbox.c.kind == "webhook"))
        return len(found := [row[0] for row in rows if row[0] is not None]), found


def worst(seconds: list[float]) -> str:
    cuts = statistics.quantiles(seconds, n=1000)
    return f"p50 {1000 * cuts[499]:.1f} ms, p99 {1000 * cuts[989]:.1f} ms, worst {1000 * max(seconds):.0f} ms"


def main() -> int:
    """Print what was lost, delayed and paged; 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=int, default=500)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingestd-reload-") as folder:
        stage = site(Path(folder))
        daemon = Daemon(stage)
        daemon.start()
        store = create_engine(f"sqlite:///{folder}/state/ingestd.db")
        try:
            return drill(stage, store, args.seconds, args.rate)
        finally:
            store.dispose()
            daemon.stop()


def drill(stage: Stage, store: Engine, seconds: float, rate: int) -> int:
    out: multiprocessing.Queue[Counted] = multiprocessing.Queue()
    load(stage, OPEN / 400, 400, out)
    before, _, _ = out.get()
    told = settle(stage, store)
    newest = incidents(store)
    print(f"{OPEN} alerts open, {told} pages")
    sender = multiprocessing.Process(target=load, args=(stage, seconds, rate, out))
    sender.start()
    for line in reloads(stage, seconds):
        print(line)
    sent, refused, took = out.get()
    sender.join()
    settle(stage, store)
    more = pages(store, newest) - told
    count, lags = stepped(store)
    lost = before + sent - count
    print(f"{sent} messages at {rate}/s: {refused} refused, {lost} lost, {more} pages more of what was open")
    print(f"answered: {worst(took)}")
    print(f"stepped:  {worst(lags[before:])}")
    return int(bool(refused or lost or more) or max(took) > LATE or max(lags[before:]) > LATE)


if __name__ == "__main__":
    raise SystemExit(main())
