"""Turns of others as layers."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd.decide.rota import Layer, Restrict, hours
from ingestd.decide.vocabulary import WEEKDAYS
from ingestd.moving.turns import DAY, WEEK, Shift, by_hours, every, lanes, moment, restricts, rotas, zone_named

UTC = ZoneInfo("UTC")


@given(st.lists(st.tuples(st.integers(0, WEEK - 1), st.integers(1, WEEK)), min_size=1, max_size=5))
def test_hours_of_days_cover_the_stretches_and_nothing_else(spans) -> None:
    wanted = {minute % WEEK for start, length in spans for minute in range(start, start + length)}
    held = set()
    for one in restricts(spans):
        low, high = hours(one)
        for n, day in enumerate(WEEKDAYS):
            if not one.weekdays or day in one.weekdays:
                held |= {minute % WEEK for minute in range(n * DAY + low, n * DAY + high)}
    assert held == wanted


def test_a_night_is_one_stretch() -> None:
    nights = [(day * DAY + 1200, 720) for day in range(7)]
    assert restricts(nights) == (Restrict(from_="20:00", to="08:00"),)


@pytest.mark.parametrize(("days", "words"), [(1, "day"), (3, "3 days"), (7, "week"), (14, "2 weeks")])
def test_lengths_are_words(days, words) -> None:
    assert every(days) == words


def test_people_at_once_are_lanes() -> None:
    assert lanes([["a", "b"], ["c"], []]) == [("a", "c"), ("b", "c")]
    assert lanes([]) == []


def test_hours_that_do_not_fill_a_day_are_no_layers() -> None:
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert by_hours(("a", "b", "c"), 12, start) == ()
    assert by_hours(("a",), 7, start) == ()
    assert [one.people for one in by_hours(("a", "b"), 6, start)] == [("a",), ("b",), ("a",), ("b",)]


def test_rotas_are_few() -> None:
    day = Layer(people=("a",), restrict=Restrict(from_="08:00", to="18:00"))
    night = Layer(people=("b",), restrict=Restrict(from_="18:00", to="08:00"))
    both = Layer(people=("c",))
    found = rotas(
        [Shift(key="d", layers=(day,)), Shift(key="n", layers=(night,)), Shift(key="x", layers=(both,))], "UTC"
    )
    assert [one.keys for one in found] == [("d", "n"), ("x",)]
    assert found[1].rota.people == ("c",)
    over = rotas(
        [Shift(key="x", layers=(both,)), Shift(key="y", layers=(both,)), Shift(key="z", layers=(day,), level=3)], "UTC"
    )
    assert [one.keys for one in over] == [("x", "z"), ("y", "z")]
    assert rotas([], "UTC") == ()


def test_times_are_read_as_apis_write_them() -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert str(moment("2026-07-01T06:00:00Z", zone)) == "2026-07-01 08:00:00+02:00"
    assert str(moment("2026-07-01T06:00:00", zone)) == "2026-07-01 06:00:00+02:00"
    assert moment("soon", zone) is None
    assert moment("1066-10-14T09:00:00", zone) is None
    assert zone_named("Mars/Base") is None
    assert zone_named("") is None
