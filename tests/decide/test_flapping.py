"""Up and down, again and again: one incident, one page, one end."""

import pytest

from ingestd.decide import flapping
from ingestd.world import Draft
from tests.decide.stories import alert
from tests.night import Night, trading_company

DOOR = """
nodes:
  - {id: door, kind: switch, owner: network}
"""
MINUTE = 60.0


def flaps(times: int, every: float, down: float = 30.0) -> Night:
    night = Night(trading_company(topology=DOOR))
    for n in range(times):
        night.webhook(n * every, alert("door"))
        night.webhook(n * every + down, alert("door", state="resolved"))
    return night


def opened(night: Night) -> int:
    return sum(row.what == "opened" for step in night.journal for row in step.changes.timeline)


def kinds(night: Night) -> list[str]:
    return [page.kind for page in night.pages]


def test_what_flaps_within_the_cooling_is_one_incident_that_stays_open_until_it_is_calm() -> None:
    night = flaps(6, every=2 * MINUTE, down=90.0)
    night.until(30 * MINUTE)
    said = [row.text for step in night.journal for row in step.changes.timeline if row.what == "flapping"]
    assert said == ["door goes up and down: open until it is calm"]
    assert [a.flapping for a in night.world.alerts.values()] == [True]
    assert all(i.state != "resolved" for i in night.world.incidents.values())
    night.until(60 * MINUTE)
    assert opened(night) == 1
    assert [kind for _, _, kind in night.told("lin")] == ["open", "end"]


def test_what_flaps_beyond_the_cooling_pages_no_more_after_a_few_times() -> None:
    night = flaps(12, every=9 * MINUTE, down=2 * MINUTE)
    night.until(12 * 9 * MINUTE + 60 * MINUTE)
    assert opened(night) == 5  # the penalty grows from incident to incident; the fifth stays open
    assert kinds(night).count("open") == 5
    assert [alert.flapping for alert in night.alerts("door")][-1]


def test_what_comes_back_seldom_does_not_flap() -> None:
    night = flaps(8, every=50 * MINUTE, down=2 * MINUTE)
    assert opened(night) == 8
    assert not any(a.flapping for a in night.world.alerts.values())


def test_what_flapped_and_was_calm_for_long_begins_anew() -> None:
    night = flaps(6, every=2 * MINUTE, down=90.0)
    night.until(65 * MINUTE)
    night.webhook(66 * MINUTE, alert("door"))
    night.webhook(67 * MINUTE, alert("door", state="resolved"))
    newest = max(night.world.alerts.values(), key=lambda one: one.id)
    assert not newest.flapping
    assert newest.penalty == pytest.approx(1.0, abs=0.7)


def test_a_flap_goes_on_flapping_while_little_has_decayed() -> None:
    night = flaps(5, every=2 * MINUTE, down=90.0)
    night.webhook(30 * MINUTE, alert("door"))
    assert [a.flapping for a in night.world.alerts.values()] == [True]


def test_what_seems_to_be_over_brings_in_nobody_else_until_it_fires_again() -> None:
    night = Night(trading_company(topology=DOOR))
    night.webhook(0, alert("door"))
    night.webhook(5 * MINUTE, alert("door", state="resolved"))
    night.until(8 * MINUTE)
    assert [kind for _, _, kind in night.told()] == ["open"]
    night.webhook(9 * MINUTE, alert("door"))
    night.until(9 * MINUTE + 1)
    assert [kind for _, _, kind in night.told()] == ["open", "functional"]


def test_what_flapped_long_ago_is_calm() -> None:
    night = flaps(6, every=2 * MINUTE, down=90.0)
    (door,) = night.alerts("door")
    assert door.flapping and flapping.calm_at(Draft(night.world, night.world.at), door) > night.world.at
    assert flapping.calm_at(Draft(night.world, night.world.at + 7 * 86400), door) == 0.0
