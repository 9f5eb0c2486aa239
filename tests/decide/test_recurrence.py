"""What recurs, against the reading of another library."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday  # type: ignore[import-untyped]
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ingestd.decide.recurrence import DAYS, Recurrence, recurrence

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 2, 9, 0, tzinfo=BERLIN)  # a Monday
FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}


def rule(text: str, first: datetime = START, *, timed: bool = True) -> Recurrence:
    """A rule, written as in a file but for UNTIL."""
    parts = (part.split("=") for part in text.split(";"))
    return recurrence({name: values.split(",") for name, values in parts}, first, timed=timed)


def days(found: Recurrence, many: int = 400) -> list[str]:
    """When it happens within so many days of its first."""
    listed = (found.first + timedelta(days=n) for n in range(many))
    return [day.isoformat() for day in listed if found.on(day)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("FREQ=DAILY;INTERVAL=2;COUNT=3", ["2026-03-02", "2026-03-04", "2026-03-06"]),
        ("FREQ=WEEKLY;COUNT=2", ["2026-03-02", "2026-03-09"]),
        ("FREQ=WEEKLY;BYDAY=TU,FR;COUNT=3", ["2026-03-03", "2026-03-06", "2026-03-10"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["2026-03-27", "2026-04-24"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", ["2026-03-31", "2026-04-30"]),
        ("FREQ=MONTHLY;COUNT=2", ["2026-03-02", "2026-04-02"]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=1", ["2026-11-26"]),
        ("FREQ=YEARLY;COUNT=2", ["2026-03-02", "2027-03-02"]),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=1", ["2026-05-18"]),
    ],
)
def test_rules_as_calendars_write_them(text: str, first: list[str]) -> None:
    assert days(rule(text)) == first


def test_a_count_that_takes_more_than_a_decade_is_no_end() -> None:
    birthdays = rule("FREQ=YEARLY;COUNT=40")
    assert birthdays.until is None and birthdays.on(date(2060, 3, 2))
    assert rule("FREQ=YEARLY;COUNT=2").until == date(2027, 3, 2)


@pytest.mark.parametrize(
    ("until", "last"),
    [
        (date(2026, 3, 4), "2026-03-04"),
        (datetime(2026, 3, 4, 9, 0), "2026-03-04"),
        (datetime(2026, 3, 4, 8, 59), "2026-03-03"),
        (datetime(2026, 3, 4, 8, 0, tzinfo=ZoneInfo("UTC")), "2026-03-04"),
        (datetime(2026, 3, 4, 7, 59, tzinfo=ZoneInfo("UTC")), "2026-03-03"),
        (datetime(2026, 3, 4, 23, 30, tzinfo=ZoneInfo("UTC")), "2026-03-04"),
    ],
)
def test_what_would_begin_after_until_does_not(until: date, last: str) -> None:
    assert days(recurrence({"FREQ": ["DAILY"], "UNTIL": [until]}, START, timed=True))[-1] == last


def test_a_day_ends_with_the_day_of_until() -> None:
    until = datetime(2026, 3, 4, 0, 0)
    assert days(recurrence({"FREQ": ["DAILY"], "UNTIL": [until]}, START, timed=False))[-1] == "2026-03-04"


def test_an_until_before_the_count_is_over_is_the_end() -> None:
    parts: Mapping[str, Any] = {"FREQ": ["DAILY"], "COUNT": [9], "UNTIL": [date(2026, 3, 4)]}
    assert len(days(recurrence(parts, START, timed=False))) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("FREQ=HOURLY", "expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("INTERVAL=2", "expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("FREQ=DAILY;BYHOUR=8", "by BYDAY, BYMONTH, BYMONTHDAY, COUNT, FREQ, INTERVAL, UNTIL, WKST"),
        ("FREQ=DAILY;INTERVAL=0", "expected INTERVAL=1 or more"),
        ("FREQ=DAILY;COUNT=-1", "expected COUNT=1 or more"),
        ("FREQ=WEEKLY;BYDAY=XX", "not in tuple"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        rule(text)


@st.composite
def rules(draw: st.DrawFn) -> dict[str, list[Any]]:
    """Any rule of those that are understood; weekdays all with a place or all without, as the two differ of others."""
    freq = draw(st.sampled_from(sorted(FREQUENCIES)))
    placed = freq in ("MONTHLY", "YEARLY") and draw(st.booleans())
    place = st.sampled_from([1, 2, 3, 4, 5, -1, -2]) if placed else st.just(0)
    nth = st.builds(lambda n, day: f"{n or ''}{day}", place, st.sampled_from(DAYS))
    found: dict[str, list[Any]] = {"FREQ": [freq]}
    optional: dict[str, st.SearchStrategy[list[Any]]] = {
        "INTERVAL": st.lists(st.integers(1, 5), min_size=1, max_size=1),
        "WKST": st.lists(st.sampled_from(DAYS), min_size=1, max_size=1),
        "BYMONTH": st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True),
        "BYMONTHDAY": st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=5, unique=True),
        "BYDAY": st.lists(nth, min_size=1, max_size=4, unique=True),
        "COUNT": st.lists(st.integers(1, 30), min_size=1, max_size=1),
    }
    for name, values in optional.items():
        if draw(st.booleans()):
            found[name] = draw(values)
    return found


def by_another_library(parts: Mapping[str, list[Any]], first: datetime, last: datetime) -> list[date]:
    """The days up to a last one."""
    one = {name.lower(): parts[name][0] for name in ("INTERVAL", "COUNT") if name in parts}
    week = {"wkst": DAYS.index(parts["WKST"][0])} if "WKST" in parts else {}
    named = [weekday(DAYS.index(day[-2:]), int(day[:-2] or 0) or None) for day in parts.get("BYDAY", ())]
    found = rrule(
        FREQUENCIES[parts["FREQ"][0]],
        dtstart=first,
        bymonth=parts.get("BYMONTH"),
        bymonthday=parts.get("BYMONTHDAY"),
        byweekday=named or None,
        **one,
        **week,
    )
    return [moment.date() for moment in found.between(first, last, inc=True)]


@settings(max_examples=100, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(rules(), st.dates(date(2019, 1, 1), date(2029, 12, 31)))
def test_any_rule_happens_when_another_library_says(parts: dict[str, list[Any]], first: date) -> None:
    start = datetime(first.year, first.month, first.day, 9, 0)
    mine = recurrence(parts, start, timed=True)
    listed = [first + timedelta(days=n) for n in range(1000)]
    wanted = by_another_library(parts, start, start + timedelta(days=999))
    assert [day for day in listed if mine.on(day)] == wanted
