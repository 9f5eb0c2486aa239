"""Very many mails at once, through SMTP and in a mailbox: none is lost, none is kept twice.

SMTP: a daemon of its own, 64 connections from four addresses; what is put off is sent again. Mailbox: a real Dovecot, and
the reader with a store of its own. Both are counted in the store.

    python tests/drills/mail_flood.py [--mails 100000]
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import create_engine, func, select

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.daemon import Daemon
from ingestd.intake.imap import ImapIntake
from ingestd.intake.imapsettings import ImapSettings
from ingestd.model import Message
from ingestd.store import Store
from ingestd.store.tables import inbox, inbox_body
from tests.benchmarks.throughput import mail, metric, site
from tests.peers.dovecot import PASSWORD, USER, Dovecot, letter

ADDRESSES = tuple(f"127.0.0.{n}" for n in range(1, 5))
CONNECTIONS = 16  # of each address
AGAIN = 0.2  # seconds until a mail that was put off is sent again


class Result:
    """What is in a store of how many mails."""

    def __init__(self, url: str, sent: int, seconds: float) -> None:
        self.sent, self.seconds = sent, seconds
        engine = create_engine(url)
        mails = select(inbox_body.c.body).join(inbox, inbox.c.id == inbox_body.c.inbox_id).where(inbox.c.kind == "mail")
        found = mails.subquery()
        with engine.connect() as connection:
            self.kept: int = connection.scalar(select(func.count()).select_from(found)) or 0
            self.different: int = connection.scalar(select(func.count(found.c.body.distinct()))) or 0
        engine.dispose()

    @property
    def good(self) -> bool:
        return self.kept == self.different == self.sent

    def __str__(self) -> str:
        lost, twice = self.sent - self.different, self.kept - self.different
        return (
            f"{self.sent} mails in {self.seconds:.1f} s ({self.sent / self.seconds:.0f}/s): {lost} lost, {twice} twice"
        )


async def send(port: int, address: str, mails: Iterator[bytes]) -> None:
    """One client: sends mails over one connection as long as it holds, and again what was put off."""
    left = next(mails, None)
    while left is not None:
        left = await deliver(port, address, left, mails)
        await asyncio.sleep(AGAIN if left is not None else 0)


async def deliver(port: int, address: str, text: bytes, mails: Iterator[bytes]) -> bytes | None:
    """Send a mail and those after it over a new connection; the one that was put off, or None: all were taken."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    except OSError:
        return text

    async def say(line: bytes) -> bytes:
        writer.write(line)
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        return answer

    try:
        await reader.readline()
        await say(b"EHLO flood\r\n")
        while True:
            writer.write(b"MAIL FROM:<nagios@mon>\r\nRCPT TO:<alerts@x>\r\n")
            await reader.readline()
            await reader.readline()
            if not (await say(b"DATA\r\n")).startswith(b"354") or not (await say(text)).startswith(b"250"):
                return text
            following = next(mails, None)
            if following is None:
                return None
            text = following
    finally:
        writer.close()


def smtp_flood(folder: Path, count: int) -> Result:
    """Mails through a daemon's SMTP."""
    stage = site(folder)
    daemon = Daemon(stage)
    daemon.start()
    mails = (mail(number) for number in range(count))

    async def run() -> None:
        await asyncio.gather(*(send(stage.smtp, address, mails) for address in ADDRESSES for _ in range(CONNECTIONS)))

    try:
        began = time.monotonic()
        asyncio.run(run())
        seconds = time.monotonic() - began
        while metric(stage, "ingestd_engine_queue"):
            time.sleep(0.2)
    finally:
        daemon.stop()
    return Result(f"sqlite:///{folder / 'state' / 'ingestd.db'}", count, seconds)


def mailbox_flood(folder: Path, count: int) -> Result:
    """Mails that lie in a mailbox."""
    url = f"sqlite:///{folder / 'store.db'}"
    server = Dovecot("mdbox")
    try:
        server.start()
        server.fill(letter(number) for number in range(count))
        began = time.monotonic()
        asyncio.run(read(url, server.port, count))
        return Result(url, count, time.monotonic() - began)
    finally:
        server.stop()


async def read(url: str, port: int, count: int) -> None:
    store = Store.open(url)
    taken = 0

    async def receive(message: Message) -> int:
        nonlocal taken
        number = await store.receive(message)
        taken += 1
        return number

    settings = ImapSettings(name="desk", host="127.0.0.1", port=port, tls="none", user=USER, password=PASSWORD)
    intake = ImapIntake(settings, receive, time.time, store.queries.last_origin)
    await intake.start()
    while taken < count or not intake.state.last_ok:  # noqa: ASYNC110  (set by the mailbox's thread)
        await asyncio.sleep(0.05)
    await intake.stop()
    await store.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=100_000)
    count = parser.parse_args().mails
    floods: dict[str, Callable[[Path, int], Result]] = {"SMTP": smtp_flood, "mailbox": mailbox_flood}
    bad = 0
    for name, flood in floods.items():
        with tempfile.TemporaryDirectory(prefix="ingestd-flood-") as folder:
            result = flood(Path(folder), count)
        print(f"{name}: {result}", flush=True)
        bad += not result.good
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
