"""The link of a post that many read: it asks who acts, and then it is hers."""

import httpx
import pytest
from msgspec.structs import replace

from ingestd.links import Grant
from ingestd.model import Command
from ingestd.web.pages import FROM_GROUP
from tests.web.faces import INCIDENT, World


async def visit(world: World, method: str = "GET", number: int = 7, **form: str) -> httpx.Response:
    async with world.browser() as browser:
        token = world.links.token(Grant("ann", number, 12, "ask"))
        return await browser.request(method, f"/a/{token}", data=form or None)


async def test_it_asks_who_acts_and_guesses_whom_it_was_for() -> None:
    text = (await visit(World())).text
    assert "say who you are" in text and 'value="ann" selected' in text and 'value="wei">王伟' in text
    assert "core-sw is &lt;down&gt;" in text


async def test_whoever_she_says_she_is_owns_it() -> None:
    world = World()
    answer = await visit(world, "POST", person="wei")
    assert answer.status_code == 200 and 'lang="zh-CN"' in answer.text
    said = Command(action="ack", incident=7, notification=12, came_by="web", text=FROM_GROUP)
    assert world.engine.heard == [(said, "wei")]


@pytest.mark.parametrize("who", ["", "nobody", "provider"])
async def test_a_stranger_or_an_outsider_can_not_say_so(who: str) -> None:
    world = World()
    assert (await visit(world, "POST", person=who)).status_code == 422
    assert world.engine.heard == []


async def test_what_is_over_asks_nobody() -> None:
    world = World()
    world.rows.kept[7] = replace(INCIDENT, state="resolved")
    text = (await visit(world)).text
    assert "It is over" in text and "<select" not in text


async def test_what_is_gone_or_too_long_is_said() -> None:
    assert (await visit(World(), number=99)).status_code == 404
    assert (await visit(World(), "POST", person="x" * 2_000_000)).status_code == 413
