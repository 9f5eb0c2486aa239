"""What fell because the last of several redundant nodes failed is explained anew when one of them is back."""

from tests.decide.stories import alert
from tests.night import Night, trading_company

SPARE = """
nodes:
  - {id: r1, kind: router, owner: network}
  - {id: r2, kind: router, owner: network}
  - {id: sw, kind: switch, depends_on: [{any_of: [r1, r2]}], owner: network}
  - {id: srv-1, depends_on: [sw], owner: systems}
  - {id: srv-2, depends_on: [sw], owner: systems}
"""
ONE_WAY = "".join(f"  - {{id: old-{n}, depends_on: [r2], owner: systems}}\n" for n in (1, 2))


def both_down() -> Night:
    night = Night(trading_company(topology=SPARE))
    for second, host in enumerate(("r1", "r2", "sw", "srv-1")):
        night.webhook(second, alert(host))
    night.webhook(5, alert("srv-1", "disk", summary="disk usage 97 %"))
    night.until(100)
    return night


def home(night: Night, host: str) -> str | None:
    newest = max(night.alerts(host), key=lambda a: a.id)
    number = newest.incident
    while night.world.incidents[number].merged_into:
        number = night.world.incidents[number].merged_into
    return night.world.incidents[number].cause


def test_it_belongs_to_the_one_that_went_last() -> None:
    night = both_down()
    assert [home(night, host) for host in ("r1", "r2", "sw", "srv-1")] == ["r1", "r2", "r2", "srv-1"]
    assert night.alerts("sw")[0].reasons[-1].text == "sw -> r2 (and r1), down since 09:00:01, redundant"


def test_what_comes_back_with_the_redundancy_makes_no_noise() -> None:
    night = both_down()
    night.webhook(1000, alert("r1", state="resolved"))
    for second, host in enumerate(("sw", "srv-1")):
        night.webhook(1010 + second, alert(host, state="resolved"))
    before = len(night.pages)
    night.until(3000)
    assert [p.kind for p in night.pages[before:] if p.kind in ("open", "update")] == []


def test_what_still_fires_ten_minutes_later_is_a_matter_of_its_own() -> None:
    night = both_down()
    night.webhook(1000, alert("r1", state="resolved"))
    night.until(1599)
    assert home(night, "sw") == "r2"
    night.until(1700)
    assert [home(night, host) for host in ("r2", "sw", "srv-1")] == ["r2", "sw", "sw"]
    assert any(r.what == "left" for s in night.journal for r in s.changes.timeline)


def test_where_the_other_reason_holds_it_stays() -> None:
    night = both_down()
    night.webhook(1000, alert("r1", state="resolved"))
    night.webhook(1100, alert("r1"))
    night.until(1700)
    assert home(night, "sw") == "r2"


def three_switches() -> Night:
    more = "".join(
        f"  - {{id: sw-{n}, kind: switch, depends_on: [{{any_of: [r1, r2]}}], owner: network}}\n" for n in (2, 3)
    )
    night = Night(trading_company(topology=SPARE + more))
    for second, host in enumerate(("r1", "r2", "sw", "sw-2", "sw-3", "srv-1")):
        night.webhook(second, alert(host))
    night.until(100)
    return night


def test_several_that_are_left_are_one_case() -> None:
    night = three_switches()
    night.webhook(1000, alert("r1", state="resolved"))
    night.webhook(1030, alert("sw-3", state="resolved"))
    night.until(1700)
    assert {home(night, host) for host in ("sw", "sw-2", "srv-1")} == {"sw"}
    assert max(night.alerts("sw-2"), key=lambda a: a.id).certainty == "unsure"


def test_a_redundancy_that_helps_nothing_is_none() -> None:
    night = three_switches()
    night.webhook(1000, alert("r1", state="resolved"))
    night.until(1700)
    assert {home(night, host) for host in ("sw", "sw-2", "sw-3")} == {"r2"}
    assert [p for p in night.pages if p.kind == "update" or p.incident > 2] == []
    assert any(r.what == "stayed" for s in night.journal for r in s.changes.timeline)


def test_what_has_no_second_way_stays_though_something_beside_it_recovered() -> None:
    night = Night(trading_company(topology=SPARE + ONE_WAY))
    for second, host in enumerate(("r1", "r2", "sw", "old-1", "old-2")):
        night.webhook(second, alert(host))
    for second, host in enumerate(("r1", "old-1")):  # old-1 is reached, so r2 seems to live
        night.webhook(1000 + second, alert(host, state="resolved"))
    night.until(1700)
    assert [home(night, host) for host in ("old-2", "sw")] == ["r2", "sw"]


def test_what_left_does_not_come_back_because_it_was_there_first() -> None:
    night = Night(trading_company(topology=SPARE))
    for second, host in enumerate(("srv-1", "sw", "r1", "r2")):  # the incident of srv-1 became that of r2
        night.webhook(second, alert(host))
    night.webhook(1000, alert("r1", state="resolved"))
    night.until(1700)
    assert [home(night, host) for host in ("r2", "sw", "srv-1")] == ["r2", "sw", "sw"]


def test_if_both_are_back_the_usual_end_comes() -> None:
    night = both_down()
    for second, host in enumerate(("r1", "r2")):
        night.webhook(1000 + second, alert(host, state="resolved"))
    night.until(1601)
    assert "redundancy" not in " ".join(r.text for s in night.journal for r in s.changes.timeline)


def test_an_incident_of_its_partner_s_disk_is_left_alone() -> None:
    night = Night(trading_company(topology=SPARE))
    night.webhook(0, alert("r2", "disk", summary="disk usage 97 %"))
    night.webhook(1, alert("r1"))
    night.webhook(1000, alert("r1", state="resolved"))
    night.webhook(1001, alert("r1"))
    night.webhook(1002, alert("r2"))
    night.webhook(1003, alert("r1", state="resolved"))
    night.webhook(1004, alert("r1"))
    night.webhook(1005, alert("r1", state="resolved"))
    assert sorted((i.cause or "", bool(i.recheck_at)) for i in night.incidents()) == [
        ("r1", False),
        ("r2", False),
        ("r2", True),
    ]
