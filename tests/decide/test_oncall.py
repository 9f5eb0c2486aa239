"""Who is meant by a name, and whose turn it is, also when the clocks change."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide.oncall import Contact, People, PeopleFile, Person, Rota, Team

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
