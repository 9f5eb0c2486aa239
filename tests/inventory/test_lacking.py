"""Which way round a link is, which of several is the one, and what equals share."""

from ingestd.decide.topology import NodeSpec
from ingestd.inventory.lacking import rank
from tests.inventory.past import NOTHING, Past, day, node, site


def test_what_hardly_fails_alone_is_what_the_other_hangs_on() -> None:
    assert Past().together("orders", "ledger").alone("orders", times=3).links() == ["orders > ledger"]
    assert Past().together("orders", "ledger").alone("ledger", times=3).links() == ["ledger > orders"]


def test_equals_share_something() -> None:
    assert Past().together("alpha", "beta").links() == ["alpha, beta"]
    assert Past().together("alpha", "beta", "gamma", "delta").alone("alpha").links() == ["alpha, beta, delta, gamma"]


def test_kinds_and_names_decide_between_equals() -> None:
    assert Past().together("srv-4", "acc-sw-17").links() == ["srv-4 > acc-sw-17"]
    assert Past().together("srv-4", "acc-sw-17").alone("acc-sw-17", times=2).links() == ["srv-4 > acc-sw-17"]
    known = site(node("x", kind="service"), node("y"))
    assert Past().together("x", "y").links(known) == ["x > y"]


def test_ranks() -> None:
    topology = site(
        node("a", kind="power"),
        node("b", kind="router"),
        node("c", kind="switch"),
        node("core-3", kind="switch"),
        node("core-bank"),
        NodeSpec(id="d", kind="vm"),
    )
    found = [rank(topology, name) for name in ("a", "b", "c", "core-3", "core-bank", "d", "esx-1", "dist-2", "who")]
    assert found == [-1, 2, 6, 2, 8, 9, 7, 4, 8]


def test_servers_behind_a_switch_hang_on_it_and_not_on_one_another() -> None:
    past = Past().together("hub", "one", "two", "three").alone("one", "two", "three", times=3)
    assert past.links() == ["one > hub", "three > hub", "two > hub"]
    named = Past().together("sw-1", "srv-1", "srv-2", "srv-3").alone("srv-2", times=3)
    assert named.links() == ["srv-1 > sw-1", "srv-2 > sw-1", "srv-3 > sw-1"]


def test_a_chain_is_a_chain() -> None:
    past = Past().together("core", "floor", "desk", times=5)
    past.together("floor", "desk", times=4, from_day=57).alone("desk", times=6)
    assert past.links() == ["desk > floor", "floor > core"]


def test_what_hangs_on_several_equals_shares_with_them() -> None:
    past = Past().together("left", "right", "middle").alone("middle", times=3)
    assert past.links() == ["left, middle, right"]


def test_only_what_accounts_for_most_failures_of_a_node_is_proposed() -> None:
    past = Past().together("shop", "stock", times=6).together("shop", "bank", times=4, from_day=57)
    assert past.links() == ["shop > stock"]


def test_no_circle_is_closed_with_what_the_topology_says() -> None:
    topology = site(node("base", kind="vm"), node("top", "base", kind="switch"), node("far"))
    past = Past().together("far", "top", times=5)
    assert past.links(topology) == ["far > top"]
    past.together("far", "base", "top", times=6, from_day=57)
    assert past.links(topology) == ["base > far"]


def test_what_stands_between_a_node_and_a_known_ancestor_is_enough() -> None:
    topology = site(node("core", kind="router"), node("acc", "core", kind="switch"))
    past = Past().together("core", "acc", "new").together("acc", "new", from_day=57)
    assert past.links(topology) == ["new > acc"]


def test_storms_are_judged_as_one() -> None:
    hosts = [f"h{n}" for n in range(100)]
    past = Past().together(*hosts).apart(*hosts[:50])
    (one,) = past.suggest()
    assert set(one.nodes) == set(hosts) and (one.together, one.failures, one.days) == (5, 5, 5)
    assert "h0, h1, h2, h3, h4, h5, h6, h7 and 92 more" in one.text
    assert Past().together(*hosts, times=2).links() == []


def test_a_report_that_got_lost_in_a_storm_is_forgiven() -> None:
    hosts = [f"h{n}" for n in range(100)]
    past = Past().together(*hosts, times=4).together(*hosts[1:], times=1, from_day=5)
    (one,) = past.suggest()
    assert len(one.nodes) == 100 and one.together == 5


def test_in_a_storm_by_chance_is_not_of_it() -> None:
    hosts = [f"h{n}" for n in range(100)]
    past = Past().together(*hosts, times=6)
    past.down(day(60, 3.7), "guest").down(day(51, 7.4), "guest").apart("guest", times=9)
    (one,) = past.suggest()
    assert "guest" not in one.nodes


def test_different_storms_are_different_groups_and_known_links_thin_them_out() -> None:
    east, west = [f"east-{n}" for n in range(70)], [f"west-{n}" for n in range(70)]
    past = Past().together(*east, times=4).together(*west, times=4, from_day=57)
    assert [len(one.nodes) for one in past.suggest()] == [70, 70]
    past = Past().together(*east, "acc-sw-1", "srv-9").together("acc-sw-1", "srv-9", times=4, from_day=57)
    link, group = sorted(past.suggest(), key=lambda one: one.on, reverse=True)
    assert (link.nodes, link.on) == (("srv-9",), "acc-sw-1")
    assert set(group.nodes) == {*east, "acc-sw-1"}


def test_nothing_comes_of_nothing() -> None:
    assert Past().links() == []
    assert Past().together("x", "y", times=2).links(NOTHING) == []
