"""Times as a rule test writes them."""

from zoneinfo import ZoneInfo

import pytest

from ingestd.trial.moments import Moment, Span, Stamp, Start, clock

START = Start.of(Stamp("2027-01-29 16:58"), ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("00:31", 31),
        ("90:00", 5400),
        ("1:05:00", 3900),
        ("90s", 90),
        ("1h30m", 5400),
        (45, 45),
        ("T17:05", 420),
        ("T16:58", 0),
        ("T16:57:30", 86400 - 30),
        ("2027-01-30 08:00", 15 * 3600 + 120),
        ("2027-01-29T16:57", -60),
    ],
)
def test_a_moment_is_so_many_seconds_after_the_start(written: object, seconds: float) -> None:
    assert Moment.from_yaml(written).after(START) == seconds


@pytest.mark.parametrize(
    "written", ["noon", "5:7", "00:61", "T25:00", "2027-02-30 08:00", "", None, True, -3, [], 1.5, 1e99]
)
def test_anything_else_is_no_moment(written: object) -> None:
    with pytest.raises(ValueError, match="expected a time such as 00:31"):
        Moment.from_yaml(written)


@pytest.mark.parametrize(
    ("written", "bounds"),
    [
        ("05:00..06:00", (300, 360)),
        ("..06:00", (0, 360)),
        ("05:00..", (300, float("inf"))),
        ("05:00", (300, 300)),
        ("90s..5m", (90, 300)),
        (20, (20, 20)),
    ],
)
def test_a_span_has_two_ends(written: object, bounds: tuple[float, float]) -> None:
    assert Span.from_yaml(written).bounds(START) == bounds


@pytest.mark.parametrize("written", ["..", "soon..later", "05:00..x", "", None, "1:00...2:00", 1e99])
def test_anything_else_is_no_span(written: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        Span.from_yaml(written)


def test_a_span_holds_moments_to_the_second() -> None:
    span = Span("01:00..01:05")
    assert [span.holds(seconds, START) for seconds in (59.4, 59.6, 65.4, 65.6)] == [False, True, True, False]


@pytest.mark.parametrize("written", ["2027-13-01 00:00", "1914-07-28 12:00", "tomorrow", 2027])
def test_a_start_is_a_date_and_a_time(written: object) -> None:
    with pytest.raises(ValueError, match="expected a date and time"):
        Stamp.from_yaml(written)


def test_the_next_time_of_day_survives_the_change_of_clocks() -> None:
    spring = Start.of(Stamp("2027-03-27 23:00"), ZoneInfo("Europe/Berlin"))
    assert Moment("T08:00").after(spring) == 8 * 3600, "one hour of that night is missing"


def test_a_moment_is_shown_as_it_would_be_written() -> None:
    assert [clock(seconds) for seconds in (0, 31.4, 3599.6, 3661)] == ["00:00", "00:31", "1:00:00", "1:01:01"]
