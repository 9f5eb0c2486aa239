"""Why a rule matched, as a person would say it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide.because import DEADLINE_AT, because
from ingestd.decide.vocabulary import INCIDENT
from ingestd.decide.when import Situation

SHANGHAI = ZoneInfo("Asia/Shanghai")
NAMES = {"fin": "Finance", "books": "Bookkeeping"}
EVENING = datetime(2026, 11, 30, 18, 0, tzinfo=SHANGHAI).timestamp()
TAX: Situation = {"deadline": ("tax",), "deadline_hours": 3.52, DEADLINE_AT: EVENING, "date": "2026-11-30"}


def said(situation: Situation, *asked: str) -> str:
    return because(
        asked or (fact for fact in situation if fact in INCIDENT),
        situation,
        lambda name: NAMES.get(name, name),
        SHANGHAI,
    )


@pytest.mark.parametrize(
    ("situation", "words"),
    [
        ({"departments": ("fin",)}, "1 department (Finance)"),
        ({"departments": tuple("abcde")}, "5 departments (a, b, c, d, …)"),
        ({"departments": ()}, ""),
        ({"departments": "fin"}, ""),
        ({"services": ("books",), "service_class": "critical"}, "critical service Bookkeeping"),
        ({"services": ("books",)}, "service Bookkeeping"),
        ({"services": ()}, ""),
        ({"services": "books"}, ""),
        ({"people": 1.0}, "1 person"),
        ({"people": 42.0}, "42 people"),
        ({"people": 0.0}, ""),
        ({"people": "many"}, ""),
        ({"people_percent": 30.0}, "30 % of all people"),
        ({"new_nodes": 5.0}, "5 new nodes in ten minutes"),
        ({"scope": "departments"}, "several departments"),
        ({"class": "reachability"}, "out of reach"),
        ({"class": "odd"}, ""),
        ({"report": True}, "reported by people"),
        ({"report": False}, ""),
        ({"working_time": True}, "in working time"),
        ({"working_time": False}, "outside working time"),
        ({"time": 125.0}, "02:05"),
        ({"time": "late"}, ""),
        ({"redundant": True}, "redundant"),
        ({"redundant": False}, ""),
        ({"node": "core-sw"}, "node core-sw"),
        ({"check": ("disk", "cpu")}, "check disk, cpu"),
        ({"check": ()}, ""),
        ({"node": "x" * 500}, "node " + "x" * 115),
        (TAX, "tax deadline today 18:00, in 3.5 h, date 2026-11-30"),
        ({**TAX, "date": "2026-11-29"}, "tax deadline 2026-11-30 18:00, in 3.5 h, date 2026-11-29"),
    ],
)
def test_a_fact_in_words(situation: Situation, words: str) -> None:
    assert said(situation) == words


def test_a_deadline_that_there_is_not() -> None:
    assert said({"deadline": (), "deadline_hours": float("inf")}, "deadline_hours") == ""
    assert said({DEADLINE_AT: EVENING, "deadline": "tax"}, "deadline") == ""
    assert said({DEADLINE_AT: EVENING, "deadline": ("tax",)}, "deadline") == ""


def test_nothing_is_said_twice() -> None:
    assert said({"departments": ("fin",), "department_count": 1.0}) == "1 department (Finance)"
    assert said(TAX, "deadline", "deadline_hours").count("tax") == 1


def test_of_any_fact_something_can_be_said_that_is_no_more_than_a_line() -> None:
    for value in ("", "word", 3.0, True, ("a", "b"), ()):
        assert all("\n" not in said({fact: value}, fact) for fact in INCIDENT)
