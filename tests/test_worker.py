"""The engine: order, verdicts, restarts, poison, and that nobody waits for a long body."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from ingestd import aside, pipeline, worker
from ingestd.model import Changes, Entry, Message, Stepped, TimelineRow
from ingestd.store import BatchRefused, Store
from ingestd.world import World
from tests.desk import Clock, Desk, opened
from tests.night import trading_company


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


class DeathError(BaseException):
    """What ends the process."""


@contextmanager
def deadly(monkeypatch: pytest.MonkeyPatch, word: bytes, error: type[BaseException] = DeathError) -> Iterator[None]:
    """Stepping a message with this word ends the process, or breaks what sets messages aside."""
    real = pipeline.step

    def step(world: World, entry: Entry, at: float) -> Any:
        if word in entry.message.body:
            raise error(word.decode())
        yield from real(world, entry, at)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "step", step)
        yield


@contextmanager
def refusing(store: Store, title: str) -> Iterator[list[int]]:
    """The database takes no batch with an incident whose title fits, nor what was decided after it."""
    real, seen = store.commit, []
    fits = re.compile(title)

    async def commit(batch: Any) -> Any:
        if any(fits.search(i.title) for stepped in batch for i in stepped.changes.incidents):
            seen.append(len(batch))
            raise BatchRefused("a constraint")
        if store._progress.position and batch[0].position != store._progress.position + 1:
            raise BatchRefused("one before it was refused")
        return await real(batch)

    store.commit = commit  # type: ignore[method-assign]
    yield seen
    store.commit = real  # type: ignore[method-assign]


def disk(host: str, summary: str = "disk full") -> dict[str, object]:
    return {"host": host, "check": "disk", "summary": summary, "severity": "critical"}


def hundreds(count: int, prefix: str = "web") -> dict[str, object]:
    return {"alerts": [disk(f"{prefix}-{n}") for n in range(count)]}


# -- order


async def test_an_acknowledgement_beats_the_escalation_although_alerts_queue_before_it(store_url: str) -> None:
    async with opened(store_url) as desk:
        desk.start()
        await desk.host("acc-sw-17")
        await desk.later(61)
        assert desk.told() == [("lin", "open")]
        await desk.pause()
        desk.clock.at += 290
        await asyncio.gather(*(desk.host("hr-server") for _ in range(1000)))
        ack = asyncio.create_task(desk.act("lin", "ack", 1))
        await desk.until(lambda: desk.engine._urgent)
        desk.clock.at += 20  # the functional step is due by now
        desk.go_on()
        assert (await ack).ok
        await desk.quiet()
        assert {kind for _, kind in desk.told()} == {"open"}
        kinds = desk.kinds()
        assert kinds.index("command") < kinds.index("mail", kinds.index("mail") + 1)


async def test_commands_are_stepped_before_alerts_and_later_timers_but_after_earlier_ones(url: str) -> None:
    async with opened(url) as desk:
        engine = desk.engine
        desk.start()
        await desk.host("acc-sw-17")
        await desk.pause()
        world, due = engine.world, engine.world.next_due() or 0.0
        alert = Entry(11, Message(kind="mail", source="smtp"))
        command = Entry(12, Message(kind="command", source="web"))
        receipt = Entry(13, Message(kind="receipt", source="outbox"))
        desk.clock.at += due - engine.now() - 1
        engine.feed(alert)
        engine.feed(command)
        desk.clock.at += 2
        engine.feed(receipt)
        assert engine._next().entry is command  # type: ignore[union-attr]  # it came before the timer was due
        tick = engine._next()  # the receipt came after it
        assert tick is not None and tick.entry.message.kind == "tick" and tick.arrived == due
        for changes in pipeline.step(world, tick.entry, due):
            world.apply(changes)
        assert engine._next().entry is receipt  # type: ignore[union-attr]
        assert engine._next().entry is alert  # type: ignore[union-attr]
        engine.feed(alert)  # known
        assert engine.queued == 0


async def test_lag_is_the_age_of_the_oldest_entry(url: str) -> None:
    async with opened(url) as desk:
        desk.engine.start(b"")
        desk.engine.feed(Entry(11, Message(kind="mail", source="smtp")))
        desk.clock.at += 5
        desk.engine.feed(Entry(12, Message(kind="receipt", source="outbox")))
        assert (desk.engine.lag, desk.engine.queued) == (5.0, 3)


# -- verdicts


async def test_a_command_gets_its_verdict(url: str) -> None:
    async with opened(url) as desk:
        desk.start()
        await desk.host("acc-sw-17")
        await desk.quiet()
        assert (await desk.act("lin", "ack", 1)).ok
        refused = await desk.act("lin", "ack", 99)
        assert not refused.ok and "99" in refused.text
        assert not desk.engine._verdicts


async def test_a_late_verdict_is_a_timeout_but_the_command_counts(url: str) -> None:
    async with opened(url) as desk:
        desk.engine.start(b"")
        with pytest.raises(TimeoutError):
            await desk.act("lin", "open", 0, patience=0.01, text="printer on fire")
        with pytest.raises(TimeoutError):
            await desk.engine.verdict(4711, 0.01)
        desk.task = asyncio.create_task(desk.engine.run())
        await desk.quiet()
        assert [i.owner for i in desk.engine.world.incidents.values()] == ["lin"]


async def test_a_command_that_breaks_is_answered_too(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(url) as desk:
        desk.start()
        number = await desk.message(Message(kind="command", source="web", actor="lin", body=b"{"))
        verdict = await desk.engine.verdict(number, 5.0)
        assert not verdict.ok and "DecodeError" in verdict.text


# -- restarts


async def test_deadlines_survive_a_restart_and_the_world_is_rebuilt_equal(store_url: str) -> None:
    clock = Clock()
    async with opened(store_url, clock) as desk:
        desk.start()
        for host in ("sales-mail", "acc-sw-17", "hr-server"):
            await desk.host(host)
        await desk.later(61)
        assert desk.told() == [("lin", "open")]
        facts, due = desk.engine.world.facts(), desk.engine.world.next_due()
    clock.at += 30
    async with opened(store_url, clock) as desk:
        desk.start()
        assert desk.engine.world.facts() == facts
        assert desk.engine.world.next_due() == due
        await desk.quiet()
        assert desk.kinds() == ["start"]
        assert due is not None
        await desk.later(due - desk.engine.now())
        assert ("chen", "functional") in desk.told()
        assert desk.rebuilt().facts() == desk.engine.world.facts()


async def test_after_downtime_one_overdue_step_is_taken_and_silence_gets_more_time(url: str) -> None:
    clock = Clock()
    async with opened(url, clock) as desk:
        desk.start()
        await desk.host("acc-sw-17")
        await desk.webhook(disk("sales-mail") | {"ends_after": "2h"})
        await desk.later(61)
        (unheard,) = [a for a in desk.engine.world.alerts.values() if a.due_at]
    clock.at += 3600
    async with opened(url, clock) as desk:
        desk.start()
        await desk.quiet()
        assert desk.kinds()[:3] == ["start", "gap", "tick"]
        assert [kind for person, kind in desk.told() if person == "chen"].count("functional") == 1
        assert not {kind for _, kind in desk.told()} & {"hierarchic", "last_resort"}
        now = desk.engine.world.alerts[unheard.id]
        assert now.due_at == pytest.approx(unheard.due_at + 3600)
        assert (desk.engine.world.incidents[1].step_at or 0) > desk.engine.now()
        clock.at += 1.5
        await desk.later(0)
        assert desk.kinds().count("gap") == 1


async def test_a_quiet_hour_is_no_deafness(url: str) -> None:
    clock = Clock()
    async with opened(url, clock) as desk:
        desk.start()
        await desk.host("acc-sw-17")
        await desk.quiet()
        clock.at += 3600
        await desk.store.alive(desk.engine.now())
        await desk.stop()
    clock.at += 5
    async with opened(url, clock) as desk:
        desk.start()
        await desk.quiet()
        assert "gap" not in desk.kinds()


async def test_what_was_kept_before_a_restart_is_stepped_as_of_its_arrival(url: str) -> None:
    """An acknowledgement was accepted just before the end; the timer was due only after it."""
    clock = Clock()
    async with opened(url, clock) as desk:
        desk.start()
        await desk.host("acc-sw-17")
        await desk.later(61)
        due = desk.engine.world.next_due() or 0.0
        clock.at += due - desk.engine.now() - 5
        await desk.stop()
        desk.store.on_received = None
        with pytest.raises(TimeoutError):
            await desk.act("lin", "ack", 1, patience=0.1)
    clock.at += 30
    async with opened(url, clock) as desk:
        desk.start()
        await desk.quiet()
        assert "functional" not in {kind for _, kind in desk.told()}
        assert desk.engine.world.incidents[1].owner == "lin"


async def test_a_jump_of_the_wall_clock_is_journaled_once(url: str) -> None:
    async with opened(url) as desk:
        desk.start()
        await desk.quiet()
        desk.clock.shift += 3600
        await desk.later(1.1)
        await desk.later(1.1)
        assert desk.kinds().count("clock") == 1
        assert desk.engine.world.wall_offset == pytest.approx(3600)
        assert "clock jumped by +3600" in next(iter(desk.engine.world.incidents.values())).title
        assert desk.rebuilt().facts() == desk.engine.world.facts()


async def test_long_lag_moves_deadlines_about_silence(url: str) -> None:
    async with opened(url) as desk:
        desk.engine.start(b"")
        desk.engine.feed(Entry(9, Message(kind="mail", source="smtp")))
        for late, gaps in ((30.0, 0), (100.0, 1), (120.0, 1), (170.0, 2)):
            desk.clock.at = late
            desk.clock.shift = desk.engine.now() - late
            desk.engine._check_clocks()
            assert [w.entry.message.kind for w in desk.engine._notes].count("gap") == gaps
        desk.engine._queue.clear()
        desk.engine._check_clocks()
        assert desk.engine._deaf == 0.0


async def test_a_reload_takes_over_its_rules_where_it_stands_in_the_journal(url: str) -> None:
    other = trading_company(last_resort=("person:zhao",))
    async with opened(url) as desk:
        desk.start()
        desk.engine.note(Message(kind="reload", source="engine", body=b"{}"), other)
        await desk.quiet()
        assert desk.engine.world.rules is other
        assert desk.kinds() == ["start", "reload"]


# -- what the database does not take


async def test_what_the_database_refuses_is_set_aside_and_everything_else_kept(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RETRY", 0.01)
    async with opened(url) as desk:
        desk.engine.start(b"")
        with refusing(desk.store, "cursed") as refused:
            for host, summary in (("sales-mail", "fine"), ("hr-server", "cursed"), ("inventory-db", "also fine")):
                await desk.webhook(disk(host, summary))
            desk.task = asyncio.create_task(desk.engine.run())
            await desk.quiet()
        assert desk.shunted() == [aside.HOPELESS]  # an incident about it would say the word as well
        assert refused[-1] == 1
        titles = [i.title for i in desk.engine.world.incidents.values()]
        assert titles == ["sales-mail disk: fine", "inventory-db disk: also fine"]
        assert desk.rebuilt().facts() == desk.engine.world.facts()
        assert desk.kinds().count("start") == 1
        assert [s.position for s in desk.committed] == [1, 2, 3, 4]
        assert not desk.store.pending() and not desk.engine._refused


async def test_a_refused_entry_opens_an_incident_that_says_so(url: str) -> None:
    async with opened(url) as desk:
        desk.start()
        await desk.quiet()
        with refusing(desk.store, "^hr-server disk: cursed$"):
            number = await desk.webhook(disk("hr-server", "cursed"))
            await desk.quiet()
        (shunted,) = await desk.store.queries.shunted()
        assert (shunted.id, shunted.error) == (number, aside.REFUSED)
        (incident,) = desk.engine.world.incidents.values()
        assert aside.REFUSED in incident.title


async def test_commands_in_flight_still_get_their_verdicts_after_a_rebuild(url: str) -> None:
    async with opened(url) as desk:
        desk.engine.start(b"")
        with refusing(desk.store, "cursed"):
            await desk.webhook(disk("hr-server", "cursed"))
            ack = asyncio.create_task(desk.act("lin", "open", 0, text="no sound"))
            desk.task = asyncio.create_task(desk.engine.run())
            assert (await ack).ok


async def test_a_timer_that_can_not_be_kept_is_put_off(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(url) as desk:
        desk.start()
        await desk.host("acc-sw-17")
        await desk.quiet()
        real, bad = desk.store.commit, []

        async def commit(batch: Any) -> Any:
            if any(s.entry.message.kind == "tick" and s.changes.notifications for s in batch):
                bad.append(batch)
                raise BatchRefused("no pages today")
            return await real(batch)

        monkeypatch.setattr(desk.store, "commit", commit)
        await desk.later(61)
        assert len(bad) == 1 and desk.shunted() == [aside.REFUSED]
        assert desk.told() == []
        monkeypatch.setattr(desk.store, "commit", real)
        await desk.later(301)
        assert ("lin", "open") in desk.told()


async def test_a_note_that_can_not_be_kept_is_journaled_bare(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = trading_company(last_resort=("person:zhao",))
    async with opened(url) as desk:
        desk.start()
        await desk.quiet()
        with refusing(desk.store, "clock jumped"):
            desk.clock.shift += 99
            desk.engine.note(Message(kind="reload", source="engine", body=b"{}"), other)
            await desk.later(1.1)
        assert aside.REFUSED in desk.shunted()
        assert desk.kinds().count("reload") == 1
        assert desk.engine.world.rules is other


@pytest.mark.parametrize("error", [RuntimeError, RecursionError])
async def test_an_entry_that_can_not_even_be_set_aside_stops_nobody(
    url: str, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async with opened(url) as desk:
        desk.start()
        await desk.quiet()

        def broken(*_: object) -> Changes:
            raise error("nothing works on this")

        real = pipeline.shunt
        monkeypatch.setattr(pipeline, "shunt", lambda w, m, *a: broken() if b"cursed" in m.body else real(w, m, *a))
        monkeypatch.setattr(worker, "RETRY", 0.01)
        cursed = Message(kind="command", source="prod", body=b"cursed")
        number = await desk.message(cursed)
        await desk.host("acc-sw-17")
        await desk.quiet()
        (shunted,) = await desk.store.queries.shunted()
        assert (shunted.id, shunted.error) == (number, aside.HOPELESS)
        assert desk.engine.world.alerts


async def test_a_note_under_way_at_a_rebuild_is_not_lost(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(url) as desk:
        desk.start()
        await desk.quiet()
        with deadly(monkeypatch, b"42.0", RuntimeError):
            desk.engine.note(Message(kind="gap", source="engine", body=b"42.0"))
            await desk.quiet()
        engine = desk.engine
        assert desk.kinds() == ["start", "gap"]
        gap = worker.Waiting(Entry(0, Message(kind="gap", source="engine", body=b"7.0")), engine.now())
        engine._open = engine._begin(gap)
        engine._rebuild = True
        engine._wake.set()
        await desk.quiet()
        assert desk.kinds() == ["start", "gap", "gap"]


async def test_a_rebuild_waits_until_the_store_answers(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(url) as desk:
        desk.start()
        await desk.host("acc-sw-17")
        await desk.quiet()
        real, tries = desk.store.load, []

        def load() -> Any:
            tries.append(1)
            if len(tries) < 3:
                raise OperationalError("SELECT", {}, Exception("gone"))
            return real()

        monkeypatch.setattr(desk.store, "load", load)
        monkeypatch.setattr(worker, "RETRY", 0.01)
        facts = desk.engine.world.facts()
        desk.engine._rebuild = True
        desk.engine._wake.set()
        await desk.quiet()
        assert len(tries) == 3 and desk.engine.world.facts() == facts
        tries.clear()
        desk.engine._rebuild = True
        desk.engine._queue.add(worker.Waiting(Entry(5, Message(kind="mail", source="smtp")), 0.0))
        desk.engine.stop()
        assert desk.task is not None
        with pytest.raises(OperationalError):
            await desk.task


# -- what kills the process


async def test_a_message_that_kills_is_set_aside_once_it_killed_alone(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    desk = Desk(Store.open(store_url), clock)
    desk.start()
    with deadly(monkeypatch, b"boom"):
        number = await desk.webhook(disk("hr-server", "boom"))
        assert desk.task is not None
        with pytest.raises(DeathError):
            await desk.task
        await desk.die()

        for attempts in (0, 1, 2):
            desk = Desk(Store.open(store_url), clock)
            assert desk.store.unclean
            assert [(entry.id, entry.attempts) for entry in desk.store.pending()] == [(number, attempts)]
            desk.start()
            assert desk.task is not None
            with pytest.raises(DeathError):
                await desk.task
            await desk.die()

        async with opened(store_url, clock) as desk:
            desk.start()
            await desk.host("acc-sw-17")
            await desk.quiet()
            assert desk.shunted() == [aside.DIED]
            titles = [i.title for i in desk.engine.world.incidents.values()]
            assert any("died twice" in title for title in titles) and len(titles) == 2
    async with opened(store_url, clock) as desk:
        assert not desk.store.unclean


async def test_a_message_that_kills_among_many_is_found_in_ever_smaller_groups(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    desk = Desk(Store.open(url), clock)
    for number in range(100):
        await desk.webhook(disk(f"web-{number}", "boom" if number == 70 else "full"))
    await desk.die()
    for deaths, together in enumerate(worker.TOGETHER, 1):
        desk = Desk(Store.open(url), clock)
        desk.start()
        assert desk.task is not None
        with deadly(monkeypatch, b"boom"), pytest.raises(DeathError):
            await desk.task
        left = [entry.attempts for entry in desk.store.pending()]
        assert max(left) == deaths and 1 <= left.count(deaths) <= together
        await desk.die()
    async with opened(url, clock) as desk:
        desk.start()
        await desk.quiet()
        assert desk.shunted() == [aside.DIED]
        assert len(desk.engine.world.alerts) == 100


async def test_after_a_kill_many_messages_need_few_commits(url: str) -> None:
    clock = Clock()
    desk = Desk(Store.open(url), clock)
    await asyncio.gather(*(desk.webhook(disk(f"web-{number}")) for number in range(200)))
    await desk.die()
    async with opened(url, clock) as desk:
        desk.start()
        await desk.quiet()
        assert len(desk.engine.world.alerts) == 200
        assert desk.store.figures.commits < 100


async def test_what_was_under_way_at_three_kills_is_no_killer(url: str) -> None:
    """Deaths that had another cause: the first while it waited, two more between its attempt and its commit."""
    clock = Clock()
    desk = Desk(Store.open(url), clock)
    number = await desk.host("acc-sw-17")
    await desk.store.attempt([number])
    await desk.store.attempt([number])
    await desk.die()
    async with opened(url, clock) as desk:
        assert [entry.attempts for entry in desk.store.pending()] == [2]
        desk.start()
        await desk.quiet()
        assert desk.shunted() == [] and len(desk.engine.world.alerts) == 1


async def test_innocent_entries_after_an_unclean_end_are_stepped_as_ever(url: str) -> None:
    clock = Clock()
    desk = Desk(Store.open(url), clock)
    desk.engine.start(b"")
    await desk.webhook(hundreds(100))
    await desk.host("acc-sw-17")
    desk.task = None
    await desk.die()
    async with opened(url, clock) as desk:
        desk.start()
        await desk.quiet()
        assert desk.shunted() == [] and len(desk.engine.world.alerts) == 101


# -- life


async def test_a_stop_finishes_what_is_queued(url: str) -> None:
    async with opened(url) as desk:
        desk.start()
        for number in range(50):
            await desk.webhook(disk(f"web-{number}"))
        await desk.stop()
        assert len(desk.rebuilt().alerts) == 50
        assert not desk.store.pending()


async def test_a_long_body_is_decided_in_slices(url: str) -> None:
    async with opened(url) as desk:
        desk.start()
        await desk.quiet()
        turns: list[int] = []

        async def others() -> None:
            await desk.until(lambda: desk.engine.world.alerts)
            while desk.engine._open is not None:
                turns.append(len(desk.engine.world.alerts))
                await asyncio.sleep(0)

        other = asyncio.create_task(others())
        await desk.webhook(hundreds(1000))
        await other
        await desk.quiet()
        assert len(desk.rebuilt().alerts) == 1000
        assert len(set(turns)) > 5  # others ran while it was half done
        assert [len(s.changes.alerts) for s in desk.committed if s.entry.id] == [1000]


async def test_rows_whose_commit_was_unclear_are_found(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(url) as desk:
        desk.start()
        await desk.quiet()
        desk.store.on_received = None
        await desk.host("acc-sw-17")
        await desk.later(5)
        assert not desk.engine.world.alerts

        def silent(*_: object) -> Any:
            raise OperationalError("SELECT", {}, Exception("gone"))

        with monkeypatch.context() as patch:
            patch.setattr(desk.store, "pending", silent)
            desk.clock.at += 31
            desk.engine._wake.set()
            await asyncio.sleep(0.05)
            assert desk.task is not None and not desk.task.done()
        desk.clock.at += 31
        desk.engine._wake.set()
        await desk.until(lambda: desk.engine.world.alerts)


async def test_batches_under_way_when_the_store_closes_are_left_for_the_next_start(url: str) -> None:
    clock = Clock()
    async with opened(url, clock) as desk:
        desk.engine.start(b"")
        await desk.host("acc-sw-17")
        await desk.store.close()
        desk.task = asyncio.create_task(desk.engine.run())
        await asyncio.sleep(0.05)
        assert desk.committed == []
    async with opened(url, clock) as desk:
        desk.start()
        await desk.quiet()
        assert len(desk.engine.world.alerts) == 1


def test_pages_are_what_a_batch_requested() -> None:
    assert (
        worker.pages(
            [Stepped(entry=Entry(0, Message(kind="tick", source="engine")), position=1, at=0.0, changes=Changes())]
        )
        == []
    )


def test_of_many_lines_alike_the_log_has_the_first_and_how_many_more(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(worker.log, "info", lambda what, **more: said.append((what, more)), raising=False)
    joined = tuple(TimelineRow(incident=1, at=0.0, what="joined", text=f"srv-{n}") for n in range(9))
    other = TimelineRow(incident=2, at=0.0, what="joined", text="pc-1")
    entry = Entry(1, Message(kind="webhook", source="prod"))
    worker._tell_log([Stepped(entry=entry, position=4, at=0.0, changes=Changes(timeline=(*joined, other)))])
    assert [(what, m["incident"], m["text"], m["more"]) for what, m in said] == [
        ("joined", 1, "srv-0", 8),
        ("joined", 2, "pc-1", None),
    ]


async def test_a_stop_does_not_wait_for_a_long_queue(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STOP_PATIENCE", 0.0)
    async with opened(url) as desk:
        desk.start()
        await desk.quiet()
        await desk.pause()
        numbers = [await desk.host(f"host-{n}") for n in range(3)]
        desk.go_on()
        desk.engine.stop()
        await desk.stop()
        assert [entry.id for entry in desk.store.pending()] == numbers
