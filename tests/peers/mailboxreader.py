"""A reader of a mailbox as a process of its own, that can be made to die at the worst moment.

    python -m tests.peers.mailboxreader PORT JOURNAL DIE_AT

Each mail is one line of the journal, synced before it counts as kept: its origin. DIE_AT: kill -9 of itself right after
that many lines, before anybody knows (0: never).
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from ingestd.intake.imap import ImapIntake
from ingestd.intake.imapsettings import ImapSettings
from ingestd.model import Message
from tests.peers.dovecot import PASSWORD, USER


class Journal:
    """What was kept, in a file."""

    def __init__(self, path: Path, die_at: int) -> None:
        path.touch()
        self.origins = path.read_text().split()
        self._file = path.open("a")
        self._left = die_at

    async def receive(self, message: Message) -> int:
        if message.origin not in self.origins:
            self.origins.append(message.origin)
            self._file.write(f"{message.origin}\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.origins.index(message.origin)

    async def last(self, beginning: str) -> str | None:
        return next((known for known in reversed(self.origins) if known.startswith(beginning)), None)


async def main(port: int, journal: Journal) -> None:
    settings = ImapSettings(
        name="desk", host="127.0.0.1", port=port, tls="none", user=USER, password=PASSWORD, batch=10
    )
    intake = ImapIntake(settings, journal.receive, time.time, journal.last)
    await intake.start()
    while not intake.state.last_ok:  # noqa: ASYNC110  (set by the mailbox's thread)
        await asyncio.sleep(0.02)
    await intake.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Journal(Path(sys.argv[2]), int(sys.argv[3]))))
