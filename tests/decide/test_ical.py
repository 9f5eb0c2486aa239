"""A site's iCalendar, as programs write it and as people break it."""

import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide.calendar import Calendar, CalendarSpec
from ingestd.decide.diary import Diary
from ingestd.decide.ical import MOST_COUNTED, MOST_TEXT, Ical, read

BERLIN = ZoneInfo("Europe/Berlin")


def events(*written: str) -> str:
    """A file with some events; their lines are parted by |."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example"]
    for one in written:
        lines += ["BEGIN:VEVENT", *one.split("|"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def found(*written: str) -> Ical:
    return read(events(*written), BERLIN)


def taken(*written: str, first: date = date(2026, 3, 1), many: int = 60) -> dict[str, list[tuple[int, int]]]:
    """The minutes of each day that a file speaks of."""
    one = found(*written)
    assert one.mistakes == ()
    diary = Diary(one.events)
    days = (first + timedelta(days=n) for n in range(many))
    listed = {f"{day:%m-%d}": [part for _, part in diary.within(day)] for day in days}
    return {day: parts for day, parts in listed.items() if parts}


WHOLE = [(0, 1440)]
MANY_DAYS = "DTSTART:20260302\nRRULE:FREQ=MONTHLY;COUNT=999;BYDAY=" + ",".join(["-5MO"] * 30_000)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("DTSTART;VALUE=DATE:20260302", {"03-02": WHOLE}),
        ("DTSTART;VALUE=DATE:20260302|DTEND;VALUE=DATE:20260304", {"03-02": WHOLE, "03-03": WHOLE}),
        ("DTSTART;VALUE=DATE:20260302|DTEND;VALUE=DATE:20260302", {"03-02": WHOLE}),
        ("DTSTART:20260302T080000|DTEND:20260302T093000", {"03-02": [(480, 570)]}),
        ("DTSTART:20260302T080000|DURATION:PT45M", {"03-02": [(480, 525)]}),
        ("DTSTART:20260302T230000Z|DURATION:PT2H", {"03-03": [(0, 120)]}),
        ("DTSTART;TZID=Asia/Tokyo:20260302T080000|DURATION:PT1H", {"03-02": [(0, 60)]}),
        ("DTSTART;TZID=Nowhere/Town:20260302T080000|DURATION:PT1H", {"03-02": [(480, 540)]}),
        ("DTSTART:20260302T220000|DTEND:20260303T020000", {"03-02": [(1320, 1440)], "03-03": [(0, 120)]}),
    ],
)
def test_when_an_event_is(written: str, days: dict[str, list[tuple[int, int]]]) -> None:
    assert taken(written) == days


def test_a_series_leaves_out_days_and_has_others() -> None:
    listed = taken(
        "DTSTART;TZID=Europe/Berlin:20260302T080000|DURATION:PT1H|RRULE:FREQ=WEEKLY;UNTIL=20260323T070000Z"
        "|EXDATE;TZID=Europe/Berlin:20260309T080000,20260316T080000|RDATE:20260311T070000Z"
    )
    assert list(listed) == ["03-02", "03-11", "03-23"]


def test_several_lines_of_excluded_days_are_all_read() -> None:
    listed = taken("DTSTART:20260302|RRULE:FREQ=DAILY;COUNT=5|EXDATE:20260303|EXDATE:20260305")
    assert list(listed) == ["03-02", "03-04", "03-06"]


def test_a_series_of_another_zone_keeps_its_own_weekday() -> None:
    listed = taken("DTSTART;TZID=America/Los_Angeles:20260302T180000|DURATION:PT1H|RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5")
    assert list(listed) == ["03-03", "03-10", "03-17", "03-24", "03-31"]
    assert (listed["03-03"], listed["03-10"], listed["03-31"]) == ([(180, 240)], [(120, 180)], [(180, 240)])


def test_one_of_a_series_is_moved() -> None:
    listed = taken(
        "UID:a|DTSTART;TZID=Asia/Tokyo:20260302T020000|DURATION:PT1H|RRULE:FREQ=WEEKLY;COUNT=3",
        "UID:a|RECURRENCE-ID:20260308T170000Z|DTSTART:20260311T100000|DURATION:PT1H",
        "UID:b|DTSTART:20260320",
    )
    assert list(listed) == ["03-01", "03-11", "03-15", "03-20"]  # Monday two o'clock in Tokyo is Sunday here


def test_one_of_a_series_is_called_off() -> None:
    listed = taken(
        "UID:a|DTSTART:20260302|RRULE:FREQ=WEEKLY;COUNT=3",
        "UID:a|RECURRENCE-ID;VALUE=DATE:20260309|STATUS:CANCELLED",
    )
    assert list(listed) == ["03-02", "03-16"]


def test_an_event_that_was_called_off_takes_nothing() -> None:
    assert found("DTSTART:20260302|STATUS:CANCELLED") == Ical()


@pytest.mark.parametrize(
    ("written", "work"),
    [
        ("SUMMARY:Working day", True),
        ("SUMMARY:workday instead of Friday", True),
        ("SUMMARY:春节补班", True),
        ("SUMMARY:国庆节（班）", True),
        ("SUMMARY:上班", True),
        ("SUMMARY:Stocktaking|CATEGORIES:Company,Work", True),
        ("SUMMARY:Stocktaking|CATEGORIES:Company|CATEGORIES:work", True),
        ("SUMMARY:春节|X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY", True),
        ("SUMMARY:春节|X-APPLE-SPECIAL-DAY:WORK-HOLIDAY", False),
        ("SUMMARY:春节（休）", False),
        ("SUMMARY:全天不上班", False),
        ("SUMMARY:No work", False),
        ("SUMMARY:non-working day", False),
        ("SUMMARY:Not a working day", False),
        ("SUMMARY:Day off from work", False),
        ("SUMMARY:Work-free day", False),
        ("SUMMARY:Workshop", False),
        ("SUMMARY:Network outing", False),
        ("CLASS:PUBLIC", False),
    ],
)
def test_whether_people_work_then(written: str, work: bool) -> None:
    (event,) = found(f"DTSTART:20260302|{written}").events
    assert event.work is work


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("SUMMARY:x", "x: expected one DTSTART that is a day or a time"),
        ("DTSTART:20260302|DTSTART:20260303", "?: expected one DTSTART that is a day or a time"),
        ("DTSTART;VALUE=TIME:080000", "?: expected one DTSTART that is a day or a time"),
        ("DTSTART;VALUE=DURATION:P1D", "?: expected one DTSTART that is a day or a time"),
        ("DTSTART;VALUE=PERIOD:20260302T080000Z/PT1H", "?: expected one DTSTART that is a day or a time"),
        ("DTSTART:20261340", "?: DTSTART: "),
        ("DTSTART:20260302|DTEND:20260303T080000", "?: DTSTART and DTEND: expected two days or two times"),
        ("DTSTART:20260302T080000", "?: expected a length of 1 minute to 400 days"),
        ("DTSTART:20260302|DURATION:P500D", "?: expected a length of 1 minute to 400 days"),
        ("DTSTART:20260302|DTEND:20260228", "?: expected a length of 1 minute to 400 days"),
        ("DTSTART:20260302|DURATION:PT1H|DURATION:PT2H", "?: "),
        ("DTSTART:20260302|RRULE:FREQ=DAILY|RRULE:FREQ=WEEKLY", "?: expected one RRULE"),
        ("DTSTART:20260302|RRULE:FREQ=NEVER", "?: RRULE: Expected frequency, got: NEVER"),
        ("DTSTART:20260302|RRULE:FREQ=HOURLY", "?: expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("DTSTART:20260302|EXDATE:soon", "?: EXDATE: "),
        ("DTSTART:20260302|RDATE;VALUE=PERIOD:20260302T080000Z/PT1H", "?: RDATE, EXDATE: expected days or times"),
        ("DTSTART:20260302|RECURRENCE-ID;RANGE=THISANDFUTURE:20260302", "?: expected a RECURRENCE-ID without RANGE"),
        ("DTSTART:20260302|RECURRENCE-ID;VALUE=TIME:080000", "?: expected one RECURRENCE-ID that is a day or a time"),
    ],
)
def test_what_can_not_be_read_is_named_and_the_rest_is_read(written: str, why: str) -> None:
    one = found(written, "DTSTART:20260302")
    assert len(one.events) == 1 and len(one.mistakes) == 1
    assert one.mistakes[0].startswith(why), one.mistakes


def test_what_nobody_asks_for_may_be_broken() -> None:
    assert len(found("DTSTART:20260302|DTSTAMP:whenever|LAST-MODIFIED:x").events) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no iCalendar: "),
        ("working days: all", "no iCalendar: "),
        (events("DTSTART;TZID=Asia:20260302T080000"), "no iCalendar: "),  # a folder of the time-zone data
        ("BEGIN:VEVENT\r\nEND:VCALENDAR\r\n", "?: expected one DTSTART"),
        ("x" * (MOST_TEXT + 1), "expected at most 200000 characters, got 200001"),
    ],
)
def test_a_file_that_is_none(text: str, why: str) -> None:
    one = read(text, BERLIN)
    assert one.events == () and one.mistakes[0].startswith(why)


def test_several_calendars_in_one_file() -> None:
    assert len(read(events("DTSTART:20260302") + events("DTSTART:20260303"), BERLIN).events) == 2


def test_only_so_many_series_are_counted_and_drawn_out() -> None:
    one = found(*["DTSTART:20260302|RRULE:FREQ=DAILY;COUNT=2"] * (MOST_COUNTED + 1))
    assert len(one.events) == MOST_COUNTED
    assert one.mistakes == ("?: expected at most 100 rules with a COUNT: use UNTIL",)
    long = found(*["DTSTART:20260302|DURATION:P300D|RRULE:FREQ=DAILY"] * 9)
    assert len(long.events) == 6 and "at most 2000 days together" in long.mistakes[0]


@pytest.mark.parametrize(
    "written", ["DTSTART:20260302", "DTSTART:20260302\nDURATION:P99D", "DTSTART:20260302\nRRULE:FREQ=DAILY", MANY_DAYS]
)
def test_the_longest_file_is_read_and_asked_fast(written: str) -> None:
    one = f"BEGIN:VEVENT\n{written}\nEND:VEVENT\n"
    text = "BEGIN:VCALENDAR\n" + one * ((MOST_TEXT - 40) // len(one)) + "END:VCALENDAR\n"
    before = time.process_time()
    calendar = Calendar(CalendarSpec(id="it", working=True, ical="x.ics"), BERLIN, read(text, BERLIN).events)
    assert time.process_time() - before < 2.0
    before = time.process_time()
    calendar.next_start(datetime(2026, 1, 1, tzinfo=BERLIN).timestamp())
    assert time.process_time() - before < 2.0
