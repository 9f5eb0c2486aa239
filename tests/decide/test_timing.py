"""How long things are waited for: everywhere, at a site, with a kind of node."""

import pytest

from ingestd.decide.classify import CorrelateRules, TimesOverride
from ingestd.decide.timing import Timing
from ingestd.decide.topology import NodeSpec, Topology, TopologyFile
from ingestd.decide.when import BadCondition
from ingestd.yamltypes import Duration

GRAPH = Topology(
    TopologyFile(
        nodes=(
            NodeSpec(id="ship", site="sea"),
            NodeSpec(id="ups", kind="power", site="sea"),
            NodeSpec(id="desk", site="hq"),
        )
    )
)
SLOW = TimesOverride(id="satellite", when={"site": "sea"}, times={"infer_spread": Duration(600.0)}, infer_children=3)
POWER = TimesOverride(id="power", when={"kind": "power"}, times={"settle_symptom": Duration(5.0)}, infer_ratio=0.9)


def test_an_override_counts_where_it_says_and_they_add_up() -> None:
    timing = Timing(CorrelateRules(overrides=(SLOW, POWER)), GRAPH)
    found = [
        (timing.at(node).times.infer_spread, timing.at(node).times.settle_symptom, timing.at(node).infer_children)
        for node in ("ship", "ups", "desk", "nowhere", None)
    ]
    assert found == [(600.0, 60.0, 3), (600.0, 5.0, 3), (75.0, 60.0, 2), (75.0, 60.0, 2), (75.0, 60.0, 2)]
    assert [timing.at(node).infer_ratio for node in ("ship", "ups")] == [0.6, 0.9]


def test_a_time_that_is_none_is_refused_with_those_that_are() -> None:
    wrong = TimesOverride(id="typo", times={"setle_symptom": Duration(5.0)})
    with pytest.raises(ValueError, match=r"typo: no such time: setle_symptom; known: .*settle_symptom"):
        Timing(CorrelateRules(overrides=(wrong,)), GRAPH)


def test_an_override_asks_in_the_language_of_all_rules() -> None:
    some = TimesOverride(id="some", when={"node": ["ship", "ups*"], "not": {"kind": "power"}}, infer_children=9)
    timing = Timing(CorrelateRules(overrides=(some,)), GRAPH)
    assert [timing.at(node).infer_children for node in ("ship", "ups", "desk", "ship")] == [9, 2, 2, 9]
    with pytest.raises(BadCondition, match="some: unknown fact 'people'"):
        Timing(CorrelateRules(overrides=(TimesOverride(id="some", when={"people": 3}),)), GRAPH)
