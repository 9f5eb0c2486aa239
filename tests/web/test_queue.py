"""The worklist over the API."""

from msgspec.structs import replace

from tests.web.faces import AS_ANN, INCIDENT, World


async def test_the_open_ones_are_listed_in_their_order() -> None:
    world = World()
    world.rows.kept[8] = replace(INCIDENT, number=8, priority="P2", began=50.0)
    world.rows.kept[9] = replace(INCIDENT, number=9, resolve_at=500.0, state="acknowledged", owner="wei")
    async with world.browser() as browser:
        found = (await browser.get("/api/v1/queue", headers=AS_ANN)).json()
    assert [(line["place"], line["number"], line["due"]) for line in found["queue"]] == [
        (1, 9, 500.0),
        (2, 7, 0.0),
        (3, 8, 0.0),
    ]
    assert found["wall_offset"] == 5.0


async def test_it_says_who_should_take_what_and_why() -> None:
    world = World()
    world.rows.kept[7] = replace(INCIDENT, team="network")
    world.rows.kept[9] = replace(INCIDENT, number=9, state="acknowledged", owner="ann")
    async with world.browser() as browser:
        found = (await browser.get("/api/v1/queue", headers=AS_ANN)).json()["queue"]
        wei = (await browser.get("/api/v1/queue?person=wei", headers=AS_ANN)).json()["queue"]
    assert [(line["number"], line["offer"]["person"], line["offer"]["why"]) for line in found] == [
        (7, "wei", "on call of network, free, ann is busy with #9"),
        (9, "ann", "has taken it"),
    ]
    assert [line["number"] for line in wei] == [7]


async def test_strangers_see_nothing() -> None:
    async with World().browser() as browser:
        assert (await browser.get("/api/v1/queue")).status_code == 401
