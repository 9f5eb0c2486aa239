"""What the tests with real peers share: an ingestd of their own on free ports, and waiting for what must come.

A peer (a program that real sites run beside ingestd) that is not installed makes its tests skip, and the reason says
how to get it.
"""

import resource
import shutil
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import prepare

T = TypeVar("T")

PATIENCE = 120.0  # seconds to wait for anything, on a machine that is busy with much else
LAST = 8000  # characters of a log that are shown of a test that failed
#: Moments instead of minutes, so that pages and ends come at once.
CORRELATE = """
version: 1
times:
  settle_symptom: 300ms
  settle_local: 300ms
  hold_extend: 100ms
  hold_max: 1s
  cooling: 300ms
  linger: 100ms
  leftover: 1s
"""
LOG_ROOM = 8192  # bytes that a daemon on a full disk may still add to its log: no commit fits into as much


def until(true: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Wait for a value that counts as true; AssertionError says what did not come."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {patience:.0f} s for {what}, in vain")


def peer(program: str, name: str, package: str) -> str:
    """The path of a peer's program; the test is skipped where it is not installed."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return found


class Site:
    """The trading company's ingestd as a process; ``mail_port`` is the relay for its pages, else they go to a folder.

    ``sources``: more senders, each an adapter whose name is its name too; all show the webhook's token.
    """

    def __init__(self, folder: Path, mail_port: int = 0, sources: tuple[str, ...] = ()) -> None:
        self.stage = prepare(folder)
        for name in sources:
            self._admit(name)
        (folder / "rules" / "correlate.yaml").write_text(CORRELATE, "utf-8")
        if mail_port:
            self._page_through(mail_port)
        self.daemon = Daemon(self.stage)
        self._web = httpx.Client(
            base_url=f"{self.stage.url}/api/v1",
            headers={"Authorization": f"Bearer {self.stage.personal_token}"},
            timeout=PATIENCE,
        )

    def through(self, url: str, certificate: Path) -> None:
        """Look at it by HTTPS from now on; it is not started yet."""
        trust = ssl.create_default_context(cafile=certificate)
        self.daemon.stop()
        self.daemon = Daemon(self.stage, trust)
        self._web.close()
        self._web = httpx.Client(
            base_url=f"{url}/api/v1",
            headers=self._web.headers,
            timeout=PATIENCE,
            verify=trust,
        )

    def stop(self) -> None:
        self._web.close()
        self.daemon.stop()
        print("daemon.log:", (self.stage.folder / "daemon.log").read_text("utf-8", "replace")[-LAST:])

    def incidents(self) -> list[dict[str, Any]]:
        """Every incident that was not merged into another, with its alerts and notifications, oldest first."""
        listed = self._web.get("/incidents", params={"state": "all"}).raise_for_status().json()["incidents"]
        numbers = sorted(incident["number"] for incident in listed if not incident.get("merged_into"))
        return [self._web.get(f"/incidents/{number}").raise_for_status().json() for number in numbers]

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts of all incidents."""
        return [alert for whole in self.incidents() for alert in whole["alerts"]]

    def the_incident(self, state: str) -> dict[str, Any]:
        """Wait until there is an incident in a state; it must be the only one."""
        until(lambda: [w for w in self.incidents() if w["incident"]["state"] == state], f"an incident to be {state}")
        (whole,) = self.incidents()
        return whole

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Every write that makes a file longer fails for the running daemon, as if the disk were full."""
        process = self.daemon._process
        assert process is not None
        room = (self.stage.folder / "daemon.log").stat().st_size + LOG_ROOM
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, hard))
        try:
            yield
        finally:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)

    def _admit(self, name: str) -> None:
        more = f"sources:\n  {name}: {{adapter: {name}, token: {self.stage.webhook_token}}}\n"
        settings = self.stage.config.read_text("utf-8")
        assert "sources:\n" in settings
        self.stage.config.write_text(settings.replace("sources:\n", more), "utf-8")

    def _page_through(self, port: int) -> None:
        settings = self.stage.config.read_text("utf-8")
        folder = f"maildir: {{path: {self.stage.mails}}}"
        relay = f'mail: {{host: 127.0.0.1, port: {port}, sender: "ingestd <ingestd@trading.example>"}}'
        assert folder in settings
        self.stage.config.write_text(settings.replace(folder, relay), "utf-8")
