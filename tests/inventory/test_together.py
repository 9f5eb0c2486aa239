"""How often two failed together, and how likely that is by chance."""

import math
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd.inventory.outages import History
from ingestd.inventory.together import Calendar, Pair, pairs, tail
from tests.inventory.past import DAY, HOUR, NOTHING, NOW, Past, day, node, site


def looked(past: Past, least: int = 3, *named: frozenset[str]) -> list[Pair]:
    history = History(past.failures, NOTHING, NOW)
    return list(pairs(history, Calendar(history, UTC), least, named))


def test_a_pair_with_its_numbers() -> None:
    past = Past().together("x", "y").down(day(3, 12), "x").down(day(2, 12), "x").down(day(1, 12), "y")
    (pair,) = looked(past)
    assert (pair.one, pair.other, len(pair.both), pair.one_alone, pair.other_alone, pair.days) == ("x", "y", 5, 2, 1, 5)
    assert pair.share == pytest.approx(5 / 7) and pair.turned().share == pytest.approx(5 / 6)
    assert pair.turned().moments == {began for _, began in pair.both}
    assert 1e-12 < pair.chance < 1e-9


def test_days_count_not_failures() -> None:
    past = Past()
    for hour in range(1, 7):
        past.down(day(3, hour), "x", "y")
    assert looked(past) == []
    (pair,) = looked(past, 1)
    assert pair.days == 1 and len(pair.both) == 6


def test_what_fails_alone_as_often_is_no_pair() -> None:
    assert looked(Past().together("x", "y", times=3).alone("x", times=3)) == []
    assert looked(Past().together("x", "y", times=3).alone("y", times=9)) == []


def test_failures_before_the_other_was_heard_of_and_while_it_was_down_count_for_nothing() -> None:
    past = Past().down(day(80), "x").together("x", "y").down(day(12), "y", minutes=3000).down(day(11), "x")
    (pair,) = looked(past)
    assert (pair.one_alone, pair.other_alone) == (0, 1)


def test_what_people_name_is_looked_at_sooner() -> None:
    past = Past().together("x", "y", times=2)
    assert looked(past) == []
    assert [pair.days for pair in looked(past, 3, frozenset(("x", "y")))] == [2]


def test_what_the_topology_links_is_no_pair() -> None:
    history = History(Past().together("x", "y").failures, site(node("x", "z"), node("z", "y"), node("y")), NOW)
    assert list(pairs(history, Calendar(history, UTC), 1)) == []


def test_failures_that_keep_hours_coincide_more_easily() -> None:
    nightly, any_time = Past(), Past()
    for number in range(1, 60):
        nightly.down(day(number, 3), f"n{number}")
        any_time.down(day(number, number * 7 % 24), f"n{number}")
    crowding = [Calendar(History(past.failures, NOTHING, NOW), UTC).crowding for past in (nightly, any_time)]
    assert crowding == [pytest.approx(24), pytest.approx(1, abs=0.1)]
    assert Calendar(History([], NOTHING, NOW), UTC).crowding == 1.0


def test_days_are_the_readers() -> None:
    history = History([], NOTHING, NOW)
    here, there = Calendar(history, UTC), Calendar(history, timezone(timedelta(hours=8)))
    assert there.day(NOW - HOUR) == here.day(NOW - HOUR) + 1
    assert isinstance(Calendar(history, None).day(NOW), int)
    assert here.coincidence(1, DAY / 1000) == pytest.approx(0.001, rel=0.01)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.integers(0, 8))
def test_the_tail_is_the_sum_over_all_ways(chances: list[float], least: int) -> None:
    whole = 0.0
    for ways in range(2 ** len(chances)):
        happens = [bool(ways >> i & 1) for i in range(len(chances))]
        if sum(happens) >= least:
            whole += math.prod(p if yes else 1 - p for p, yes in zip(chances, happens, strict=True))
    assert tail(chances, least) == pytest.approx(whole, abs=1e-9)
