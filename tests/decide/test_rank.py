"""Calendars, the matrix, and the overrides over it."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ingestd.decide import rank as ranks
from ingestd.decide.rank import CalendarSpec, Deadline, LevelRule, Override, PriorityRules, Ranker
from ingestd.decide.topology import DeadlineSpec, TopologyFile
from ingestd.decide.when import Situation
from ingestd.yamltypes import loads

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


# -- deadlines
def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


MONTHS = (
    CalendarSpec(id="month-end", last_days=2),
    CalendarSpec(id="working-time", working=True, from_="08:00", to="18:00"),
)
TAX = DeadlineSpec(id="tax", calendar="month-end", at="17:00")


@pytest.mark.parametrize(
    ("specs", "now", "due"),
    [
        ((TAX,), "2026-11-23T08:00", Deadline("tax", at("2026-11-30T17:00"))),
        ((TAX,), "2026-11-30T17:00", Deadline("tax", at("2026-11-30T17:00"))),
        ((TAX,), "2026-11-30T17:01", Deadline("tax", at("2026-12-31T17:00"))),
        ((replace(TAX, roll=True),), "2026-10-31T20:00", Deadline("tax", at("2026-11-02T17:00"))),  # from a Saturday
        ((replace(TAX, roll=True),), "2026-11-01T08:00", Deadline("tax", at("2026-11-02T17:00"))),
        ((TAX, DeadlineSpec(id="pay", calendar="month-end", at="09:00")), "2026-11-23T08:00", Deadline("pay", at("2026-11-30T09:00"))),
        ((replace(TAX, calendar="nobody-knows"),), "2026-11-23T08:00", None),
        ((), "2026-11-23T08:00", None),
    ],
)  # fmt: skip
def test_the_next_deadline(specs: tuple[DeadlineSpec, ...], now: str, due: Deadline | None) -> None:
    assert ranker(calendars=MONTHS).deadline(specs, at(now)) == due


def test_without_working_time_nothing_rolls() -> None:
    one = ranker(calendars=MONTHS[:1])
    assert one.deadline((replace(TAX, roll=True),), at("2026-10-31T08:00")) == Deadline("tax", at("2026-10-31T17:00"))


def test_only_so_many_days_of_deadlines_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "REMEMBERED", 1)
    one = ranker(calendars=MONTHS)
    found = [one.deadline((TAX,), at(f"2026-11-{day}T08:00")) for day in (23, 24, 23)]
    assert found == [Deadline("tax", at("2026-11-30T17:00"))] * 3


# -- when the rules may say something else
def next_change(when: Mapping[str, object], now: str, deadline: str = "", zone: str = "Asia/Shanghai") -> str:
    """When a rule that asks this may say something else, by the clocks; "" never."""
    rules = PriorityRules(
        matrix=MATRIX,  # type: ignore[arg-type]
        calendars=MONTHS,
        urgency=(LevelRule(id="it", when=dict(when), level="high"),),
    )
    place = ZoneInfo(zone)
    wall, due = (
        datetime.fromisoformat(text).replace(tzinfo=place).timestamp() if text else 0.0 for text in (now, deadline)
    )
    found = Ranker(rules, zone).next_change(wall, due, {"new_nodes": 5.0, "new_alerts": 7.0})
    return datetime.fromtimestamp(found, place).isoformat(timespec="seconds")[:19] if found else ""


@pytest.mark.parametrize(
    ("when", "now", "deadline", "change"),
    [
        ({"node": "sw"}, "2026-11-23T08:00", "2026-11-23T20:00", ""),
        ({"weekday": "mon"}, "2026-11-23T08:00", "", "2026-11-24T00:00:00"),
        ({"time": "22:00-06:00"}, "2026-11-23T08:00", "", "2026-11-23T22:00:00"),
        ({"time": "22:00-06:00"}, "2026-11-23T22:00", "", "2026-11-24T00:00:00"),
        ({"time": "22:00-06:00"}, "2026-11-24T00:00", "", "2026-11-24T06:00:00"),
        ({"time": ">= 18:30"}, "2026-11-24T00:00", "", "2026-11-24T18:30:00"),
        ({"calendar": "month-end"}, "2026-11-24T00:00", "", "2026-11-29T00:00:00"),
        ({"calendar": "~month"}, "2026-11-27T19:00", "", "2026-11-29T00:00:00"),
        ({"calendar": "working-time"}, "2026-11-23T09:00", "", "2026-11-23T18:00:00"),
        ({"working_time": True}, "2026-11-23T09:00", "", "2026-11-23T18:00:00"),
        ({"new_nodes": ">= 5"}, "2026-11-23T09:00", "", "2026-11-23T09:10:00"),
        ({"new_nodes": ">= 6"}, "2026-11-23T09:00", "", ""),
        ({"deadline": "tax"}, "2026-11-23T08:00", "2026-11-23T20:00", "2026-11-23T20:00:00"),
        ({"deadline": "tax"}, "2026-11-23T20:00", "2026-11-23T20:00", "2026-11-23T20:00:01"),
        ({"deadline": "tax"}, "2026-11-23T08:00", "", ""),
        ({"deadline_hours": "<= 4"}, "2026-11-23T08:00", "2026-11-23T20:00", "2026-11-23T16:00:00"),
        ({"deadline_hours": "< 4"}, "2026-11-23T16:00", "2026-11-23T20:00", "2026-11-23T16:00:01"),
        ({"deadline_hours": "<= 1.5"}, "2026-11-23T16:01", "2026-11-23T20:00", "2026-11-23T18:30:00"),
        ({"deadline_hours": "<= 240"}, "2026-11-01T08:00", "2026-11-23T20:00", "2026-11-13T20:00:00"),
    ],
)  # fmt: skip
def test_it_is_known_when_to_look_again(when: dict[str, object], now: str, deadline: str, change: str) -> None:
    assert next_change(when, now, deadline) == change


def test_a_time_that_the_clocks_show_twice_is_looked_at_twice() -> None:
    asked = {"time": ">= 02:30"}
    assert next_change(asked, "2026-10-25T02:20", zone="Europe/Berlin") == "2026-10-25T02:30:00"
    assert next_change(asked, "2026-10-25T02:40", zone="Europe/Berlin") == "2026-10-25T02:30:00"
    assert next_change(asked, "2026-10-25T03:40", zone="Europe/Berlin") == "2026-10-26T00:00:00"


def test_an_icalendar_is_read_for_the_calendar_that_names_it() -> None:
    text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261123\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    rules = PriorityRules(matrix=MATRIX, calendars=(CalendarSpec(id="feast", ical="a.ics"), CalendarSpec(id="no", ical="b.ics")))  # type: ignore[arg-type]  # fmt: skip
    one = Ranker(rules, "Asia/Shanghai", {"a.ics": text})
    assert one.calendars(at("2026-11-23T08:00")) == ("feast",)
    assert one.calendar("feast") is not None and one.calendar("always") is None


def test_the_examples_of_the_page_are_rules() -> None:
    page = (Path(__file__).parents[2] / "docs/priority.md").read_text("utf-8")
    rules, calendars, deadlines, _ = (part.partition("```")[0] for part in page.split("```yaml\n")[1:])
    written = loads(calendars + rules, PriorityRules, "priority.md")
    one = ranker(calendars=written.calendars, urgency=written.urgency)
    assert one.calendars(at("2026-11-09T10:00")) == ("working-time", "payday")
    (finance,) = loads(deadlines, TopologyFile, "priority.md").departments
    assert [one.id for one in finance.deadlines] == ["tax"]
