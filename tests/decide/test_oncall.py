"""Who is meant by a name, and whose turn it is, also when the clocks change."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide.oncall import Away, Contact, People, PeopleFile, Person, Rota, Team, quiet_hours, ways_for

BERLIN = ZoneInfo("Europe/Berlin")


def team(name: str, members: tuple[str, ...] = ("ann", "bob", "cy"), rota: Rota | None = None) -> Team:
    return Team(id=name, members=members, rota=rota)


def people(*teams: Team) -> People:
    staff = (
        Person(id="ann", mail="Ann@shop.example", manager="cy"),
        Person(
            id="bob",
            manager="cy",
            contacts=(Contact(address="bob@shop.example"), Contact(channel="sms", address="+49")),
        ),
        Person(id="cy", manager="left-last-year"),
    )
    return People(PeopleFile(people=staff, teams=teams), "Europe/Berlin")


def at(local: str, fold: int = 0) -> float:
    return datetime.fromisoformat(local).replace(tzinfo=BERLIN, fold=fold).timestamp()


def turn(rota: Rota, local: str, fold: int = 0) -> tuple[str, ...]:
    return people(team("ops", rota=rota)).on_call("ops", at(local, fold))


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("person:bob", ("bob",)),
        ("person:eve", ()),
        ("bob", ("bob",)),
        ("eve", ()),
        ("team:ops", ("ann", "bob", "cy")),
        ("team:gone", ()),
        ("oncall:ops", ("ann",)),
        ("oncall:gone", ()),
        ("owner", ("ann",)),
        ("manager", ("cy",)),
    ],
)
def test_whom_a_target_names(target: str, named: tuple[str, ...]) -> None:
    ops = team("ops", rota=Rota(people=("ann",)))
    assert people(ops).resolve(target, at("2026-11-23T12:00"), owner_team="ops") == named


def test_the_manager_is_that_of_who_has_taken_it_else_of_who_is_on_call() -> None:
    staff = people(team("ops", rota=Rota(people=("cy",))))
    assert staff.resolve("manager", 0.0, owner_team="ops", owner="bob") == ("cy",)
    assert staff.resolve("manager", 0.0, owner_team="ops") == (), "cy's own manager is nobody here"


def test_the_whole_teams_manager_is_told_once() -> None:
    assert people(team("ops")).resolve("manager", 0.0, owner_team="ops") == ("cy",)


def test_a_week_is_handed_over_on_the_starts_weekday_at_the_hour_written() -> None:
    rota = Rota(people=("ann", "bob"), start="2026-11-02", handover="09:00")  # a Monday
    assert turn(rota, "2026-11-02T09:00") == ("ann",)
    assert turn(rota, "2026-11-09T08:59") == ("ann",)
    assert turn(rota, "2026-11-09T09:00") == ("bob",)
    assert turn(rota, "2026-11-16T09:00") == ("ann",)


def test_a_rota_counts_backwards_before_its_start() -> None:
    rota = Rota(people=("ann", "bob"), start="2026-11-02")
    assert turn(rota, "2026-11-02T08:59") == ("bob",)


def test_weeks_go_on_over_the_new_year() -> None:
    rota = Rota(people=("ann", "bob", "cy"), start="2026-12-21")
    assert [turn(rota, day) for day in ("2026-12-27T12:00", "2026-12-28T12:00", "2027-01-04T12:00")] == [
        ("ann",),
        ("bob",),
        ("cy",),
    ]


def test_a_day_of_23_hours_is_one_turn() -> None:
    rota = Rota(people=("ann", "bob", "cy"), every="day", start="2026-03-28", handover="09:00")
    assert turn(rota, "2026-03-29T08:59") == ("ann",)
    assert turn(rota, "2026-03-29T09:00") == ("bob",)
    assert turn(rota, "2026-03-30T08:59") == ("bob",)
    assert turn(rota, "2026-03-30T09:00") == ("cy",)


def test_a_day_of_25_hours_is_one_turn() -> None:
    rota = Rota(people=("ann", "bob", "cy"), every="day", start="2026-10-24", handover="09:00")
    assert turn(rota, "2026-10-25T02:30") == turn(rota, "2026-10-25T02:30", fold=1) == ("ann",)
    assert turn(rota, "2026-10-25T09:00") == ("bob",)
    assert turn(rota, "2026-10-26T09:00") == ("cy",)


def test_a_hand_over_in_the_hour_that_is_left_out_still_happens() -> None:
    rota = Rota(people=("ann", "bob"), every="day", start="2026-03-28", handover="02:30")
    assert turn(rota, "2026-03-29T01:59") == ("ann",)
    assert turn(rota, "2026-03-29T03:00") == ("bob",)


def test_without_a_rota_everybody_of_the_team_is_on_call() -> None:
    assert people(team("ops")).on_call("ops", 0.0) == ("ann", "bob", "cy")
    assert people(team("ops", rota=Rota(people=()))).on_call("ops", 0.0) == ("ann", "bob", "cy")


def test_who_has_left_is_nobody() -> None:
    assert people(team("ops", rota=Rota(people=("eve",)))).on_call("ops", 0.0) == ()
    assert people(team("ops", members=("eve", "ann"))).on_call("ops", 0.0) == ("ann",)


def test_mail_addresses_lead_to_their_person_whatever_the_case() -> None:
    staff = people()
    assert [staff.by_mail(a) for a in ("ANN@shop.example", "bob@shop.example", "+49", "eve@shop.example")] == [
        "ann",
        "bob",
        "",
        "",
    ]
    assert [w.channel for w in staff.persons["bob"].ways()] == ["mail", "sms"]
    assert staff.persons["cy"].ways() == ()


# -- away
def staffed(*away: str, rota: Rota | None = None) -> People:
    """ann under bob under cy, cy under nobody; all of them a team; ``away``: in June."""
    june = (Away(from_=date(2026, 6, 1), to=date(2026, 6, 30)),)
    managers = {"ann": "bob", "bob": "cy", "cy": ""}
    staff = tuple(
        Person(id=one, mail=f"{one}@shop.example", manager=boss, away=june if one in away else ())
        for one, boss in managers.items()
    )
    return People(PeopleFile(people=staff, teams=(team("ops", rota=rota),)), "Europe/Berlin")


JUNE = at("2026-06-15T12:00")


@pytest.mark.parametrize("target", ["person:ann", "ann", "team:ops", "oncall:ops", "owner"])
def test_who_is_away_is_not_meant_except_as_the_last_resort(target: str) -> None:
    home, empty = staffed("ann"), staffed("ann", "bob", "cy")
    assert "ann" not in home.resolve(target, JUNE, owner_team="ops")
    assert empty.resolve(target, JUNE, owner_team="ops") == ()
    assert "ann" in empty.resolve(target, JUNE, owner_team="ops", even_away=True)
    assert "ann" in home.resolve(target, at("2026-07-01T00:00"), owner_team="ops"), "she is back"


def test_the_last_resort_is_whose_turn_it_is_as_long_as_somebodys_is() -> None:
    found = staffed(rota=Rota(people=("ann", "bob"), every="day", start="2026-06-15"))
    assert found.resolve("oncall:ops", JUNE, even_away=True) == ("ann",)
    assert found.ever("oncall:ops") == ("ann", "bob")


def test_the_manager_of_a_manager_who_is_away() -> None:
    assert staffed("bob").resolve("manager", JUNE, owner="ann") == ("cy",)
    assert staffed("bob", "cy").resolve("manager", JUNE, owner="ann") == ()
    assert staffed("bob", "cy").resolve("manager", JUNE, owner="ann", even_away=True) == ("bob",)
    assert staffed().resolve("manager", JUNE, owner_team="ops", even_away=True) == ("bob", "cy")


def test_managers_in_a_circle_who_are_all_away() -> None:
    june = (Away(from_=date(2026, 6, 1), to=date(2026, 6, 30)),)
    staff = tuple(Person(id=one, manager=boss, away=june) for one, boss in (("a", "b"), ("b", "c"), ("c", "b")))
    assert People(PeopleFile(people=staff)).resolve("manager", JUNE, owner="a") == ()


def test_nobody_is_ever_meant_by_what_does_not_exist() -> None:
    assert [staffed().ever(target) for target in ("person:eve", "eve", "team:eve", "oncall:eve", "manager")] == [()] * 5
    assert staffed().resolve("manager", JUNE, owner="ann", even_away=True) == ("bob",)


def test_days_away_are_those_of_the_persons_own_clocks() -> None:
    away = (Away(from_=date(2026, 6, 2), to=date(2026, 6, 2)),)
    file = PeopleFile(people=(Person(id="wei", away=away, timezone="Asia/Shanghai"),))
    found = People(file, "Europe/Berlin")
    assert [found.away("wei", at(f"2026-06-{time}")) for time in ("01T17:59", "01T18:00", "02T17:59", "02T18:00")] == [
        False,
        True,
        True,
        False,
    ]
    assert found.anybody_away and not staffed().anybody_away


def test_people_by_name() -> None:
    staff = People(PeopleFile(people=(Person(id="ann", name="Ann Lee", mail="a@shop.example"),)))
    assert [staff.called(name) for name in ("ANN", " ann lee", "a@shop.example", "", "lee")] == ["ann"] * 3 + [""] * 2
    assert list(staff.addresses()) == ["a@shop.example"]


# -- ways
MAIL, PHONE = Contact(address="a@x.example"), Contact(channel="sms", address="+49", not_between="22:00-07:00")
BOARD = Contact(channel="chat", address="#ops", priorities=("P3", "P4"))


def reached(*contacts: Contact, priority: str = "P3", time: str = "12:00", zone: str = "") -> list[str]:
    """The channels that a page would go by."""
    person = Person(id="ann", contacts=contacts, timezone=zone)
    return [way.channel for way in ways_for(person, priority, at(f"2026-06-03T{time}"), BERLIN)]


def test_ways_are_tried_in_the_order_written() -> None:
    assert reached(PHONE, MAIL) == ["sms", "mail"]
    assert [way.address for way in ways_for(Person(id="x", mail="x@x.example"), "P3", 0.0, BERLIN)] == ["x@x.example"]
    assert ways_for(Person(id="x"), "P1", 0.0, BERLIN) == ()


def test_a_contact_for_some_priorities_is_used_for_these() -> None:
    assert reached(MAIL, BOARD, priority="P3") == ["mail", "chat"]
    assert reached(MAIL, BOARD, priority="P1") == ["mail"]
    assert reached(BOARD, priority="P1") == ["chat"], "better than not at all"


@pytest.mark.parametrize(
    ("time", "quiet"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("06:59", True), ("07:00", False)],
)
def test_quiet_hours_hold_a_contact_back(time: str, quiet: bool) -> None:
    assert reached(PHONE, MAIL, time=time) == (["mail"] if quiet else ["sms", "mail"])
    assert reached(PHONE, MAIL, time=time, priority="P1") == ["sms", "mail"], "P1 goes through"
    assert reached(PHONE, time=time) == ["sms"], "better than not at all"


def test_quiet_hours_by_day_and_by_the_persons_own_clocks() -> None:
    siesta = Contact(channel="sms", not_between="13:00-15:00")
    assert [reached(siesta, MAIL, time=time) for time in ("12:59", "13:00", "15:00")] == [
        ["sms", "mail"],
        ["mail"],
        ["sms", "mail"],
    ]
    assert reached(PHONE, MAIL, time="16:00", zone="Asia/Shanghai") == ["mail"], "22:00 there"


def test_a_contact_for_other_priorities_is_no_way_out_of_quiet_hours() -> None:
    assert reached(PHONE, BOARD, priority="P2", time="23:00") == ["sms"]


@pytest.mark.parametrize("text", ["22:00", "22:00-", "x-y", "22:00-22:00", "00:00-24:00", "22-7"])
def test_what_is_no_quiet_time(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        quiet_hours(text)
