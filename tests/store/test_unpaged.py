"""What nobody was paged about is read in pages, with the incident that it belongs to now."""

from collections.abc import AsyncIterator

import pytest

from ingestd.model import Reason
from ingestd.store import Store
from tests.store.stories import alert, incident, step, tick


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store.open(store_url) as opened:
        yield opened


async def kept(store: Store) -> None:
    why = (Reason("recognise", "x", "mail of x"), Reason("correlate", "explained", "srv -> sw, down since 10:00"))
    incidents = (
        incident(1, told_at=70.0, title="sw: down", priority="P1"),
        incident(2, merged_into=3),
        incident(3, merged_into=1, told_at=60.0),
        incident(4, suppressed=True),
        incident(5, state="resolved"),
        incident(6),  # its hold runs
    )
    alerts = (
        alert(1, 1, first_at=10.0, last_at=90.0),
        alert(2, 2, first_at=11.0, last_at=91.0, reasons=why, check="ssh"),
        alert(3, 3, first_at=12.0, last_at=92.0),
        alert(4, 1, first_at=13.0, last_at=93.0, certainty="unsure"),
        alert(5, 4, first_at=14.0, last_at=94.0),
        alert(6, 5, first_at=15.0, last_at=95.0),
        alert(7, 6, first_at=16.0, last_at=96.0),
        alert(8, 1, first_at=1.0, last_at=97.0, certainty="sure"),  # yesterday's
    )
    await store.commit([step(tick(), 1, incidents=incidents, alerts=alerts)])


async def test_what_joined_was_linked_hidden_or_over_is_listed(store: Store) -> None:
    await kept(store)
    found, following = await store.queries.unpaged(since=5.0)
    assert [(one.alert, one.how, one.incident) for one in found] == [
        (6, "over", 5),
        (5, "hidden", 4),
        (4, "joined", 1),
        (2, "linked", 1),
    ]
    last = found[-1]
    assert (last.node, last.check, last.at, last.title, last.priority) == ("srv-a", "ssh", 11.0, "sw: down", "P1")
    assert (last.why, found[0].why, following) == ("srv -> sw, down since 10:00", "", 0)


async def test_it_comes_in_pages(store: Store) -> None:
    await kept(store)
    first, following = await store.queries.unpaged(5.0, limit=4)
    rest, end = await store.queries.unpaged(5.0, following, limit=5)
    assert [one.alert for one in (*first, *rest)] == [6, 5, 4, 2] and end == 0
    assert await store.queries.unpaged(since=500.0) == ((), 0)
