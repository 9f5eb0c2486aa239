"""``ingestd queue``: the worklist at the keyboard."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from ingestd.__main__ import main
from ingestd.decide.queue import Line, Offer
from ingestd.web.queue import Queue
from tests.cli.reached import reach

NOW = datetime.now().astimezone().replace(second=0, microsecond=0)
OFFSET = 1000.0


def ago(**span: float) -> float:
    """The engine's clock so long ago."""
    return (NOW - timedelta(**span)).timestamp() - OFFSET


FIRST = Line(
    place=1,
    number=12,
    priority="P1",
    title="财务系统无法访问：" + "主机无响应" * 12,
    state="triggered",
    owner="",
    team="network",
    began=ago(minutes=5),
    deadline="tax",
    due=ago(hours=-3),
    difficulty="hard",
    offer=Offer(person="kim", why="of network, free, has the skill, lin is busy with #7"),
)
SECOND = Line(
    place=2,
    number=9,
    priority="P3",
    title="printer [3rd floor]",
    state="triggered",
    owner="",
    team="",
    began=ago(days=3),
    due=ago(days=30),
    waits_until=ago(hours=-8),
    difficulty="normal",
    offer=Offer(why="nobody is responsible for it"),
)
THIRD = Line(
    place=3,
    number=8,
    priority="P4",
    title="disk",
    state="triggered",
    owner="",
    team="",
    began=ago(),
    difficulty="normal",
)


class Daemon:
    """Answers the command line, and remembers what it was asked."""

    def __init__(self) -> None:
        self.queue: tuple[Line, ...] = (FIRST, SECOND, THIRD)
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return httpx.Response(200, content=msgspec.json.encode(Queue(queue=self.queue, wall_offset=OFFSET)))


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    running = Daemon()
    reach(monkeypatch, tmp_path, running, columns=80)
    return running


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.cli.queue.is_terminal", lambda: True)
    monkeypatch.setattr("ingestd.cli.queue.clock", NOW.timestamp)


@pytest.mark.usefixtures("terminal", "daemon")
def test_two_lines_for_each_incident_in_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue"]) == 0
    shown = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    due, told = NOW + timedelta(hours=3), NOW + timedelta(hours=8)
    assert shown[0].startswith("  1. P1 #12 财务系统无法访问：主机") and shown[0].endswith("…")
    assert " ".join(" ".join(shown[1:3]).split()) == (
        "kim: of network, free, has the skill, lin is busy with #7; looks hard; "
        f"began 5m ago; deadline tax {due:%a %H:%M}"
    )
    assert shown[3] == "  2. P3 #9 printer [3rd floor]"
    assert " ".join(" ".join(shown[4:6]).split()) == (
        f"nobody is responsible for it; began 3d ago; to be over by {NOW - timedelta(days=30):%Y-%m-%d %H:%M}, "
        f"which has passed; told from {told:%a %H:%M} on"
    )
    assert "began just now" in shown[-1]
    assert all(len(line) <= 80 for line in shown)


@pytest.mark.usefixtures("terminal")
def test_what_one_person_should_take(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.queue = ()
    assert main(["queue", "--person", "kim"]) == 0
    assert daemon.asked == ["http://daemon/api/v1/queue?person=kim"]
    assert capsys.readouterr().out == "nothing for kim\n"
    assert main(["queue"]) == 0
    assert capsys.readouterr().out == "nothing is open\n"


@pytest.mark.usefixtures("daemon")
def test_a_pipe_gets_a_line_of_json_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["place"], line["number"], line["offer"]["person"]) for line in found[:1]] == [(1, 12, "kim")]
    assert len(found) == 3


@pytest.mark.usefixtures("terminal")
def test_what_is_restored_says_so(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.queue = (msgspec.structs.replace(THIRD, restored=ago(hours=2)),)
    assert main(["queue"]) == 0
    assert "restored 2h ago, to be cured" in " ".join(capsys.readouterr().out.split())
