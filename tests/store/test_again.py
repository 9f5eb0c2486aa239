"""A second delivery is kept once; what nobody understood, silences and heartbeats are found again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ingestd.model import Changes, Entry, Heartbeat, Matcher, Message, Silence, Stepped
from ingestd.store import Store
from tests.store.stories import alert, incident

WEEK = 7 * 86400.0


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store.open(store_url) as opened:
        yield opened


def message(origin: str, received: float = 100.0, **more: Any) -> Message:
    return Message(kind="mail", source="box", body=b"disk full", received=received, origin=origin, **more)


async def stepped(store: Store, number: int, position: int, recogniser: str | None = None, **changes: Any) -> None:
    entry = next(entry for entry in store.pending() if entry.id == number)
    made = Changes(recogniser=recogniser, **changes)
    await store.commit([Stepped(entry=entry, position=position, at=float(position), changes=made)])


async def test_a_second_delivery_is_answered_like_the_first_and_not_stepped(store: Store) -> None:
    fed: list[Entry] = []
    store.on_received = fed.extend
    first = await store.receive(message("imap:box:1:7"))
    assert await store.receive(message("imap:box:1:7")) == first
    assert await store.receive(message("imap:box:1:8")) != first
    assert await store.receive(message("")) != await store.receive(message(""))
    assert [entry.message.origin for entry in fed] == ["imap:box:1:7", "imap:box:1:8", "", ""]
    assert len(store.pending()) == 4


async def test_two_deliveries_at_once_are_one(store: Store) -> None:
    numbers = await asyncio.gather(*(store.receive(message(f"m:{n % 10}")) for n in range(100)))
    assert len(set(numbers)) == len(store.pending()) == 10


async def test_after_a_week_it_is_news_again(store: Store) -> None:
    first = await store.receive(message("m:1"))
    second = await store.receive(message("m:1", 100.0 + WEEK + 1))
    assert second != first
    assert await store.receive(message("m:1", 100.0 + WEEK + 2)) == second


async def test_more_origins_than_one_question_may_name(store: Store) -> None:
    for _ in range(2):
        await asyncio.gather(*(store.receive(message(f"m:{n}")) for n in range(1200)))
    assert len(store.pending()) == 1200


async def test_the_newest_of_a_mailbox_is_known(store: Store) -> None:
    for origin in ("imap:box_1:INBOX:5:8", "imap:box_1:INBOX:5:9", "imap:boxx1:INBOX:5:99", "imap:box_1:Other:1:1"):
        await store.receive(message(origin))
    assert await store.queries.last_origin("imap:box_1:INBOX:") == "imap:box_1:INBOX:5:9"
    assert await store.queries.last_origin("imap:none:") is None
    found = await store.queries.by_origin("imap:boxx1:INBOX:5:99")
    assert found is not None and found.id == 3
    assert await store.queries.by_origin("imap:none") is None


async def test_what_nobody_understood_is_listed_until_it_was_read_anew(store: Store) -> None:
    for position in (1, 2, 3, 4):
        await store.receive(message(""))
        await stepped(store, position, position, "none" if position != 2 else "nagios4")
    assert [one.id for one in await store.queries.unrecognised()] == [4, 3, 1]
    assert [one.id for one in await store.queries.unrecognised(1, before=4)] == [3]
    await stepped(store, await store.receive(message("reread:3:1.0")), 5, "gizmo")
    await stepped(store, await store.receive(message("reread:1:2.0")), 6, "none")
    assert [one.id for one in await store.queries.unrecognised()] == [4, 1]


async def test_an_alert_is_found_by_its_fingerprint_the_newest_first(store: Store) -> None:
    number = await store.receive(message(""))
    alerts = (alert(1, 1), alert(2, 1, state="resolved"), alert(3, 1, fingerprint="f1"))
    await stepped(store, number, 1, alerts=alerts, incidents=(incident(1),))
    found = await store.queries.alert_by("f1")
    assert found is not None and found.id == 3
    assert await store.queries.alert_by("none") is None


async def test_silences_and_heartbeats_are_part_of_the_world(store: Store) -> None:
    def silence(name: str, ends_at: float) -> Silence:
        return Silence(id=name, matchers=(Matcher("a", "b"),), starts_at=0.0, ends_at=ends_at, by="lin")

    number = await store.receive(message(""))
    beat = Heartbeat(id="backup", last_at=5.0, due_at=9.0)
    await stepped(
        store, number, 10, silences=(silence("on", 50.0), silence("over", 10.0 - 86_400.0)), heartbeats=(beat,)
    )
    snapshot = store.load()
    assert [one.id for one in snapshot.silences] == ["on"]
    assert snapshot.heartbeats == (beat,)
    assert [one.id for one in await store.queries.silences()] == ["on", "over"]
    assert await store.queries.silence("over") == silence("over", 10.0 - 86_400.0)
    assert await store.queries.silence("none") is None
