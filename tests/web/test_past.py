"""The past over the API: hosts, failures, hints."""

import httpx

from ingestd.store import ByHand, Failure, Seen, Unpaged
from tests.web.faces import AS_ANN, World


async def get(world: World, path: str) -> httpx.Response:
    async with world.browser() as browser:
        return await browser.get("/api/v1" + path, headers=AS_ANN)


def seen(node: str) -> Seen:
    return Seen(
        node=node,
        host=node,
        known=False,
        guessed=False,
        sources=("smtp",),
        checks=("ping",),
        labels="",
        count=3,
        first_at=1.0,
        last_at=9.0,
    )


async def test_hosts_are_paged_by_name() -> None:
    world = World()
    world.rows.seen = tuple(map(seen, ("a", "b", "c")))
    page = (await get(world, "/hosts?limit=2")).json()
    assert [one["node"] for one in page["hosts"]] == ["a", "b"] and page["next"] == "b"
    assert page["hosts"][0]["sources"] == ["smtp"] and page["wall_offset"] == 5.0
    page = (await get(world, "/hosts?after=b")).json()
    assert [one["node"] for one in page["hosts"]] == ["c"] and page["next"] == ""
    assert len((await get(world, "/hosts?limit=0")).json()["hosts"]) == 1


async def test_failures_within_a_time_come_newest_first() -> None:
    world = World()  # its clock says 1000, of the engine 995
    world.rows.failed = tuple(
        Failure(node="a", host="a", known=True, incident=n, began=float(100 * n), until=0.0) for n in (9, 8, 7)
    )
    page = (await get(world, "/failures?within=200")).json()
    assert [one["incident"] for one in page["failures"]] == [9, 8]
    assert (page["next"], page["at"], page["wall_offset"]) == (0, 995.0, 5.0)
    page = (await get(world, "/failures?limit=1&before=9")).json()
    assert [one["incident"] for one in page["failures"]] == [8] and page["next"] == 8
    assert (await get(world, "/failures?within=ever")).status_code == 422


def unpaged(number: int, at: float) -> Unpaged:
    return Unpaged(
        alert=number,
        node=f"srv-{number}",
        check="ssh",
        summary="refused",
        severity="error",
        certainty="unsure",
        at=at,
        how="joined",
        why="srv -> sw, down since 10:00",
        incident=7,
        title="sw: down",
        priority="P1",
    )


async def test_what_joined_without_a_page_is_that_of_a_day() -> None:
    world = World()
    world.rows.swallowed = (unpaged(3, 990.0), unpaged(2, 980.0), unpaged(1, 700.0))
    page = (await get(world, "/joined?within=200&limit=1")).json()
    assert [one["node"] for one in page["alerts"]] == ["srv-3"] and page["next"] == 3
    page = (await get(world, "/joined?before=3")).json()
    assert [one["alert"] for one in page["alerts"]] == [2, 1] and (page["next"], page["wall_offset"]) == (0, 5.0)


async def test_hints_are_what_people_did() -> None:
    world = World()
    world.rows.decided = (
        ByHand(incident=2, node="b", at=990.0, what="split", text="not part of #1, Ann", actor="ann"),
        ByHand(incident=1, node="a", at=10.0, what="merged", text="continues as #2: Ann", actor="ann"),
    )
    assert [one["node"] for one in (await get(world, "/hints?within=100")).json()["hints"]] == ["b"]
    assert len((await get(world, "/hints")).json()["hints"]) == 2


async def test_strangers_see_nothing_of_it() -> None:
    async with World().browser() as browser:
        for path in ("hosts", "failures", "hints", "joined"):
            assert (await browser.get(f"/api/v1/{path}")).status_code == 401
