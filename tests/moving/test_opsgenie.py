"""An account of Opsgenie as a site: whose turn it was there, it is here."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide.oncall import Contact, People, PeopleFile
from ingestd.moving import opsgenie
from ingestd.moving.draft import Draft
from ingestd.yamltypes import ConfigError, loads
from tests.moving.sites import NOW, file, left, read

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def people(draft: Draft) -> People:
    return People(loads(file(draft, "people.yaml"), PeopleFile, "people.yaml"))


def at(*numbers: int, zone: ZoneInfo = STOCKHOLM) -> float:
    return datetime(*numbers, tzinfo=zone).timestamp()


def drafted(tmp_path: Path, content: object) -> Draft:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(content), "utf-8")
    return opsgenie.read([path], NOW)


def schedule(**rotation: object) -> dict[str, object]:
    one = {"id": "r", "name": "r", "startDate": "2026-03-02T07:00:00Z", "type": "weekly", "participants": [{"type": "user", "username": "a@x.example"}], **rotation}  # fmt: skip
    return {"schedules": [{"id": "s", "name": "S", "timezone": "Europe/Stockholm", "rotations": [one]}]}


def test_weeks_are_handed_over_by_the_clocks_of_the_schedule() -> None:
    turns = people(read("opsgenie", "export.json"))
    # the rotation began on a Monday at 8 in winter time; after the clocks change it is still at 8
    assert turns.on_call("press", at(2026, 3, 2, 12)) == ("mara",)
    assert turns.on_call("press", at(2026, 3, 9, 12)) == ("liuyang",)
    assert turns.on_call("press", at(2026, 4, 13, 7, 59)) == ("liuyang",)  # Monday before eight: of the week before
    assert turns.on_call("press", at(2026, 4, 13, 8)) == ("mara",)
    assert turns.on_call("press", at(2026, 3, 11, 12)) == ()  # Wednesday is nobody's
    assert turns.on_call("press", at(2026, 3, 14, 3)) == ("liuyang",)  # the weekend is one stretch


def test_what_meets_is_a_rota_of_its_own_and_both_are_told() -> None:
    draft = read("opsgenie", "export.json")
    turns = people(draft)
    assert turns.on_call("press-weekdays-2", at(2026, 3, 3, 3)) == ("otto",)
    policy = next(one.spec for one in draft.policies if one.spec.id == "press-weekdays")
    assert policy.steps[0].tell == ("oncall:press", "oncall:press-weekdays-2")


def test_turns_of_half_a_day_are_a_layer_each() -> None:
    turns = people(read("opsgenie", "export.json"))
    shanghai = ZoneInfo("Asia/Shanghai")
    assert turns.on_call("team1", at(2026, 6, 1, 9, zone=shanghai)) == ("liuyang",)
    assert turns.on_call("team1", at(2026, 6, 1, 8, zone=shanghai)) == ("u-9",)
    assert turns.on_call("team1", at(2026, 6, 1, 23, zone=shanghai)) == ("u-9",)


def test_overrides_go_where_their_rotation_went() -> None:
    draft = read("opsgenie", "export.json")
    rotas = {team.id: team.rota for team in draft.teams if team.rota}
    assert [one.person for one in rotas["press"].overrides] == ["mara"]
    assert [one.person for one in rotas["press-weekdays-2"].overrides] == ["mara", "liuyang"]
    assert rotas["press"].overrides[0].from_ == "2099-03-02T19:00+01:00"
    assert left(draft, "an override that names no person or no times")


def test_people_keep_their_names_zones_and_numbers() -> None:
    draft = read("opsgenie", "export.json")
    mara, liu, otto, gone = draft.people
    assert (mara.id, mara.name, mara.timezone, mara.language) == ("mara", "Mara Lind", "Europe/Stockholm", "en")
    assert mara.contacts == (Contact(address="mara@orchard.example"), Contact(channel="phone", address="+46701234567"))
    assert (liu.id, liu.name, liu.language) == ("liuyang", "刘洋", "zh_CN")
    assert (otto.timezone, gone.id) == ("", "u-9")
    for word in (
        "unknown time zone 'Mars/Base'",
        "is blocked",
        "shoeSize",
        "a contact by fax",
        "u-9 is not in the export",
    ):
        assert left(draft, word), word


def test_delays_are_waits_and_repeats_are_written_out() -> None:
    draft = read("opsgenie", "export.json")
    policy = next(one.spec for one in draft.policies if one.spec.id == "press-escalation")
    assert [round(step.wait / 60) for step in policy.steps] == [10, 50, 15] * 3
    assert policy.steps[2].tell == ("team:press",)
    assert policy.resolve_within["P1"] == 7200
    assert policy.unresolved[0].tell == ("person:otto",)
    assert left(draft, "closes after all repeats")


def test_what_escalations_can_not_say_is_named() -> None:
    draft = read("opsgenie", "export.json")
    for word in (
        "tells the next of schedule",
        "the first step after 5 minutes",
        "tells escalation",
        "'urgent' tells nobody",
    ):
        assert left(draft, word), word
    assert {one.spec.id for one in draft.policies} >= {"urgent-2", "policy1"}


def test_routing_rules_keep_their_order_and_their_team() -> None:
    routes = {one.spec.id: one for one in read("opsgenie", "export.json").routes}
    assert list(routes) == ["press-p1-first", "press-quiet", "press-tags", "press-night", "press-default"]
    first = routes["press-p1-first"].spec
    assert first.when == {"team": "press", "any": [{"priority": "P1"}, {"text": r"~(?-i)on\ fire\ \[\*\]"}]}
    assert routes["press-quiet"].spec.policy == "digest"
    assert [one.off for one in routes.values()] == [False, False, True, True, False]
    assert routes["press-default"].spec.when == {"team": "press"}


def test_a_backup_is_a_folder_of_files() -> None:
    draft = read("opsgenie", "backup")
    (team,) = draft.teams
    assert (team.id, team.members) == ("pumps", ("pim",))
    assert team.rota is not None
    assert (team.rota.every, team.rota.handover, team.rota.start) == ("2 weeks", "09:00", "2026-01-05")
    assert team.rota.overrides[0].from_ == "2099-07-01T08:00+02:00"  # summer time
    assert draft.routes[0].spec.policy == "pumps_schedule"
    assert left(draft, "notification rules")
    assert left(draft, "roles of a team")
    assert left(draft, "tells schedule gone")


@pytest.mark.parametrize(
    ("rotation", "word"),
    [
        ({"type": "hourly", "length": 5}, "the turns of 'r' (5 hourly)"),
        ({"participants": []}, "the turns of 'r'"),
        ({"startDate": "soon"}, "has no start"),
        ({"timeRestriction": {"restrictions": [{"startDay": "someday"}]}}, "hours without a day"),
        ({"participants": [{"type": "escalation", "name": "E"}]}, "a turn of escalation E"),
    ],
)
def test_rotations_that_can_not_be_said_are_named(rotation, word, tmp_path) -> None:
    assert left(drafted(tmp_path, schedule(**rotation)), word)


def test_hours_that_are_days_are_days(tmp_path: Path) -> None:
    (team,) = drafted(tmp_path, schedule(type="hourly", length=48)).teams
    assert team.rota is not None
    assert team.rota.layers[0].every == "2 days"


def test_rules_that_nobody_owns_and_delays_as_numbers(tmp_path: Path) -> None:
    found = drafted(
        tmp_path,
        {
            "users": [{"id": "1", "username": "a@x.example", "fullName": "A"}],
            "escalations": [
                {
                    "id": "e",
                    "name": "E",
                    "rules": [
                        {
                            "condition": "if-not-closed",
                            "delay": 0,
                            "recipient": {"type": "user", "username": "a@x.example"},
                        },
                        {"condition": "if-not-acked", "delay": 0, "recipient": {"type": "nothing"}},
                    ],
                }
            ],
            "routingRules": [{"id": "r", "name": "R", "criteria": {}, "notify": {"type": "escalation", "name": "E"}}],
        },
    )
    assert found.policies[0].spec.steps[0].tell == ("person:a",)
    assert found.routes[0].off
    assert left(found, "nobody knows whose rule it is")


def test_an_export_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no users, teams, schedules or escalations in it"):
        drafted(tmp_path, {"data": []})
    (tmp_path / "none").mkdir()
    with pytest.raises(ConfigError, match="no JSON file in it"):
        opsgenie.read([tmp_path / "none"], NOW)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", ":1:2: not JSON"),
        ('{"a":\n tru}', ":2:2: not JSON"),
        ("[" * 100_000, ":1:1: not read"),
        ("1" * 5000, ":1:1: not read"),
    ],
)
def test_broken_json_is_named_by_line_and_column(text, where, tmp_path) -> None:
    (tmp_path / "export.json").write_text(text)
    with pytest.raises(ConfigError) as caught:
        opsgenie.read([tmp_path / "export.json"], NOW)
    assert f"export.json{where}" in str(caught.value)


def test_the_list_of_teams_does_not_say_who_is_in_them(tmp_path: Path) -> None:
    found = drafted(tmp_path, {"data": [{"id": "t", "name": "Team", "description": ""}]})
    assert found.teams[0].members == ()
    assert left(found, "who is in the team 'Team' is not said")
