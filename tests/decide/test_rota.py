"""Layers, overrides, holidays and iCalendars: who has which turn, from when to when, whatever the clocks do."""

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide import rota as rotas
from ingestd.decide.calendar import Calendar, CalendarSpec
from ingestd.decide.oncall import Away, People, PeopleFile, Person, Rota, Team, Turn
from ingestd.decide.rota import Clocks, Layer, Restrict, TurnOverride, every_days, everybody_of, hours, zone_of

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
HOUR = 3600.0
IDS = ("ann", "bob", "cy", "wei")


def at(local: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> float:
    return datetime.fromisoformat(local).replace(tzinfo=zone, fold=fold).timestamp()


def people(rota: Rota, zone: ZoneInfo = BERLIN, *, ics: str = "", **away: tuple[str, str]) -> People:
    """A team "ops" of ann, bob, cy and 王伟 with this rota; ``away``: who is away from one day to another."""
    names = {"ann": "Ann Lee", "wei": "王伟"}
    staff = (
        Person(
            id=one,
            name=names.get(one, ""),
            mail=f"{one}@shop.example",
            away=tuple(Away(from_=date.fromisoformat(low), to=date.fromisoformat(high)) for low, high in [away[one]])
            if one in away
            else (),
        )
        for one in IDS
    )
    file = PeopleFile(people=tuple(staff), teams=(Team(id="ops", members=IDS, rota=rota),))
    inventory = CalendarSpec(id="inventory", dates=(date(2026, 6, 30),))
    return People(file, zone.key, {"inventory": Calendar(inventory, zone)}, {"duty.ics": ics} if ics else {})


def shown(found: People, start: str, end: str, zone: ZoneInfo = BERLIN) -> list[str]:
    """Every turn as ``from to who layer``, by the clocks of a zone."""

    def moment(wall: float) -> str:
        return f"{datetime.fromtimestamp(wall, zone):%d.%H:%M}"

    turns = found.turns("ops", at(start, zone), at(end, zone))
    return [f"{moment(one.start)} {moment(one.end)} {'+'.join(one.people)} {one.layer}".strip() for one in turns]


# -- layers
def test_turns_of_some_days() -> None:
    rota = Rota(people=("ann", "bob"), every="3 days", start="2026-06-01")
    assert shown(people(rota), "2026-06-01T09:00", "2026-06-10T00:00") == [
        "01.09:00 04.09:00 ann layer 1",
        "04.09:00 07.09:00 bob layer 1",
        "07.09:00 10.00:00 ann layer 1",
    ]


@pytest.mark.parametrize(
    ("every", "days"), [("day", 1), ("week", 7), ("1 day", 1), ("2 weeks", 14), ("10 days", 10), ("52 weeks", 364)]
)
def test_how_long_a_turn_is(every: str, days: int) -> None:
    assert every_days(every) == days


@pytest.mark.parametrize(
    "every", ["", "month", "0 days", "-1 days", "week 2", "53 weeks", "999 days", "1000 days", "2"]
)
def test_what_is_no_length(every: str) -> None:
    with pytest.raises(ValueError, match="expected day, week"):
        every_days(every)


def test_a_later_layer_wins_where_it_holds() -> None:
    night = Layer(name="nights", people=("bob",), restrict=Restrict(from_="18:00", to="08:00"))
    weekend = Layer(people=("cy",), restrict=Restrict(weekdays=("sat",), from_="09:00", to="09:00"))
    rota = Rota(people=("ann",), layers=(night, weekend))
    assert shown(people(rota), "2026-06-05T12:00", "2026-06-07T20:00") == [  # from a Friday on
        "05.12:00 05.18:00 ann layer 1",
        "05.18:00 06.08:00 bob nights",
        "06.08:00 06.09:00 ann layer 1",
        "06.09:00 07.09:00 cy layer 3",
        "07.09:00 07.18:00 ann layer 1",
        "07.18:00 07.20:00 bob nights",
    ]


def test_hours_that_no_layer_holds_are_nobodys() -> None:
    rota = Rota(people=("ann",), restrict=Restrict(weekdays=("mon", "tue", "wed", "thu", "fri"), to="17:30"))
    assert shown(people(rota), "2026-06-05T12:00", "2026-06-08T12:00") == [
        "05.12:00 05.17:30 ann layer 1",
        "05.17:30 08.00:00",
        "08.00:00 08.12:00 ann layer 1",
    ]


def test_layers_alone_need_no_people_beside_them() -> None:
    found = people(Rota(layers=(Layer(people=("cy",)),)))
    assert found.on_call("ops", at("2026-06-05T12:00")) == ("cy",)


def test_the_rota_has_clocks_of_its_own() -> None:
    rota = Rota(people=("ann", "wei"), every="day", start="2026-06-01", handover="09:00", timezone="Asia/Shanghai")
    found = people(rota)
    assert shown(found, "2026-06-02T02:00", "2026-06-02T12:00") == [
        "02.02:00 02.03:00 ann layer 1",
        "02.03:00 02.12:00 wei layer 1",
    ]
    assert found.roster("ops", 0.0, 1.0).timezone == "Asia/Shanghai"


# -- who is away
def test_who_is_away_is_passed_over_for_those_days_only() -> None:
    rota = Rota(people=("ann", "bob", "cy"), every="week", start="2026-06-01")
    found = people(rota, ann=("2026-06-03", "2026-06-04"), bob=("2026-06-04", "2026-06-20"))
    assert shown(found, "2026-06-01T09:00", "2026-06-08T09:00") == [
        "01.09:00 03.00:00 ann layer 1",
        "03.00:00 04.00:00 bob layer 1",
        "04.00:00 05.00:00 cy layer 1",
        "05.00:00 08.09:00 ann layer 1",
    ]


def test_a_layer_of_which_everybody_is_away_leaves_it_to_the_one_beneath() -> None:
    rota = Rota(people=("ann",), layers=(Layer(people=("bob",)),))
    found = people(rota, bob=("2026-06-03", "2026-06-03"))
    assert shown(found, "2026-06-02T12:00", "2026-06-04T12:00") == [
        "02.12:00 03.00:00 bob layer 2",
        "03.00:00 04.00:00 ann layer 1",
        "04.00:00 04.12:00 bob layer 2",
    ]


def test_nobody_left_is_a_gap() -> None:
    found = people(Rota(people=("ann",)), ann=("2026-06-03", "2026-06-03"))
    (gap,) = found.roster("ops", at("2026-06-01T00:00"), at("2026-06-09T00:00")).gaps
    assert (gap.start, gap.end) == (at("2026-06-03T00:00"), at("2026-06-04T00:00"))


def test_days_away_that_are_written_backwards_or_without_an_end() -> None:
    rota = Rota(people=("ann", "bob"), every="week")
    backwards = people(rota, ann=("2026-06-05", "2026-06-01"), bob=("2026-06-03", "9999-12-31"))
    assert backwards.absences("ann") == ()
    assert backwards.on_call("ops", at("2029-06-03T00:00")) == ("ann",)
    assert people(rota, bob=("0001-01-01", "2026-06-01")).away("bob", 0.0)


# -- overrides
ONE_NIGHT = TurnOverride(person="bob", from_="2026-06-03 18:00", to="2026-06-04T08:00")


def test_an_override_for_one_night() -> None:
    assert shown(people(Rota(people=("ann",), overrides=(ONE_NIGHT,))), "2026-06-03T12:00", "2026-06-04T12:00") == [
        "03.12:00 03.18:00 ann layer 1",
        "03.18:00 04.08:00 bob override",
        "04.08:00 04.12:00 ann layer 1",
    ]


def test_of_several_at_once_the_last_written_counts() -> None:
    earlier = TurnOverride(person="cy", from_="2026-06-03 12:00", to="2026-06-03 20:00")
    found = people(Rota(people=("ann",), overrides=(earlier, ONE_NIGHT)))
    assert shown(found, "2026-06-03T11:00", "2026-06-03T21:00") == [
        "03.11:00 03.12:00 ann layer 1",
        "03.12:00 03.18:00 cy override",
        "03.18:00 03.20:00 bob override",
        "03.20:00 03.21:00 bob override",
    ]
    (overlap,) = found.roster("ops", at("2026-06-03T11:00"), at("2026-06-03T21:00")).overlaps
    assert (overlap.people, overlap.also, overlap.end - overlap.start) == (("bob",), ("cy",), 2 * HOUR)


def test_an_override_of_who_is_away_counts_for_nothing() -> None:
    found = people(Rota(people=("ann",), overrides=(ONE_NIGHT,)), bob=("2026-06-01", "2026-06-30"))
    assert found.on_call("ops", at("2026-06-03T20:00")) == ("ann",)


def test_an_override_may_say_its_own_zone() -> None:
    abroad = TurnOverride(person="wei", from_="2026-06-03T18:00+08:00", to="2026-06-03T19:00+08:00")
    found = people(Rota(people=("ann",), overrides=(abroad,)))
    assert found.on_call("ops", at("2026-06-03T12:30")) == ("wei",)


@pytest.mark.parametrize(
    "text", ["", "2026-06-03", "18:00", "2026-13-03 18:00", "0001-01-01 00:00", "9999-12-31 23:59"]
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|Invalid|month"):
        Clocks(BERLIN).moment(text)


# -- holidays
def test_on_public_holidays_their_own_layer_holds() -> None:
    rota = Rota(people=("ann",), holidays="CN", holiday=Layer(people=("wei",)))
    assert shown(people(rota, SHANGHAI), "2026-10-07T12:00", "2026-10-08T12:00", SHANGHAI) == [
        "07.12:00 08.00:00 wei holiday",
        "08.00:00 08.12:00 ann layer 1",
    ]


def test_a_calendar_of_the_site_names_days_too_by_its_own_clocks() -> None:
    rota = Rota(people=("ann",), holidays="inventory", holiday=Layer(people=("bob",)), timezone="Asia/Shanghai")
    assert shown(people(rota), "2026-06-29T12:00", "2026-07-01T12:00") == [
        "29.12:00 30.00:00 ann layer 1",
        "30.00:00 01.00:00 bob holiday",
        "01.00:00 01.12:00 ann layer 1",
    ]


@pytest.mark.parametrize(
    "rota", [Rota(people=("ann",), holidays="XX", holiday=Layer(people=("bob",))), Rota(people=("ann",), holidays="CN")]
)
def test_holidays_that_nobody_knows_or_that_have_no_layer_change_nothing(rota: Rota) -> None:
    assert people(rota).on_call("ops", at("2026-10-03T12:00")) == ("ann",)


# -- iCalendar
def ical(*events: str) -> str:
    """``20260603T180000/20260604T080000 title|more lines``."""
    lines = ["BEGIN:VCALENDAR"]
    for event in events:
        when, _, title = event.partition(" ")
        start, _, end = when.partition("/")
        lines += ["BEGIN:VEVENT", f"DTSTART:{start}", f"DTEND:{end}", *f"SUMMARY:{title}".split("|"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


DUTY = Rota(people=("ann",), ical="duty.ics")


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Ann Lee", ("ann",)),
        ("on call: ann lee.", ("ann",)),
        ("码头值班王伟", ("wei",)),
        ("bob@shop.example", ("bob",)),
        ("Duty: bob, cy", ("bob", "cy")),
        ("cy and Ann Lee", ("ann",)),  # names count before ids
        ("bob-by's birthday", ()),
        ("Mary-ann", ()),
        ("bob.b@other.example", ()),
        ("x@bob", ()),
        ("dentist", ()),
        ("dentist|ATTENDEE:mailto:CY@shop.example|ATTENDEE;PARTSTAT=DECLINED:mailto:bob@shop.example", ("cy",)),
        ("dentist|ATTENDEE;PARTSTAT=DECLINED:mailto:bob@shop.example", ()),
        ("dentist|ATTENDEE:mailto:stranger@shop.example", ()),
        ("bob|ATTENDEE:mailto:cy@shop.example", ("bob",)),
    ],
)
def test_whom_an_event_names(title: str, named: tuple[str, ...]) -> None:
    found = people(DUTY, ics=ical(f"20260603T180000/20260604T080000 {title}"))
    assert found.on_call("ops", at("2026-06-03T20:00")) == (named or ("ann",))
    assert found.nameless("ops") == (() if named else (title.partition("|")[0],))


def test_a_longer_name_is_not_taken_for_the_shorter_one_in_it() -> None:
    staff = (Person(id="a", name="王伟"), Person(id="b", name="王伟民"))
    file = PeopleFile(people=staff, teams=(Team(id="ops", members=(), rota=Rota(ical="duty.ics")),))
    found = People(file, "Asia/Shanghai", None, {"duty.ics": ical("20260603T180000/20260604T080000 王伟民值班")})
    assert found.on_call("ops", at("2026-06-03T20:00", SHANGHAI)) == ("b",)
    assert found.may_call("ops") == ("b",)


def test_two_events_at_once_are_two_people_on_call_and_an_overlap() -> None:
    found = people(DUTY, ics=ical("20260603T180000/20260604T080000 bob", "20260604T060000/20260604T120000 cy"))
    assert shown(found, "2026-06-03T17:00", "2026-06-04T13:00") == [
        "03.17:00 03.18:00 ann layer 1",
        "03.18:00 04.06:00 bob ical",
        "04.06:00 04.08:00 bob+cy ical",
        "04.08:00 04.12:00 cy ical",
        "04.12:00 04.13:00 ann layer 1",
    ]
    (overlap,) = found.roster("ops", at("2026-06-03T17:00"), at("2026-06-04T13:00")).overlaps
    assert overlap.people == ("bob", "cy")


def test_a_file_that_is_not_there_names_nobody() -> None:
    assert people(DUTY).on_call("ops", at("2026-06-03T20:00")) == ("ann",)
    assert people(Rota(people=("ann",))).nameless("ops") == ()


def test_titles_are_remembered_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.decide.oncall.MOST_TITLES", 1)
    found = people(DUTY, ics=ical("20260603T180000/20260603T190000 bob", "20260603T200000/20260603T210000 cy"))
    for _ in range(2):
        assert [one.people for one in found.turns("ops", at("2026-06-03T18:00"), at("2026-06-03T21:00"))] == [
            ("bob",),
            ("ann",),
            ("cy",),
        ]


# -- clocks
def test_a_hand_over_that_the_clocks_leave_out_is_when_they_jump() -> None:
    clocks = Clocks(BERLIN)
    assert clocks.at(date(2026, 3, 29), 150) == at("2026-03-29T03:00")
    assert clocks.moment("2026-03-29 02:30:59") == at("2026-03-29T03:00")


def test_a_hand_over_that_they_show_twice_is_the_first() -> None:
    rota = Rota(people=("ann", "bob"), every="day", start="2026-10-25", handover="02:30")
    found = people(rota)
    assert found.on_call("ops", at("2026-10-25T02:29")) == ("bob",)
    assert found.on_call("ops", at("2026-10-25T02:30")) == ("ann",)
    assert found.on_call("ops", at("2026-10-25T02:29", fold=1)) == ("ann",), "not handed back"


def test_a_midnight_that_is_left_out() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # on 29 March 2026 the clocks jump from 00:00 to 01:00
    found = people(Rota(people=("ann", "bob"), every="day", start="2026-03-28", handover="00:00"), beirut)
    assert found.on_call("ops", at("2026-03-28T23:59", beirut)) == ("ann",)
    assert found.on_call("ops", at("2026-03-29T01:00", beirut)) == ("bob",)


def test_a_whole_day_that_is_left_out() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went to the other side of the date line: no 30 December 2011
    found = people(Rota(people=("ann", "bob", "cy"), every="day", start="2011-12-29", handover="00:00"), apia)
    assert shown(found, "2011-12-29T12:00", "2012-01-01T00:00", apia) == [
        "29.12:00 31.00:00 ann layer 1",
        "31.00:00 01.00:00 cy layer 1",
    ]


def test_a_moment_that_is_rounded_into_the_next_day_is_its_first() -> None:
    found = people(Rota(people=("ann", "bob"), every="day", start="2026-06-01", handover="00:00"))
    assert found.on_call("ops", at("2026-06-02T00:00") - 1e-7) == ("bob",)


def test_the_length_of_a_night_shift_is_counted_in_real_hours() -> None:
    rota = Rota(people=("ann",), restrict=Restrict(from_="20:00", to="05:00"))
    lengths = [
        (one.end - one.start) / HOUR
        for night in ("2026-03-28T12:00", "2026-10-24T12:00", "2026-06-03T12:00")
        for one in people(rota).turns("ops", at(night), at(night) + 24 * HOUR)
        if one.people
    ]
    assert lengths == [8, 10, 9]


def test_zones_that_nobody_knows() -> None:
    assert [zone_of(name, BERLIN) for name in ("", "Asia/Shanghai", "Mars/Olympus", "../x", "Europe")] == [
        BERLIN,
        SHANGHAI,
        BERLIN,
        BERLIN,
        BERLIN,
    ]


def test_hours_of_a_layer() -> None:
    assert hours(Restrict()) == (0, 1440)
    assert hours(Restrict(from_="22:00", to="06:00")) == (1320, 1800)
    for wrong in (Restrict(from_="24:00"), Restrict(to="25:00")):
        with pytest.raises(ValueError, match="expected a time"):
            hours(wrong)


def test_everybody_whom_a_rota_writes() -> None:
    rota = Rota(
        people=("ann",),
        layers=(Layer(people=("bob", "ann")),),
        holidays="CN",
        holiday=Layer(people=("cy",)),
        overrides=(ONE_NIGHT, TurnOverride(person="wei", from_="2026-06-03 18:00", to="2026-06-04 08:00")),
    )
    assert everybody_of(rota) == ("ann", "bob", "cy", "wei")


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotas, "REMEMBERED", 3)
    found = people(Rota(people=("ann", "bob"), every="day", start="2026-06-01"))
    turns = found.turns("ops", at("2026-06-01T09:00"), at("2026-06-30T09:00"))
    assert [one.people[0] for one in turns] == ["ann", "bob"] * 14 + ["ann"]


# -- all of it together
days = st.integers(0, 40).map(lambda n: date.fromordinal(date(2026, 3, 10).toordinal() + n))
clock = st.sampled_from(("00:00", "02:00", "02:30", "03:00", "09:00", "17:45", "23:59"))
restrict = st.builds(
    Restrict,
    weekdays=st.lists(st.sampled_from(("mon", "wed", "sat", "sun")), max_size=3).map(tuple),
    from_=clock,
    to=clock | st.just("24:00"),
)
staff = st.lists(st.sampled_from(IDS), min_size=1, max_size=4).map(tuple)
layer = st.builds(
    Layer,
    people=staff,
    every=st.sampled_from(("day", "2 days", "week", "3 weeks")),
    start=days.map(str),
    handover=clock,
    restrict=st.none() | restrict,
)
moment = st.builds(lambda day, time: f"{day} {time}", days, clock)
override = st.builds(TurnOverride, person=st.sampled_from(IDS), from_=moment, to=moment)
any_rota = st.builds(
    Rota,
    people=staff | st.just(()),
    every=st.sampled_from(("day", "week")),
    handover=clock,
    restrict=st.none() | restrict,
    timezone=st.sampled_from(("", "Asia/Shanghai", "Asia/Beirut", "America/Santiago")),
    layers=st.lists(layer, max_size=3).map(tuple),
    holidays=st.just("DE"),
    holiday=st.none() | layer,
    overrides=st.lists(override, max_size=4).map(tuple),
    ical=st.sampled_from(("", "duty.ics")),
)
PLAN = ical(
    "20260328T200000/20260329T040000 bob", "20260329T023000/20260331T000000 cy", "20260405T000000/20260406T000000 x"
)


@settings(max_examples=150, deadline=None)
@given(any_rota, days, st.integers(0, 400_000), st.lists(st.floats(0, 1, exclude_max=True), min_size=5, max_size=12))
def test_turns_cover_the_time_and_agree_with_who_is_on_call(
    rota: Rota, first: date, length: int, moments: list[float]
) -> None:
    found = people(rota, ics=PLAN, bob=("2026-03-20", "2026-03-29"))
    start = at(f"{first}T01:23:45")
    turns = found.turns("ops", start, start + length)
    assert [one.start for one in turns] + [start + length] == [start] + [one.end for one in turns] or length == 0
    assert all(one.start < one.end for one in turns)
    assert all(kind(one) != kind(other) for one, other in pairwise(turns)), "none goes on with the next"
    for share in moments if length else ():
        wall = start + int(share * length)
        (one,) = (turn for turn in turns if turn.start <= wall < turn.end)
        assert found.on_call("ops", wall) == one.people
    assert not any("bob" in one.people and found.away("bob", one.start) for one in turns)


def kind(turn: Turn) -> tuple[object, ...]:
    return turn.people, turn.layer, turn.also
