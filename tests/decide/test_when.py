"""The matching language of the rule files, one line of YAML at a time."""

import re
from typing import Any

import pytest

from ingestd.decide.when import Situation, compile_when

FACTS = ("node", "people", "report", "departments", "text")
SWITCH: Situation = {
    "node": "acc-sw-17",
    "people": 170.0,
    "report": False,
    "departments": ("sales", "hr"),
    "text": "Link DOWN",
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({}, True),
        ({"node": "ACC-SW-17"}, True),
        ({"node": "acc-sw-1"}, False),
        ({"node": "acc-*"}, True),
        ({"node": "core-*"}, False),
        ({"text": "~link (down|lost)"}, True),
        ({"text": "~^down"}, False),
        ({"people": 170}, True),
        ({"people": 17}, False),
        ({"people": ">= 170"}, True),
        ({"people": "> 170"}, False),
        ({"people": "<= 170"}, True),
        ({"people": "< 170"}, False),
        ({"people": "!= 170"}, False),
        ({"people": "!= 3"}, True),
        ({"node": "!= acc-sw-18"}, True),
        ({"node": "!= Acc-SW-17"}, False),
        ({"node": "> 3"}, False),
        ({"report": False}, True),
        ({"report": True}, False),
        ({"node": ["acc-sw-18", "acc-sw-17"]}, True),
        ({"node": ["acc-sw-18", "acc-sw-19"]}, False),
        ({"departments": "hr"}, True),
        ({"departments": ["legal", "finance"]}, False),
        ({"node": "acc-sw-17", "people": "> 500"}, False),
        ({"any": [{"people": "> 500"}, {"departments": "hr"}]}, True),
        ({"any": []}, False),
        ({"all": [{"people": "> 500"}, {"departments": "hr"}]}, False),
        ({"all": [{"people": "> 50"}, {"departments": "hr"}]}, True),
        ({"not": {"departments": "hr"}}, False),
        ({"not": {"departments": "legal"}}, True),
    ],
)
def test_conditions(condition: dict[str, Any], holds: bool) -> None:
    assert compile_when(condition, FACTS)(SWITCH) is holds


def test_a_fact_that_is_not_known_is_empty() -> None:
    assert compile_when({"node": ""}, FACTS)({})
    assert not compile_when({"people": "> 0"}, FACTS)({})


@pytest.mark.parametrize(
    ("condition", "complaint"),
    [
        ({"nodes": "x"}, "unknown condition 'nodes'; known: departments, node, people, report, text, any, all, not"),
        ({"any": {"node": "x"}}, "any: expected a list of conditions"),
        ({"all": [{"nodes": "x"}]}, "unknown condition 'nodes'"),
        ({"not": {"nodes": "x"}}, "unknown condition 'nodes'"),
        ({"people": ">= many"}, "'>= many': expected a number after the comparison"),
        ({"text": "~(open"}, "bad pattern '(open': missing ): (open"),
        ({"node": None}, "expected a text, a number, true/false or a list of these, not None"),
        ({"node": ["x", {"y": 1}]}, "not {'y': 1}"),
    ],
)
def test_what_is_wrong_is_named(condition: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        compile_when(condition, FACTS)
