"""What systemd hears."""

import os
import socket
from pathlib import Path

import pytest

from ingestd.notify import Notifier


@pytest.fixture
def manager(tmp_path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(2)
        yield sock


def heard(manager: socket.socket) -> list[str]:
    return manager.recv(4096).decode().splitlines()


def test_a_life(manager: socket.socket) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": manager.getsockname()})
    notifier.ready()
    assert heard(manager)[0] == "READY=1"
    notifier.watchdog()
    assert heard(manager) == ["WATCHDOG=1"]
    notifier.reloading()
    reloading, stamp, _ = heard(manager)
    assert reloading == "RELOADING=1" and int(stamp.removeprefix("MONOTONIC_USEC=")) > 0
    notifier.status("two lines\nonly one is told")
    assert heard(manager) == ["STATUS=two lines"]
    notifier.stopping()
    assert heard(manager)[0] == "STOPPING=1"


def test_a_start_that_takes_long_asks_for_more_time_until_it_is_done(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestd.notify.SAID_EVERY", 0.01)
    with Notifier({"NOTIFY_SOCKET": manager.getsockname()}).at_work("opening the store"):
        for _ in range(3):
            assert heard(manager) == ["EXTEND_TIMEOUT_USEC=30000000", "STATUS=opening the store"]
    manager.settimeout(0.05)
    with pytest.raises(TimeoutError):
        while True:
            heard(manager)
    with Notifier({}).at_work("by hand"):
        pass


def test_an_abstract_socket() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0ingestd-test-{os.getpid()}")
        Notifier({"NOTIFY_SOCKET": f"@ingestd-test-{os.getpid()}"}).watchdog()
        assert sock.recv(100) == b"WATCHDOG=1"


def test_by_hand_nothing_is_said(tmp_path: Path) -> None:
    Notifier({}).ready()
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody-listens")}).status("")


@pytest.mark.parametrize(
    ("environ", "every"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "often"}, 0.0),
    ],
)
def test_the_watchdog_is_fed_at_half_its_time(environ: dict[str, str], every: float) -> None:
    assert Notifier(environ).watchdog_every == every
