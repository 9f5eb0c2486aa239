"""A Monit of our own that watches one file and sends its mails itself; what is not taken waits in its event queue."""

import signal
import subprocess
from pathlib import Path
from typing import IO

from tests.peers.site import peer

PROGRAM = ("monit", "Monit", "monit")
SYSTEM, CHECK = "sales-mail.trading.example", "spool-mounted"

CONF = """
set daemon 1
set log {home}/log
set pidfile {home}/pid
set idfile {home}/id
set statefile {home}/state
set eventqueue basedir {home}/events slots 100
set mailserver 127.0.0.1 port {port} with timeout 5 seconds
set alert alerts@ingestd.trading.example
check system {system}
check file {check} with path {watched}
  if not exist then alert
"""


class Monit:
    """It alerts while its file is gone; ``port`` is where its mails go."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir()
        self._folder = folder
        self.watched = folder / "mounted"
        self.watched.touch()
        (folder / "events").mkdir()
        self._control = folder / "monitrc"
        self._control.write_text(
            CONF.format(home=folder, port=port, system=SYSTEM, check=CHECK, watched=self.watched), "utf-8"
        )
        self._control.chmod(0o600)  # it insists
        self._said: IO[bytes] = (folder / "said").open("wb")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [peer(*PROGRAM), "-I", "-c", str(self._control)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said)

    def stop(self) -> None:
        """End it, of which it sends a notice."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._said.close()

    def waiting(self) -> int:
        """How many mails wait until they are taken."""
        return len(list((self._folder / "events").iterdir()))

    @property
    def log(self) -> str:
        path = self._folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""
