"""The page of a letter that told of several incidents: each can be taken, or all that nobody has."""

import httpx
import pytest
from msgspec.structs import replace

from ingestd.links import Grant
from ingestd.model import Command, Facts, Notification, Owed, StoreUnavailable, Verdict
from ingestd.store import Delivery
from tests.web.faces import INCIDENT, World

LINES = tuple(Owed(incident=n, kind="open", priority="P2", title=f"n{n} is down") for n in (7, 8, 9, 10))
PAGE = Notification(
    id=31,
    incident=0,
    person="ann",
    kind="list",
    at=160.0,
    facts=Facts(number=0, priority="P2", title="", state="", listed=LINES),
)


@pytest.fixture
def world() -> World:
    world = World()
    world.rows.delivered = (Delivery(PAGE, "mail", "250 ok", 1, "<31@x>"),)
    world.rows.kept = {
        7: replace(INCIDENT, title="n7 is <down>"),
        8: replace(INCIDENT, number=8, state="acknowledged", owner="wei"),
        9: replace(INCIDENT, number=9),
    }
    return world


async def visit(
    world: World, method: str = "GET", letter: int = 31, person: str = "ann", **form: str
) -> httpx.Response:
    async with world.browser() as browser:
        return await browser.request(method, f"/a/{world.links.token(Grant(person, 0, letter))}", data=form or None)


async def test_every_incident_of_the_letter_is_there_and_whose_it_is(world: World) -> None:
    text = (await visit(world)).text
    assert "n7 is &lt;down&gt;" in text and "#8" in text and "王伟" in text and "#10" not in text
    assert text.count('name="incident"') == 3 and "Acknowledge all" in text
    assert world.engine.heard == []


async def test_one_of_them_is_taken(world: World) -> None:
    answer = await visit(world, "POST", incident="9")
    assert answer.status_code == 200 and "It is yours" in answer.text
    assert world.engine.heard == [(Command(action="ack", incident=9, notification=31, came_by="web"), "ann")]


async def test_all_that_nobody_has_are_taken(world: World) -> None:
    await visit(world, "POST", incident="all")
    assert [command.incident for command, _ in world.engine.heard] == [7, 9]


@pytest.mark.parametrize("asked", ["11", "", "x", "7;8"])
async def test_what_was_not_in_the_letter_can_not_be_taken(world: World, asked: str) -> None:
    assert (await visit(world, "POST", incident=asked)).status_code == 422
    assert world.engine.heard == []


@pytest.mark.parametrize(("letter", "person"), [(31, "wei"), (32, "ann")])
async def test_the_letter_of_somebody_else_shows_nothing(world: World, letter: int, person: str) -> None:
    assert (await visit(world, letter=letter, person=person)).status_code == 404


@pytest.mark.parametrize(
    ("outcome", "status"), [(StoreUnavailable("full", 7), 503), (TimeoutError(), 202), (Verdict(False, "is over"), 200)]
)
async def test_when_it_does_not_go_smoothly(world: World, outcome: Exception | Verdict, status: int) -> None:
    def answer(_command: Command) -> Verdict:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    world.engine.answer = answer
    found = await visit(world, "POST", incident="7")
    assert found.status_code == status
    assert status != 200 or "is over" in found.text


async def test_a_body_that_is_too_long_is_refused(world: World) -> None:
    assert (await visit(world, "POST", incident="7" * 2_000_000)).status_code == 413
