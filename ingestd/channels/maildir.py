"""Letters into a Maildir folder: for trying out, and for tests. Any mail reader opens it."""

import asyncio
import os
from pathlib import Path

from msgspec import Struct

from ingestd.channels import ChannelError, Letter, Sent
from ingestd.channels.letters import compose


class MaildirSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``maildir`` of the site file."""

    path: str
    sender: str = "ingestd <ingestd@localhost>"
    depends_on: tuple[str, ...] = ()  # nodes that must be up for a letter to get out


class MaildirChannel:
    """Writes each letter once: a second delivery of the same notification replaces the first."""

    group = False

    def __init__(self, settings: MaildirSettings) -> None:
        self._folder = Path(settings.path)
        self._sender = settings.sender

    async def send(self, letter: Letter) -> Sent:
        """Write a letter to ``new/``; the file's name is the detail."""
        try:
            return Sent(await asyncio.to_thread(self._write, letter))
        except OSError as error:
            raise ChannelError(f"{self._folder}: {error}", transient=True) from error

    def _write(self, letter: Letter) -> str:
        """Written aside, synced, then renamed: a reader never sees half a letter."""
        for part in ("tmp", "new", "cur"):
            (self._folder / part).mkdir(parents=True, exist_ok=True)
        name = f"{int(letter.date)}.n{letter.notification:08d}.ingestd"
        aside = self._folder / "tmp" / name
        with aside.open("wb") as file:
            file.write(bytes(compose(letter, self._sender)))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._folder / "new" / name)
        return name
