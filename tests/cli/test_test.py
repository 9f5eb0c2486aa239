"""``ingestd test``: the shipped rule tests and the sample site's, and how a failure reads."""

import json
import re
import shutil
from pathlib import Path

import pytest
from msgspec.structs import fields

from ingestd.__main__ import main
from ingestd.config import SHIPPED_RULES
from ingestd.trial import spec

ROOT = Path(__file__).parent.parent.parent
SITE = ROOT / "config" / "ingestd.yaml"
FAILING = """name: the switch is not urgent
start: 2027-01-13 10:00
timeline:
  - {at: 0, alert: {host: acc-sw-17}}
expect:
  incident: {cause: acc-sw-17, priority: P3}
  told: [{who: lin, at: 01:00}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two tests, of which one fails."""
    (tmp_path / "failing.yaml").write_text(FAILING, "utf-8")
    (tmp_path / "passing.yaml").write_text(FAILING.replace("P3", "P1").replace("is not", "is"), "utf-8")
    return tmp_path


def ran(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """Exit status and output."""
    status = main(["test", "--config", str(SITE), *map(str, words)])
    return status, capsys.readouterr().out


def test_the_sample_sites_tests_and_the_shipped_ones_pass(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = ran(capsys)
    assert status == 0, said
    shipped, own = (len(list(path.glob("*.yaml"))) for path in (SHIPPED_RULES / "tests", SITE.parent / "rules/tests"))
    assert shipped >= 12 and own >= 2
    assert said.startswith(f"{shipped + own} passed in ")


def test_a_failure_names_its_line_both_timelines_and_the_reasons(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = ran(capsys, folder)
    lines = said.splitlines()
    assert status == 1
    assert lines[0] == f"FAILED the switch is not urgent ({folder}/failing.yaml)"
    assert lines[1] == f"  {folder}/failing.yaml:6:42: incident #1: expected priority P3, got P1"
    (told,) = (line.split() for line in lines if line.split()[1:4] == ["lin", "told", "at"])
    assert told == ["01:00", "lin", "told", "at", "01:00", "#1", "told", "lin", "(open,", "mail),", "P1"]
    (marked,) = (line.split() for line in lines if line.startswith("  >"))
    assert marked == [">", "11:00", "priority", "P3", "--", "P1"]
    assert "  because: #1 rank matrix: impact high x urgency high = P1" in lines
    assert lines[-1].startswith("1 passed, 1 failed in ")


def test_a_terminal_gets_a_table(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestd.cli.test.is_terminal", lambda: True)
    assert "what happened" in ran(capsys, folder / "failing.yaml")[1]


def test_as_json_each_test_is_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = ran(capsys, folder, "--json")
    failed, passed = map(json.loads, said.splitlines())
    assert (status, failed["passed"], passed["passed"]) == (1, False, True)
    assert failed["failures"] == [
        {
            "file": f"{folder}/failing.yaml",
            "line": 6,
            "column": 42,
            "expected": "priority P3",
            "actual": "P1",
            "incident": 1,
        }
    ]


def test_a_broken_site_is_said_once_however_many_tests_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SITE.parent, tmp_path / "site")
    (tmp_path / "site/people.yaml").write_text("peple: []\n", "utf-8")
    status = main(["test", str(tmp_path / "site/rules/tests")])
    said = capsys.readouterr().out
    assert (status, said.count("unknown key 'peple'")) == (1, 1)
    assert "0 passed, 3 failed" in said


def test_only_some_may_be_wanted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, folder, "-k", "PASSING")[0] == 0
    assert ran(capsys, folder, "-k", "is not urgent")[0] == 1


@pytest.mark.parametrize("words", [["-k", "nothing like it"], ["{folder}/empty"]])
def test_nothing_to_run_is_an_error(folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "empty").mkdir()
    named = [word.format(folder=folder) for word in words]
    assert main(["test", "--config", str(SITE), str(folder), *named] if "-k" in words else ["test", *named]) == 2
    assert "no test " in capsys.readouterr().err


def test_a_file_that_cant_be_read_is_a_failed_test_and_the_others_are_played(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.yaml").write_text(FAILING.replace("expect:", "expcet:"), "utf-8")
    status, said = ran(capsys, folder, folder / "nowhere.yaml")
    assert status == 1
    assert f"  {folder}/broken.yaml:5:1: unknown key 'expcet': did you mean 'expect'?" in said
    assert "can't be read: No such file" in said
    assert "1 passed, 3 failed" in said
    assert ran(capsys, folder, "-k", "passing")[0] == 0, "what is not wanted may be broken"


def test_a_test_beside_the_rules_of_a_site_is_judged_by_that_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SITE.parent, tmp_path / "site")
    priority = tmp_path / "site/rules/priority.yaml"
    priority.write_text(
        "version: 1\noverrides: [{id: never-urgent, when: {class: reachability}, at_most: P3}]\n", "utf-8"
    )
    own = tmp_path / "site/rules/tests/own.yaml"
    own.write_text(FAILING, "utf-8")
    assert main(["test", str(own)]) == 0, capsys.readouterr().out


def test_without_a_site_the_shipped_rules_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    alone = tmp_path / "alone.yaml"
    alone.write_text(
        "name: alone\nstart: 2027-01-13 10:00\npeople: [{id: eva, mail: eva@example.org}]\nlast_resort: ['person:eva']\n"
        "timeline: [{at: 0, alert: {host: box}}]\nexpect: {told: [{who: eva, at: 01:00}]}\n",
        "utf-8",
    )
    assert main(["test", "--config", str(tmp_path / "none.yaml"), str(alone)]) == 0, capsys.readouterr().out


def test_the_example_of_the_page_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/rule-tests.md").read_text("utf-8")
    example = tmp_path / "example.yaml"
    example.write_text(page.partition("```yaml\n")[2].partition("```")[0], "utf-8")
    assert ran(capsys, example)[0] == 0


def test_the_page_names_every_key() -> None:
    page = (ROOT / "docs/rule-tests.md").read_text("utf-8")
    kinds = (spec.TestFile, spec.Step, spec.Expect, spec.IncidentSpec, spec.ToldSpec, spec.AlertStep, spec.MailStep)
    names = {field.encode_name for kind in kinds for field in fields(kind)} - {"version"}
    missing = [name for name in sorted(names) if not re.search(rf"\b{name}\b", page)]
    assert missing == []


def test_a_thousand_tests_share_what_is_compiled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(60):
        (tmp_path / f"t{number}.yaml").write_text(FAILING.replace("P3", "P1"), "utf-8")
    status, said = ran(capsys, tmp_path)
    assert status == 0 and said.startswith("60 passed")
