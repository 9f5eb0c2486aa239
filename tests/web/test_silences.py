"""Silences over the API."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from ingestd.model import Matcher, Silence, Verdict, Weekly
from tests.web.faces import AS_ANN, INCIDENT, World

SILENCE = Silence(id="s1", matchers=(Matcher("check", "disk"),), starts_at=900.0, ends_at=2000.0, by="ann", hid_count=2)
ASKED: dict[str, Any] = {
    "matchers": [{"name": "check", "value": "disk.*", "regex": True}],
    "ends_at": "2030-01-01T00:00:00Z",
    "comment": "new disks on order",
}


@pytest.fixture
def world() -> World:
    return World()  # its clock says 1000


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.browser() as client:
        client.headers.update(AS_ANN)
        yield client


async def test_they_are_listed_with_how_they_stand(world: World, browser: httpx.AsyncClient) -> None:
    day = 86400.0
    world.now = 30 * day
    weekly = Weekly(weekdays=(0,), to_minute=60)
    world.rows.silenced = {
        "now": replace(SILENCE, id="now", ends_at=31 * day, hid_at=29 * day),
        "forgotten": replace(SILENCE, id="forgotten", ends_at=31 * day),
        "later": replace(SILENCE, id="later", starts_at=30.5 * day, ends_at=31 * day),
        "mondays": replace(SILENCE, id="mondays", ends_at=90 * day, hid_at=29 * day, weekly=weekly),
        "over": SILENCE,
    }
    found = (await browser.get("/api/v1/silences")).json()["silences"]
    assert [(one["silence"]["id"], one["state"], one["forgotten"]) for one in found] == [
        ("now", "active", False),
        ("forgotten", "active", True),
        ("later", "pending", False),
        ("mondays", "pending", False),
    ]
    assert len((await browser.get("/api/v1/silences?state=all")).json()["silences"]) == 5


async def test_one_is_made_and_says_what_it_hides(world: World, browser: httpx.AsyncClient) -> None:
    def answer(command: Any) -> Verdict:
        world.rows.kept[7] = replace(INCIDENT, silenced_by=(command.silence.id,))
        return Verdict(True, command.silence.id)

    world.engine.answer = answer
    made = (await browser.post("/api/v1/silences", json=ASKED)).json()
    ((command, _),) = world.engine.heard
    assert command.silence == Silence(
        id=made["id"],
        matchers=(Matcher("check", "disk.*", regex=True),),
        starts_at=1000.0,
        ends_at=1893456000.0,
        by="",
        comment="new disks on order",
    )
    assert [incident["number"] for incident in made["hides"]] == [7]


async def test_a_refusal_says_why(world: World, browser: httpx.AsyncClient) -> None:
    world.engine.answer = lambda _: Verdict(False, "nobody knows a node 'x'")
    answer = await browser.post("/api/v1/silences", json=ASKED | {"starts_at": "2029-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["text"]) == (409, "nobody knows a node 'x'")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"comment": " "}, "comment: expected a word why"),
        ({"ends_at": "2030-01-01T00:00:00"}, "expected times with a zone"),
        ({"starts_at": "2029-01-01T00:00:00"}, "expected times with a zone"),
        ({"until": 5}, "unknown field `until`"),
    ],
)
async def test_what_makes_no_sense_is_refused(browser: httpx.AsyncClient, change: dict[str, Any], words: str) -> None:
    answer = await browser.post("/api/v1/silences", json=ASKED | change)
    assert answer.status_code == 422 and words in answer.json()["error"]


async def test_one_is_ended(world: World, browser: httpx.AsyncClient) -> None:
    world.engine.answer = lambda command: Verdict(True, f"silence {command.text} ended by ann")
    answer = await browser.post("/api/v1/silences/s1/end")
    assert answer.json()["text"] == "silence s1 ended by ann"


async def test_strangers_may_nothing() -> None:
    async with World().browser() as browser:
        assert (await browser.get("/api/v1/silences")).status_code == 401
        assert (await browser.post("/api/v1/silences", json=ASKED)).status_code == 401
