"""How many mails a second are taken in by SMTP, beside Postfix, in turns of one run.

They are Nagios mails of what 5,000 servers say whose switch has failed. ingestd answers 250 after its commit is synced,
Postfix after it has queued the mail and synced it; what it queued it throws away. ``accepted``: until the last 250;
``stepped``: until the engine has nothing left, so that all is read, de-duplicated, correlated, ranked and committed. One
sender, the same for both: commands one by one, with one mail a connection or with many. "nobody" answers and keeps nothing.

    python tests/benchmarks/mailintake.py [--rounds 5] [--mails 4000] [--sizes 2,20] [--alone] [--json]
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import free_port
from tests.benchmarks.intake import request as posted
from tests.benchmarks.intake import row, send_all, served, settle, show
from tests.benchmarks.throughput import mail, site, the_switch
from tests.peers.postfix import Postfix

LANES = 32
HOW = {"one": 1, "many": sys.maxsize}  # mails a connection
PADDING = b"padding padding padding padding padding padding padding padd\r\n"
HELLO, FROM, TO = b"EHLO bench\r\n", b"MAIL FROM:<nagios@mon.example>\r\n", b"RCPT TO:<alerts@ops.example>\r\n"
DATA, BYE = b"DATA\r\n", b"QUIT\r\n"

Settle = Callable[[], None]


# -- the sender


class Lane(asyncio.Protocol):
    """A connection that brings so many mails at most, one command at each answer."""

    def __init__(self, mails: Iterator[bytes], most: int, over: "asyncio.Future[None]") -> None:
        self._mails, self._most, self._over = mails, most, over
        self._words = iter((HELLO,))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, received: bytes) -> None:
        last = received.rstrip().rpartition(b"\n")[2]
        if last[3:4] == b"-":
            return
        if last[:1] not in (b"2", b"3"):
            raise SystemExit(f"answered {last.decode()}")
        word = next(self._words, None)
        if word is None:
            word = self._next_mail()
        self._transport.write(word)

    def connection_lost(self, _error: Exception | None) -> None:
        self._over.set_result(None)

    def _next_mail(self) -> bytes:
        content = next(self._mails, None) if self._most else None
        if content is None:
            self._words = iter(())
            return BYE
        self._most -= 1
        self._words = iter((TO, DATA, content))
        return FROM


async def _bring(port: int, mails: Sequence[bytes], most: int) -> float:
    loop = asyncio.get_running_loop()
    waiting = Peekable(mails)

    async def lane() -> None:
        while waiting.more:
            over = loop.create_future()
            await loop.create_connection(partial(Lane, waiting, most, over), "127.0.0.1", port)
            await over

    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(LANES)))
    return time.perf_counter() - began


class Peekable(Iterator[bytes]):
    """Mails, and whether there are more."""

    def __init__(self, mails: Sequence[bytes]) -> None:
        self._left = list(reversed(mails))

    @property
    def more(self) -> bool:
        return bool(self._left)

    def __next__(self) -> bytes:
        if not self._left:
            raise StopIteration
        return self._left.pop()


# -- the parties


class Party(NamedTuple):
    """Who is sent to: the port, and what waits until all is done."""

    port: int
    settled: Settle = lambda: None


@contextmanager
def ingestd(folder: Path) -> Iterator[Party]:
    """A daemon of its own on SQLite."""
    stage = site(folder)
    daemon = Daemon(stage)
    daemon.start()
    try:
        head = f"X-Ingestd-Token: {stage.webhook_token}\r\n"
        send_all(stage.http)([posted("/webhooks/prometheus", head, the_switch())], 1)
        settle(stage)
        yield Party(stage.smtp, lambda: settle(stage))
    finally:
        daemon.stop()


class Swallowing(Postfix):
    """A Postfix that queues what it takes, and then throws it away."""

    def _write(self, next_hop: int) -> None:
        super()._write(next_hop)
        main = self.home / "conf" / "main.cf"
        kept = (one for one in main.read_text().splitlines() if not one.startswith(("relayhost", "transport_maps")))
        main.write_text("\n".join((*kept, "default_transport = discard:", "")))
        with (self.home / "conf" / "master.cf").open("a") as master:
            master.write("discard  unix - - n - - discard\n")


@contextmanager
def postfix(_: Path) -> Iterator[Party]:
    """Debian's Postfix."""
    peer = Swallowing(("mia",))
    peer.start(free_port())
    try:
        yield Party(peer.port)
    finally:
        peer.stop()


async def _swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 nobody\r\n")
    while line := await reader.readline():
        if line == DATA:
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 ok\r\n")
        if line == BYE:
            break
    writer.close()


def _nobody(port: int) -> None:
    async def run() -> None:
        await asyncio.start_server(_swallow, "127.0.0.1", port, limit=1 << 20)
        await asyncio.Event().wait()

    uvloop.run(run())


@contextmanager
def nobody(_: Path) -> Iterator[Party]:
    """What the sender can do."""
    with served(_nobody) as (port, _pid):
        yield Party(port)


# -- the measure

PARTIES: dict[str, Callable[[Path], AbstractContextManager[Party]]] = {
    "ingestd": ingestd,
    "postfix": postfix,
    "nobody": nobody,
}
Key = tuple[str, str, int]  # party, how many a connection, KiB
Rates = dict[Key, list[tuple[float, float]]]  # mails a second accepted, and dealt with


def letter(number: int, size: int) -> bytes:
    """A mail of so many KiB."""
    plain = mail(number)
    return plain[:-3] + PADDING * ((size * 1024 - len(plain)) // len(PADDING)) + plain[-3:]


def measure(names: Sequence[str], sizes: Sequence[int], count: int, rounds: int) -> Rates:
    """In each round every party takes every size both ways; each starts its round empty."""
    rates: Rates = defaultdict(list)
    for _ in range(rounds):
        for name in names:
            with tempfile.TemporaryDirectory(prefix="ingestd-bench-") as folder, PARTIES[name](Path(folder)) as party:
                first = 0
                for size in sizes:
                    for how, most in HOW.items():
                        mails = [letter(number, size) for number in range(first, first + count)]
                        first += count
                        began = time.perf_counter()
                        accepted = uvloop.run(_bring(party.port, mails, most))
                        party.settled()
                        rates[name, how, size].append((count / accepted, count / (time.perf_counter() - began)))
    return rates


def main() -> int:
    """Print a line for each party, size and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mails", type=int, default=4000)
    parser.add_argument("--sizes", default="2,20")
    parser.add_argument("--alone", action="store_true", help="without Postfix")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    there = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin") and os.geteuid() == 0
    peers = ["postfix"] if there and not args.alone else []
    sizes = [int(size) for size in args.sizes.split(",")]
    rates = measure(["ingestd", *peers, "nobody"], sizes, args.mails, args.rounds)
    for (name, how, size), mine in rates.items():
        peer = rates.get(("postfix", how, size), ()) if name == "ingestd" else ()
        show(f"{name}, {how} a connection, {size} KiB", row(mine, peer), as_json=args.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
