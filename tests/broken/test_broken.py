"""Every mistake is told where it stands, in words that help; none hides another, and nothing breaks the check."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd.__main__ import main
from ingestd.check.chinese import in_chinese
from ingestd.config import survey
from tests.broken.cases import CASES, SITE, Case

NOW = 1_790_000_000.0
PATIENCE = 2.0  # seconds for any of these files, with a processor to itself


def told(home: Path) -> list[str]:
    """Every problem, with files as they are called in the site."""
    return [str(one).removeprefix(f"{home}/") for one in survey(home / "ingestd.yaml", NOW).problems]


def test_the_site_under_the_mistakes_is_sound(tmp_path: Path) -> None:
    Case("nothing", "notes.txt", "", "", "").write(tmp_path)
    assert told(tmp_path) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_mistake_is_told_where_it_stands(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    found = told(tmp_path)
    assert any(line.startswith(case.said) for line in found), "\n".join(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_it_is_told_in_chinese_too(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    for problem in survey(tmp_path / "ingestd.yaml", NOW).problems:
        assert any("\u4e00" <= char <= "\u9fff" for char in in_chinese(problem)), problem


def test_a_broken_file_hides_nothing_of_the_others_nor_of_itself(tmp_path: Path) -> None:
    files = {
        "ingestd.yaml": SITE["ingestd.yaml"].replace("timezone:", "tmezone:").replace("8025", "80250"),
        "people.yaml": SITE["people.yaml"].replace("manager: ida", "manger: ida")
        + "- {id: x, members: [nobody]}\n- [\n",
        "rules/priority.yaml": SITE["rules/priority.yaml"].replace("local", "locl"),
        "rules/escalation.yaml": SITE["rules/escalation.yaml"].replace("policy: urgent", "policy: urgnt"),
    }
    for name, text in {**SITE, **files}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert [line.partition(": ")[0] for line in told(tmp_path)] == [
        "ingestd.yaml:2:1",
        "ingestd.yaml:6:16",
        "people.yaml:3:40",
        "people.yaml:9:3",
        "rules/escalation.yaml:8:49",
        "rules/priority.yaml:4:49",
    ]


def test_the_command_tells_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    CASES[1].write(tmp_path)
    config = ["--config", str(tmp_path / "ingestd.yaml"), "--language"]
    assert main(["check", *config, "en"]) == 1
    out, err = capsys.readouterr()
    assert out == "errors: 1, warnings: 0\n" and err.endswith(": 'timezone' is written twice (first in line 2)\n")
    assert main(["check", *config, "zh_CN"]) == 1
    out, err = capsys.readouterr()
    assert out == "错误：1，警告：0\n" and err.endswith("：'timezone' 写了两次（第一次在第 2 行）\n".removeprefix("："))


def test_the_command_tells_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next(case for case in CASES if case.name == "one way out").write(tmp_path)
    assert main(["check", "--config", str(tmp_path / "ingestd.yaml"), "--json", "--language", "en"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "file": str(tmp_path / "ingestd.yaml"),
            "line": 10,
            "column": 3,
            "severity": "warning",
            "text": "mail is the only way out: if it fails nobody is told",
            "code": "mail-is-the-only",
        }
    ]


def test_warnings_do_not_fail_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next(case for case in CASES if case.name == "nodes in a circle").write(tmp_path)
    assert main(["check", "--config", str(tmp_path / "ingestd.yaml"), "--language", "en"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("ok: 4 people, 1 teams, 3 nodes, ") and ": warning: a circle: " in err


SCRAPS = (
    "",
    " ",
    "\t",
    "\n",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "&a ",
    "*a",
    "<<: *a",
    "!x ",
    "#",
    "|",
    "~",
    "\0",
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_edit_does_worse_than_a_report(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    home = tmp_path_factory.mktemp("edit")
    name = data.draw(st.sampled_from(sorted(SITE)))
    text = SITE[name]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        text = text[:start] + data.draw(st.sampled_from(SCRAPS) | st.text(max_size=5)) + text[end:]
    Case("", name, "", text.encode("utf-8", "replace"), "").write(home)
    began = time.process_time()
    for problem in survey(home / "ingestd.yaml", NOW).problems:
        assert problem.line >= 1 and problem.column >= 1 and problem.text and in_chinese(problem) and problem.code
    assert time.process_time() - began < PATIENCE
