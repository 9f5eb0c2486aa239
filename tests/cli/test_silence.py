"""``ingestd silence``: what is hidden, from the keyboard."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from ingestd.__main__ import main
from tests.cli.reached import reach

ZONE = ZoneInfo("Asia/Shanghai")
SILENCE: dict[str, Any] = {
    "id": "s1",
    "matchers": [{"name": "check", "value": "disk"}, {"name": "node", "value": "db-.*", "regex": True, "equal": False}],
    "starts_at": 0.0,
    "ends_at": 4e9,
    "by": "ann",
    "comment": "new disks",
    "hid_count": 2,
}
MONDAYS: dict[str, Any] = {
    "id": "s2",
    "targets": ["sw"],
    "weekly": {"weekdays": [0, 6], "from_minute": 1320, "to_minute": 90},
    "until_end_of": 12,
    "starts_at": 0.0,
    "ends_at": 4e9,
    "by": "lin",
    "comment": "backups",
}
INCIDENT = {"number": 7, "state": "triggered", "title": "disk full", "priority": "P3"}


class Daemon:
    """Answers the command line, and remembers what it asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.made: dict[str, Any] = {"ok": True, "text": "s1", "id": "s1", "hides": [INCIDENT]}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            shown = [
                {"silence": SILENCE, "state": "active", "forgotten": True},
                {"silence": MONDAYS, "state": "pending", "forgotten": False},
            ]
            return httpx.Response(200, json={"silences": shown, "wall_offset": 0.0})
        self.asked.append({"path": request.url.path} | json.loads(request.content))
        return httpx.Response(200 if self.made["ok"] else 409, json=self.made)


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    running = Daemon()
    reach(monkeypatch, tmp_path, running, columns=240)
    return running


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.cli.silence.is_terminal", lambda: True)


def add(*words: str) -> int:
    return main(["silence", "add", *words, "--why", "new disks"])


def ends(daemon: Daemon) -> datetime:
    return datetime.fromisoformat(daemon.asked[-1]["ends_at"]).astimezone(ZONE)


def test_for_a_while_by_labels(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert add("check=disk", "node=~db-.*", "severity!=critical", "--for", "2h") == 0
    (asked,) = daemon.asked
    assert [tuple(matcher.values()) for matcher in asked["matchers"]] == [
        ("check", "disk", False, True),
        ("node", "db-.*", True, True),
        ("severity", "critical", False, False),
    ]
    assert timedelta(minutes=119) < ends(daemon) - datetime.now(ZONE) <= timedelta(hours=2)
    assert json.loads(capsys.readouterr().out)["hides"][0]["number"] == 7


@pytest.mark.usefixtures("terminal")
def test_a_person_sees_what_it_hides(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert add("--node", "sw", "--for", "2h") == 0
    assert capsys.readouterr().out.splitlines() == ["s1: hides 1 incidents now", "  7 P3 disk full"]
    daemon.made = {"ok": False, "text": "nobody knows a node 'sw'"}
    assert add("--node", "sw", "--for", "2h") == 1
    assert "nobody knows" in capsys.readouterr().err


def test_until_a_time_by_the_clocks_of_the_site(daemon: Daemon) -> None:
    add("--node", "sw", "--until", "18:00")
    now, end = datetime.now(ZONE), ends(daemon)
    assert (end.hour, end.minute) == (18, 0) and timedelta() < end - now <= timedelta(days=1)
    add("--node", "sw", "--from", "2035-01-31 18:00", "--for", "1d")
    assert daemon.asked[-1]["starts_at"] == "2035-01-31T18:00:00+08:00"
    assert ends(daemon) == datetime(2035, 2, 1, 18, tzinfo=ZONE)
    add("--node", "sw", "--until", "2035-01-31T18:00Z")
    assert ends(daemon) == datetime(2035, 2, 1, 2, tzinfo=ZONE)


def test_every_week_or_until_an_incident_is_over(daemon: Daemon) -> None:
    add("--node", "sw", "--weekly", "sun,Mon 22:00-01:30")
    assert daemon.asked[-1]["weekly"] == {
        "weekdays": [0, 6],
        "from_minute": 1320,
        "to_minute": 90,
        "zone": "Asia/Shanghai",
    }
    assert ends(daemon) - datetime.now(ZONE) > timedelta(days=300)
    add("check=disk", "--with", "12")
    assert daemon.asked[-1]["until_end_of"] == 12


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["check=disk"], "until when?"),
        (["disk", "--for", "1h"], "expected label=value"),
        (["check=disk", "--until", "25:00"], "expected a time such as 18:00"),
        (["check=disk", "--until", "tomorrow"], "expected a time such as 18:00"),
        (["check=disk", "--for", "ever"], "expected a duration"),
        (["check=disk", "--weekly", "sun"], "expected days and hours"),
        (["check=disk", "--weekly", "sunday 1:00-2:00"], "expected days and hours"),
        (["check=disk", "--weekly", "sun 1:00-26:00"], "expected a time of day"),
    ],
)
def test_what_is_not_understood(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    assert add(*words) in (1, 2)
    assert complaint in capsys.readouterr().err and not daemon.asked


@pytest.mark.usefixtures("terminal")
def test_the_list_for_a_person(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["silence", "list"]) == 0
    shown = capsys.readouterr()
    assert "check=disk, node!~db-.*" in shown.out and "active, forgotten" in shown.out
    assert "sw and what depends on it, mon,sun 22:00-01:30" in shown.out and "the end of 12" in shown.out
    assert "s1 goes on and has hidden nothing for a week" in shown.err and "s2" not in shown.err


def test_the_list_for_a_pipe(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["silence", "list", "--all"]) == 0
    assert [json.loads(line)["silence"]["id"] for line in capsys.readouterr().out.splitlines()] == ["s1", "s2"]


@pytest.mark.parametrize(("ok", "status"), [(True, 0), (False, 1)])
def test_the_end(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, ok: bool, status: int
) -> None:
    daemon.made = {"ok": ok, "text": "silence s1 ended by ann" if ok else "there is no silence s1"}
    assert main(["silence", "end", "s1"]) == status
    assert json.loads(capsys.readouterr().out)["ok"] is ok
    monkeypatch.setattr("ingestd.cli.silence.is_terminal", lambda: True)
    assert main(["silence", "end", "s1"]) == status
    assert "silence s1" in "".join(capsys.readouterr())
    assert daemon.asked[-1]["path"] == "/api/v1/silences/s1/end"
