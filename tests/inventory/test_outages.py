"""Failures become outages, and what the topology explains is told from what it does not."""

from ingestd.decide.topology import AnyOf, NodeSpec, Topology
from ingestd.inventory.outages import CROWD, Failure, History
from tests.inventory.past import MINUTE, NOTHING, NOW, Past, day, node, site

SITE = site(node("core"), node("sw", "core"), node("a", "sw"), node("b", "sw"), node("c", "sw"))


def roots(past: Past, topology: Topology = SITE) -> list[str]:
    return sorted(one.node for one in History(past.failures, topology, NOW).roots)


def test_flaps_and_several_checks_are_one_outage() -> None:
    failures = [Failure("a", "a", began, until) for began, until in ((0, 100), (50, 60), (300, 400), (800, 0))]
    first, last = History(failures, NOTHING, 1000).outages["a"]
    assert (first.began, first.until, last.began, last.until) == (0, 400, 800, 1000)


def test_one_host_in_two_spellings_is_one_node() -> None:
    names = ("web-1", "WEB-1.shop.example:443", "db.one.example", "db.two.example", "192.0.2.7", "sw.shop.example")
    history = History([Failure(name, name, 0, 10) for name in names], SITE, NOW)
    assert sorted(history.outages) == ["192.0.2.7", "db.one.example", "db.two.example", "sw", "web-1"]
    assert history.called("web-1.shop.example") == "web-1"


def test_the_node_that_an_alert_was_taken_for_counts_if_the_topology_has_it() -> None:
    history = History([Failure("a", "some other name", 0, 10), Failure("", None, 0, 10)], SITE, NOW)
    assert sorted(history.outages) == ["", "a"]


def test_what_hangs_on_a_node_that_is_down_is_no_root() -> None:
    assert roots(Past().down(day(5), "sw", "a", "b")) == ["sw"]
    assert roots(Past().down(day(5), "core", "a")) == ["core"]
    assert roots(Past().down(day(5), "a").down(day(4), "sw")) == ["a", "sw"]


def test_a_node_that_just_came_back_still_explains() -> None:
    past = Past().down(day(5), "sw", minutes=5)
    assert roots(past.down(day(5) + 6 * MINUTE, "a")) == ["sw"]
    assert roots(past.down(day(5) + 20 * MINUTE, "b")) == ["b", "sw"]


def test_a_silent_node_is_known_by_what_hangs_on_it() -> None:
    past = Past().apart("a", "b", "c")
    assert roots(past) == ["a", "b", "c"]
    assert roots(past.down(day(5), "a", "b")) == ["a", "b", "c"]
    assert roots(Past().apart("a", "b", "c", "a").down(day(5), "a")).count("a") == 3


def test_redundant_nodes_explain_only_together() -> None:
    pair = NodeSpec(id="acc", depends_on=(AnyOf(("core-1", "core-2")),))
    topology = site(node("core-1"), node("core-2"), pair, node("srv", "acc"))
    assert roots(Past().down(day(5), "core-1", "srv"), topology) == ["core-1", "srv"]
    assert roots(Past().down(day(5), "core-1", "core-2", "srv"), topology) == ["core-1", "core-2"]


def test_a_circle_ends() -> None:
    topology = site(node("x", "y"), node("y", "x"))
    assert roots(Past().down(day(5), "x", "y"), topology) == []
    assert History([], topology, NOW).related("x", "y")


def test_a_crowd_is_a_storm_with_what_is_close_to_it() -> None:
    past = Past().down(day(5), *(f"h{n}" for n in range(CROWD + 20))).down(day(5) + 65, "late").down(day(4), "other")
    history = History(past.failures, NOTHING, NOW)
    assert [one.node for one in history.roots] == ["other"]
    (storm,) = history.storms
    assert len(storm.outages) == CROWD + 21 and 65 <= storm.length < 130
    past.down(day(3), *(f"h{n}" for n in range(CROWD + 20)))
    assert len(History(past.failures, NOTHING, NOW).storms) == 2


def test_down_and_heard() -> None:
    history = History([Failure("a", "a", 1000, 1060)], NOTHING, NOW)
    assert [history.down("a", moment) for moment in (900, 930, 1100, 1181)] == [False, True, True, False]
    assert [history.heard(name, moment) for name, moment in (("a", 900), ("a", 5000), ("b", 5000))] == [
        False,
        True,
        False,
    ]
