"""When a silence holds."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ingestd.decide import spans
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
