"""How many alerts a second are taken in, beside Alertmanager's, in turns of one run.

They are what 5,000 servers say whose switch has failed: first new alerts, then the very same again. Every body is
answered after its commit is synced (Alertmanager's are kept in memory only). ``accepted``: until the last answer;
``stepped``: until the engine has nothing left, so that all is de-duplicated, correlated, ranked and committed. Both
parties and the sender share the machine. The sender is one process with prepared requests; "nobody", a server that
reads and answers and does nothing else, shows what the sender can do.

    python tests/benchmarks/intake.py [--rounds 5] [--alerts 20000] [--sizes 1,10,100,1000] [--alone] [--json]
"""

import argparse
import asyncio
import json
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

import httptools
import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import Stage, free_port
from tests.benchmarks.open_alerts import as_posted, busy
from tests.benchmarks.throughput import body, metric, site, the_switch
from tests.peers import alertmanager
from tests.peers.alertmanager import Alertmanager

CONNECTIONS = {1: 64, 10: 32}  # by the size of a body; else 16
FORKED = multiprocessing.get_context("fork")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

Send = Callable[[Sequence[bytes], int], float]  # requests and connections -> seconds until the last answer


# -- the sender


class Lane(asyncio.Protocol):
    """A connection that sends the next request at each answer."""

    def __init__(self, requests: Iterator[bytes], done: Callable[[], None]) -> None:
        self._requests, self._done = requests, done
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, received: bytes) -> None:
        self._parser.feed_data(received)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= 300:
            raise SystemExit(f"answered {self._parser.get_status_code()}")
        self._parser = httptools.HttpResponseParser(self)
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self._done()
        else:
            self._transport.write(request)


def send_all(port: int) -> Send:
    """A sender to a port of this machine."""

    async def run(requests: Sequence[bytes], connections: int) -> float:
        loop = asyncio.get_running_loop()
        left, over, waiting = connections, loop.create_future(), iter(requests)

        def done() -> None:
            nonlocal left
            left -= 1
            if not left:
                over.set_result(None)

        began = time.perf_counter()
        for _ in range(connections):
            await loop.create_connection(lambda: Lane(waiting, done), "127.0.0.1", port)
        await over
        return time.perf_counter() - began

    return lambda requests, connections: uvloop.run(run(requests, connections))


def request(path: str, head: str, content: bytes) -> bytes:
    """One as it goes over the wire."""
    lines = f"POST {path} HTTP/1.1\r\nHost: x\r\n{head}Content-Type: application/json\r\n"
    return f"{lines}Content-Length: {len(content)}\r\n\r\n".encode() + content


# -- the parties


class Took(NamedTuple):
    """Seconds: until the last answer, until the last was dealt with, and of a processor."""

    answered: float
    settled: float
    worked: float


class Nobody(asyncio.Protocol):
    """Reads whole requests, and answers."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, received: bytes) -> None:
        self._parser.feed_data(received)

    def on_message_complete(self) -> None:
        self._transport.write(OK)


def _nobody(port: int) -> None:
    async def run() -> None:
        await asyncio.get_running_loop().create_server(Nobody, "127.0.0.1", port)
        await asyncio.Event().wait()

    uvloop.run(run())


class Party:
    """Who is sent to: how a body is made into a request, and when all is done."""

    def __init__(
        self, port: int, pid: int, made: Callable[[bytes], bytes], settled: Callable[[], None] = lambda: None
    ) -> None:
        self.made, self.settled, self.pid = made, settled, pid
        self._send = send_all(port)

    def take(self, bodies: list[bytes], connections: int) -> Took:
        """Send them all, and wait until the last was dealt with."""
        requests = [self.made(one) for one in bodies]
        began, worked = time.perf_counter(), busy(self.pid)
        answered = self._send(requests, connections)
        self.settled()
        return Took(answered, time.perf_counter() - began, busy(self.pid) - worked)


@contextmanager
def ingestd(folder: Path) -> Iterator[Party]:
    """A daemon of its own on SQLite."""
    stage = site(folder)
    daemon = Daemon(stage)
    daemon.start()
    head = f"X-Ingestd-Token: {stage.webhook_token}\r\n"
    try:
        made = partial(request, "/webhooks/prometheus", head)
        party = Party(stage.http, daemon.pid, made, lambda: settle(stage))
        party.take([the_switch()], 1)
        yield party
    finally:
        daemon.stop()


def settle(stage: Stage) -> None:
    """Wait until the engine has nothing left."""
    while metric(stage, "ingestd_engine_queue"):
        time.sleep(0.05)


@contextmanager
def theirs(folder: Path) -> Iterator[Party]:
    """Debian's Alertmanager, that has nobody to tell."""
    peer = Alertmanager(folder / "peer", {})
    peer.start()
    try:
        yield Party(peer.port, peer.pid, lambda one: request("/api/v2/alerts", "", as_posted(one)))
    finally:
        peer.stop()


@contextmanager
def served(serve: Callable[[int], None]) -> Iterator[tuple[int, int]]:
    """A server of our own in a process: its port and its number."""
    port = free_port()
    process = FORKED.Process(target=serve, args=(port,), daemon=True)
    process.start()
    time.sleep(0.5)  # until it listens
    try:
        yield port, process.pid or 0
    finally:
        process.terminate()


@contextmanager
def nobody(_: Path) -> Iterator[Party]:
    """What the sender can do."""
    with served(_nobody) as (port, pid):
        yield Party(port, pid, partial(request, "/", ""))


# -- the measure

PARTIES: dict[str, Callable[[Path], AbstractContextManager[Party]]] = {
    "ingestd": ingestd,
    "alertmanager": theirs,
    "nobody": nobody,
}
Key = tuple[str, str, int]  # party, new or again, size of a body
Rates = dict[Key, list[tuple[float, float, float]]]  # alerts a second accepted, and dealt with; microseconds of work


def measure(names: Sequence[str], sizes: Sequence[int], alerts: int, rounds: int) -> Rates:
    """In each round every party takes every size, new and again; each starts its round empty."""
    rates: Rates = defaultdict(list)
    for _ in range(rounds):
        for name in names:
            with (
                tempfile.TemporaryDirectory(prefix="ingestd-bench-") as folder,
                PARTIES[name](Path(folder)) as party,
            ):
                for rank, size in enumerate(sizes):
                    for what, took in one_size(party, size, alerts, rank * alerts):
                        rates[name, what, size].append(took)
    return rates


def one_size(party: Party, size: int, alerts: int, first: int) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Alerts that are new, then the same again."""
    count = alerts if size > 1 else alerts // 2
    bodies = [body(number, size) for number in range(first, first + count, size)]
    for what in ("new", "again"):
        took = party.take(bodies, CONNECTIONS.get(size, 16))
        yield what, (count / took.answered, count / took.settled, 1e6 * took.worked / count)


def row(mine: Sequence[tuple[float, ...]], peer: Sequence[tuple[float, ...]] = ()) -> dict[str, float]:
    """A line of a table: of each round what was accepted a second, and dealt with; beside a peer's."""
    accepted, settled = ([one[n] for one in mine] for n in (0, 1))
    found: dict[str, float] = {
        "accepted/s": round(statistics.median(accepted)),
        "from": round(min(accepted)),
        "to": round(max(accepted)),
        "stepped/s": round(statistics.median(settled)),
    }
    if peer:
        theirs = statistics.median(one[0] for one in peer)
        found |= {"x peer": round(statistics.median(accepted) / theirs, 2)}
        found |= {"stepped x peer": round(statistics.median(settled) / theirs, 2)}
    return found


def show(label: str, figures: dict[str, float], *, as_json: bool) -> None:
    """Print a line."""
    shown = "  ".join(f"{key} {value}" for key, value in figures.items())
    print(json.dumps({label: figures}) if as_json else f"{label:36s} {shown}")


def main() -> int:
    """Print a line for each party, size and kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--alerts", type=int, default=20000)
    parser.add_argument("--sizes", default="1,10,100,1000")
    parser.add_argument("--alone", action="store_true", help="without Alertmanager")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    peers = [] if args.alone or not shutil.which(alertmanager.PROGRAM[0]) else ["alertmanager"]
    sizes = [int(size) for size in args.sizes.split(",")]
    rates = measure(["ingestd", *peers, "nobody"], sizes, args.alerts, args.rounds)
    for (name, what, size), mine in rates.items():
        work = {"CPU us": round(statistics.median(one[2] for one in mine), 1)}
        peer = rates.get(("alertmanager", what, size), ()) if name == "ingestd" else ()
        show(f"{name}, bodies of {size}, {what}", row(mine, peer) | work, as_json=args.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
