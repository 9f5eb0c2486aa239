"""What waits to be stepped: bounded in memory, whole and in its order in the store."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from ingestd import worker
from ingestd.backlog import Backlog, Waiting
from ingestd.model import Answers, Changes, Entry, Message, Stepped
from ingestd.store import queries
from tests.desk import Clock, Desk, opened


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


def waiting(number: int, octets: int = 0) -> Waiting:
    return Waiting(Entry(number, Message(kind="mail", source="smtp", body=b"x" * octets)), float(number))


def test_what_does_not_fit_is_left_and_what_comes_after_it_too() -> None:
    line = Backlog(most=2)
    assert [line.add(waiting(n)) for n in (1, 2, 3)] == [True, True, False]
    assert (len(line), line.left, line.newest, line.oldest) == (3, 1, 2, 1.0)
    assert line.pop().entry.id == 1
    assert not line.add(waiting(4))  # it is behind the third
    assert line.wants_more
    line.take(waiting(3))
    line.found(3, 1, 2)
    assert (len(line), line.left, line.newest, line.wants_more) == (3, 1, 3, False)


def test_large_bodies_are_bounded_by_their_octets() -> None:
    line = Backlog(octets=10)
    assert [line.add(waiting(n, 6)) for n in (1, 2, 3)] == [True, True, False]
    line.put_back(line.pop())
    line.pop()
    assert not line.wants_more
    line.pop()
    assert (line.ready, line.oldest, line.wants_more) == (False, 3.0, True)
    line.clear()
    assert len(line) == 0 and not line


def test_those_that_came_while_others_were_read_are_still_left() -> None:
    line = Backlog(most=0)
    line.leave(5, 1.0)
    line.leave(2, 2.0)
    line.found(0, 0, 5)
    assert line.left == 2
    line.found(9, 9, 2)
    assert (line.left, line.newest) == (1, 9)  # one at least


async def test_far_behind_the_engine_keeps_few_in_memory_and_steps_all_in_their_order(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_WAITING", 7)
    async with opened(store_url) as desk:
        await _narrow(desk)
        ids = [await desk.host(f"srv-{n}") for n in range(50)]
        assert len(desk.engine._queue._line) == 10 and desk.engine.queued == 50
        desk.go_on()
        await desk.quiet()
        assert [one.entry.id for one in desk.committed if one.entry.id in ids] == ids


async def test_what_comes_while_it_reads_on_is_stepped_once(url: str) -> None:
    async with opened(url) as desk:
        await _narrow(desk)
        ids = [await desk.host(f"srv-{n}") for n in range(30)]
        desk.go_on()
        for n in range(60):
            ids.append(await desk.host(f"late-{n}"))
            await asyncio.sleep(0)
        await desk.quiet()
        assert [one.entry.id for one in desk.committed if one.entry.id in ids] == ids


async def test_after_a_restart_a_long_backlog_is_read_piece_by_piece(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_OCTETS", 2000)
    clock = Clock()
    async with opened(store_url, clock) as desk:
        desk.store.on_received = None
        ids = [await desk.host(f"srv-{n}") for n in range(40)]
    async with opened(store_url, clock) as desk:
        desk.start()
        assert len(desk.engine._queue._line) < 10
        await desk.quiet()
        assert [one.entry.id for one in desk.committed if one.entry.id in ids] == ids


async def test_a_store_that_does_not_answer_is_asked_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(url) as desk:
        await _narrow(desk)
        for n in range(30):
            await desk.host(f"srv-{n}")
        real, tries = desk.store.waiting_after, []

        def sometimes(after: int = 0) -> tuple[Entry, ...]:
            tries.append(after)
            if len(tries) == 1:
                raise OperationalError("SELECT", {}, Exception("gone"))
            return real(after)

        monkeypatch.setattr(desk.store, "waiting_after", sometimes)
        monkeypatch.setattr(worker, "RETRY", 0.01)
        desk.go_on()
        await desk.quiet()
        assert len(tries) > 1 and len([one for one in desk.committed if one.entry.id]) == 30


async def test_log_lines_that_wait_are_bounded(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(url) as desk:
        monkeypatch.setattr(worker, "UNSAID", 3)
        monkeypatch.setattr(worker, "SAID_TOGETHER", 1)
        step = Stepped(entry=Entry(1, Message(kind="tick", source="engine")), position=1, at=0.0, changes=Changes())
        desk.engine._unsaid.extend([step] * 10)
        assert desk.engine._say(0.0)
        assert len(desk.engine._unsaid) == 3


async def _narrow(desk: Desk) -> None:
    """An engine at a pause that keeps ten entries in memory."""
    desk.start()
    await desk.pause()
    desk.engine._queue = Backlog(most=10)
    desk.paging = False


async def test_an_answer_among_what_is_read_on_overtakes(url: str) -> None:
    async with opened(url) as desk:
        await _narrow(desk)
        for n in range(20):
            await desk.host(f"srv-{n}")
        desk.store.on_received = None  # its commit was unclear: nobody told the engine
        mail = Message(kind="mail", source="smtp", body=b"ack", actor="lin", answers=Answers(1, 1))
        number = await desk.message(mail)
        desk.go_on()
        await desk.quiet()
        order = [one.entry.id for one in desk.committed if one.entry.id]
        assert order.index(number) < 20 and len(order) == 21
