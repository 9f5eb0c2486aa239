"""Rules that an earlier one hides."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide.classify import GroupRule
from ingestd.decide.rank import Override
from ingestd.decide.shadow import shadowed
from ingestd.decide.when import Situation
from tests.decide.conditions import RULES, SITUATIONS, Made, plainly


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({}, {"node": "db"}),
        ({}, {}),
        ({"node": "db"}, {"node": "DB", "people": 3}),
        ({"node": ["db", "web"]}, {"node": "web"}),
        ({"node": ["db", "web"]}, {"node": ["web", "db"]}),
        ({"node": "acc-*"}, {"node": "acc-sw-1"}),
        ({"node": "acc-*"}, {"node": "acc-sw-*"}),
        ({"node": "acc-*"}, {"node": ["acc-1", "acc-?"]}),
        ({"node": "*"}, {"node": "~x"}),
        ({"node": "!= db"}, {"node": "web"}),
        ({"node": "!= db"}, {"node": "!= db", "people": 3}),
        ({"text": ["~disk", "~full"]}, {"text": "~full"}),
        ({"people": ">= 3"}, {"people": ">= 10"}),
        ({"people": ">= 3"}, {"people": "5..7"}),
        ({"people": ["0..4", "4..9"]}, {"people": "2..7"}),
        ({"time": "20:00-08:00"}, {"time": "22:00-06:00"}),
        ({"weekday": "mon-fri"}, {"weekday": ["tue", "thu"]}),
        ({"severity": ">= warning"}, {"severity": "critical"}),
        ({"any": [{"node": "db"}, {"people": 3}]}, {"people": 3, "report": True}),
        ({"node": ["db", "web"]}, {"any": [{"node": "db", "people": 3}, {"node": "web"}]}),
        ({"not": {"node": "db", "people": 3}}, {"not": {"node": "db"}}),
        ({"all": [{"node": "db"}, {"people": 3}]}, {"people": 3, "node": "db"}),
    ],
)
def test_an_earlier_rule_that_takes_all_of_a_later_one(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    between = Made("between", {"rack": "r1", "site": "hq"})
    assert list(shadowed([Made("a", earlier), between, Made("z", later)]))[-1] == ("z", "a")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"node": "db"}, {}),
        ({"node": "db", "people": 3}, {"node": "db"}),
        ({"node": "db"}, {"node": ["db", "web"]}),
        ({"node": "acc-*"}, {"node": "a*"}),
        ({"node": "acc-?"}, {"node": "acc-1"}),
        ({"text": "~full"}, {"text": ["~disk", "~full"]}),
        ({"people": ">= 10"}, {"people": ">= 3"}),
        ({"people": ["0..4", "6..9"]}, {"people": "2..7"}),
        ({"node": "!= db"}, {"node": ["web", "db"]}),
        ({"node": "!= db"}, {"node": "!= web"}),
        ({"any": [{"node": "db"}, {"people": 3}]}, {"people": 4}),
        ({"not": {"node": "db"}}, {"not": {"node": "db", "people": 3}}),
        ({"node": "db"}, {"check": "db"}),
    ],
)
def test_an_earlier_rule_that_leaves_something(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    assert not list(shadowed([Made("a", earlier), Made("z", later)]))


def test_rules_that_apply_in_turn_hide_none() -> None:
    groups = [GroupRule(id="app", same=("label:app",)), GroupRule(id="certs", same=("check",), when={"check": "~cert"})]
    overrides = [Override(id="a", when={}), Override(id="b", when={"node": "db"})]
    assert not list(shadowed(groups))
    assert not list(shadowed(overrides))


def test_the_first_of_those_that_hide_a_rule_is_named() -> None:
    rules = [Made("a", {"node": "x"}), Made("b", {"people": ">= 1"}), Made("c", {}), Made("d", {"people": 3})]
    assert list(shadowed(rules)) == [("d", "b")]


@settings(max_examples=600, deadline=None)
@given(RULES, st.lists(SITUATIONS, min_size=1, max_size=10))
def test_what_is_called_hidden_never_matches_first(rules: tuple[Made, ...], situations: list[Situation]) -> None:
    hidden = {later for later, _ in shadowed(rules)}
    for situation in situations:
        first = next((rule.id for rule in rules if plainly(rule.when, situation)), None)
        assert first not in hidden


def test_a_rule_is_hidden_by_the_one_that_is_named() -> None:
    rules = [Made(f"r{n}", {"node": f"n{n}", "people": f">= {n % 7}"}) for n in range(2000)]
    again = [Made(f"s{n}", {"node": f"n{n}", "people": n % 7, "report": True}) for n in range(2000)]
    assert list(shadowed([*rules, *again])) == [(f"s{n}", f"r{n}") for n in range(2000)]
