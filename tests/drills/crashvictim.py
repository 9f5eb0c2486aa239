"""Who is killed: a program that is started and killed again and again, and the daemon as one that starts fast."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ingestd import app
from ingestd.demo.site import Stage

PATIENCE = 60.0  # seconds for a graceful stop


class Victim(Protocol):
    """A process that may be killed at any moment and started again."""

    def start(self, *, cold: bool) -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> int: ...
    def died(self) -> str: ...
    async def ready(self) -> bool: ...


class Program:
    """A program of its own, started anew each time; its words go to a log."""

    def __init__(self, command: Sequence[str], log: Path, port: int, path: str) -> None:
        self._command, self._log, self._port, self._path = command, log, port, path
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, cold: bool = True) -> None:
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(self._command, stdout=said, stderr=said)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """A graceful stop; its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE)

    def died(self) -> str:
        """Its last words, if it ended by itself."""
        if self._process is None or self._process.poll() is None:
            return ""
        return self._last_words(self._process.returncode)

    def _last_words(self, status: int | None) -> str:
        return f"ended by itself, status {status}: {self._log.read_text('utf-8', 'replace')[-1500:]}"

    async def ready(self) -> bool:
        """Whether it says that it is."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        try:
            writer.write(f"GET {self._path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            return b" 200 " in await asyncio.wait_for(reader.readline(), 5)
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()


class Daemon(Program):
    """``ingestd run``; unless it is to be cold, a fork of a process that has read the modules, which saves a second."""

    def __init__(self, stage: Stage) -> None:
        command = [sys.executable, "-m", "ingestd", "run", "--config", str(stage.config)]
        super().__init__(command, stage.folder / "daemon.log", stage.http, "/readyz")
        self._config = stage.config
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(["ingestd.app", __name__])
        self._fork: multiprocessing.process.BaseProcess | None = None

    def start(self, *, cold: bool = True) -> None:
        self._fork = None
        if cold:
            super().start()
        else:
            self._fork = self._forks.Process(target=serve, args=(self._config, self._log), daemon=True)
            self._fork.start()

    def kill(self) -> None:
        if self._fork is None:
            super().kill()
        else:
            self._fork.kill()
            self._fork.join()

    def died(self) -> str:
        if self._fork is None:
            return super().died()
        return "" if self._fork.is_alive() else self._last_words(self._fork.exitcode)


def serve(config: Path, log: Path) -> None:
    """What a fork does: the daemon, its words in a log."""
    with log.open("ab") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    sys.exit(app.run(config))
