"""What is accepted is kept; what was decided is committed in order and read back as it was."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from ingestd.model import Entry, Message, Receipt, StoreUnavailable, Verdict
from ingestd.store import Limits, Store
from tests.store.stories import alert, incident, line, mail, mark, page, step, tick


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store.open(store_url) as opened:
        yield opened


async def test_a_message_is_kept_with_its_bytes_and_waits_to_be_stepped(store: Store) -> None:
    number = await store.receive(mail("磁盘 \x00 full", recipients=("alerts@shop.example",)))
    (entry,) = store.pending()
    assert entry == Entry(number, mail("磁盘 \x00 full", recipients=("alerts@shop.example",)))


async def test_what_no_database_takes_as_text_is_replaced_not_refused(store: Store) -> None:
    message = Message(kind="mail", source="smtp", body=b"\xff\x00", sender="a\udcff@x\0", recipients=("\udc80",))
    await store.receive(message)
    (entry,) = store.pending()
    assert (entry.message.sender, entry.message.recipients) == ("a?@x\ufffd", ("?",))
    assert entry.message.body == b"\xff\x00"


async def test_many_messages_at_once_share_few_commits(store: Store) -> None:
    numbers = await asyncio.gather(*(store.receive(mail(str(n))) for n in range(500)))
    assert sorted(numbers) == list(range(1, 501))
    assert store.figures.commits < 50
    assert store.waiting == 0


async def test_the_engine_is_fed_even_when_the_sender_went_away(store: Store) -> None:
    fed: list[Entry] = []
    store.on_received = fed.extend
    waiting = asyncio.create_task(store.receive(mail("gone")))
    await asyncio.sleep(0)
    waiting.cancel()
    await store.receive(mail("here"))
    assert [entry.message.body for entry in fed] == [b"gone", b"here"]


async def test_people_and_receipts_are_stepped_before_alerts(store: Store) -> None:
    await store.receive(mail("one"))
    command = await store.receive(Message(kind="command", source="cli", actor="lin", body=b"{}"))
    later = await store.receive(mail("two"))
    assert [entry.id for entry in store.pending()] == [command, 1, later]
    assert [entry.id for entry in store.pending(known=frozenset({1, command}))] == [later]


async def test_a_stepped_entry_is_done_and_in_the_journal(store: Store) -> None:
    number = await store.receive(mail())
    entry = Entry(number, mail())
    ids = await store.commit([step(entry, 1, recogniser="nagios4", alerts=(alert(1, 7),)), step(tick(), 2)])
    assert store.pending() == ()
    assert ids == (number, number + 1)
    first, second = store.entries()
    assert (first.entry, first.position, first.at, first.recogniser) == (entry, 1, 1.0, "nagios4")
    assert (second.entry.message.kind, second.position) == ("tick", 2)
    assert [j.position for j in store.entries(from_position=2)] == [2]
    assert [j.position for j in store.queries.entries(1, 1)] == [1]


async def test_the_journal_is_read_in_chunks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.store.queries.CHUNK", 2)
    await store.commit([step(tick(), n) for n in range(1, 6)])
    assert [j.position for j in store.entries()] == [1, 2, 3, 4, 5]
    for n in range(3):
        await store.receive(mail(str(n)))
    assert [e.message.body for e in store.pending()] == [b"0", b"1", b"2"]


async def test_a_snapshot_holds_what_is_not_closed_and_how_far_we_are(store_url: str) -> None:
    open_one, closed = incident(4, root="sw-1"), incident(3, state="resolved", closed_at=9.0)
    alerts = (alert(1, 3), alert(2, 4))
    async with Store.open(store_url) as store:
        await store.commit(
            [
                step(tick(), 1, incidents=(closed,), alerts=(alerts[0],), wall_offset=0.25),
                step(tick(), 2, incidents=(open_one,), alerts=(alerts[1],), marks=(mark("sw-1", up_at=2.0),)),
                step(tick(), 3, notifications=(page(6, 4),)),
            ]
        )
    async with Store.open(store_url) as store:
        snapshot = store.load()
    assert snapshot.incidents == (open_one,)
    assert snapshot.alerts == (alerts[1],)
    assert snapshot.marks == (mark("sw-1", up_at=2.0),)
    assert (snapshot.position, snapshot.at, snapshot.wall_offset) == (3, 3.0, 0.25)
    assert (snapshot.next_alert, snapshot.next_incident, snapshot.next_notification) == (3, 5, 7)


async def test_the_last_version_wins_within_and_across_batches(store: Store) -> None:
    both = [step(tick(), 1, alerts=(alert(1, 1),)), step(tick(), 2, alerts=(alert(1, 1, count=2),))]
    third = [step(tick(), 3, alerts=(alert(1, 1, count=3),))]
    await asyncio.gather(store.commit(both), store.commit(third))
    found = await store.queries.alert(1)
    assert found is not None
    assert found.count == 3
    assert await store.queries.alert(2) is None


async def test_an_empty_batch_is_nothing(store: Store) -> None:
    assert await store.commit([]) == ()
    await store.attempt([])
    assert store.figures.commits == 0


async def test_attempts_are_counted_before_the_try(store: Store) -> None:
    number = await store.receive(mail())
    await store.attempt([number])
    await store.attempt([number])
    assert store.pending()[0].attempts == 2


async def test_a_shunted_entry_is_listed_with_its_reason(store: Store) -> None:
    number = await store.receive(mail())
    await store.commit([step(Entry(number, mail()), 1, shunted="KeyError: host", incidents=(incident(2),))])
    (shunted,) = await store.queries.shunted()
    assert (shunted.id, shunted.error, shunted.position, shunted.incident) == (number, "KeyError: host", 1, 2)
    assert (await store.queries.entry(number)) == Entry(number, mail())
    assert await store.queries.entry(99) is None


async def test_a_commands_verdict_is_kept(store: Store) -> None:
    command = Message(kind="command", source="web", actor="lin", body=b"{}")
    number = await store.receive(command)
    verdict = Verdict(ok=False, text="taken by chen", incident=3)
    await store.commit([step(Entry(number, command), 1, verdict=verdict)])
    assert next(store.entries()).verdict == verdict


async def test_a_page_is_claimed_once_and_leaves_receipts(store: Store) -> None:
    await store.commit([step(tick(), 1, notifications=(page(1),))])
    claimed = await store.claim(1, 6.0)
    assert claimed is not None
    assert await store.claim(1, 6.0) is None
    handed = Receipt(notification=1, incident=1, person="lin", outcome="handed_over", channel="mail")
    settled = await store.outcome(handed, 7.0, message_id="<a@b>", attempts=2)
    assert settled is not None
    assert await store.outcome(handed, 7.0) is None
    assert [entry.message.kind for entry in store.pending()] == ["receipt", "receipt"]
    assert store.pending() == (claimed, settled)
    (delivery,) = await store.queries.notifications_of(1)
    assert delivery.notification.state == "handed_over"
    assert (delivery.channel, delivery.attempts, delivery.message_id) == ("mail", 2, "<a@b>")


async def test_an_end_that_did_not_arrive_is_the_same_letter_again(store: Store) -> None:
    end = page(1, kind="end")
    again = replace(end, again=True, without=("lin@old.example",))
    failed = Receipt(notification=1, incident=1, person="lin", outcome="failed", channel="mail", detail="refused")
    await store.commit([step(tick(), 1, notifications=(end,))])
    await store.claim(1, 6.0)
    await store.commit([step(tick(), 2, notifications=(again,))])
    assert await store.claim(1, 6.5) is None, "it is under way"
    await store.outcome(failed, 7.0, attempts=3)
    await store.commit([step(tick(), 3, notifications=(again,))])
    assert store.queued() == (again,)
    assert await store.claim(1, 8.0) is not None
    await store.outcome(replace(failed, outcome="handed_over", detail="250 queued"), 9.0, attempts=1)
    (delivery,) = await store.queries.notifications_of(1)
    assert (delivery.notification.without, delivery.notification.state) == (again.without, "handed_over")
    assert (delivery.attempts, delivery.detail) == (4, "refused; 250 queued")


async def test_either_the_claim_or_the_cancellation_wins(store: Store) -> None:
    await store.commit([step(tick(), 1, notifications=(page(1), page(2), page(3)))])
    await store.claim(1, 6.0)
    cancel = store.commit([step(tick(), 2, cancelled=(1, 2, 3))])
    racing, _ = await asyncio.gather(store.claim(3, 6.0), cancel)
    assert await store.claim(2, 6.0) is None
    states = {d.notification.id: d.notification.state for d in await store.queries.notifications_of(1)}
    assert states == {1: "claimed", 2: "cancelled", 3: "claimed" if racing else "cancelled"}


async def test_what_was_in_flight_is_queued_again_at_the_next_start(store: Store) -> None:
    await store.commit([step(tick(), 1, notifications=(page(1), page(2), page(3)))])
    await store.claim(2, 6.0)
    await store.commit([step(tick(), 2, cancelled=(1,))])
    assert [(n.id, n.state) for n in store.queued()] == [(2, "claimed"), (3, "queued")]


async def test_one_end_for_a_person_whatever_the_engine_says(store: Store) -> None:
    await store.commit([step(tick(), 1, notifications=(page(1, kind="end"), page(2, kind="update")))])
    await store.commit([step(tick(), 2, notifications=(page(3, kind="end"), page(4, person="chen", kind="end")))])
    assert [n.id for n in store.queued()] == [1, 2, 4]


async def test_a_merged_incident_brings_its_alerts_and_history(store: Store) -> None:
    merged = (incident(1, merged_into=2), incident(2, merged_into=3), incident(3), incident(4))
    changes: dict[str, Any] = {
        "incidents": merged,
        "alerts": tuple(alert(n, n) for n in range(1, 5)),
        "timeline": tuple(line(n, f"line {n}") for n in range(1, 5)),
        "notifications": tuple(page(n, n) for n in range(1, 5)),
    }
    await store.commit([step(tick(), 1, **changes)])
    read = store.queries
    assert [a.id for a in await read.alerts_of(3)] == [1, 2, 3]
    assert [t.text for t in await read.timeline_of(3)] == ["line 1", "line 2", "line 3"]
    assert [d.notification.id for d in await read.notifications_of(2)] == [1, 2]
    assert [i.number for i in await read.incidents("open")] == [4, 3]
    assert [i.number for i in await read.incidents()] == [4, 3, 2, 1]
    assert [i.number for i in await read.incidents("triggered", limit=1, before=3)] == [2]
    assert await read.incident(1) == merged[0]
    assert await read.incident(9) is None


async def test_the_first_page_that_went_is_the_threads_root(store: Store) -> None:
    await store.commit([step(tick(), 1, notifications=(page(1), page(2), page(3)), cancelled=(1,))])
    assert await store.queries.first_told(1, "lin") is None
    await store.claim(3, 6.0)
    await store.claim(2, 6.0)
    first = await store.queries.first_told(1, "lin")
    assert first is not None and first.id == 2


async def test_a_blob_is_kept_once_under_its_digest(store: Store) -> None:
    digest = await store.put_blob(b"site: a")
    assert await store.put_blob(b"site: a") == digest
    assert await store.blob(digest) == b"site: a"
    assert await store.blob("0" * 64) is None


async def test_an_unclean_end_shows_at_the_next_start(store_url: str) -> None:
    crashed = Store.open(store_url)
    assert not crashed.unclean
    async with Store.open(store_url) as after:
        assert after.unclean
        assert await after.queries.ready()
    again = Store.open(store_url)
    assert not again.unclean
    for store in (crashed, again):
        await store.close()
        await store.close()


async def test_a_closed_store_turns_everyone_away(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.receive(mail())
    with pytest.raises(StoreUnavailable):
        await store.commit([step(tick(), 1)])


async def test_the_queue_is_bounded_by_count_and_bytes(store_url: str) -> None:
    async with Store.open(store_url, limits=Limits(queued=2, queued_bytes=100)) as store:
        first = [asyncio.create_task(store.receive(mail("x"))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(StoreUnavailable):
            await store.receive(mail("x"))
        await asyncio.gather(*first)
        with pytest.raises(StoreUnavailable):
            await store.receive(mail("x" * 101))
        assert await store.receive(mail("x" * 100)) == 3


async def test_a_full_disk_turns_messages_away_before_it_is_full(tmp_path: Any) -> None:
    async with Store.open(f"sqlite:///{tmp_path / 'a.db'}", limits=Limits(free_bytes=1 << 60)) as store:
        with pytest.raises(StoreUnavailable) as refusal:
            await store.receive(mail())
        assert refusal.value.retry_after == 60
        await store.commit([step(tick(), 1)])  # what was decided is still written


async def test_commit_latency_is_observed(store: Store) -> None:
    seen: list[tuple[int, float]] = []
    store.on_commit = lambda jobs, seconds: seen.append((jobs, seconds))
    await store.receive(mail())
    assert seen[0][0] == 1
    assert seen[0][1] > 0
