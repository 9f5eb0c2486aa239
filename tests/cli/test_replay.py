"""``ingestd replay``: a period by today's rules, and by others, from the keyboard."""

import json
import mailbox
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from ingestd.__main__ import main
from ingestd.demo import script

T0 = 1_795_568_400.0
SITE = """\
timezone: Asia/Shanghai
maildir: {path: mails}
people: [{id: ann, mail: ann@x.example}]
last_resort: [ann]
"""
EDIT = "overrides:\n  - {id: hush, when: {node: srv-1}, at_most: P4}\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    box = mailbox.mbox(tmp_path / "box")
    for second, host in enumerate(("srv-1", "srv-2", "srv-3")):
        raw = script.nagios(host, "10.0.0.1").replace(b"\r\n", b"\n")
        lines = [line for line in raw.split(b"\n") if not line.startswith((b"Date:", b"Message-ID"))]
        box.add(b"Date: " + formatdate(T0 + 3600 * second).encode() + b"\n" + b"\n".join(lines))
    box.close()
    return tmp_path


Output = Callable[[], Any]


def test_a_newcomer_needs_no_site(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--from", "box"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["before"]["messages"], found["before"]["pages"], found["after"]) == (3, 3, None)
    assert "no site here" in said.err and found["until"] == T0 + 7200
    assert sorted(path.name for path in here.iterdir()) == ["box"]


def test_the_same_input_gives_the_same_bytes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "ingestd.yaml").write_text(SITE)
    (here / "rules").mkdir()
    (here / "edited").mkdir()
    (here / "edited" / "priority.yaml").write_text(EDIT)
    outputs = []
    for _ in range(2):
        assert main(["replay", "--from", "box", "--rules", "edited"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    found = json.loads(outputs[0])
    assert [len(one["before"]) for one in found["differences"]] == [1] and found["same"] == 2


def test_a_person_sees_a_table(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.cli.replay.is_terminal", lambda: True)
    (here / "ingestd.yaml").write_text(SITE)
    (here / "edited").mkdir()
    (here / "edited" / "priority.yaml").write_text(EDIT)
    assert main(["replay", "--from", "box", "--rules", "edited"]) == 0
    shown = capsys.readouterr().out
    assert "WITH THE OTHERS" in shown and "priority down" in shown and "2 as before" in shown
    assert main(["replay", "--from", "box", "--rules", "edited", "--limit", "0"]) == 0
    assert "1 more differences" in capsys.readouterr().out
    (here / "edited" / "priority.yaml").write_text("overrides: []\n")
    assert main(["replay", "--from", "box", "--rules", "edited"]) == 0
    assert "3 incidents, and none would have been another" in capsys.readouterr().out
    assert main(["replay", "--from", "box"]) == 0
    assert "BY TODAY'S RULES" in capsys.readouterr().out


def test_another_site_may_be_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "ingestd.yaml").write_text(SITE)
    (here / "other").mkdir()
    (here / "other" / "ingestd.yaml").write_text(SITE.replace("ann", "wei"))
    assert main(["replay", "--from", "box", "--config", "other"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["before"]["people"]) == {"ann"} and set(found["after"]["people"]) == {"wei"}


def test_what_the_edited_rules_lack_is_said_where_it_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "ingestd.yaml").write_text(SITE)
    (here / "edited").mkdir()
    (here / "edited" / "priority.yaml").write_text("overrides:\n  - {id: x, wen: {}}\n")
    assert main(["replay", "--from", "box", "--rules", "edited"]) == 1
    assert f"{here}/edited/priority.yaml:2:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--from", "none"], "none can't be read"),
        (["--from", "box", "--rules", "none"], "none is no folder"),
        (["--from", "box", "--password-file", "none"], "none can't be read"),
        (["--from", "box", "--since", "ever"], "expected a duration"),
        (["--from", "empty"], "nothing arrived in that time"),
        ([], "the store can't be read"),
    ],
)
def test_what_can_not_be_replayed(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    (here / "ingestd.yaml").write_text(SITE)
    (here / "empty").mkdir()
    assert main(["replay", *words]) == 1
    assert complaint in capsys.readouterr().err


def test_mails_without_a_time_are_counted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = mailbox.mbox(here / "box")
    box.add(b"Subject: when?\n\nx\n")
    box.close()
    assert main(["replay", "--from", "box"]) == 0
    assert "1 mails say not when they came" in capsys.readouterr().err
