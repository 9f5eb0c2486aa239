"""``ingestd doctor`` at the keyboard: lines, colours, languages, test pages, and its exit status."""

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from rich.cells import cell_len

from ingestd.__main__ import main

SITE = """
maildir: {path: mails}
channels:
  gone: {type: webhook, url: "http://127.0.0.1:1/"}
last_resort: [ida]
people:
- {id: ida, mail: ida@x.example}
- {id: wei, language: zh_CN, contacts: [{address: wei@x.example}, {channel: gone, address: x}]}
teams:
- {id: quay, members: [wei]}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("INGESTD_TOKEN", "INGESTD_URL", "INGESTD_CONFIG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "ingestd.yaml").write_text(SITE)
    (tmp_path / "topology.yaml").write_text("nodes:\n- {id: core-sw, owner: quay}\n")
    return tmp_path


def ran(capsys: pytest.CaptureFixture[str], *words: str, status: int) -> list[str]:
    assert main(["doctor", *words]) == status
    return capsys.readouterr().out.splitlines()


def letters(home: Path) -> list[str]:
    found = sorted((home / "mails" / "new").glob("*")) if (home / "mails").exists() else []
    return [message_from_bytes(path.read_bytes(), policy=default)["Subject"] for path in found]


@pytest.mark.usefixtures("home")
def test_a_line_a_look_with_what_to_do_under_it(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ran(capsys, "--url", "http://127.0.0.1:1", status=1)
    place = next(n for n, line in enumerate(lines) if line.startswith("fail  daemon"))
    assert lines[place + 1].startswith("      -> `ingestd run`")
    assert any(line.startswith("ok    last resort") and line.endswith("  ida") for line in lines)
    marks = [line.partition(" ")[0] for line in lines]
    assert lines[-1] == f"{marks.count('fail')} failed, {marks.count('warn')} warnings"


@pytest.mark.usefixtures("home")
def test_on_a_terminal_it_is_coloured_and_in_the_language_of_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestd.cli.doctor.is_terminal", lambda: True)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    lines = ran(capsys, status=1)
    assert any(line.startswith("\x1b[31m失败\x1b[0m  守护进程") for line in lines)
    assert lines[-1].startswith("失败 ")
    first = next(line for line in lines if "兜底联系人" in line)
    assert cell_len(first.partition("\x1b[0m")[2].partition("ida")[0]) == 32


@pytest.mark.usefixtures("home")
def test_as_json_the_names_stay_english(capsys: pytest.CaptureFixture[str]) -> None:
    found = {one["check"]: one for one in map(json.loads, ran(capsys, "--json", "--language", "zh_CN", status=1))}
    assert found["daemon"]["verdict"] == "fail" and "没有响应" in found["daemon"]["text"]
    assert found["last resort"] == {"check": "last resort", "verdict": "ok", "text": "ida", "remedy": ""}


def test_broken_files_are_told_and_nothing_is_sent(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "ingestd.yaml").write_text("listen: [")
    lines = ran(capsys, "--send", "--yes", status=1)
    assert lines[0].startswith("fail  configuration") and letters(home) == []


def test_test_pages_go_through_every_channel_of_who_would_be_called(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ran(capsys, "--send", "--yes", status=1)
    assert any(
        line.startswith("ok    test page to wei by maildir") and "wei@x.example should have it" in line
        for line in lines
    )
    assert any(line.startswith("fail  test page to wei by gone") for line in lines)
    assert sorted(letters(home)) == [
        "[test] ingestd: a test page, nothing is wrong",
        "[测试] ingestd：这是测试通知，没有故障",
    ]


@pytest.mark.parametrize(("answer", "count"), [("y", 2), ("no", 0), ("", 0)])
def test_people_are_not_disturbed_unasked(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: str, count: int
) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: answer)
    lines = ran(capsys, "--send", status=1)
    assert "  wei: gone x" in lines and len(letters(home)) == count


def test_where_nobody_can_be_asked_nothing_is_sent(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_question: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert main(["doctor", "--send"]) == 2 and main(["doctor", "--send", "--json"]) == 2
    assert "--yes" in capsys.readouterr().err and letters(home) == []
