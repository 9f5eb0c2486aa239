"""What is known of the last times is kept, found by its thing, and loaded: the newest, as far as the world has room."""

from collections.abc import AsyncIterator

import pytest

from ingestd.model import Before, Known
from ingestd.store import Store
from tests.store.stories import step, tick


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store.open(store_url) as opened:
        yield opened


def known(name: str, at: float, number: int, **more: str) -> Known:
    return Known(id=name, at=at, times=(Before(number=number, began=1.0, lasted=2.0, **more),))


async def test_the_last_times_of_a_thing_are_found(store: Store) -> None:
    await store.commit([step(tick(), 1, known=(known("down sw", 1.0, 1), known("down a\0b", 1.0, 2)))])
    await store.commit([step(tick(), 2, known=(known("down sw", 1.0, 1, fixed="换了风扇"),))])
    found = await store.queries.known("down sw")
    assert found is not None and found.times[0].fixed == "换了风扇"
    assert await store.queries.known("down a\0b") is not None
    assert await store.queries.known("down elsewhere") is None


async def test_the_newest_are_loaded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.store.queries.KNOWN_KEPT", 2)
    rows = (known("a", 5.0, 1), known("b", 7.0, 3), known("c", 7.0, 2))
    await store.commit([step(tick(), 1, known=rows)])
    assert {one.id for one in store.load().known} == {"b", "c"}
    await store.commit([step(tick(), 2, known=(known("a", 7.0, 4),))])
    assert {one.id for one in store.load().known} == {"a", "b"}
