"""When a silence holds."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ingestd.decide import spans
from ingestd.decide.spans import LAST, Monthly
from ingestd.model import Silence, Weekly

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def nights(*weekdays: int, to: str = "2027-12-31") -> Silence:
    """From 22:00 to 04:00 of the next day."""
    weekly = Weekly(weekdays=weekdays, from_minute=22 * 60, to_minute=4 * 60, zone="Europe/Berlin")
    return Silence(id="s", starts_at=at("2027-03-01"), ends_at=at(to), by="lin", weekly=weekly)


def test_without_a_week_it_holds_from_start_to_end() -> None:
    once = Silence(id="s", starts_at=100.0, ends_at=200.0, by="lin")
    assert [spans.active(once, wall) for wall in (99.0, 100.0, 199.0, 200.0)] == [False, True, True, False]
    assert (spans.next_start(once, 50.0), spans.next_start(once, 100.0)) == (100.0, 0.0)


def test_a_weekly_one_holds_over_midnight() -> None:
    saturday = nights(5)
    assert spans.span(saturday, at("2027-03-07T02:00")) == (at("2027-03-06T22:00"), at("2027-03-07T04:00"))
    assert not spans.active(saturday, at("2027-03-07T04:00"))
    assert spans.next_start(saturday, at("2027-03-07T04:00")) == at("2027-03-13T22:00")


def test_it_follows_the_clocks_when_they_change() -> None:
    found = spans.span(nights(5), at("2027-03-28T01:00"))  # the clocks skip 02:00 to 03:00 in that night
    assert found is not None and found[1] == at("2027-03-28T04:00") and found[1] - found[0] == 5 * 3600.0


def test_start_and_end_cut_it() -> None:
    short = nights(0, 6, to="2027-03-02T01:00")  # from Monday, the first of March
    assert spans.span(short, at("2027-03-01T01:00")) == (at("2027-03-01T00:00"), at("2027-03-01T04:00"))
    assert spans.span(short, at("2027-03-01T23:00")) == (at("2027-03-01T22:00"), at("2027-03-02T01:00"))
    assert spans.next_start(short, at("2027-03-01T23:00")) == 0.0
    assert spans.next_start(short, at("2027-02-01")) == at("2027-03-01T00:00")


def test_the_second_tuesday_of_a_month() -> None:
    patches = Monthly(nth=2, weekday=1, from_minute=20 * 60, to_minute=23 * 60, zone="Europe/Berlin")
    assert spans.hours_at(patches, at("2027-03-09T21:00")) == (at("2027-03-09T20:00"), at("2027-03-09T23:00"))
    other = ("2027-03-02T21:00", "2027-03-10T21:00", "2027-03-16T21:00", "2027-03-09T19:59", "2027-03-09T23:00")
    assert [spans.hours_at(patches, at(wall)) for wall in other] == [None] * 5


def test_the_last_sunday_of_a_month_goes_on_into_the_next() -> None:
    night = Monthly(nth=LAST, weekday=6, from_minute=23 * 60, to_minute=3 * 60, zone="Europe/Berlin")
    assert spans.hours_at(night, at("2027-02-01T02:59")) == (at("2027-01-31T23:00"), at("2027-02-01T03:00"))
    assert spans.hours_at(night, at("2027-01-25T01:00")) is None
    assert spans.hours_at(night, at("2027-03-28T23:30")) == (at("2027-03-28T23:00"), at("2027-03-29T03:00"))


def test_hours_of_a_week_are_found_on_both_sides_of_midnight_and_of_a_change_of_clocks() -> None:
    saturday = Weekly(weekdays=(5,), from_minute=22 * 60, to_minute=4 * 60, zone="Europe/Berlin")
    autumn = (at("2027-10-30T22:00"), at("2027-10-31T04:00"))  # the clocks go through 02:00 to 03:00 twice
    assert autumn[1] - autumn[0] == 7 * 3600.0
    assert spans.hours_at(saturday, autumn[1] - 1.0) == autumn == spans.hours_at(saturday, autumn[0])
    assert spans.hours_at(saturday, autumn[1]) is None


def test_what_is_a_time_zone() -> None:
    names = ("Asia/Shanghai", "Mars/Olympus", "../etc/passwd", "Europe", "")
    assert [spans.is_zone(name) for name in names] == [True, False, False, False, False]
