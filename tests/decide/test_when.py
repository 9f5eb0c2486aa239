"""The matching language of the rule files, one line of YAML at a time."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide.match import NameFinder
from ingestd.decide.ruleset import RuleSet
from ingestd.decide.vocabulary import ALERT, INCIDENT
from ingestd.decide.when import _JOINED, DEEPEST, BadCondition, Seen, Situation, fold, holds, parse, problems
from tests.decide.conditions import Made

SWITCH: Situation = {
    "node": "acc-sw-17",
    "people": 170.0,
    "report": False,
    "departments": ("sales", "hr"),
    "services": (),
    "text": ("Link DOWN",),
    "severity": "error",
    "class": "reachability",
    "calendar": ("month-end",),
    "weekday": "fri",
    "time": 22 * 60.0 + 30,
    "date": "2027-01-29",
    "working_time": False,
}


def true(when: Any, situation: Situation = SWITCH) -> bool:
    return holds(parse(when, INCIDENT))(Seen(situation))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"node": "ACC-SW-17"}, True),
        ({"node": " ａｃｃ-sw-17 "}, True),
        ({"node": "acc-sw-1"}, False),
        ({"node": "acc-*"}, True),
        ({"node": "ACC-SW-??"}, True),
        ({"node": "acc-sw-?"}, False),
        ({"node": "core-*"}, False),
        ({"node": "acc.sw*"}, False),
        ({"text": "~link (down|lost)"}, True),
        ({"text": "~(?-i)link"}, False),
        ({"text": "~^down"}, False),
        ({"people": 170}, True),
        ({"people": 17}, False),
        ({"people": "170"}, True),
        ({"people": "100..170"}, True),
        ({"people": "171 .. 200"}, False),
        ({"people": ">= 170"}, True),
        ({"people": "≥170"}, True),
        ({"people": "> 170"}, False),
        ({"people": "> 169.5"}, True),
        ({"people": "<= 170"}, True),
        ({"people": "< 170"}, False),
        ({"people": "!= 170"}, False),
        ({"people": "!= 3"}, True),
        ({"people": [3, ">= 100"]}, True),
        ({"node": "!= acc-sw-18"}, True),
        ({"node": "!= Acc-SW-17"}, False),
        ({"report": False}, True),
        ({"report": True}, False),
        ({"known": False}, True),
        ({"node": ["acc-sw-18", "acc-sw-17"]}, True),
        ({"node": ["acc-sw-18", "acc-sw-19"]}, False),
        ({"node": ["x", "core-*", "~17$"]}, True),
        ({"departments": "hr"}, True),
        ({"departments": "!= hr"}, True),
        ({"departments": ["legal", "finance"]}, False),
        ({"services": ""}, True),
        ({"services": "?*"}, False),
        ({"severity": "error"}, True),
        ({"severity": ">= warning"}, True),
        ({"severity": "> error"}, False),
        ({"severity": "<= Error"}, True),
        ({"severity": "!= critical"}, True),
        ({"class": "Reachability"}, True),
        ({"calendar": "month-end"}, True),
        ({"weekday": ["mon", "Friday"]}, True),
        ({"weekday": "thu-sat"}, True),
        ({"weekday": "sat-thu"}, False),
        ({"time": "22:00-06:00"}, True),
        ({"time": "22:31-06:00"}, False),
        ({"time": "22:00-22:30"}, False),
        ({"time": ["08:00-12:00", "22:30-24:00"]}, True),
        ({"time": ">= 22:30"}, True),
        ({"time": "< 22：30"}, False),
        ({"date": "2027-01-29"}, True),
        ({"date": "2027-01-24..2027-01-31"}, True),
        ({"date": "2027-01-30..2027-01-31"}, False),
        ({"date": "< 2027-02-01"}, True),
        ({"date": "*-01-29"}, True),
        ({"working_time": False}, True),
        ({"node": "acc-sw-17", "people": "> 500"}, False),
        ({"any": [{"people": "> 500"}, {"departments": "hr"}]}, True),
        ({"all": [{"people": "> 500"}, {"departments": "hr"}]}, False),
        ({"all": [{"people": "> 50"}, {"people": "< 500"}]}, True),
        ({"not": {"departments": "hr"}}, False),
        ({"not": {"departments": "legal", "people": "> 3"}}, True),
    ],
)
def test_conditions(condition: dict[str, Any], expected: bool) -> None:
    assert true(condition) is expected


def test_a_night_ends_in_the_morning() -> None:
    night = {"time": "22:00-06:00"}
    assert [true(night, {"time": at * 60.0}) for at in (21.9, 22, 24 - 1 / 60, 0, 5.9, 6)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]


def test_a_fact_without_a_value_is_an_empty_text_and_no_number() -> None:
    assert true({"node": ""}, {})
    assert true({"node": "!= x"}, {})
    assert not true({"people": "> 0"}, {})
    assert not true({"people": "!= 3"}, {})
    assert not true({"date": ">= 2027-01-01"}, {"date": "soon"})


def test_labels_are_asked_by_their_names() -> None:
    of_shop = holds(parse({"label.app": "shop"}, ALERT))
    assert of_shop(Seen({"label.app": "Shop"}))
    assert not of_shop(Seen({"label.APP": "shop"}))


@pytest.mark.parametrize(
    ("one", "other"), [("DISK", " disk"), ("ﬁle", "FILE"), ("Straße", "STRASSE"), ("ＣＰＵ", "cpu")]
)
def test_equal_spellings(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("condition", "place", "complaint"),
    [
        ({"sevrity": "x"}, ("sevrity",), "unknown fact 'sevrity': did you mean 'severity'?"),
        ({"labels.app": "x"}, ("labels.app",), "unknown fact 'labels.app'"),
        ({"zzz": "x"}, ("zzz",), "unknown fact 'zzz': known are all, any, calendar"),
        ({"any": {"node": "x"}}, ("any",), "any: expected a list of conditions"),
        ({"any": []}, ("any",), "any: expected a list of conditions"),
        ({"any": [{}, "x"]}, ("any", 1), "expected a mapping of facts, got 'x'"),
        ({"all": [{"node": "y"}, {"zzz": "x"}]}, ("all", 1, "zzz"), "unknown fact 'zzz'"),
        ({"not": {"zzz": "x"}}, ("not", "zzz"), "unknown fact 'zzz'"),
        ({"not": None}, ("not",), "expected a mapping of facts, got nothing"),
        ({"people": ">= many"}, ("people",), "expected a number, a stretch such as 3..7 or a comparison such as"),
        ({"people": "many"}, ("people",), "got 'many'"),
        ({"people": True}, ("people",), "expected a number"),
        ({"people": "7..3"}, ("people",), "expected a number"),
        ({"people": "> 3..7"}, ("people",), "expected a number"),
        ({"text": "~(open"}, ("text",), "not an RE2 pattern (missing ): (open): (open"),
        ({"text": "~"}, ("text",), "expected a pattern behind the ~"),
        ({"node": None}, ("node",), "expected a text, got nothing: put it in quotes"),
        ({"node": 17}, ("node",), "expected a text, got 17: put it in quotes"),
        ({"node": ["x", {"y": 1}]}, ("node", 1), "expected a text, got {'y': 1}"),
        ({"node": []}, ("node",), "expected at least one value"),
        ({"node": ">= x"}, ("node",), "node is a text: >= compares numbers, times, dates and levels"),
        ({"report": "yes"}, ("report",), "expected true or false, got 'yes'"),
        ({"class": "reachabilty"}, ("class",), "expected one of reachability, local, unknown, got 'reachabilty'"),
        ({"severity": ">= warn"}, ("severity",), "expected one of unknown, info, warning, error, critical, got 'warn'"),
        ({"severity": "> "}, ("severity",), "expected one of unknown"),
        ({"severity": 3}, ("severity",), "expected a text, got 3"),
        ({"weekday": ["mon", "monntag"]}, ("weekday", 1), "expected mon, tue, wed"),
        ({"weekday": 1}, ("weekday",), "expected mon, tue, wed"),
        ({"time": "25:00-26:00"}, ("time",), "expected a stretch of the day such as 22:00-06:00"),
        ({"time": "22:00"}, ("time",), "expected a stretch of the day"),
        ({"time": "08:00-08:00"}, ("time",), "expected a stretch of the day"),
        ({"time": "> 8"}, ("time",), "expected a stretch of the day"),
        ({"time": 22}, ("time",), "expected a stretch of the day"),
        ({"date": "2027-02-30"}, ("date",), "expected a date such as 2027-01-31"),
        ({"date": "tomorrow*"}, ("date",), "expected a date"),
        ({"node": {"x": "y" * 99}}, ("node",), "yyy...: put it in quotes"),
        ("x", (), "expected a mapping of facts, got 'x'"),
        ({"node": ["x", "~\ud800"]}, ("node", 1), "a control character ('\\ud800'): remove it"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(condition: Any, place: tuple[str | int, ...], complaint: str) -> None:
    with pytest.raises(BadCondition) as bad:
        parse(condition, INCIDENT, "rule-7")
    assert (bad.value.rule, bad.value.place) == ("rule-7", place)
    assert complaint in bad.value.text
    assert str(bad.value) == f"rule-7: {bad.value.text}"


def test_every_mistake_is_found_at_once() -> None:
    wrong = {"node": [1, "ok", "~("], "any": [{"people": "x"}, {"zzz": 1}], "report": True}
    assert [place for place, _ in problems(wrong, INCIDENT)] == [
        ("node", 0),
        ("node", 2),
        ("any", 0, "people"),
        ("any", 1, "zzz"),
    ]
    assert not list(problems({"node": "x"}, INCIDENT))


def test_conditions_within_conditions_without_end_are_refused() -> None:
    deep: dict[str, Any] = {"node": "x"}
    for _ in range(DEEPEST - 1):
        deep = {"not": deep}
    parse(deep, INCIDENT)
    for _ in range(2000):
        deep = {"any": [deep]}
    with pytest.raises(BadCondition, match=f"nested too deeply: expected at most {DEEPEST} conditions"):
        parse(deep, INCIDENT)


def test_a_text_that_is_made_to_be_slow_is_not() -> None:
    slow = "a" + "\u0315\u0300\u0327" * 300_000
    began = time.process_time()
    assert not true({"node": "db*"}, {"node": slow})
    NameFinder([("web-1", "web-1")]).find(slow)
    assert time.process_time() - began < 0.5


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*INCIDENT, *_JOINED]), inner),
    max_leaves=12,
)
_SIGNS = st.sampled_from(["", "~", "!=", ">= ", "< ", "*", "1..", "2027-01-01..", "08:00-", "mon-"])
_VALUES = _ANYTHING | st.builds("{}{}".format, _SIGNS, st.text(st.characters(), max_size=8))


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from([*INCIDENT, *_JOINED, "x"]), _VALUES, max_size=4))
def test_whatever_is_written_is_a_condition_or_named_as_bad(when: dict[str, Any]) -> None:
    found = list(problems(when, INCIDENT))
    try:
        rules = RuleSet([Made("r", when)])
    except BadCondition as bad:
        assert (bad.place, bad.text) == (found[0][0], str(found[0][1]))
    else:
        assert not found
        assert (rules.first(SWITCH) is not None) is true(when)
