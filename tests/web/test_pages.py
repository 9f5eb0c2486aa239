"""The page behind the link: looking changes nothing, the button acknowledges, forged and old links do neither."""

import base64
import hashlib
import re

import httpx
import pytest
from msgspec.structs import replace

from ingestd.links import Grant
from ingestd.model import Before, Command, Known, StoreUnavailable, Verdict
from tests.web.faces import ALERT, INCIDENT, World


async def visit(world: World, token: str | None = None, method: str = "GET", person: str = "ann") -> httpx.Response:
    async with world.browser() as browser:
        shown = world.links.token(Grant(person, 7, 12)) if token is None else token
        return await browser.request(method, f"/a/{shown}")


async def test_a_scanner_that_opens_every_link_changes_nothing() -> None:
    world = World()
    assert (await visit(world)).status_code == 200
    assert (await visit(world, method="HEAD")).status_code == 200
    assert world.engine.heard == []


async def test_the_page_says_what_it_is_about_and_asks() -> None:
    text = (await visit(World())).text
    assert "Incident 7" in text and "P1" in text and "You are Ann Lee" in text
    assert '<form method="post">' in text and "width=device-width" in text
    assert "core-sw is &lt;down&gt;" in text and "<down>" not in text


async def test_the_button_acknowledges_as_the_person_who_was_told() -> None:
    world = World()
    answer = await visit(world, method="POST")
    assert answer.status_code == 200 and "It is yours" in answer.text
    assert world.engine.heard == [(Command(action="ack", incident=7, notification=12, came_by="web"), "ann")]


async def test_the_page_says_how_it_ended_the_last_times_and_what_restored_it() -> None:
    world = World()
    time = Before(number=3, began=50.0, lasted=600.0, name="Wei", fixed="new <cable>")
    world.rows.learnt["down core-sw"] = Known(id="down core-sw", at=9.0, times=(time,))
    world.rows.kept[7] = replace(INCIDENT, state="acknowledged", owner="wei", restored_at=900.0)
    text = (await visit(world)).text
    assert "The last times" in text and "10 min, Wei: new &lt;cable&gt; (#3)" in text
    assert "restored, to be cured" in text
    assert "最近几次" in (await visit(world, person="wei")).text


async def test_it_speaks_the_reader_s_language() -> None:
    text = (await visit(World(), person="wei")).text
    assert 'lang="zh-CN"' in text and "接单" in text and "故障单 7" in text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_forged_link_does_nothing(method: str) -> None:
    world = World()
    answer = await visit(world, token="forged.token", method=method)
    assert answer.status_code == 403 and "not valid" in answer.text
    assert world.engine.heard == []


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_old_link_does_nothing(method: str) -> None:
    world = World()
    token = world.links.token(Grant("ann", 7, 12))
    world.now += 61
    answer = await visit(world, token=token, method=method)
    assert answer.status_code == 403 and "expired" in answer.text and world.engine.heard == []


async def test_the_link_of_somebody_who_left_does_nothing() -> None:
    world = World()
    world.people = ()
    assert (await visit(world, method="POST")).status_code == 403
    assert world.engine.heard == []


@pytest.mark.parametrize(
    ("incident", "words"),
    [
        (replace(INCIDENT, state="resolved"), "It is over already"),
        (replace(INCIDENT, state="acknowledged", owner="ann"), "It is yours"),
    ],
)
async def test_where_there_is_nothing_to_do_there_is_no_button(incident, words: str) -> None:
    world = World()
    world.rows.kept[7] = incident
    text = (await visit(world)).text
    assert words in text and "<button" not in text


async def test_somebody_else_s_incident_says_whose_it_is() -> None:
    world = World()
    world.rows.kept[7] = replace(INCIDENT, state="acknowledged", owner="wei")
    assert "Taken by 王伟" in (await visit(world)).text


async def test_an_incident_that_is_gone() -> None:
    world = World()
    world.rows.kept.clear()
    assert (await visit(world)).status_code == 404


async def test_every_answer_keeps_the_link_to_itself() -> None:
    world = World()
    for answer in (await visit(world), await visit(world, method="POST"), await visit(world, token="x")):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("outcome", "status", "words"),
    [
        (Verdict(False, "7 is closed", 7), 409, "7 is closed"),
        (StoreUnavailable("full", 30), 503, "Nothing was changed"),
        (TimeoutError(), 202, "Kept"),
    ],
)
async def test_when_it_does_not_go_smoothly(outcome, status: int, words: str) -> None:
    world = World()

    def answer(_: Command) -> Verdict:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    world.engine.answer = answer
    page = await visit(world, method="POST")
    assert page.status_code == status and words in page.text


async def test_the_page_s_own_style_is_the_only_one_allowed() -> None:
    answer = await visit(World())
    style = re.search(r"<style>(.*)</style>", answer.text, re.S)
    assert style is not None
    allowed = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text and " style=" not in answer.text


DISK = replace(ALERT, id=4, fingerprint="web|disk", node="web", check="disk", summary="<full>", certainty="sure")
ODD = replace(ALERT, id=5, fingerprint="lamp|", node="lamp", certainty="unsure")


def together() -> World:
    world = World()
    world.rows.parts = (ALERT, DISK, ODD, replace(DISK, id=6, state="resolved"))
    return world


async def test_what_joined_is_listed_the_unsure_first_and_may_be_split_off() -> None:
    text = (await visit(together())).text
    assert text.index("? lamp: no answer") < text.index("core-sw: no answer") < text.index("web disk: &lt;full&gt;")
    assert re.findall(r'name="apart" value="(\d+)"', text) == ["5", "4"], "not the cause, not what is over"
    assert "Not part of this" in text
    alone = (await visit(World())).text
    assert "Not part of this" not in alone


async def test_one_tap_makes_it_an_incident_of_its_own() -> None:
    world = together()
    async with world.browser() as browser:
        token = world.links.token(Grant("ann", 7, 12))
        answer = await browser.post(f"/a/{token}", data={"apart": "5"})
        assert answer.status_code == 200 and "an incident of its own now, and yours" in answer.text
        wrong = [await browser.post(f"/a/{token}", data={"apart": one}) for one in ("99", "x", "5" * 70_000)]
    assert [one.status_code for one in wrong] == [422, 422, 413]
    command = Command(action="split", incident=7, notification=12, came_by="web", alert=5, fingerprint="lamp|")
    assert world.engine.heard == [(command, "ann")]
