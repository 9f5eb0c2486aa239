"""Clients that are slow, silent and very many, on SMTP and HTTP: a good client is served in time, memory stays bounded.

The others come from twenty addresses of the loopback network, the good one from another. How many connections there can
be is a matter of the limit of open files; it is raised as far as it goes, and said.

    python tests/drills/clients.py [slow-heads | slow-bodies | slow-mails | idle]
"""

import asyncio
import resource
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import Stage
from tests.benchmarks.open_alerts import resident
from tests.drills.crowd import Say, mail, main, site, webhook

GOOD = "127.0.0.99"
OTHERS = tuple(f"127.0.0.{n}" for n in range(10, 30))
IN_TIME = 2.0  # seconds for a good client
SPARE = 200  # open files for everything else
GROWTH = 150.0  # MiB
FIRST_WORDS = {  # by attack: the port, what each says at first, and the octet that it says every second from then on
    "slow-heads": ("http", b"POST /webhooks/prometheus HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"y"),
    "slow-bodies": ("http", b"POST /webhooks/prometheus HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b" "),
    "slow-mails": ("smtp", b"HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", b"z"),
}


class Good:
    """Asks, posts and mails twice a second; how long it took at worst."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.worst, self.failed, self.served = stage, 0.0, list[str](), 0
        self._number = 0

    async def run(self) -> None:
        while True:
            for what in (self._ask, self._post, self._mail):
                began = time.monotonic()
                try:
                    async with asyncio.timeout(IN_TIME * 3):
                        said = await what()
                except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                    said = repr(error).encode()
                if b" 200 " in said or said.startswith(b"250"):
                    self.served += 1
                    self.worst = max(self.worst, time.monotonic() - began)
                else:
                    self.failed.append(said[:80].decode("utf-8", "replace"))
            await asyncio.sleep(0.5)

    async def _ask(self) -> bytes:
        return await self._http(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    async def _post(self) -> bytes:
        self._number += 1
        body = webhook(self._number)
        head = f"POST /webhooks/prometheus HTTP/1.1\r\nHost: x\r\nX-Ingestd-Token: {self.stage.webhook_token}\r\n"
        return await self._http(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    async def _http(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.stage.http, local_addr=(GOOD, 0))
        writer.write(request)
        answer = await reader.readline()
        writer.close()
        return answer

    async def _mail(self) -> bytes:
        self._number += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", self.stage.smtp, local_addr=(GOOD, 0))
        answer = b""
        for words in (
            b"",
            b"HELO x\r\n",
            b"MAIL FROM:<a@b>\r\n",
            b"RCPT TO:<c@d>\r\n",
            b"DATA\r\n",
            mail(self._number),
        ):
            writer.write(words)
            answer = await reader.readline()
        writer.close()
        return answer


def connect(port: int, count: int, first: bytes = b"") -> list[socket.socket]:
    """So many connections, or as many as can be had."""
    made: list[socket.socket] = []
    for number in range(count):
        one = socket.socket()
        try:
            one.settimeout(5)
            one.bind((OTHERS[number % len(OTHERS)], 0))
            one.connect(("127.0.0.1", port))
            one.setblocking(False)
            if first:
                one.send(first)
        except OSError:
            one.close()
            if len(made) < number - 100:
                break  # no more can be had
        else:
            made.append(one)
    return made


def attack(folder: Path, say: Say, how: str, count: int = 1500, seconds: float = 30.0) -> bool:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(count, (hard - SPARE) // 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        return asyncio.run(_attack(site(folder), say, how, count, seconds))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def _attack(stage: Stage, say: Say, how: str, count: int, seconds: float) -> bool:
    daemon, good, others = Daemon(stage), Good(stage), list[socket.socket]()
    await asyncio.to_thread(daemon.start)
    assert daemon._process is not None
    pid = daemon._process.pid
    try:
        serving = asyncio.create_task(good.run())
        await asyncio.sleep(2.0)
        before, calm = resident(pid), good.worst
        began = time.monotonic()
        if how == "idle":
            for port in (stage.http, stage.smtp):
                others += await asyncio.to_thread(connect, port, count)
        else:
            way, first, octet = FIRST_WORDS[how]
            others += await asyncio.to_thread(connect, getattr(stage, way), count, first)
        took = time.monotonic() - began
        while time.monotonic() - began < seconds + took:
            if how != "idle":
                await asyncio.to_thread(_drip, others, octet)
            await asyncio.sleep(1.0)
        after = resident(pid)
        serving.cancel()
    finally:
        for one in others:
            one.close()
        ended = await asyncio.to_thread(daemon.stop)
    say(
        f"{len(others)} connections in {took:.1f} s; the good client: {good.served} served, {len(good.failed)} not "
        f"{good.failed[:2] or ''}, at worst {good.worst:.2f} s (before: {calm:.2f} s); "
        f"memory {before:.0f} -> {after:.0f} MiB"
    )
    in_time = good.worst <= IN_TIME and not good.failed and good.served > 0
    return in_time and after - before <= GROWTH and ended == 0 and bool(others)


def _drip(others: list[socket.socket], octet: bytes) -> None:
    for one in others:
        with suppress(OSError):
            one.send(octet)


DRILLS: dict[str, Callable[[Path, Say], bool]] = {
    **{how: partial(attack, how=how) for how in FIRST_WORDS},
    "idle": partial(attack, how="idle", count=10_000),
}

SHORT: dict[str, Callable[[Path, Say], bool]] = {
    how: partial(attack, how=how, count=300, seconds=1.0) for how in ("slow-heads", "slow-mails")
}

if __name__ == "__main__":
    sys.exit(main(__doc__, DRILLS, SHORT))
