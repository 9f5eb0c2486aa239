"""The API: who may ask, what is answered, and what becomes of a command."""

import httpx
import pytest
from msgspec.structs import replace

from ingestd.model import Before, Command, Known, StoreUnavailable, Verdict
from tests.web.faces import ANN, AS_ANN, World


async def get(world: World, path: str, headers: dict[str, str] = AS_ANN) -> httpx.Response:
    async with world.browser() as browser:
        return await browser.get("/api/v1" + path, headers=headers)


async def post(world: World, path: str, body: object = None, headers: dict[str, str] = AS_ANN) -> httpx.Response:
    async with world.browser() as browser:
        return await browser.post("/api/v1" + path, json=body, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic ann-token"}, {"Authorization": "Bearer "}],
)
async def test_strangers_are_turned_away(headers: dict[str, str]) -> None:
    world = World()
    answer = await post(world, "/incidents/7/ack", headers=headers)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert world.engine.heard == []


async def test_a_token_that_was_taken_away_opens_nothing() -> None:
    world = World()
    world.people = (replace(ANN, tokens=()),)
    assert (await get(world, "/incidents")).status_code == 401


async def test_open_incidents_are_listed_unless_others_are_asked_for() -> None:
    world = World()
    numbers = lambda answer: [row["number"] for row in answer.json()["incidents"]]  # noqa: E731
    assert numbers(await get(world, "/incidents")) == [7]
    assert numbers(await get(world, "/incidents?state=all")) == [7, 6]
    assert numbers(await get(world, "/incidents?state=all&limit=1")) == [7]
    assert numbers(await get(world, "/incidents?state=all&before=7")) == [6]


@pytest.mark.parametrize("query", ["state=gone", "limit=many", "before=-1", "limit=1e3"])
async def test_a_question_that_makes_no_sense(query: str) -> None:
    answer = await get(World(), f"/incidents?{query}")
    assert answer.status_code == 422 and "expected" in answer.json()["error"]


async def test_an_incident_comes_with_all_that_belongs_to_it() -> None:
    whole = (await get(World(), "/incidents/7")).json()
    assert whole["incident"]["cause"] == "core-sw" and whole["wall_offset"] == 5.0
    assert whole["alerts"][0]["reasons"][0]["rule"] == "nagios4"
    assert whole["timeline"][0]["what"] == "opened"
    assert whole["notifications"][0]["person"] == "ann" and whole["notifications"][0]["channel"] == "mail"
    assert (await get(World(), "/alerts/3")).json()["alert"]["node"] == "core-sw"


async def test_an_incident_comes_with_the_last_times_that_it_happened() -> None:
    world = World()
    times = (Before(number=7, began=0.0, lasted=1.0), Before(number=3, began=50.0, lasted=60.0, fixed="new cable"))
    world.rows.learnt["down core-sw"] = Known(id="down core-sw", at=9.0, times=times)
    (before,) = (await get(world, "/incidents/7")).json()["before"]
    assert (before["number"], before["fixed"]) == (3, "new cable")


async def test_what_does_not_exist_is_not_found() -> None:
    assert (await get(World(), "/incidents/99")).json() == {"error": "there is no incident 99"}
    assert (await get(World(), "/alerts/99")).status_code == 404
    assert (await post(World(), "/incidents/7/explode")).status_code == 404
    assert (await post(World(), "/incidents/7/open", {"text": "x"})).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "command"),
    [
        ("/incidents/7/ack", None, Command(action="ack", incident=7)),
        (
            "/incidents/7/resolve",
            {"text": "cable", "minutes": 5},
            Command(action="resolve", incident=7, text="cable", minutes=5),
        ),
        ("/incidents/7/assign", {"person": "wei"}, Command(action="assign", incident=7, person="wei")),
        ("/incidents/7/note", {"text": "called"}, Command(action="note", incident=7, text="called")),
        ("/incidents/7/priority", {"priority": "P2"}, Command(action="priority", incident=7, priority="P2")),
        ("/incidents/7/snooze", {"minutes": 30}, Command(action="snooze", incident=7, seconds=1800)),
        ("/incidents/7/stop", None, Command(action="stop", incident=7)),
        ("/incidents/7/restore", {"text": "by-pass"}, Command(action="restore", incident=7, text="by-pass")),
        (
            "/incidents/7/fixed",
            {"text": "fan", "minutes": 9},
            Command(action="fixed", incident=7, text="fan", minutes=9),
        ),
        ("/incidents/7/take", None, Command(action="take", incident=7)),
        ("/incidents/7/add", {"person": "wei"}, Command(action="add", incident=7, person="wei")),
        ("/incidents/7/release", None, Command(action="release", incident=7)),
        ("/incidents/7/merge", {"into": 6}, Command(action="merge", incident=7, into=6)),
        ("/incidents/7/split", None, Command(action="split", incident=7)),
        (
            "/incidents/7/split",
            {"alert": 3},
            Command(action="split", incident=7, alert=3, fingerprint="core-sw|"),
        ),
        ("/incidents/7/move", {"alert": 3}, Command(action="move", incident=7, alert=3, fingerprint="core-sw|")),
        (
            "/incidents",
            {"person": "mia", "department": "finance", "text": "no network"},
            Command(action="open", person="mia", department="finance", text="no network", came_by="phone"),
        ),
        ("/incidents", {"text": "x", "came_by": "walk-in"}, Command(action="open", text="x", came_by="walk-in")),
    ],
)
async def test_a_command_reaches_the_step_with_its_actor(path: str, body: object, command: Command) -> None:
    world = World()
    answer = await post(world, path, body)
    assert answer.status_code == 200 and answer.json()["ok"]
    assert world.engine.heard == [(command, "ann")]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/incidents/7/assign", {}, "assign needs person"),
        ("/incidents/7/add", {}, "add needs person"),
        ("/incidents/7/note", {"txt": "x"}, "txt"),
        ("/incidents/7/note", {"text": 7}, "Expected `str`"),
        ("/incidents/7/priority", {"priority": "P9"}, "P9"),
        ("/incidents/7/resolve", {"minutes": -1}, "from 0 on"),
        ("/incidents", {}, "open needs text"),
        ("/incidents/7/merge", {}, "merge needs into"),
        ("/incidents/7/move", {}, "move needs alert"),
    ],
)
async def test_a_command_that_lacks_something(path: str, body: object, words: str) -> None:
    world = World()
    answer = await post(world, path, body)
    assert answer.status_code == 422 and words in answer.json()["error"]
    assert world.engine.heard == []


async def test_a_command_about_an_alert_that_is_not_there() -> None:
    world = World()
    answer = await post(world, "/incidents/7/split", {"alert": 99})
    assert (answer.status_code, answer.json()) == (404, {"error": "there is no alert 99"})
    assert world.engine.heard == []


async def test_a_body_without_end_is_not_read() -> None:
    assert (await post(World(), "/incidents", {"text": "x" * 70_000})).status_code == 413


async def test_the_step_may_refuse() -> None:
    world = World()
    world.engine.answer = lambda _: Verdict(False, "7 is resolved already", 7)
    answer = await post(world, "/incidents/7/ack")
    assert answer.status_code == 409 and answer.json()["text"] == "7 is resolved already"


async def test_while_nothing_can_be_kept_the_caller_is_told_when_to_come_back() -> None:
    world = World()

    def full(_: Command) -> Verdict:
        raise StoreUnavailable("the disk is full", retry_after=30)

    world.engine.answer = full
    answer = await post(world, "/incidents/7/ack")
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "30"


async def test_a_late_verdict_is_no_lost_command() -> None:
    world = World()

    def late(_: Command) -> Verdict:
        raise TimeoutError

    world.engine.answer = late
    assert (await post(world, "/incidents/7/ack")).status_code == 202
