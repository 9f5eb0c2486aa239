"""The demo tells its story to the end, also when its daemon is killed in the middle; so does the drill with poison."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from ingestd.demo import __main__ as demo
from ingestd.demo.daemon import Daemon
from ingestd.demo.site import prepare
from tests.drills import poison

GOOD = {
    "incidents": 2,
    "urgent": {
        "cause": "acc-sw-17",
        "priority": "P1",
        "alerts": 6,
        "departments": ["finance", "hr", "logistics", "sales"],
        "owner": "lin",
    },
    "low": {"title": "Disk broken", "priority": "P4"},
    "pages": {},
    "state": "resolved",
}


def played(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """One run; its last line."""
    monkeypatch.setattr(sys, "argv", ["demo", *arguments])
    status = demo.main()
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    return dict(json.loads(out.splitlines()[-1]))


def right(result: dict[str, Any]) -> None:
    assert result["incidents"] == 2
    assert result["urgent"] == GOOD["urgent"]
    assert result["low"]["priority"] == "P4" and "isk" in result["low"]["title"]
    assert result["state"] == "resolved"
    assert set(result["pages"].values()) == {1}
    assert result["pages"].keys() >= {"lin:open", "chen:functional", "chen:update", "lin:end", "chen:end", "zhao:open"}


def test_the_morning_from_the_first_mail_to_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right(played(monkeypatch, capsys, "--quiet"))


def test_a_kill_in_the_middle_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told: list[str] = []
    assert demo._run(tmp_path, 2.5, told.append) == 0
    right(json.loads(capsys.readouterr().out.splitlines()[-1]))
    assert any("kill -9" in line for line in told) and any("runs again" in line for line in told)
    assert any("presses the button" in line for line in told)


# -- when it does not go well


def test_what_went_wrong_is_named_one_by_one() -> None:
    assert demo.wrong(GOOD | {"pages": {"lin:open": 1}}) == []
    bad = GOOD | {"incidents": 3, "pages": {"lin:open": 2}, "low": {}, "state": "triggered"}
    assert demo.wrong(bad) == ["two incidents", "the disk as P4", "resolved", "nobody paged twice for the same"]


class Mute(Daemon):
    """A daemon that is never there."""

    def start(self) -> None:
        (self._stage.folder / "daemon.log").write_text("its last words")


def test_in_vain_is_said_with_the_daemons_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "PATIENCE", 0.2)
    monkeypatch.setattr(demo, "Daemon", Mute)
    told: list[str] = []
    with pytest.raises(RuntimeError, match="in vain"):
        demo._run(tmp_path, None, told.append)
    assert told[-1] == "its last words"


def test_clients_try_again_while_there_is_no_daemon(tmp_path: Path) -> None:
    story = demo.Story(prepare(tmp_path), lambda _text: None)
    assert not story._handed_over(b"x", "a@x.example")
    assert not story._posted("/webhooks/x", {})
    assert not story._got("/readyz")
    assert story._json("/api/v1/incidents") is None
    letter = demo.EmailMessage()
    letter.set_content("no link")
    with pytest.raises(RuntimeError, match="no link"):
        story.acknowledge(letter)
    story.close()


def test_a_bad_end_is_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "Daemon", Mute)
    monkeypatch.setattr(demo, "play", lambda _story: GOOD | {"incidents": 1, "pages": {"lin:open": 1}})
    assert demo._run(tmp_path, None, print) == 1
    assert capsys.readouterr().err == "not as it should be: two incidents\n"


def test_a_daemon_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stage = prepare(tmp_path)
    daemon = Daemon(stage)
    daemon.kill()
    stage.config.write_text("nonsense: true\n")
    with pytest.raises(RuntimeError, match=r"did not start(.|\n)*nonsense"):
        daemon.start()
    daemon.stop()
    assert Daemon(stage).stop() == 0


def test_it_is_run_as_a_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(demo.__file__), run_name="__main__")
    assert ended.value.code == 0 and "--kill-after" in capsys.readouterr().out


# -- the drill


def test_a_message_that_kills_the_process_is_set_aside_at_its_fourth_death(tmp_path: Path) -> None:
    told: list[str] = []
    assert poison.wrong(poison.drill(tmp_path, told.append)) == []
    assert sum("death" in line for line in told) == 4
