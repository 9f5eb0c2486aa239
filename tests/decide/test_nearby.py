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


def test_a_service_behind_a_silent_server_speaks_for_the_move_as_well() -> None:
    shop = "  - {id: shop, kind: service, depends_on: [a-2], site: hq}\n"
    night = night_of(TWO_RACKS + shop, (0, "sw-1"), (5, "a-1"), (9, "shop"), (20, "b-1"), (30, "b-2"))
    assert causes(night) == ["sw-1"]


def test_a_disk_behind_the_other_switch_does_not() -> None:
    night = Night(trading_company(topology=TWO_RACKS))
    night.webhook(0, alert("a-2", "disk", summary="disk usage 97 %"))
    for at, host in ((1, "sw-1"), (5, "a-1"), (20, "b-1"), (30, "b-2")):
        night.webhook(at, alert(host))
    night.until(300)
    assert causes(night) == ["a-2", "b-1", "b-2", "sw-1"]


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


# -- hosts that no topology knows
UNKNOWN = "nodes: []"


def place(*hosts: str) -> Night:
    """Hosts that fall silent ten seconds apart, five minutes later."""
    return night_of(UNKNOWN, *((10.0 * i, host) for i, host in enumerate(hosts)))


def test_hosts_that_stand_in_one_place_by_their_names_are_one_incident() -> None:
    night = place("ams1-r05-web01", "ams1-r05-web02.ams1.example:9100", "ams1-r05-web03.local")
    assert causes(night) == ["ams1-r05-web01"]
    assert certainty(night, "ams1-r05-web02") == ("unsure", "probable")
    assert "3 hosts of ams1-r05, by their names" in night.alerts("ams1-r05-web03")[0].reasons[-1].text
    assert [page.kind for page in night.pages] == ["last_resort"]  # the page says it all, no update follows


def test_the_page_waits_while_more_of_a_place_falls_silent() -> None:
    night = place(*(f"ams1-r05-web{i:02}" for i in range(1, 9)))
    assert [(page.kind, page.notification.facts.held) for page in night.pages] == [("last_resort", 90.0)]
    assert causes(night) == ["ams1-r05-web01"]


def test_two_may_be_chance_unless_one_carries_the_other() -> None:
    assert causes(place("ams1-r05-web01", "ams1-r05-web02")) == ["ams1-r05-web01", "ams1-r05-web02"]
    assert causes(place("ams1-r05-web01", "ams1-r05-sw")) == ["ams1-r05-sw"]


def test_the_cause_is_what_carries_most_and_two_that_carry_alike_stay_apart() -> None:
    assert causes(place("ams1-r05-web01", "ams1-r05-sw", "ams1-r05-pdu")) == ["ams1-r05-pdu"]
    assert causes(place("ams1-r05-sw1", "ams1-r05-web01", "ams1-r05-sw2")) == ["ams1-r05-sw1", "ams1-r05-sw2"]


def test_other_places_other_hours_and_local_problems_stay_apart() -> None:
    assert len(causes(place("ams1-r05-sw", "ams1-r06-web01", "fra1-r05-web01"))) == 3
    assert len(causes(night_of(UNKNOWN, (0, "ams1-r05-sw"), (100, "ams1-r05-web01")))) == 2
    night = Night(trading_company(topology=UNKNOWN))
    night.webhook(0, alert("ams1-r05-sw"))
    night.webhook(5, alert("ams1-r05-web01", check="disk", summary="disk 91% full"))
    night.until(300)
    assert causes(night) == ["ams1-r05-sw", "ams1-r05-web01"]


def test_a_switch_that_reports_late_becomes_the_cause() -> None:
    night = place("ams1-r05-web01", "ams1-r05-web02", "ams1-r05-web03", "ams1-r05-sw")
    assert causes(night) == ["ams1-r05-sw"]


def test_what_still_fires_when_its_switch_is_back_is_a_case_of_its_own() -> None:
    night = place("ams1-r05-sw", "ams1-r05-web01", "ams1-r05-web02")
    night.webhook(600, alert("ams1-r05-sw", state="resolved"))
    night.webhook(610, alert("ams1-r05-web01", state="resolved"))
    night.webhook(800, alert("ams1-r05-web02"))
    night.until(2400)
    assert [(i.cause, i.state) for i in night.incidents() if not i.merged_into] == [
        ("ams1-r05-sw", "resolved"),
        ("ams1-r05-web02", "triggered"),
    ]


def test_one_host_that_is_back_is_no_word_for_its_place() -> None:
    night = place("ams1-r05-web01", "ams1-r05-web02", "ams1-r05-web03", "ams1-r05-web04")
    night.webhook(600, alert("ams1-r05-web01", state="resolved"))
    night.until(2400)
    assert [i.state for i in night.incidents()] == ["triggered"]
    for at, host in ((2410, "ams1-r05-web02"), (2420, "ams1-r05-web03")):
        night.webhook(at, alert(host, state="resolved"))
    night.webhook(2430, alert("ams1-r05-web01"))
    night.webhook(2440, alert("ams1-r05-web01", state="resolved"))  # most are back: so is whatever they hang on
    night.until(4200)
    assert [(i.cause, i.state) for i in night.incidents()] == [
        ("ams1-r05-web01", "resolved"),
        ("ams1-r05-web04", "triggered"),
    ]
