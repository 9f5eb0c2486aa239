"""Tells systemd how the daemon is (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names.

Without that variable every call does nothing, so that the daemon also runs by hand.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

LONGER = 30.0  # seconds more for a start that is still at work …
SAID_EVERY = 10.0  # … asked for so often


class Notifier:
    """The line to the service manager."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_every = _watchdog(environ)

    def ready(self) -> None:
        """The listeners are open; also said when a reload is over."""
        self._send("READY=1", "STATUS=running")

    def reloading(self) -> None:
        """The configuration is being read again; ``ready`` ends this. Type=notify-reload wants the time stamp."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reloading")

    def stopping(self) -> None:
        """The daemon finishes what it has begun."""
        self._send("STOPPING=1", "STATUS=stopping")

    def watchdog(self) -> None:
        """Still alive; due every ``watchdog_every`` seconds."""
        self._send("WATCHDOG=1")

    @contextmanager
    def at_work(self, what: str) -> Iterator[None]:
        """What blocks within may take longer than a start may: a migration, a world that is rebuilt."""
        over = threading.Event()
        asking = threading.Thread(target=self._ask_for_time, args=(what, over), name="ingestd-start")
        if self._address:
            asking.start()
        try:
            yield
        finally:
            over.set()
            if self._address:
                asking.join()

    def _ask_for_time(self, what: str, over: threading.Event) -> None:
        while True:
            self._send(f"EXTEND_TIMEOUT_USEC={LONGER * 1e6:.0f}", f"STATUS={what}")
            if over.wait(SAID_EVERY):
                return

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._send(f"STATUS={text.splitlines()[0] if text else ''}")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            try:
                sock.sendto("\n".join(lines).encode(), self._address)
            except OSError:
                return  # a manager that does not listen is no reason to stop the daemon


def _watchdog(environ: Mapping[str, str]) -> float:
    """Half of the time after which systemd would restart us, in seconds; 0 = no watchdog for this process."""
    meant_for = environ.get("WATCHDOG_PID", "")
    if meant_for and meant_for != str(os.getpid()):
        return 0.0
    usec = environ.get("WATCHDOG_USEC", "")
    return int(usec) / 2e6 if usec.isdigit() else 0.0
