"""What nothing understood, for the admin; and reading it again."""

import pytest

from ingestd.model import Message
from ingestd.store import Shunted, Unrecognised
from tests.web.faces import AS_ANN, World

MAIL = Message(kind="mail", source="smtp", sender="a@gizmo.example", body=b"Subject: x\n\ny", received=990.0)


@pytest.fixture
def world() -> World:
    made = World()
    made.rows.strange = (Unrecognised(9, MAIL, 7), Unrecognised(8, MAIL, None))
    made.rows.aside = (Shunted(5, MAIL, "KeyError: x", 4, 100.0, 3),)
    made.rows.messages = {
        9: MAIL,
        8: Message(kind="mail", source="smtp", body=b"z", received=-90_000.0),
        3: Message(kind="command", source="web", body=b"{}"),
        2: Message(kind="mail", source="smtp"),
    }
    return made


async def test_what_is_not_understood_and_what_was_set_aside_is_listed(world: World) -> None:
    async with world.browser() as browser:
        browser.headers.update(AS_ANN)
        strange = (await browser.get("/api/v1/inbox")).json()["messages"]
        assert [(one["id"], one["sender"], one["incident"]) for one in strange] == [
            (9, "a@gizmo.example", 7),
            (8, "a@gizmo.example", None),
        ]
        older = (await browser.get("/api/v1/inbox?before=9&limit=1")).json()["messages"]
        assert [one["id"] for one in older] == [8]
        (aside,) = (await browser.get("/api/v1/inbox?what=shunted")).json()["messages"]
        assert aside["error"] == "KeyError: x"
        assert (await browser.get("/api/v1/inbox?what=else")).status_code == 422


async def test_a_message_is_handed_out_as_it_came(world: World) -> None:
    async with world.browser() as browser:
        browser.headers.update(AS_ANN)
        answer = await browser.get("/api/v1/inbox/9")
        assert answer.content == MAIL.body
        assert answer.headers["content-disposition"] == "attachment"
        for number in (3, 99):  # a command, and nothing
            assert (await browser.get(f"/api/v1/inbox/{number}")).status_code == 404


async def test_messages_are_put_into_the_inbox_again(world: World) -> None:
    async with world.browser() as browser:
        browser.headers.update(AS_ANN)
        answer = await browser.post("/api/v1/inbox/reread", json={"ids": [9, 8, 3, 2, 99]})
        assert answer.json() == {"read": [[8, 101], [9, 102]], "gone": [2, 3, 99]}
    stale, fresh = world.received
    assert (fresh.body, fresh.actor, fresh.old, fresh.received) == (MAIL.body, "ann", False, 1000.0)
    assert fresh.origin.startswith("reread:9:")
    assert stale.old


@pytest.mark.parametrize("body", ["{", '{"ids": []}', '{"ids": ["x"]}', '{"no": 1}'])
async def test_a_request_that_makes_no_sense(world: World, body: str) -> None:
    async with world.browser() as browser:
        answer = await browser.post("/api/v1/inbox/reread", content=body, headers=AS_ANN)
        assert answer.status_code == 422
    assert world.received == []
