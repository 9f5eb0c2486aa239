"""``ingestd oncall``: a calendar of turns in eighty columns, from the files alone."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from ingestd.__main__ import main

SITE = """
timezone: Europe/Berlin
mail: {host: relay.example, sender: a@b.example}
last_resort: ["person:ida"]
"""
PEOPLE = """
people:
- {id: ida, name: Ida Holm, mail: ida@x.example}
- {id: wei, name: 王伟, mail: wei@x.example}
- {id: jon, name: Jonathan Braithwaite, mail: jon@x.example}
teams:
- id: quay
  name: 码头
  members: [ida, wei]
  rota:
    people: [ida, wei]
    start: "2026-10-19"
    restrict: {weekdays: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "24:00"}
- {id: yard, members: [jon, ida]}
"""
NIGHTS = """    layers:
    - {name: nights, people: [jon], restrict: {from: "18:00", to: "08:00"}}
    overrides:
    - {person: ida, from: "2026-10-21 20:00", to: "2026-10-22 06:00"}
    - {person: wei, from: "2026-10-22 05:00", to: "2026-10-22 07:30"}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ingestd.cli.oncall.is_terminal", lambda: True)
    (tmp_path / "ingestd.yaml").write_text(SITE)
    (tmp_path / "people.yaml").write_text(PEOPLE)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> list[str]:
    assert main(["oncall", *words]) == status
    lines = capsys.readouterr().out.splitlines()
    assert all(cell_len(line) <= 80 for line in lines)
    return lines


@pytest.mark.usefixtures("home")
def test_weeks_with_a_row_for_each_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--team", "quay", "--at", "2026-10-24 09:00", "--next", "4d") == [
        "码头 (quay), Europe/Berlin",
        "Sat 24 Oct 09:00: Ida Holm until Mon 26 Oct 09:00, then 王伟",
        "",
        "Oct 2026  Mon 19    Tue 20    Wed 21    Thu 22    Fri 23    Sat 24    Sun 25",
        "Ida Holm  " + " " * 54 + "#" * 16,
        "Oct 2026  Mon 26    Tue 27    Wed 28    Thu 29    Fri 30    Sat 31    Sun 01",
        "Ida Holm  ####",
        "王伟          " + "#" * 19,
        "",
        "Sat 24 Oct 09:00 - Mon 26 Oct 09:00  Ida Holm  (layer 1)",
        "Mon 26 Oct 09:00 - Wed 28 Oct 08:00  王伟  (layer 1)",
    ]


def test_overlaps_and_a_long_name(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "people.yaml").write_text(PEOPLE.replace("- {id: yard", f"{NIGHTS}- {{id: yard"))
    found = shown(capsys, "--team", "quay", "--at", "2026-10-21T12:00", "--next", "1d")
    assert found[4] == "Ida Holm  " + " " * 25 + "##" + " " * 1 + "##" + found[4][40:]
    assert any(line.startswith("Jonathan… ") for line in found)
    assert found[-2:] == [
        "written for the same time:",
        "  Thu 22 Oct 05:00 - Thu 22 Oct 06:00  1h  王伟, not Ida Holm",
    ]


def test_gaps_with_exact_times_in_the_night_of_25_hours(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = PEOPLE.replace("thu, fri, sat, sun]", "thu, fri]").replace('to: "24:00"', 'to: "17:30"')
    (home / "people.yaml").write_text(text)
    found = shown(capsys, "--team", "quay", "--at", "2026-10-23T12:00", "--next", "3d")
    assert found[-2:] == ["nobody is on call:", "  Fri 23 Oct 17:30 - Mon 26 Oct 00:00  55h30m"]
    assert any(line.startswith("nobody    ") and line.endswith("!" * 23) for line in found)


def test_an_hour_that_comes_twice_says_which(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer = '    handover: "02:30"\n- {id: yard'
    (home / "people.yaml").write_text(PEOPLE.replace("- {id: yard", layer).replace("2026-10-19", "2026-10-18"))
    found = shown(capsys, "--team", "quay", "--at", "2026-10-24T12:00", "--next", "2d")
    assert found[1].endswith("until Sun 25 Oct 02:30 CEST, then 王伟")


@pytest.mark.usefixtures("home")
def test_a_team_without_a_rota_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--team", "yard", "--at", "2026-10-24", "--next", "1d") == [
        "yard (yard), Europe/Berlin",
        "Sat 24 Oct 00:00: Jonathan Braithwaite, Ida Holm, all of the time until Sun 25…",
    ]


def test_many_turns_are_cut_off_but_not_in_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "people.yaml").write_text(PEOPLE.replace('start: "2026-10-19"', "every: day"))
    words = ("--team", "quay", "--at", "2026-10-01", "--next", "60d")
    assert "and 21 turns more: --json shows all of them" in shown(capsys, *words)
    assert main(["oncall", *words, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert len(json.loads(line)["turns"]) == 61


@pytest.mark.usefixtures("home")
def test_every_team_from_now_on(capsys: pytest.CaptureFixture[str]) -> None:
    found = shown(capsys)
    assert [line for line in found if line.endswith("Europe/Berlin")] == [
        "码头 (quay), Europe/Berlin",
        "yard (yard), Europe/Berlin",
    ]


def test_a_site_without_teams(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "people.yaml").write_text(PEOPLE.partition("teams:")[0])
    assert shown(capsys) == ["there is no team yet"]


def test_broken_files_are_told_and_the_rest_is_shown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "people.yaml").write_text(PEOPLE.replace("mail: jon@x.example", "mial: jon@x.example"))
    assert main(["oncall", "--at", "2026-10-24"]) == 1
    out, err = capsys.readouterr()
    assert "码头 (quay)" in out and "unknown key 'mial'" in err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["--at", "noon"], "--at: expected a time such as 2027-01-31T18:00, got 'noon'"),
        (["--next", "soon"], "--next: expected a duration"),
        (["--team", "moon"], "--team: expected one of quay, yard, got 'moon'"),
    ],
)
def test_what_is_not_understood(words: list[str], answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["oncall", *words]) == 2
    assert capsys.readouterr().err.startswith(answer)
