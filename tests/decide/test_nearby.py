"""Links that the topology lacks: the rack, the move; never more than probable."""

from tests.decide.stories import alert
from tests.night import Night, trading_company

RACK = """
nodes:
  - {id: ups, kind: power, site: hq, rack: r1}
  - {id: sw, kind: switch, site: hq, rack: r1, owner: network}
  - {id: srv-1, depends_on: [sw, ups], site: hq, rack: r1}
  - {id: srv-2, depends_on: [sw, ups], site: hq, rack: r1}
  - {id: srv-3, depends_on: [ups], site: hq, rack: r1}
  - {id: far, depends_on: [ups], site: hq, rack: r2}
"""
TWO_RACKS = """
nodes:
  - {id: sw-1, kind: switch, site: hq}
  - {id: sw-2, kind: switch, site: hq}
  - {id: a-1, depends_on: [sw-1], site: hq}
  - {id: a-2, depends_on: [sw-1], site: hq}
  - {id: a-3, depends_on: [sw-1], site: hq}
  - {id: b-1, depends_on: [sw-2], site: hq}
  - {id: b-2, depends_on: [sw-2], site: hq}
  - {id: b-3, depends_on: [sw-2], site: hq}
  - {id: b-4, depends_on: [sw-2], site: hq}
"""


def night_of(topology: str, *alerts: tuple[float, str]) -> Night:
    night = Night(trading_company(topology=topology))
    for at, host in alerts:
        night.webhook(at, alert(host))
    night.until(300)
    return night


def causes(night: Night) -> list[str | None]:
    return sorted(i.cause or "" for i in night.incidents())


def certainty(night: Night, host: str) -> tuple[str, str]:
    found = night.alerts(host)[0]
    return found.certainty, found.reasons[-1].rule


def test_a_node_without_a_link_in_the_rack_of_a_dead_switch_probably_hangs_on_it() -> None:
    for order in ((0, 20, 30), (20, 30, 0)):
        night = night_of(RACK, *zip(order, ("sw", "srv-1", "srv-3"), strict=True))
        assert causes(night) == ["sw"]
        assert certainty(night, "srv-3") == ("unsure", "probable")
        assert "stands in the rack of sw" in night.alerts("srv-3")[0].reasons[-1].text


def test_one_in_another_rack_or_at_another_time_does_not() -> None:
    assert causes(night_of(RACK, (0, "sw"), (20, "far"))) == ["far", "sw"]
    assert causes(night_of(RACK, (0, "sw"), (120, "srv-3"))) == ["srv-3", "sw"]


def test_the_habit_of_one_neighbour_is_no_habit() -> None:
    few = RACK.replace("  - {id: srv-2, depends_on: [sw, ups], site: hq, rack: r1}\n", "")
    assert causes(night_of(few, (0, "sw"), (20, "srv-3"))) == ["srv-3", "sw"]


def test_several_that_fail_with_a_switch_though_theirs_is_well_were_moved() -> None:
    night = night_of(TWO_RACKS, (0, "sw-1"), (5, "a-1"), (9, "a-2"), (20, "b-1"), (30, "b-2"))
    assert causes(night) == ["sw-1"]
    assert certainty(night, "b-1") == ("unsure", "probable")
    assert "although sw-2 is well" in night.alerts("b-2")[0].reasons[-1].text


def test_one_alone_is_a_case_of_its_own() -> None:
    assert causes(night_of(TWO_RACKS, (0, "sw-1"), (5, "a-1"), (9, "a-2"), (20, "b-1"))) == ["b-1", "sw-1"]


def test_where_two_switches_failed_nobody_can_tell() -> None:
    three = (
        TWO_RACKS
        + "  - {id: sw-3, kind: switch, site: hq}\n"
        + "".join(f"  - {{id: c-{n}, depends_on: [sw-3], site: hq}}\n" for n in (1, 2))
    )
    storm = ((0, "sw-1"), (1, "sw-3"), (5, "a-1"), (6, "a-2"), (7, "c-1"), (8, "c-2"), (20, "b-1"), (30, "b-2"))
    assert causes(night_of(three, *storm)) == ["b-1", "b-2", "sw-1", "sw-3"]


def test_what_is_explained_is_not_guessed_at() -> None:
    night = night_of(TWO_RACKS, (0, "sw-1"), (5, "a-1"), (9, "a-2"), (15, "sw-2"), (20, "b-1"), (30, "b-2"))
    assert causes(night) == ["sw-1", "sw-2"]
