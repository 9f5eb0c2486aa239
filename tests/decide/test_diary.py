"""What stands in a calendar on a day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide import diary
from ingestd.decide.diary import DayEvent, Diary
from ingestd.decide.recurrence import Recurrence

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
FIRST = date(2026, 3, 2)  # a Monday


def parts(day: date, *events: DayEvent) -> list[tuple[int, int]]:
    return [part for _, part in Diary(events).within(day)]


def test_an_event_takes_its_hours_of_its_day() -> None:
    lunch = DayEvent(first=FIRST, minute=720, minutes=60)
    assert parts(FIRST, lunch) == [(720, 780)]
    assert parts(date(2026, 3, 3), lunch) == []
    assert not lunch.whole_days


def test_one_over_midnight_takes_of_both_days() -> None:
    night = DayEvent(first=FIRST, minute=1320, minutes=600)
    assert parts(FIRST, night) == [(1320, 1440)]
    assert parts(date(2026, 3, 3), night) == [(0, 480)]
    assert parts(date(2026, 3, 4), night) == []


def test_one_of_several_days_takes_all_of_them() -> None:
    closed = DayEvent(first=FIRST, minutes=3 * 1440)
    assert closed.whole_days
    assert [len(parts(date(2026, 3, day), closed)) for day in range(1, 6)] == [0, 1, 1, 1, 0]


def test_what_recurs_leaves_out_what_it_is_without_and_takes_more() -> None:
    weekly = DayEvent(
        first=FIRST,
        rule=Recurrence(first=FIRST, freq="WEEKLY"),
        without=frozenset({date(2026, 3, 9)}),
        also=frozenset({date(2026, 3, 11)}),
    )
    one = Diary([weekly])
    assert [day for day in range(1, 25) if list(one.within(date(2026, 3, day)))] == [2, 11, 16, 23]


def test_further_days_need_no_rule() -> None:
    one = Diary([DayEvent(first=FIRST, also=frozenset({date(2026, 3, 9)}), without=frozenset({FIRST}))])
    assert [day for day in range(1, 25) if list(one.within(date(2026, 3, day)))] == [9]


def test_a_series_follows_the_clocks_of_its_zone() -> None:
    call = DayEvent(
        first=FIRST,
        minute=20 * 60,
        minutes=60,
        rule=Recurrence(first=FIRST, freq="WEEKLY", weekdays=frozenset({(0, 0)})),
        zone=NEW_YORK,
        site=BERLIN,
    )
    assert parts(date(2026, 3, 3), call) == [(120, 180)]  # six hours ahead, on the next day
    assert parts(date(2026, 3, 10), call) == [(60, 120)]  # they have changed their clocks, Berlin has not
    assert parts(date(2026, 4, 7), call) == [(120, 180)]


def test_and_may_begin_a_day_earlier_at_the_site() -> None:
    first = datetime(2026, 3, 2, 1, 0, tzinfo=BERLIN).date()
    early = DayEvent(
        first=first,
        minute=60,
        minutes=60,
        rule=Recurrence(first=first, freq="WEEKLY"),
        zone=BERLIN,
        site=NEW_YORK,
    )
    assert parts(date(2026, 3, 1), early) == [(19 * 60, 20 * 60)]
    assert parts(date(2026, 3, 2), early) == []


def test_only_so_many_days_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diary, "REMEMBERED", 2)
    one = Diary([DayEvent(first=FIRST, rule=Recurrence(first=FIRST, freq="DAILY"))])
    assert all(list(one.within(date(2026, 3, day))) for day in (2, 3, 4, 5, 2))
