"""The shipped rules against what a service desk would say: 200 labelled situations."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide.rank import PriorityRules, Ranker
from ingestd.decide.vocabulary import INCIDENT, WEEKDAYS
from ingestd.decide.when import Situation
from ingestd.yamltypes import load, loads

ROOT = Path(__file__).parents[2]
ZONE = "Asia/Shanghai"
MONDAY = datetime(2027, 3, 8, tzinfo=ZoneInfo(ZONE))
COMPANY = 200  # people
AGREED = 0.95
TABLE = loads((Path(__file__).parent / "situations.yaml").read_text("utf-8"), list[list[Any]], "situations.yaml")
RANKER = Ranker(load(ROOT / "rules/priority.yaml", PriorityRules), ZONE)
USUAL = {
    "class": "local",
    "severity": "warning",
    "report": False,
    "known": True,
    "came_by": "monitor",
    "nodes": 1,
    "scope": "person",
}


def situation(when: str, facts: dict[str, Any]) -> Situation:
    """The facts of one line, with those that are not written."""
    day, _, clock = when.partition(" ")
    hours, minutes = map(int, clock.split(":"))
    at = MONDAY + timedelta(days=WEEKDAYS.index(day), hours=hours, minutes=minutes)
    count = facts.get("departments", 0)
    people = facts.get("people", 0)
    said = {
        **USUAL,
        **facts,
        "departments": tuple(f"department {n + 1}" for n in range(count)),
        "department_count": count,
        "people": people,
        "people_percent": 100 * people // COMPANY,
        "services": ("a service",) if facts.get("service_class") else (),
        "service_count": 1 if facts.get("service_class") else 0,
    }
    numbers = {name: float(value) if type(value) is int else value for name, value in said.items()}
    return {**numbers, **RANKER.moment(at.timestamp())}


def given(line: list[Any]) -> str:
    return RANKER.rank(situation(line[1], line[2])).priority


def test_the_table_is_what_it_says() -> None:
    assert len(TABLE) >= 200
    assert len({line[0] for line in TABLE}) == len(TABLE)
    assert all(len(line) == 5 and line[3] in ("P1", "P2", "P3", "P4") and line[4] for line in TABLE)
    assert all(set(line[2]) <= set(INCIDENT) for line in TABLE)


def test_the_shipped_rules_agree_with_nearly_all() -> None:
    other = [
        f"{line[0]} ({line[1]}): {line[3]}, the rules say {given(line)}" for line in TABLE if given(line) != line[3]
    ]
    assert 1 - len(other) / len(TABLE) >= AGREED, "\n".join(other)


def test_where_they_differ_it_is_by_one_step() -> None:
    assert [line[0] for line in TABLE if abs(int(given(line)[1]) - int(line[3][1])) > 1] == []


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line[0])
def test_every_priority_has_its_reasons(line: list[Any]) -> None:
    reasons = RANKER.rank(situation(line[1], line[2])).reasons
    assert [reason.text.split(" ")[0] for reason in reasons[:3]] == ["impact", "urgency", "impact"]
