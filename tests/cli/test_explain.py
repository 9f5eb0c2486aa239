"""``ingestd explain``: of what is kept, and of what did not happen."""

import json
from pathlib import Path

import pytest

from ingestd.__main__ import main
from ingestd.cli import explain
from tests.test_cli import MAIL, Daemon, daemon, here, site  # noqa: F401  (fixtures)

Capture = pytest.CaptureFixture[str]
DISK = '{"host": "hr-server", "check": "disk", "severity": "warning"}'


@pytest.fixture
def _nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGESTD_URL", "http://127.0.0.1:9")


def test_a_page_by_its_id(daemon: Daemon, capsys: Capture) -> None:  # noqa: F811
    assert main(["explain", "n12"]) == 0
    assert capsys.readouterr().out.startswith("n12 to ann: first word of incident 7 P1")
    assert main(["explain", "n99"]) == 1
    assert capsys.readouterr().err == "404: there is no page n99\n"
    assert main(["explain", "nn"]) == 2
    assert main(["explain", "7"]) == 0
    assert ", n12" in capsys.readouterr().out, "where the ids come from"


def test_the_daemon_is_asked_what_an_event_would_lead_to(daemon: Daemon, capsys: Capture) -> None:  # noqa: F811
    assert main(["explain", "--event", DISK]) == 0
    said = capsys.readouterr()
    assert "hr-server disk (in the topology)" in said.out and said.err == ""
    assert main(["explain", "--host", "hr-server", "--check", "disk", "--severity", "warning"]) == 0
    assert capsys.readouterr().out.splitlines()[1:8] == said.out.splitlines()[1:8]
    assert daemon.world.received == [] and not daemon.world.live.alerts


def test_and_what_a_file_would(daemon: Daemon, here: Path, capsys: Capture) -> None:  # noqa: F811
    (here / "a.eml").write_bytes(MAIL)
    assert main(["explain", "a.eml"]) == 0
    assert capsys.readouterr().out.startswith("understood as alert by nagios4")
    (here / "b.json").write_text('{"host": "hr-server", "check": "disk", "summary": "full"}')
    assert main(["explain", "b.json", "--source", "generic"]) == 0
    assert "hr-server disk" in capsys.readouterr().out
    assert main(["explain", "b.json", "--source", "generc"]) == 1
    assert "unknown source 'generc': did you mean 'generic'?" in capsys.readouterr().err


@pytest.mark.usefixtures("_nobody_answers")
def test_without_a_daemon_the_files_are_judged_alone(site: Path, capsys: Capture) -> None:  # noqa: F811
    capsys.readouterr()
    (site.parent / "event.json").write_text('{\n\t"host": "db-1",\n\t"check": "disk"\n}\n')
    assert main(["explain", "--event", "@event.json", "--source", "zabbix"]) == 0
    said = capsys.readouterr()
    assert "if nothing else were going on" in said.err
    assert "db-1 disk" in said.out and "told: ann.lee (open, mail) at " in said.out
    assert main(["explain", "--event", '{"summary": "backup is done", "state": "resolved"}', "--json"]) == 0
    assert "it opens nothing and changes no alert" in json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("_nobody_answers")
def test_a_file_too_long_to_be_asked_about_is_judged_alone(site: Path, capsys: Capture) -> None:  # noqa: F811
    (site.parent / "long.eml").write_bytes(MAIL + b"x\n" * explain.SENT)
    (site.parent / "empty.eml").write_bytes(b"")
    capsys.readouterr()
    assert main(["explain", "long.eml"]) == 0
    assert main(["explain", "empty.eml"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--event", '{"host": "a", "chek": "disk"}'], "--event:1:15: unknown key 'chek': did you mean 'check'?"),
        (["--event", '{"host": "a" "b"}'], "--event:1:14: expected ',' or '}' before this"),
        (["--event", '{"host": 5}'], "--event:1:10: expected text"),
        (["--event", "@event.json"], "event.json:2:3: unknown key 'hots': did you mean 'host'?"),
        (["--event", "@gone.json"], "gone.json can't be read"),
        (["--event", "{}", "--host", "a"], "not by both"),
        (["--event", "{}"], "expected at least a host, a check or a summary"),
        ([], "explain what?"),
    ],
)
def test_mistakes_are_told_to_the_person(here: Path, capsys: Capture, words: list[str], said: str) -> None:  # noqa: F811
    (here / "event.json").write_text('{\n  "hots": "a"\n}\n')
    assert main(["explain", *words]) in (1, 2)
    assert said in capsys.readouterr().err
