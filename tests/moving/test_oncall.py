"""An export of Grafana OnCall as a site."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingestd.decide.oncall import People, PeopleFile
from ingestd.moving import oncall
from ingestd.moving.draft import Draft
from ingestd.yamltypes import ConfigError, loads
from tests.moving.sites import NOW, file, left, read

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def people(draft: Draft) -> People:
    return People(loads(file(draft, "people.yaml"), PeopleFile, "people.yaml"))


def at(*numbers: int, zone: ZoneInfo = AMSTERDAM) -> float:
    return datetime(*numbers, tzinfo=zone).timestamp()


def drafted(tmp_path: Path, *shifts: dict[str, object], zone: str | None = "Europe/Amsterdam") -> Draft:
    path = tmp_path / "export.json"
    users = [{"id": one, "email": f"{one}@x.example", "username": one, "role": "admin"} for one in ("ann", "bob")]
    listed = [{"id": f"O{n}", "name": f"shift {n}", "start": "2026-03-02T09:00:00", "duration": 86400, "type": "rolling_users", **one} for n, one in enumerate(shifts)]  # fmt: skip
    schedule = {
        "id": "S",
        "name": "Watch",
        "type": "calendar",
        "time_zone": zone,
        "shifts": [one["id"] for one in listed],
    }
    path.write_text(json.dumps({"users": users, "on_call_shifts": listed, "schedules": [schedule]}))
    return oncall.read([path], NOW)


def test_weeks_begin_with_the_second_group_where_it_is_said() -> None:
    turns = people(read("oncall", "export.json"))
    assert turns.on_call("sluice-watch", at(2026, 3, 5, 12)) == ("chen",)
    assert turns.on_call("sluice-watch", at(2026, 3, 12, 12)) == ("noor",)
    assert turns.on_call("sluice-watch", at(2026, 4, 6, 8, 59)) == ("chen",)  # summer time: still at nine
    assert turns.on_call("sluice-watch", at(2026, 4, 6, 9)) == ("noor",)


def test_a_higher_level_stands_over_the_lower_and_pairs_are_two_rotas() -> None:
    turns = people(read("oncall", "export.json"))
    night = at(2026, 3, 2, 23)  # Monday
    assert (turns.on_call("sluice-watch", night), turns.on_call("sluice-watch-2", night)) == (("noor",), ("kees",))
    assert turns.on_call("sluice-watch-2", at(2026, 3, 3, 23)) == ("chen",)  # who is alone has it in each
    assert turns.on_call("sluice-watch-2", at(2026, 3, 5, 23)) == ()


def test_what_comes_once_is_an_override() -> None:
    turns = people(read("oncall", "export.json"))
    assert turns.on_call("sluice-watch", at(2099, 5, 1, 9)) == ("kees",)


def test_shifts_with_clocks_of_their_own_keep_them(tmp_path: Path) -> None:
    draft = drafted(
        tmp_path,
        {"frequency": "daily", "rolling_users": [["ann"], ["bob"]], "time_zone": "America/New_York", "duration": 28800},
        {"frequency": "daily", "rolling_users": [["bob"]], "duration": 28800, "level": 1},
    )
    assert [team.rota.timezone for team in draft.teams if team.rota] == ["America/New_York", "Europe/Amsterdam"]
    new_york = ZoneInfo("America/New_York")
    assert people(draft).on_call("watch", at(2026, 3, 8, 9, 30, zone=new_york)) == (
        "ann",
    )  # their clocks changed at two
    assert left(draft, "levels of shifts that go by other clocks")


def test_a_schedule_without_clocks_takes_those_of_its_shifts(tmp_path: Path) -> None:
    draft = drafted(tmp_path, {"frequency": "daily", "rolling_users": [["ann"]], "time_zone": "Asia/Tokyo"}, zone=None)
    assert draft.teams[0].rota is not None
    assert draft.teams[0].rota.timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("shift", "word"),
    [
        ({"frequency": "monthly", "users": ["ann"]}, "it comes by months"),
        ({"frequency": "weekly", "users": ["ann"], "by_month": [1]}, "it comes by months"),
        ({"type": "recurrent_event", "frequency": "weekly", "interval": 2, "users": ["ann"]}, "every 2 weekly turns"),
        ({"frequency": "hourly", "interval": 5, "rolling_users": [["ann"]]}, "turns of the shift"),
        ({"frequency": "daily", "duration": 0, "rolling_users": [["ann"]]}, "turns of the shift"),
        ({"start": "soon", "users": ["ann"]}, "no start: 'soon'"),
        ({"frequency": "daily", "rolling_users": [["ann"], ["bob"]], "by_day": ["MO"]}, "turns of some days"),
        ({"frequency": "daily", "rolling_users": [["ann"]], "until": "2098-01-01T00:00:00"}, "ends on 2098-01-01"),
        ({"type": "override", "users": []}, "names no person or no time"),
        ({"frequency": "daily", "rolling_users": [["zoe"]]}, "the user zoe is not in the file"),
    ],
)
def test_shifts_that_can_not_be_said_are_named(shift, word, tmp_path) -> None:
    assert left(drafted(tmp_path, shift), word)


def test_a_week_that_lasts_a_week_has_no_hours(tmp_path: Path) -> None:
    draft = drafted(tmp_path, {"frequency": "weekly", "rolling_users": [["ann"], ["bob"]], "duration": 604800})
    assert draft.teams[0].rota is not None
    assert draft.teams[0].rota.layers[0].restrict is None


def test_overrides_of_two_people_go_to_a_rota_each(tmp_path: Path) -> None:
    draft = drafted(
        tmp_path,
        {"frequency": "daily", "rolling_users": [["ann", "bob"]]},
        {"type": "override", "rolling_users": [["bob", "ann"]], "start": "2099-01-01T08:00:00", "duration": 7200},
    )
    assert [[one.person for one in team.rota.overrides] for team in draft.teams if team.rota] == [["bob"], ["ann"]]


def test_chains_are_policies() -> None:
    draft = read("oncall", "export.json")
    policies = {one.spec.id: one.spec for one in draft.policies}
    assert [(step.tell, step.wait) for step in policies["sluices"].steps] == [
        (("oncall:sluice-watch", "oncall:sluice-watch-2"), 300),
        (("person:noor", "person:chen"), 900),
        (("team:sluices",), 600),
    ]
    assert policies["policy1"].steps[0].tell == ("person:chen",)
    for word in ("waits 60 seconds first", "important", "trigger_webhook", "notify_if_time_from_to", "repeat_escalation",
                 "the next person each time", "the chain 'digest' tells nobody"):  # fmt: skip
        assert left(draft, word), word


def test_routes_ask_the_source_and_the_summary() -> None:
    draft = read("oncall", "export.json")
    assert [(one.spec.when, one.spec.policy, one.off) for one in draft.routes] == [
        ({"source": "prom", "text": "~(?-i)us-(east|west)"}, "policy1", False),
        ({}, "digest", True),
        ({}, "last-resort", True),
        ({"source": "cb"}, "sluices", False),
        ({"source": "prom"}, "sluices", False),
    ]
    assert "sources: {prom: {adapter: alertmanager" in left(draft, "the integration 'Prom'")[0]
    for word in ("looked at the whole payload", "a route by jinja2", "RE2 does not take", "the escalation chain FZ"):
        assert left(draft, word), word


def test_calendars_are_to_be_fetched() -> None:
    draft = read("oncall", "export.json")
    assert "`ical_file: FILE`" in left(draft, "ical_url_primary")[0]
    assert not left(draft, "hunter2")


def test_answers_of_the_api_as_they_came() -> None:
    draft = read("oncall", "answers.json")
    turns = people(draft)
    zone = ZoneInfo("America/Sao_Paulo")
    assert turns.on_call("mill", at(2026, 6, 5, 17, zone=zone)) == ("ada",)
    assert turns.on_call("mill", at(2026, 6, 6, 12, zone=zone)) == ()
    assert left(draft, "nothing that is understood")


def test_an_export_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"users": []}')
    with pytest.raises(ConfigError, match="no users, schedules, shifts or escalation chains"):
        oncall.read([tmp_path / "x.json"], NOW)
