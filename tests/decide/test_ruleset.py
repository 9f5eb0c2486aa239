"""Many rules at once: the same answers as one by one, in the same order."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide import ruleset
from ingestd.decide.ruleset import RuleLists, RuleSet, merged, weight
from ingestd.decide.vocabulary import INCIDENT
from ingestd.decide.when import BadCondition, Situation, parse
from tests.decide.conditions import RULES, SITUATIONS, Made, plainly


def ids(rules: RuleSet[Made], situation: Situation) -> list[str]:
    return [rule.id for rule in rules.matching(situation)]


def rules_of(*whens: dict[str, Any]) -> RuleSet[Made]:
    return RuleSet(Made(f"r{number}", when) for number, when in enumerate(whens))


@settings(max_examples=600, deadline=None)
@given(RULES, SITUATIONS)
def test_all_at_once_agrees_with_one_by_one(rules: tuple[Made, ...], situation: Situation) -> None:
    made = RuleSet(rules)
    wanted = [rule.id for rule in rules if plainly(rule.when, situation)]
    assert ids(made, situation) == wanted
    first = made.first(situation)
    assert (first.id if first else None) == (wanted[0] if wanted else None)


def test_the_first_counts_whatever_it_asks() -> None:
    made = rules_of(
        {"text": "~queue", "not": {"node": "db"}},
        {"node": "d*"},
        {"node": "db"},
        {},
    )
    assert ids(made, {"node": "db", "text": ("queue full",)}) == ["r1", "r2", "r3"]
    assert ids(made, {"node": "web", "text": ("queue full",)}) == ["r0", "r3"]
    found = made.first({"node": "x"})
    assert found is not None
    assert found.id == "r3"


def test_another_text_than_this() -> None:
    made = rules_of({"check": "!= disk"}, {"check": ["!= disk", "!= ssh"]}, {"check": ["!= disk", "raid"]})
    assert ids(made, {"check": ("disk",)}) == ["r1"]
    assert ids(made, {"check": ("disk", "ssh")}) == ["r0", "r1", "r2"]
    assert ids(made, {"check": ()}) == ["r0", "r1", "r2"]


@settings(max_examples=300, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=4), SITUATIONS, st.data())
def test_lists_looked_at_together_answer_each_for_itself(
    lists: list[tuple[Made, ...]], situation: Situation, data: st.DataObject
) -> None:
    found = RuleLists(*lists).look(situation)
    for part in data.draw(st.permutations(range(len(lists)))):
        wanted = [place for place, rule in enumerate(lists[part]) if plainly(rule.when, situation)]
        assert next(found.places(part), None) == (wanted[0] if wanted else None)
        assert list(found.places(part)) == wanted


def test_no_rule_no_match() -> None:
    assert rules_of().first({"node": "x"}) is None
    assert rules_of({"node": "y"}).first({"node": "x"}) is None


def test_a_rule_that_holds_in_several_ways_is_named_once() -> None:
    made = rules_of({"any": [{"node": "db"}, {"people": ">= 3"}, {"check": "~^d"}]})
    assert ids(made, {"node": "db", "people": 7.0, "check": ("disk",)}) == ["r0"]


def test_more_alternatives_than_are_unfolded_still_all_count() -> None:
    many = [{"node": f"n{n}", "people": n} for n in range(40)]
    made = rules_of({"any": many}, {"any": many, "all": [{"any": many[:9]}, {"any": many[:9]}]})
    assert ids(made, {"node": "n39", "people": 39.0}) == ["r0"]
    assert ids(made, {"node": "n8", "people": 8.0}) == ["r0", "r1"]
    assert ids(made, {"node": "n8", "people": 9.0}) == []


def test_two_terms_on_one_fact_must_both_hold() -> None:
    made = rules_of({"all": [{"people": ">= 3"}, {"people": "<= 5"}, {"node": "a*"}, {"node": "*b"}]})
    assert ids(made, {"people": 4.0, "node": "ab"}) == ["r0"]
    assert ids(made, {"people": 6.0, "node": "ab"}) == []
    assert ids(made, {"people": 4.0, "node": "ac"}) == []


def test_what_a_text_matched_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruleset, "REMEMBERED", 10)
    made = rules_of({"node": "~[02468]$"})
    found = [made.first({"node": f"n{n % 25}"}) is not None for n in range(100)]
    assert found == [n % 25 % 2 == 0 for n in range(100)]
    long = "x" * 300
    assert [made.first({"node": f"{long}{n}"}) is not None for n in (1, 2, 1, 2)] == [False, True, False, True]


def test_a_bad_condition_is_named_with_its_rule_and_place() -> None:
    with pytest.raises(BadCondition) as bad:
        rules_of({"node": "x"}, {"any": [{"people": "many"}]})
    assert (bad.value.rule, bad.value.place) == ("r1", ("any", 0, "people"))


def test_what_is_asked_is_known() -> None:
    made = rules_of({"node": "x"}, {"not": {"any": [{"people": 3}, {"check": "~y"}]}})
    assert made.asked == {"node", "people", "check"}


@pytest.mark.parametrize(
    ("when", "asks"),
    [
        ({}, 0),
        ({"node": ["a", "b"]}, 1),
        ({"node": "a", "text": "~b"}, 2),
        ({"any": [{"node": "a"}, {"node": "b", "text": "c"}]}, 1),
        ({"all": [{"node": "a"}, {"text": "c"}], "not": {"check": "d", "node": "e"}}, 3),
    ],
)
def test_how_much_a_condition_asks(when: dict[str, Any], asks: int) -> None:
    assert weight(parse(when, INCIDENT)) == asks


def test_spans_that_touch_become_one() -> None:
    assert merged([(5.0, 7.0), (1.0, 2.0), (2.0, 3.0), (6.0, 9.0)]) == [(1.0, 3.0), (5.0, 9.0)]
