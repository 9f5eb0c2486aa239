"""Bodies grow old: they are packed and read as they came, and erased without a hole in the journal."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import create_engine, text

from ingestd.model import Message
from ingestd.store import Store, engines
from ingestd.store.packing import PACKED, packed
from tests.store.stories import alert, incident, line, mail, step

LONG = "the same words over and over again. " * 100


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store.open(store_url) as opened:
        yield opened


async def keep(store: Store, at: float, kind: str = "mail", body: str = LONG, **changes: object) -> int:
    """A message that came at a time and was stepped."""
    number = await store.receive(Message(kind=kind, source="smtp", received=at, body=body.encode()))
    entry = next(one for one in store.pending() if one.id == number)
    await store.commit([step(entry, number, **changes)])
    return number


def stored(url: str) -> list[bytes]:
    """The bodies as they stand in the database."""
    engine = create_engine(engines.parse(url))
    with engine.begin() as connection:
        found = connection.execute(text("SELECT body FROM inbox_body ORDER BY inbox_id"))
        bodies = [bytes(row.body) for row in found]
    engine.dispose()
    return bodies


def bodies(store: Store) -> list[bytes]:
    """The bodies as they are read."""
    return [one.entry.message.body for one in store.entries()]


async def test_a_packed_body_is_read_as_it_came_and_takes_less_room(store: Store, store_url: str) -> None:
    await keep(store, 100.0)
    await keep(store, 100.0, body="short")
    await keep(store, 900.0)
    found = await store.queries.packable(500.0)
    await store.pack(found)
    assert (list(found.bodies), found.last) == ([1], 2)
    assert [len(one) < 200 for one in stored(store_url)] == [True, True, False]
    assert bodies(store) == [LONG.encode(), b"short", LONG.encode()]
    assert (await store.queries.packable(500.0)).last is None
    assert list((await store.queries.packable(1000.0)).bodies) == [3]


async def test_a_body_that_begins_like_a_packed_one_is_read_as_it_came(store: Store) -> None:
    raw = PACKED + b"not really"
    await store.receive(Message(kind="webhook", source="prod", body=raw))
    (entry,) = store.pending()
    assert entry.message.body == raw
    await store.receive(Message(kind="webhook", source="prod", body=packed(b"x")))
    assert store.pending()[1].message.body == packed(b"x")


async def test_what_packing_makes_no_smaller_stays(store: Store, store_url: str) -> None:
    noise = bytes(hash((n, "x")) & 0xFF for n in range(400))
    await store.receive(Message(kind="webhook", source="prod", received=1.0, body=noise))
    found = await store.queries.packable(500.0)
    await store.pack(found)
    assert (found.bodies, found.last, stored(store_url)) == ({}, 1, [noise])


async def test_bodies_in_memory_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.store.erasing.MOST_AT_ONCE", len(LONG) + 1)
    for _ in range(3):
        await keep(store, 100.0)
    assert (await store.queries.packable(500.0)).last == 2


async def test_what_is_old_is_erased_and_stays_in_the_journal(store: Store) -> None:
    await keep(store, 100.0)
    await keep(store, 300.0)
    found = await store.queries.aged(200.0, 0.0)
    assert (found.ids, found.octets, found.last) == ((1,), len(LONG), 1)
    await store.erase(found.ids)
    assert bodies(store) == [b"", LONG.encode()]
    assert (await store.queries.aged(200.0, 0.0)).ids == ()
    assert await store.queries.octets() == len(LONG)


async def test_peoples_mail_goes_sooner(store: Store) -> None:
    await keep(store, 100.0, recogniser="person")
    await keep(store, 100.0, recogniser="reply")
    await keep(store, 100.0, recogniser="nagios4")
    assert (await store.queries.aged(50.0, 200.0)).ids == (1, 2)
    assert (await store.queries.aged(200.0, 50.0)).ids == (3,)


async def test_some_are_never_erased(store: Store) -> None:
    await keep(store, 100.0, recogniser="none")
    await keep(store, 100.0, shunted="broken")
    await keep(store, 100.0, kind="command")
    await keep(store, 100.0, incidents=(incident(1),), alerts=(alert(1, 1),), timeline=(line(1),))
    await keep(store, 100.0, timeline=(line(1, "joined"),))
    await store.receive(mail("not stepped yet"))
    assert (await store.queries.aged(200.0, 200.0)).ids == ()
    assert (await store.queries.oldest()).ids == ()
    await keep(store, 900.0, kind="tick", incidents=(incident(1, closed_at=800.0),))
    assert (await store.queries.aged(200.0, 200.0)).ids == (4, 5)


async def test_the_oldest_are_found_in_steps(store: Store) -> None:
    for at in (100.0, 200.0, 300.0):
        await keep(store, at)
    first = await store.queries.oldest()
    assert (first.ids, first.octets, first.last) == ((1, 2, 3), 3 * len(LONG), 3)
    assert (await store.queries.oldest(first.last or 0)).last is None
    assert await store.queries.octets() == 3 * len(LONG)
