"""Senders that note what they were told, what a store then holds, and how drills of one subject are run.

Each alert is numbered and sent until it is taken; one whose answer was lost is sent again, as senders do, and must still
be one alert. ``doubled`` counts alerts and incidents that there are twice, ``pages`` letters that say the same twice.
"""

import argparse
import asyncio
import json
import logging
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path

import structlog
from msgspec import Struct
from sqlalchemy import create_engine, select

from ingestd.demo.site import Stage, prepare
from ingestd.store import engines
from ingestd.store.tables import alert, inbox_body, incident, notification

LANES = 16
AGAIN = 0.1  # seconds until what was put off is sent again
LONGEST = 60.0  # seconds for an answer
NUMBER = re.compile(rb"drill-(\d{6})")


class Count(Struct, frozen=True):
    """What came of it."""

    accepted: int
    found: int
    lost: int
    doubled: int
    pages_doubled: int
    refused: dict[int, int]
    unclear: int

    @property
    def good(self) -> bool:
        return self.accepted > 0 and not (self.lost or self.doubled or self.pages_doubled)

    def __str__(self) -> str:
        refused = ", ".join(f"{count} x {code}" for code, count in sorted(self.refused.items())) or "none"
        return (
            f"accepted {self.accepted}, found {self.found}, lost {self.lost}, doubled {self.doubled}, "
            f"pages doubled {self.pages_doubled}; refused {refused}; answers lost {self.unclear}"
        )


class Crowd:
    """Half of its alerts go by webhook, the others by mail."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.accepted: set[int] = set()
        self.refused: Counter[int] = Counter()
        self.unclear = 0
        self.without_again = 0  # 503 without Retry-After
        self._next = 0
        self._over = asyncio.Event()

    @asynccontextmanager
    async def sending(self, lanes: int = LANES) -> AsyncIterator[None]:
        """They send until the end of the block; all that was begun is then sent until it is taken."""
        tasks = [asyncio.create_task(self._lane()) for _ in range(lanes)]
        try:
            yield
        finally:
            self._over.set()
            await asyncio.gather(*tasks)

    async def _lane(self) -> None:
        while not self._over.is_set():
            self._next += 1
            await self.send(self._next)
            await asyncio.sleep(0.005)

    async def send(self, number: int) -> None:
        """One alert, until it is taken."""
        while number not in self.accepted:
            try:
                async with asyncio.timeout(LONGEST):
                    code = await (self._mail(number) if number % 2 else self._post(number))
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                self.unclear += 1
            else:
                if code in (200, 250):
                    self.accepted.add(number)
                    return
                self.refused[code] += 1
            await asyncio.sleep(AGAIN)

    async def _post(self, number: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.stage.http)
        body = webhook(number)
        head = f"POST /webhooks/prometheus HTTP/1.1\r\nHost: x\r\nX-Ingestd-Token: {self.stage.webhook_token}\r\n"
        try:
            writer.write(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()
        code = int(answer.split()[1])
        self.without_again += code == 503 and b"retry-after" not in answer.lower()
        return code

    async def _mail(self, number: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.stage.smtp)
        try:
            for words in (
                b"",
                b"HELO drill\r\n",
                b"MAIL FROM:<nagios@mon>\r\n",
                b"RCPT TO:<alerts@x>\r\n",
                b"DATA\r\n",
            ):
                writer.write(words)
                answer = await reader.readuntil(b"\r\n")
                if answer[:1] not in b"23":
                    return int(answer[:3])
            writer.write(mail(number))
            return int((await reader.readuntil(b"\r\n"))[:3])
        finally:
            writer.close()

    def count(self, url: str) -> Count:
        """What there is of what was accepted."""
        found, doubled = _kept(url)
        return Count(
            accepted=len(self.accepted),
            found=len(found & self.accepted),
            lost=len(self.accepted - found),
            doubled=doubled,
            pages_doubled=twice_told(url, self.stage.mails),
            refused=dict(self.refused),
            unclear=self.unclear,
        )


def webhook(number: int) -> bytes:
    labels = {"alertname": "disk", "instance": f"drill-{number:06}:9100", "severity": "warning"}
    one = {"status": "firing", "labels": labels, "annotations": {"summary": "disk 91 % full"}}
    return json.dumps({"version": "4", "alerts": [one | {"fingerprint": f"{number:016x}"}]}).encode()


def mail(number: int) -> bytes:
    host = f"drill-{number:06}"
    head = f"From: nagios@mon\r\nTo: alerts@x\r\nSubject: ** PROBLEM Service Alert: {host}/DISK is WARNING **\r\n"
    text = f"***** Nagios *****\r\n\r\nNotification Type: PROBLEM\r\n\r\nService: DISK\r\nHost: {host}\r\nState: WARNING\r\n"
    return f"{head}Message-ID: <{number}@mon>\r\n\r\n{text}\r\n.\r\n".encode()


def _kept(url: str) -> tuple[set[int], int]:
    """The numbers of the messages that are kept, and how many alerts there are twice."""
    engine = create_engine(engines.parse(url))
    with engine.connect() as connection:
        bodies = connection.scalars(select(inbox_body.c.body))
        found = {int(number) for body in bodies for number in NUMBER.findall(body)}
        alerts = Counter(connection.scalars(select(alert.c.fingerprint).where(alert.c.state == "firing")))
    engine.dispose()
    return found, sum(count - 1 for count in alerts.values())


def twice_told(url: str, mails: Path) -> int:
    """First pages that a person got twice of an incident, by the rows and by the letters."""
    engine = create_engine(engines.parse(url))
    with engine.connect() as connection:
        asked = select(notification.c.incident, notification.c.person).where(
            notification.c.kind == "open", notification.c.state.in_(("handed_over", "claimed"))
        )
        rows = Counter(tuple(row) for row in connection.execute(asked))
        connection.execute(select(incident.c.number).limit(1))
    engine.dispose()
    letters = Counter(message_from_bytes(path.read_bytes())["Message-ID"] for path in (mails / "new").glob("*"))
    return sum(n - 1 for n in rows.values()) + sum(n - 1 for n in letters.values())


Say = Callable[[str], None]
Drill = Callable[[Path, Say], bool]


def site(folder: Path, more: str = "") -> Stage:
    """The demo's site, of which nothing changes while it runs."""
    stage = prepare(folder)
    stage.config.write_text(stage.config.read_text("utf-8") + "watch: false\n" + more, "utf-8")
    (folder / "state").mkdir()
    return stage


def url_of(stage: Stage) -> str:
    """Of its SQLite store."""
    return f"sqlite:///{stage.folder / 'state' / 'ingestd.db'}"


def main(
    about: str | None, drills: Mapping[str, Drill], short: Mapping[str, Drill], arguments: Sequence[str] | None = None
) -> int:
    """Run drills by name, or all; 1: one of them failed."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"(default: all) {', '.join(drills)}")
    _quietly()
    parser.add_argument("--short", action="store_true", help=f"some seconds each: {', '.join(short)}")
    args = parser.parse_args(arguments)
    played = short if args.short else drills
    failed = [name for name in args.names or played if not _run(name, played[name])]
    if failed:
        print(f"not as it should be: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _quietly() -> None:
    """A drill says itself what came of it."""
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _run(name: str, drill: Drill) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"ingestd-{name}-") as folder:
        good = drill(Path(folder) / "site", lambda text: print(f"{name}: {text}", flush=True))
    print(f"{name}: {'ok' if good else 'FAILED'} after {time.monotonic() - began:.0f} s", flush=True)
    return good
