"""The demo's daemon: a process of its own, which a drill may kill at any moment and start again."""

import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import IO

from ingestd.demo.site import Stage

PATIENCE = 30.0  # seconds for a start


class Daemon:
    """``ingestd run`` on the demo's site; ``trust``: it serves HTTPS, with a certificate that this context trusts."""

    def __init__(self, stage: Stage, trust: ssl.SSLContext | None = None) -> None:
        self._stage, self._trust = stage, trust
        self._log: IO[bytes] = (stage.folder / "daemon.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready; RuntimeError with its last words if it is not."""
        command = [sys.executable, "-m", "ingestd", "run", "--config", str(self._stage.config)]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)  # noqa: S603  (our own words)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            if self._ready():
                return
            time.sleep(0.05)
        raise RuntimeError(f"the daemon did not start:\n{self.last_words()}")

    @property
    def pid(self) -> int:
        """Of its process; 0: it was not started."""
        return self._process.pid if self._process is not None else 0

    def kill(self) -> None:
        """kill -9: nothing is finished, nothing is said."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """A graceful stop; its exit status."""
        self._log.close()
        if self._process is None:
            return 0
        self._process.terminate()
        return self._process.wait(PATIENCE)

    def last_words(self) -> str:
        """The end of its log."""
        return (self._stage.folder / "daemon.log").read_text("utf-8", "replace")[-3000:]

    def _ready(self) -> bool:
        try:
            url = f"{self._stage.url}/readyz".replace("http:", "https:" if self._trust else "http:", 1)
            with urllib.request.urlopen(url, timeout=2, context=self._trust) as answer:  # noqa: S310  (loopback)
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
