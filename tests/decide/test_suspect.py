"""A cause that never reports: what speaks for it, what against it, and how a suspicion falls."""

from ingestd.model import Silence
from tests.decide.stories import ROW, alert
from tests.night import MORNING, Night, trading_company

#: Two switches on one distribution pair, with power of their own; servers on one switch or on both.
HALL = """
nodes:
  - {id: feed, kind: power}
  - {id: dist-1, kind: switch, depends_on: [feed]}
  - {id: dist-2, kind: switch, depends_on: [feed]}
  - {id: ups-a, kind: power}
  - {id: ups-b, kind: power}
  - {id: sw-a, kind: switch, depends_on: [{any_of: [dist-1, dist-2]}, ups-a]}
  - {id: sw-b, kind: switch, depends_on: [{any_of: [dist-1, dist-2]}, ups-b]}
  - {id: a-1, depends_on: [sw-a, ups-a]}
  - {id: a-2, depends_on: [sw-a, ups-a]}
  - {id: a-3, depends_on: [sw-a, ups-a]}
  - {id: b-1, depends_on: [sw-b, ups-b]}
  - {id: b-2, depends_on: [sw-b, ups-b]}
  - {id: b-3, depends_on: [sw-b, ups-b]}
  - {id: both-1, depends_on: [{any_of: [sw-a, sw-b]}, ups-a]}
  - {id: both-2, depends_on: [{any_of: [sw-a, sw-b]}, ups-a]}
"""


def night_of(topology: str, *alerts: tuple[float, str]) -> Night:
    night = Night(trading_company(topology=topology))
    for at, host in alerts:
        night.webhook(at, alert(host))
    return night


def causes(night: Night) -> list[tuple[str | None, str]]:
    return sorted((i.cause, i.cause_kind) for i in night.incidents() if i.state != "resolved")


def test_most_of_its_children_in_one_spell_speak_for_a_silent_cause() -> None:
    night = night_of(HALL, (0, "a-1"), (30, "a-2"), (60, "a-3"))
    night.until(200)
    assert causes(night) == [("sw-a", "inferred")]


def test_three_may_be_spread_over_minutes_two_may_not() -> None:
    night = night_of(HALL, (0, "a-1"), (100, "a-2"), (145, "a-3"))
    night.until(400)
    assert causes(night) == [("sw-a", "inferred")]
    night = night_of("nodes: [{id: sw}, {id: a, depends_on: [sw]}, {id: b, depends_on: [sw]}]", (0, "a"), (100, "b"))
    night.until(400)
    assert causes(night) == [("a", "reported"), ("b", "reported")]


def test_those_that_are_well_speak_against_it() -> None:
    night = night_of(ROW, (0, "srv-1"), (10, "srv-2"))
    night.until(200)
    assert causes(night) == [("srv-1", "reported"), ("srv-2", "reported")]


def test_what_something_else_explains_says_nothing() -> None:
    """The switch reported itself; of the rack's power speaks only what has another way out, and not in time."""
    night = night_of(HALL, (0, "sw-a"), (5, "a-1"), (8, "a-2"), (93, "both-1"), (193, "both-2"))
    night.until(400)
    assert causes(night) == [("both-1", "reported"), ("both-2", "reported"), ("sw-a", "reported")]


def test_what_goes_down_with_a_dead_switch_although_it_has_another_way_out_speaks_for_the_power() -> None:
    night = night_of(HALL, (0, "sw-a"), (5, "a-1"), (20, "both-1"), (40, "both-2"))
    night.until(200)
    assert causes(night) == [("ups-a", "inferred")]


def test_the_better_explanation_wins_although_another_would_do() -> None:
    """Power of rack a would explain its switch and what hangs on both; the silent switch b explains more."""
    night = night_of(
        HALL, (0, "sw-a"), (20, "both-1"), (25, "b-1"), (28, "both-2"), (30, "b-2"), (31, "b-3"), (33, "a-1")
    )
    night.until(200)
    assert causes(night) == [("sw-a", "reported"), ("sw-b", "inferred")]
    assert night.world.incidents[night.alerts("both-1")[0].incident].number in (2, 3)


def test_a_suspicion_below_leads_to_one_above() -> None:
    night = night_of(HALL, (0, "dist-1"), (5, "sw-a"), (9, "sw-b"), (100, "dist-2"))
    night.until(300)
    assert causes(night) == [("feed", "inferred")]


def test_a_suspicion_falls_when_all_that_spoke_for_it_is_explained_without_it() -> None:
    night = night_of(HALL, (0, "sw-a"), (10, "both-1"), (20, "both-2"))
    night.until(180)
    assert causes(night) == [("ups-a", "inferred")]
    night.webhook(190, alert("dist-1"))
    night.webhook(195, alert("dist-2"))
    night.webhook(200, alert("sw-b"))
    night.until(400)
    assert causes(night) == [("dist-1", "reported"), ("dist-2", "reported")]
    assert "ups-a is no longer suspected" in " ".join(r.text for s in night.journal for r in s.changes.timeline)
    assert not night.world.marks["ups-a"].inferred_by


def test_it_stands_while_something_speaks_for_it() -> None:
    lamp = HALL + "  - {id: lamp, depends_on: [ups-a]}\n"
    night = night_of(lamp, (0, "sw-a"), (10, "both-1"), (20, "both-2"), (30, "lamp"))
    night.until(180)
    night.webhook(190, alert("dist-1"))
    night.webhook(195, alert("dist-2"))
    assert ("ups-a", "inferred") in causes(night)


def test_what_is_in_maintenance_speaks_for_nothing() -> None:
    window = HALL + "maintenance: [{targets: [a-1, a-2], start: 1795568000, end: 1795575000}]\n"
    night = night_of(window, (0, "a-1"), (5, "a-2"), (9, "a-3"))
    night.until(200)
    assert {kind for _, kind in causes(night)} == {"reported"}


def test_a_storm_holds_its_pages_until_it_can_be_told_what_it_is() -> None:
    sites = "nodes:\n  - {id: core, kind: router}\n" + "".join(
        f"  - {{id: sw-{n}, kind: switch, depends_on: [core]}}\n"
        + "".join(f"  - {{id: box-{n}-{k}, depends_on: [sw-{n}]}}\n" for k in range(9))
        for n in range(20)
    )
    night = night_of(sites, *((n * 2, f"box-{n}-0") for n in range(12)))
    night.until(140)
    assert night.told() == []
    night.until(160)
    assert night.told()


def test_a_switch_that_was_proved_up_since_is_not_suspected() -> None:
    night = Night(trading_company(topology=ROW))
    for second, host in enumerate(("srv-1", "srv-2", "srv-3")):
        night.webhook(second, alert(host))
    night.webhook(
        20, alert("srv-4", state="resolved")
    )  # heard of for the first time: it is alive, and so is its switch
    night.until(300)
    assert "sw" not in {incident.cause for incident in night.incidents()}


def test_what_is_silenced_speaks_neither_for_nor_against_a_suspect() -> None:
    night = Night(trading_company(topology=ROW))
    hidden = Silence(
        id="s", targets=("srv-3", "srv-4", "srv-5"), starts_at=MORNING, ends_at=MORNING + 9000, by="", comment="move"
    )
    assert night.act(0, "lin", "silence", silence=hidden).ok
    for second in range(1, 6):
        night.webhook(second, alert(f"srv-{second}"))
    night.until(300)
    assert [(incident.cause, incident.cause_kind) for incident in night.incidents()] == [("sw", "inferred")]
