"""Calendars, the matrix, and the overrides over it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide.rank import CalendarSpec, LevelRule, Override, PriorityRules, Ranker
from ingestd.decide.when import Situation

SHANGHAI = ZoneInfo("Asia/Shanghai")
MATRIX = {
    "high": {"high": "P1", "medium": "P2", "low": "P3"},
    "medium": {"high": "P2", "medium": "P3", "low": "P4"},
    "low": {"high": "P3", "medium": "P4", "low": "P4"},
}


def ranker(**more: object) -> Ranker:
    return Ranker(PriorityRules(matrix=MATRIX, **more), "Asia/Shanghai")  # type: ignore[arg-type]


def rank(situation: Situation, *overrides: Override) -> tuple[str, bool, list[str]]:
    """(priority, page at once, the rules that had a say) where three people and one service are the whole world."""
    impact = (LevelRule(id="crowd", when={"people": ">= 3"}, level="high"),)
    urgency = (LevelRule(id="gone", when={"class": "reachability"}, level="medium"),)
    found = ranker(impact=impact, urgency=urgency, overrides=overrides).rank(situation)
    return found.priority, found.page_at_once, [r.rule for r in found.reasons]


@pytest.mark.parametrize(
    ("parts", "inside", "outside"),
    [
        ({"last_days": 2}, "2026-02-27T00:00", "2026-02-26T23:59"),
        ({"last_days": 1}, "2028-02-29T12:00", "2028-02-28T12:00"),
        ({"first_days": 3}, "2026-11-03T23:59", "2026-11-04T00:00"),
        ({"days": (15,)}, "2026-11-15T08:00", "2026-11-16T08:00"),
        ({"dates": (date(2026, 12, 31),)}, "2026-12-31T08:00", "2027-12-31T08:00"),
        ({"weekdays": ("sat", "sun")}, "2026-11-22T08:00", "2026-11-23T08:00"),
        ({"from_": "08:00", "to": "18:00"}, "2026-11-23T08:00", "2026-11-23T18:00"),
        ({"from_": "22:00", "to": "06:00"}, "2026-11-23T05:59", "2026-11-23T21:59"),
        ({"from_": "22:00", "to": "06:00"}, "2026-11-23T22:00", "2026-11-23T06:00"),
        ({"from_": "17:00"}, "2026-11-23T17:00", "2026-11-23T16:59"),
        ({"to": "09:00"}, "2026-11-23T00:00", "2026-11-23T09:00"),
        ({"weekdays": ("mon",), "to": "09:00"}, "2026-11-23T08:00", "2026-11-24T08:00"),
    ],
)
def test_calendars_follow_the_sites_local_time(parts: dict[str, object], inside: str, outside: str) -> None:
    one = ranker(calendars=(CalendarSpec(id="it", **parts),))  # type: ignore[arg-type]
    assert one.calendars(datetime.fromisoformat(inside).replace(tzinfo=SHANGHAI).timestamp()) == ("it",)
    assert one.calendars(datetime.fromisoformat(outside).replace(tzinfo=SHANGHAI).timestamp()) == ()


def test_impact_and_urgency_meet_in_the_matrix() -> None:
    assert rank({"people": 3.0, "class": "reachability"}) == ("P2", False, ["crowd", "gone", "matrix"])


def test_what_no_rule_speaks_of_is_low() -> None:
    assert rank({"people": 1.0, "class": "local"}) == ("P4", False, ["default", "default", "matrix"])


def test_an_override_raises_lowers_or_pins() -> None:
    crowd: Situation = {"people": 3.0, "class": "reachability", "node": "lab"}
    in_lab = {"node": "lab"}
    assert rank(crowd, Override(id="vip", when=in_lab, at_least="P1"))[0] == "P1"
    assert rank(crowd, Override(id="lab", when=in_lab, at_most="P4"))[0] == "P4"
    assert rank(crowd, Override(id="pin", when=in_lab, at_least="P3", at_most="P3"))[0] == "P3"
    assert rank(crowd, Override(id="lab", when={"node": "office"}, at_most="P4"))[0] == "P2"


def test_only_an_override_that_changed_something_is_named() -> None:
    crowd: Situation = {"people": 3.0, "class": "reachability"}
    assert "floor" not in rank(crowd, Override(id="floor", when={}, at_least="P3"))[2]
    assert rank(crowd, Override(id="floor", when={}, at_least="P1"))[2][-1] == "floor"


def test_one_override_that_does_not_hold_is_enough() -> None:
    at_once, later = Override(id="siren", when={}, page_at_once=True), Override(id="vip", when={}, at_least="P1")
    assert rank({}, at_once, later)[:2] == ("P1", True)


def test_a_hole_in_the_matrix_is_an_error() -> None:
    with pytest.raises(ValueError, match="matrix: impact low needs a priority for urgency high, medium and low"):
        Ranker(PriorityRules(matrix={**MATRIX, "low": {"high": "P3"}}))  # type: ignore[dict-item]


def test_a_bad_condition_is_named_with_its_rule() -> None:
    with pytest.raises(ValueError, match="odd: unknown fact 'colour'"):
        ranker(urgency=(LevelRule(id="odd", when={"colour": "red"}, level="high"),))


def test_rules_ask_for_the_time_as_it_is_at_the_site() -> None:
    late = datetime(2027, 1, 29, 22, 30, tzinfo=SHANGHAI).timestamp()
    calendars = (
        CalendarSpec(id="working-time", weekdays=("fri",), from_="08:00", to="23:00"),
        CalendarSpec(id="no", days=(1,)),
    )
    assert ranker(calendars=calendars).moment(late) == {
        "calendar": ("working-time",),
        "weekday": "fri",
        "time": 1350.0,
        "date": "2027-01-29",
        "working_time": True,
    }
    night = LevelRule(
        id="night", when={"time": "22:00-06:00", "weekday": "mon-fri", "working_time": False}, level="high"
    )
    one = ranker(urgency=(night,))
    assert one.rank(one.moment(late)).urgency == "high"
    assert one.rank(one.moment(late - 3600)).urgency == "low"
    assert one.rank(one.moment(late + 86400)).urgency == "low"
