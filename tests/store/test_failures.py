"""While the database fails, senders are put off, decisions wait in order, and nothing is lost."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from ingestd.model import Receipt, StoreUnavailable
from ingestd.store import BatchRefused, Limits, Store
from tests.store.stories import alert, incident, mail, page, step, tick


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store.open(store_url, limits=Limits(patience=0.2)) as opened:
        yield opened


@contextmanager
def failing(store: Store, times: int, *, after_commit: bool = False) -> Iterator[list[int]]:
    """The next commits fail as if the disk were full; ``after_commit``: they happen, but the answer is lost."""
    dialect = store._writing.dialect
    real: Callable[[Any], None] = dialect.do_commit
    seen: list[int] = []

    def commit(connection: Any) -> None:
        seen.append(1)
        if len(seen) > times:
            return real(connection)
        if after_commit:
            real(connection)
        raise OperationalError("COMMIT", {}, Exception("disk is full"))

    dialect.do_commit = commit  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        dialect.do_commit = real  # type: ignore[method-assign]


async def test_a_sender_is_put_off_and_can_try_again(store: Store) -> None:
    with failing(store, 1), pytest.raises(StoreUnavailable):
        await store.receive(mail("one"))
    assert store.waiting == 0
    await store.receive(mail("one"))
    assert [e.message.body for e in store.pending()] == [b"one"]
    assert store.figures.failures == 1


async def test_a_sender_is_put_off_also_while_a_batch_waits(store: Store) -> None:
    with failing(store, 10_000):
        batch = asyncio.create_task(store.commit([step(tick(), 1)]))
        while not store.figures.failures:  # noqa: ASYNC110  (the writer is a thread: it tells nobody)
            await asyncio.sleep(0.01)
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(store.receive(mail("one")), 30)
        assert not batch.done()
    await batch


async def test_batches_wait_in_order_until_they_commit(store: Store) -> None:
    number = await store.receive(mail())
    entry = store.pending()[0]
    with failing(store, 3) as seen:
        first = asyncio.create_task(store.commit([step(entry, 1, alerts=(alert(1, 1),)), step(tick(), 2)]))
        second = asyncio.create_task(store.commit([step(tick(), 3, alerts=(alert(1, 1, count=2),))]))
        claims = asyncio.create_task(store.claim(9, 1.0))
        assert (await first)[0] == number
        await second
        assert await claims is None
    assert len(seen) >= 4
    assert [j.position for j in store.entries()] == [1, 2, 3]
    found = await store.queries.alert(1)
    assert found is not None
    assert found.count == 2


async def test_a_commit_whose_answer_was_lost_is_not_made_twice(store: Store) -> None:
    batch = [step(tick(), 1, notifications=(page(1),), timeline=())]
    with failing(store, 1, after_commit=True):
        (number,) = await store.commit(batch)
    assert [j.entry.id for j in store.entries()] == [number]


async def test_a_claim_whose_answer_was_lost_is_still_ours(store: Store) -> None:
    await store.commit([step(tick(), 1, notifications=(page(1),))])
    with failing(store, 1, after_commit=True):
        claimed = await store.claim(1, 2.0)
    assert claimed is not None
    handed = Receipt(notification=1, incident=1, person="lin", outcome="handed_over")
    with failing(store, 1, after_commit=True):
        settled = await store.outcome(handed, 3.0)
    assert store.pending() == (claimed, settled)


async def test_what_a_sender_was_refused_but_was_kept_is_found(store: Store) -> None:
    with failing(store, 1, after_commit=True), pytest.raises(StoreUnavailable):
        await store.receive(mail("twice"))
    await store.receive(mail("twice"))
    assert [e.id for e in store.pending(known=frozenset({2}))] == [1]


async def test_a_batch_the_database_refuses_for_good_fails_alone_with_its_successors(store: Store) -> None:
    """Position 1 twice is a constraint, not an outage."""
    await store.commit([step(tick(), 1)])
    bad = asyncio.create_task(store.commit([step(tick(), 1)]))
    after = asyncio.create_task(store.commit([step(tick(), 2)]))
    kept = asyncio.create_task(store.receive(mail()))
    with pytest.raises(BatchRefused):
        await bad
    with pytest.raises(BatchRefused):
        await after
    assert await kept
    assert store.load().position == 1
    await store.commit([step(tick(), 2, incidents=(incident(1),))])
    assert store.load().incidents == (incident(1),)


async def test_a_message_the_database_refuses_for_good_stays_with_its_sender(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise IntegrityError("INSERT", {}, Exception("no"))

    monkeypatch.setattr(store._writer, "_execute", refuse)
    with pytest.raises(StoreUnavailable):
        await store.receive(mail())
    with pytest.raises(IntegrityError):
        await store.put_blob(b"x")


async def test_a_stop_gives_up_what_can_not_be_committed(store: Store) -> None:
    with failing(store, 1000):
        waiting = asyncio.create_task(store.commit([step(tick(), 1)]))
        await asyncio.sleep(0.05)
        await store.close()
        with pytest.raises(StoreUnavailable):
            await waiting


async def test_a_lost_connection_is_made_again(store_url: str) -> None:
    if store_url.startswith("sqlite"):
        pytest.skip("SQLite has no connection to lose")
    async with Store.open(store_url) as store:
        await store.receive(mail("one"))
        with store._reading.connect() as connection:
            _end_other_connections(connection)
        with pytest.raises(StoreUnavailable):
            await store.receive(mail("two"))
        await store.receive(mail("two"))
        assert [e.message.body for e in store.pending()] == [b"one", b"two"]


def _end_other_connections(connection: Connection) -> None:
    connection.exec_driver_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


CHILD = """
import asyncio, sys
from ingestd.store import Store
from tests.store.stories import mail

async def client(store, number):
    for n in range(100000):
        await store.receive(mail(f"{number}-{n}"))
        print(f"{number}-{n}", flush=True)

async def main():
    store = Store.open(sys.argv[1])
    await asyncio.gather(*(client(store, number) for number in range(20)))

asyncio.run(main())
"""


async def test_kill_9_under_load_loses_nothing_that_was_accepted(store_url: str, tmp_path: Path) -> None:
    accepted = _accepted_until_killed(store_url, tmp_path / "accepted")
    async with Store.open(store_url) as store:
        assert store.unclean
        kept = {entry.message.body.decode() for entry in store.pending()}
    assert len(accepted) > 50
    assert accepted <= kept


def _accepted_until_killed(store_url: str, printed: Path) -> set[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with printed.open("wb") as out:
        child = subprocess.Popen([sys.executable, "-c", CHILD, store_url], stdout=out, env=environment)
        while child.poll() is None and printed.stat().st_size < 2000:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
    return set(printed.read_text().split("\n")[:-1])
