"""Who is on call, over the API."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ingestd.decide.oncall import People, PeopleFile, Rota, Team, TurnOverride
from tests.web.faces import ANN, AS_ANN, WEI, World

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp()


@pytest.fixture
def world() -> Iterator[World]:
    found = World()
    before = found.live.rules.people
    rota = Rota(
        people=("ann", "wei"),
        start="2026-11-23",
        overrides=(TurnOverride(person="wei", from_="2026-11-24 18:00", to="2026-11-25 08:00"),),
    )
    teams = (Team(id="network", name="网络", members=("ann",), rota=rota), Team(id="office", members=("ann", "wei")))
    found.live.rules.people = People(PeopleFile(people=(ANN, WEI), teams=teams))
    found.now = MONDAY
    yield found
    found.live.rules.people = before


async def test_the_turns_of_every_team_from_now_on(world: World) -> None:
    async with world.browser() as browser:
        found = (await browser.get("/api/v1/oncall", headers=AS_ANN)).json()
    assert (found["at"], found["until"]) == (MONDAY, MONDAY + 14 * 86400)
    network, office = found["teams"]
    assert [(turn["people"], turn["layer"]) for turn in network["turns"]] == [
        (["ann"], "layer 1"),
        (["wei"], "override"),
        (["ann"], "layer 1"),
        (["wei"], "layer 1"),
    ]
    assert (network["name"], network["timezone"], network["gaps"], network["overlaps"]) == ("网络", "UTC", [], [])
    assert [turn["people"] for turn in office["turns"]] == [["ann", "wei"]]


async def test_at_a_moment_and_of_one_team(world: World) -> None:
    asked = {"at": "2026-11-24T20:00", "next": "1h", "team": "network"}
    async with world.browser() as browser:
        found = (await browser.get("/api/v1/oncall", headers=AS_ANN, params=asked)).json()
        day = (await browser.get("/api/v1/oncall?at=2026-11-24", headers=AS_ANN)).json()
    (network,) = found["teams"]
    assert [turn["people"] for turn in network["turns"]] == [["wei"]]
    assert day["at"] == MONDAY + 15 * 3600


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("at=noon", "at: expected a time such as 2027-01-31T18:00, got 'noon'"),
        ("at=9999-12-31T23:59", "at: expected a time such as 2027-01-31T18:00, got '9999-12-31T23:59'"),
        ("next=soon", "next: expected a duration such as 90s, 5m, 2h, 1d or 1h30m, got 'soon'"),
        ("next=400d", "next: expected at most 366d, got '400d'"),
        ("next=0s", "next: expected at most 366d, got '0s'"),
        ("team=moon", "team: expected one of network, office, got 'moon'"),
    ],
)
async def test_what_can_not_be_asked(world: World, asked: str, answer: str) -> None:
    async with world.browser() as browser:
        found = await browser.get(f"/api/v1/oncall?{asked}", headers=AS_ANN)
    assert (found.status_code, found.json()["error"]) == (422, answer)


async def test_strangers_see_nothing(world: World) -> None:
    async with world.browser() as browser:
        assert (await browser.get("/api/v1/oncall")).status_code == 401
