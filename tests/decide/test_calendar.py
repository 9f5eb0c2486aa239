"""Stretches of time: working days as countries and sites say, nights, and the nights on which clocks are changed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide import calendar
from ingestd.decide.calendar import LOOK_AHEAD, Calendar, CalendarSpec, compiled, country
from ingestd.decide.ical import read

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOUR, DAY = 3600.0, 86400.0

#: The notices of the State Council on the holidays of 2025 and 2026: days off (first, last) …
OFF = (
    ("2025-01-01", "2025-01-01"),
    ("2025-01-28", "2025-02-04"),
    ("2025-04-04", "2025-04-06"),
    ("2025-05-01", "2025-05-05"),
    ("2025-05-31", "2025-06-02"),
    ("2025-10-01", "2025-10-08"),
    ("2026-01-01", "2026-01-03"),
    ("2026-02-15", "2026-02-23"),
    ("2026-04-04", "2026-04-06"),
    ("2026-05-01", "2026-05-05"),
    ("2026-06-19", "2026-06-21"),
    ("2026-09-25", "2026-09-27"),
    ("2026-10-01", "2026-10-07"),
)
#: … and Saturdays and Sundays on which people work.
WORKED = (
    *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
    *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
)


def days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def ical(*written: str) -> str:
    """A file of whole days: ``2026-10-10 word``."""
    lines = ["BEGIN:VCALENDAR"]
    for day, _, title in (one.partition(" ") for one in written):
        lines += ["BEGIN:VEVENT", f"DTSTART{':' if 'T' in day else ';VALUE=DATE:'}{day.replace('-', '')}"]
        lines += [f"SUMMARY:{title}", *(["DURATION:PT2H"] if "T" in day else []), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def made(zone: ZoneInfo = BERLIN, text: str = "", **parts: object) -> Calendar:
    """A calendar; ``text``: its iCalendar."""
    spec = CalendarSpec(id="it", ical="site.ics" if text else "", **parts)  # type: ignore[arg-type]
    return Calendar(spec, zone, read(text, zone).events if text else ())


def at(text: str, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def shown(moment: float, zone: ZoneInfo = BERLIN) -> str:
    return datetime.fromtimestamp(moment, zone).isoformat(timespec="minutes")


def hours(one: Calendar, day: str, zone: ZoneInfo = BERLIN) -> list[str]:
    """The stretches of a day, by the clocks."""
    return [f"{shown(a, zone)[11:16]}-{shown(b, zone)[11:16]}" for a, b in one.on(date.fromisoformat(day))]


# -- working days
def test_the_working_days_of_china_are_those_of_the_notices() -> None:
    off = {day for first, last in OFF for day in days(date.fromisoformat(first), date.fromisoformat(last))}
    worked = {date.fromisoformat(day) for day in WORKED}
    one = made(SHANGHAI, working=True, holidays="CN")
    rest = made(SHANGHAI, working=False, holidays="CN")
    for day in days(date(2025, 1, 1), date(2026, 12, 31)):
        works = day in worked or (day.weekday() < 5 and day not in off)
        assert (bool(one.on(day)), bool(rest.on(day))) == (works, not works), day


def test_the_site_says_otherwise_and_wins() -> None:
    text = ical("2026-10-10 放假", "2026-10-11 补班", "2026-10-05 Working day", "2026-11-23 Founder's day")
    one = made(SHANGHAI, text, working=True, holidays="CN")
    answers = {day: bool(one.on(date.fromisoformat(day))) for day in ("2026-10-10", "2026-10-11", "2026-10-05")}
    assert answers == {"2026-10-10": False, "2026-10-11": True, "2026-10-05": True}
    assert not one.on(date(2026, 11, 23))
    assert one.on(date(2026, 11, 24))
    assert made(SHANGHAI, text, working=False, holidays="CN").on(date(2026, 11, 23))


def test_who_says_work_wins_over_who_says_free() -> None:
    assert made(text=ical("2026-11-21 Stocktaking", "2026-11-21 work"), working=True).on(date(2026, 11, 21))


def test_events_of_hours_change_a_part_of_a_day() -> None:
    text = ical("20261123T100000 Company outing", "20261123T190000 Work", "20261121T080000 Work")
    one = made(text=text, working=True, from_="08:00", to="18:00")
    assert hours(one, "2026-11-23") == ["08:00-10:00", "12:00-18:00", "19:00-21:00"]
    assert hours(one, "2026-11-21") == ["08:00-10:00"]
    assert hours(made(text=text, working=False), "2026-11-21") == ["00:00-08:00", "10:00-00:00"]


def test_a_week_of_other_days() -> None:
    sunday = made(working=True, weekdays=("sun", "mon", "tue", "wed", "thu"))
    assert [bool(sunday.on(date(2026, 11, day))) for day in range(22, 29)] == [True] * 5 + [False] * 2
    bavarian = made(working=True, weekdays=("sat", "tue"), holidays="DE-BY")
    assert not bavarian.on(date(2026, 1, 6))  # Epiphany, a Tuesday
    assert bavarian.on(date(2026, 1, 10)) and not bavarian.on(date(2026, 1, 12))
    chinese = made(SHANGHAI, working=True, weekdays=("mon", "tue"), holidays="CN")
    assert chinese.on(date(2026, 10, 10)) and not chinese.on(date(2026, 11, 25))


def test_without_a_word_of_work_holidays_and_files_are_named_themselves() -> None:
    feasts = made(holidays="DE", text=ical("2026-11-23 Inventory"), from_="08:00", to="12:00")
    assert hours(feasts, "2026-10-03") == ["08:00-12:00"]
    assert hours(feasts, "2026-11-23") == ["08:00-12:00"]
    assert hours(feasts, "2026-11-24") == []


def test_countries() -> None:
    assert country("") is country("ZZ") is country("DE-ZZ") is country("Germany") is country("MAY") is None
    assert country("CN") is country("CN") is not None


def last_known() -> int:
    """The last year of which China's adjusted days are known."""
    china = country("CN")
    assert china is not None
    return max(year for year in range(2026, 2060) if calendar._adjusted(china, year))


@pytest.mark.parametrize(
    ("parts", "now", "ahead"),
    [
        ({"holidays": "CN"}, "{last}-11-23T08:00", 1),
        ({"holidays": "CN"}, "{last}-10-31T23:59", 0),
        ({"holidays": "CN"}, "{next}-02-01T08:00", 1),
        ({"holidays": "CN"}, "{next}-11-01T08:00", 2),
        ({"holidays": "CN", "text": "{next}-02-06 补班"}, "{last}-11-23T08:00", 0),
        ({"holidays": "CN", "text": "{next}-02-06 放假"}, "{last}-11-23T08:00", 1),
        ({"holidays": "DE"}, "{last}-11-23T08:00", 0),
        ({}, "{last}-11-23T08:00", 0),
        ({"working": None, "holidays": "CN"}, "{last}-11-23T08:00", 0),
    ],
)
def test_adjusted_days_that_are_announced_and_not_known(parts: dict[str, str], now: str, ahead: int) -> None:
    years = {"last": last_known(), "next": last_known() + 1}
    more = {**parts, "text": ical(parts["text"].format(**years))} if "text" in parts else parts
    one = made(SHANGHAI, **{"working": True, **more})  # type: ignore[arg-type]
    assert one.lacks_adjusted_days(at(now.format(**years), SHANGHAI)) == (years["last"] + ahead if ahead else 0)


# -- moments
def test_from_one_stretch_to_the_next() -> None:
    one = made(working=True, from_="08:00", to="18:00")
    friday = at("2026-11-20T17:00")
    assert one.holds(friday) and not one.holds(at("2026-11-20T18:00"))
    assert one.next_start(friday) == friday
    assert shown(one.next_start(at("2026-11-20T18:00")))[:16] == "2026-11-23T08:00"
    assert shown(one.after(friday, 2 * HOUR))[:16] == "2026-11-23T09:00"
    assert shown(one.after(friday, HOUR))[:16] == "2026-11-20T18:00"
    assert one.after(at("2026-11-21T12:00"), 0.0) == at("2026-11-21T12:00")
    assert shown(one.next_change(friday))[:16] == "2026-11-20T18:00"
    assert shown(one.next_change(at("2026-11-20T18:00")))[:16] == "2026-11-23T08:00"


def test_a_night_takes_both_ends_of_the_day() -> None:
    night = made(from_="22:00", to="06:00")
    assert hours(night, "2026-11-23") == ["00:00-06:00", "22:00-00:00"]
    assert shown(night.next_change(at("2026-11-23T23:00")))[:16] == "2026-11-24T06:00"
    assert shown(night.after(at("2026-11-23T12:00"), 9 * HOUR))[:16] == "2026-11-24T23:00"
    assert shown(night.after(at("2026-11-23T23:00"), 7 * HOUR))[:16] == "2026-11-24T06:00"


def test_a_night_of_one_weekday_is_its_own_two_ends() -> None:
    monday = made(weekdays=("mon",), from_="22:00", to="06:00")
    assert shown(monday.next_change(at("2026-11-23T23:00")))[:16] == "2026-11-24T00:00"


def test_what_always_or_never_holds_does_not_change() -> None:
    always, never = made(), made(dates=(date(2020, 1, 1),))
    now = at("2026-11-23T12:00")
    assert always.holds(now) and always.next_change(now) == 0.0
    assert never.next_change(now) == 0.0
    assert never.next_start(now) == now == never.rolled(now)
    assert never.after(now, 5.0) == now + 5.0
    assert always.after(now, 20 * 366 * DAY) == now + 20 * 366 * DAY


def test_what_holds_for_the_last_time() -> None:
    last = made(dates=(date(2026, 11, 24),))
    assert shown(last.next_change(at("2026-11-24T12:00")))[:16] == "2026-11-25T00:00"
    assert shown(last.after(at("2026-11-23T12:00"), 30 * HOUR))[:16] == "2026-11-25T06:00"


def test_a_day_off_is_passed_over() -> None:
    one = made(working=True, from_="08:00", to="18:00")
    assert shown(one.rolled(at("2026-11-21T06:30")))[:16] == "2026-11-23T06:30"
    assert one.rolled(at("2026-11-20T23:30")) == at("2026-11-20T23:30")
    assert shown(one.rolled(at("2026-03-28T12:00"))) == "2026-03-30T12:00+02:00"
    assert shown(one.rolled(at("2026-10-25T02:30", fold=1))) == "2026-10-26T02:30+01:00"


def test_the_last_days_of_what_pauses() -> None:
    end = made(last_days=2)
    assert list(end.last_days(at("2026-11-30T12:00"), 40)) == [date(2026, 11, 30), date(2026, 12, 31)]
    assert list(made().last_days(at("2026-11-30T12:00"), 40)) == []


def test_only_so_many_days_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "REMEMBERED", 2)
    one = made(weekdays=("mon",))
    assert [bool(one.on(date(2026, 11, day))) for day in (22, 23, 24, 23)] == [False, True, False, True]


def test_calendars_of_a_site() -> None:
    text = ical("2026-11-23 Inventory")
    asked: list[str] = []

    def events(name: str) -> tuple[object, ...]:
        asked.append(name)
        return read(text, BERLIN).events

    specs = (CalendarSpec(id="a"), CalendarSpec(id="b", ical="b.ics"))
    found = compiled(specs, BERLIN, events)  # type: ignore[arg-type]
    assert (list(found), asked) == (["a", "b"], ["b.ics"])
    assert found["b"].on(date(2026, 11, 23)) and not found["b"].on(date(2026, 11, 24))


# -- clocks are changed: 2026-03-29 02:00 -> 03:00, 2026-10-25 03:00 -> 02:00
@pytest.mark.parametrize(
    ("from_", "to", "spring", "autumn"),
    [
        ("22:00", "06:00", ["00:00-06:00", "22:00-00:00"], ["00:00-06:00", "22:00-00:00"]),
        ("02:15", "02:45", [], ["02:15-02:45", "02:15-02:45"]),
        ("01:30", "02:30", ["01:30-03:00"], ["01:30-02:30", "02:00-02:30"]),
        ("02:30", "03:15", ["03:00-03:15"], ["02:30-02:00", "02:30-03:15"]),
        ("03:00", "04:00", ["03:00-04:00"], ["03:00-04:00"]),
        ("", "", ["00:00-00:00"], ["00:00-00:00"]),
    ],
)
def test_what_the_clocks_show_counts(from_: str, to: str, spring: list[str], autumn: list[str]) -> None:
    one = made(from_=from_, to=to)
    assert hours(one, "2026-03-29") == spring
    assert hours(one, "2026-10-25") == autumn
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        assert all(start < end for start, end in one.on(day))


def test_waits_run_through_both_nights() -> None:
    night = made(from_="22:00", to="06:00")
    assert shown(night.after(at("2026-03-28T22:00"), 7 * HOUR)) == "2026-03-29T06:00+02:00"
    assert shown(night.after(at("2026-10-24T22:00"), 9 * HOUR)) == "2026-10-25T06:00+01:00"
    waking = made(from_="07:00", to="22:00")
    assert shown(waking.next_start(at("2026-03-28T23:00"))) == "2026-03-29T07:00+02:00"
    assert shown(waking.next_start(at("2026-10-24T23:00"))) == "2026-10-25T07:00+01:00"
    skipped = made(from_="02:15", to="02:45")
    assert shown(skipped.next_start(at("2026-03-28T23:00"))) == "2026-03-30T02:15+02:00"
    assert shown(skipped.after(at("2026-10-25T00:00"), HOUR)) == "2026-10-25T02:45+01:00"


def test_a_town_whose_clocks_change_at_midnight() -> None:
    santiago = ZoneInfo("America/Santiago")  # 2026-09-06 begins at one o'clock
    one = made(santiago, to="02:00")
    assert hours(one, "2026-09-06", santiago) == ["01:00-02:00"]


# -- any calendar
@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Calendars that pause for less than is looked ahead, or hold no more."""
    clock = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from([0, 15, 30]))
    parts: dict[str, object] = {
        "from_": draw(st.one_of(st.just(""), clock)),
        "to": draw(st.one_of(st.just(""), clock)),
        "weekdays": tuple(draw(st.sets(st.sampled_from(["mon", "tue", "sat", "sun"])))),
        "last_days": draw(st.sampled_from([0, 0, 0, 2])),
        "working": draw(st.sampled_from([None, True, False])),
        "holidays": draw(st.sampled_from(["", "DE", "CN"])),
    }
    if draw(st.booleans()):
        parts["dates"] = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 26))
    return made(draw(st.sampled_from([SHANGHAI, BERLIN])), **parts)  # type: ignore[arg-type]


MOMENTS = st.one_of(
    st.integers(int(at("2026-03-26T00:00")), int(at("2026-04-01T00:00"))),
    st.integers(int(at("2026-10-22T00:00")), int(at("2026-10-28T00:00"))),
)
SECONDS = st.integers(0, 40 * 3600)


@settings(max_examples=60, deadline=None)
@given(calendars(), MOMENTS, SECONDS, SECONDS)
def test_a_wait_in_two_parts_is_as_long_as_in_one(one: Calendar, moment: int, a: int, b: int) -> None:
    assert one.after(moment, a + b) == one.after(one.after(moment, a), b)
    assert one.after(moment, a) >= moment + a


@settings(max_examples=60, deadline=None)
@given(calendars(), MOMENTS)
def test_where_it_starts_next_it_holds_or_it_never_does(one: Calendar, moment: int) -> None:
    start = one.next_start(moment)
    assert start >= moment
    ahead = range(LOOK_AHEAD)
    today = datetime.fromtimestamp(moment, BERLIN).date()
    assert one.holds(start) or all(end <= moment for n in ahead for _, end in one.on(today + timedelta(days=n)))


@settings(max_examples=60, deadline=None)
@given(calendars(), MOMENTS)
def test_between_now_and_the_next_change_nothing_changes(one: Calendar, moment: int) -> None:
    change = one.next_change(moment)
    end = change or moment + 30 * DAY
    assert all(one.holds(moment + (end - moment) * part / 8) == one.holds(moment) for part in range(8))
    assert not change or one.holds(change) is not one.holds(moment)
