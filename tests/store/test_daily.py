"""What the digest of a day counts."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from ingestd.model import Message
from ingestd.store import Paged, Store
from tests.store.stories import alert, incident, mail, page, step, tick

OFFSET = 1000.0  # the wall clock is ahead of the engine's


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store.open(store_url) as opened:
        yield opened


async def test_a_day_is_counted(store: Store) -> None:
    incidents = (
        incident(1, began=100.0, told_at=160.0, priority="P1", title="sw: down"),
        incident(2, began=110.0, priority="P4", title="disk full"),
        incident(3, began=120.0, merged_into=1),
        incident(4, began=130.0, state="resolved", resolved_at=180.0, told_at=140.0, priority="P4"),
        incident(5, began=10.0, state="resolved", resolved_at=190.0, told_at=20.0, closed_at=195.0),
        incident(6, began=10.0, state="resolved", resolved_at=20.0, told_at=20.0, closed_at=30.0),
    )
    alerts = (
        alert(1, 1, first_at=100.0, last_at=150.0),
        alert(2, 3, first_at=120.0, last_at=150.0, certainty="sure"),
        alert(3, 1, first_at=130.0, last_at=250.0, certainty="unsure", summary="refused"),
        alert(4, 6, first_at=10.0, last_at=150.0, certainty="sure"),
    )
    pages = (page(1, person="lin"), page(2, person="wu", kind="end"), page(3, person="wu", kind="hierarchic"))
    told = tuple(replace(one, at=160.0 + one.id) for one in pages)
    await store.commit([step(tick(), 1, incidents=incidents, alerts=alerts, notifications=told)])
    found = await store.queries.daily(1100.0, 1200.0, OFFSET)
    assert (found.alerts, found.joined, found.unsure) == (3, 2, ("#1 srv-a: refused",))
    assert (found.opened, found.resolved) == ({"P1": 1, "P4": 2}, 2)
    assert (found.quiet, found.quiet_count) == (("#2 P4 disk full",), 1)
    assert (found.open_now, found.open_count) == (("#2 P4 disk full", "#1 P1 sw: down"), 2)
    assert found.pages == (Paged(1161.0, "lin", first=True), Paged(1163.0, "wu", first=False))


async def test_messages_are_counted_by_what_became_of_them(store: Store) -> None:
    kept = [
        await store.receive(mail()),
        await store.receive(mail()),
        await store.receive(Message(kind="webhook", source="prod", received=100.0)),
        await store.receive(Message(kind="webhook", source="prod", received=900.0)),
    ]
    entries = {entry.id: entry for entry in store.pending()}
    await store.commit(
        [
            step(entries[kept[0]], 1, recogniser="none"),
            step(entries[kept[1]], 2, recogniser="nagios4"),
            step(entries[kept[2]], 3, recogniser="prod", shunted="odd"),
        ]
    )
    found = await store.queries.daily(0.0, 500.0, 0.0)
    assert found.kinds == {"mail": 2, "webhook": 1}
    assert (found.notices, found.unrecognised, found.shunted) == (2, 1, 1)
