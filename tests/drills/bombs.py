"""Messages that are made to hurt: nested, packed, endless. Each is refused, or kept and read as far as it goes.

The daemon runs in this process: what its event loop computed between two turns is measured in processor time, so that a
busy machine changes nothing. The clients are threads of their own.

    python tests/drills/bombs.py
"""

import asyncio
import base64
import smtplib
import sys
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.site import Stage
from tests.benchmarks.open_alerts import resident
from tests.drills.crowd import Say, main, site
from tests.test_app import House, opened

LONGEST = 0.25  # seconds in which the loop may compute without a turn
GROWTH = 300.0  # MiB, of all bombs together
MIB = 1024 * 1024
HEAD = b"From: a@b.example\r\nTo: alerts@x\r\nSubject: bomb\r\nMIME-Version: 1.0\r\n"
JSON = {"Content-Type": "application/json"}
PACKED = {**JSON, "Content-Encoding": "gzip"}


def nested(depth: int) -> bytes:
    parts = [b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth)]
    ends = [b"\r\n--b%d--\r\n" % n for n in reversed(range(depth))]
    return HEAD + b"".join(parts) + b"Content-Type: text/plain\r\n\r\ndisk full\r\n" + b"".join(ends)


def forwarded(depth: int) -> bytes:
    return (
        HEAD + b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\nMIME-Version: 1.0\r\n" * depth + b"\r\ndisk full\r\n"
    )


def many(parts: int) -> bytes:
    one = b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ndisk full\r\n"
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + one * parts + b"--b--\r\n"


def again_and_again(times: int, octets: int) -> bytes:
    text = b"disk full\r\n" * (octets // 11)
    for _ in range(times):
        text = base64.encodebytes(text).replace(b"\n", b"\r\n")
    return HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + text


def words(count: int) -> bytes:
    """A subject of encoded words."""
    return HEAD.replace(b"bomb", b"\r\n ".join([b"=?gb18030?B?1ve7+rK7v8m077/J?="] * count)) + b"\r\ndisk full\r\n"


def gzipped(octets: int, times: int = 1) -> bytes:
    body = b'{"summary": "' + b"x" * octets + b'"}'
    for _ in range(times):
        packer = zlib.compressobj(9, wbits=31)
        body = packer.compress(body) + packer.flush()
    return body


MAILS: dict[str, Callable[[], bytes]] = {
    "nested 5,000 deep": partial(nested, 5000),
    "forwarded 2,000 times": partial(forwarded, 2000),
    "10,000 parts": partial(many, 10_000),
    "200,000 parts": partial(many, 200_000),
    "base64 of base64 of base64": partial(again_and_again, 3, 4 * MIB),
    "a header of 0.9 MiB": lambda: HEAD + b"X-Long: " + b"y" * (MIB * 9 // 10) + b"\r\n\r\ndisk full\r\n",
    "a header of 2 MiB": lambda: HEAD + b"X-Long: " + b"y" * (2 * MIB) + b"\r\n\r\ndisk full\r\n",
    "9,000 headers": lambda: HEAD + b"X-Many: y\r\n" * 9000 + b"\r\ndisk full\r\n",
    "a subject of 9,000 words": partial(words, 9000),
    "a line of 10 MB": lambda: HEAD + b"\r\n" + b"disk full " * MIB + b"\r\n",
    "a page of 10 MB": lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div><p>disk full" * (MIB // 2) + b"\r\n",
}
BODIES: dict[str, tuple[Callable[[], bytes], dict[str, str]]] = {
    "1 GiB packed to 1 MiB": (partial(gzipped, 1024 * MIB), PACKED),
    "15 MiB packed twice": (partial(gzipped, 15 * MIB, 2), PACKED),
    "15 MiB packed": (partial(gzipped, 15 * MIB), PACKED),
    "brackets, 8 million": (lambda: b"[" * (8 * MIB), JSON),
    "objects 100,000 deep": (lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000, JSON),
    "a number of 10 MB": (lambda: b'{"summary": ' + b"9" * (10 * MIB) + b"}", JSON),
    "700,000 keys": (lambda: b"{" + b",".join(b'"k%d": %d' % (n, n) for n in range(700_000)) + b"}", JSON),
    "200,000 alerts": (lambda: b'{"alerts": [' + b'{"labels": {"alertname": "x"}},' * 200_000 + b"{}]}", JSON),
}


class Watched:
    """The longest that the loop computed between two of its turns."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.thread_time() - before)


def all_of_them(folder: Path, say: Say, names: tuple[str, ...] = (*MAILS, *BODIES)) -> bool:
    return asyncio.run(_all(site(folder), say, names))


async def _all(stage: Stage, say: Say, names: tuple[str, ...]) -> bool:
    async with opened(stage) as house:
        source = house.daemon.site.http_sources["prometheus"]
        house.daemon.doors.replace({"prometheus": source, "any": type(source)("any", "generic", source.tokens)})
        before, bad = resident(_me()), list[str]()
        for name in names:
            watched = Watched()
            watching = asyncio.create_task(watched.run())
            code = await asyncio.to_thread(_sent, stage, name)
            await house.until(partial(_stepped, house))
            await asyncio.sleep(0.05)
            watching.cancel()
            good = code in (200, 250, 413, 422, 552) and watched.longest <= LONGEST
            bad += [] if good else [name]
            say(
                f"{name}: {code}, the loop computed {watched.longest * 1000:.0f} ms at a stretch{'' if good else ': TOO LONG'}"
            )
        shunted = (await house.metrics()).get('ingestd_shunted_total{source="smtp"}', 0.0)
        growth = resident(_me()) - before
        say(f"memory grew by {growth:.0f} MiB; set aside: {shunted:.0f}")
    return not bad and growth <= GROWTH


async def _stepped(house: House) -> bool:
    engine = house.daemon.engine
    return not (engine.queued or engine._open or engine._commits)


def _me() -> int:
    return int(Path("/proc/self").readlink().name)


def _sent(stage: Stage, name: str) -> int:
    if name in MAILS:
        return _mailed(stage, MAILS[name]())
    make, headers = BODIES[name]
    return _posted(stage, make(), headers)


def _mailed(stage: Stage, raw: bytes) -> int:
    with smtplib.SMTP("127.0.0.1", stage.smtp, timeout=60) as client:
        client.ehlo()
        client.mail("a@b.example")
        client.rcpt("alerts@x")
        return client.data(raw)[0]


def _posted(stage: Stage, body: bytes, headers: dict[str, str]) -> int:
    token = {"X-Ingestd-Token": stage.webhook_token}
    asked = urllib.request.Request(f"{stage.url}/webhooks/any", body, headers | token)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError as error:  # hung up on while it was still sending
        return 413 if isinstance(error.reason, ConnectionError) else 0


DRILLS: dict[str, Callable[[Path, Say], bool]] = {"bombs": all_of_them}

FEW = ("nested 5,000 deep", "a header of 2 MiB", "a line of 10 MB", "1 GiB packed to 1 MiB", "brackets, 8 million")
SHORT: dict[str, Callable[[Path, Say], bool]] = {"bombs": partial(all_of_them, names=FEW)}

if __name__ == "__main__":
    sys.exit(main(__doc__, DRILLS, SHORT))
