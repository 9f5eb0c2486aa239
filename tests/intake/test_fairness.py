"""Room, turns and doors: one peer's flood is that peer's trouble."""

import asyncio

from ingestd.intake.fairness import Doors, Memory, Turns


async def hold(turns: Turns, peer: str, order: list[str], go: asyncio.Event) -> None:
    async with turns.turn(peer):
        order.append(peer)
        await go.wait()


async def test_who_waits_is_served_one_peer_after_the_other() -> None:
    turns, order, go = Turns(1), list[str](), asyncio.Event()
    tasks = [asyncio.ensure_future(hold(turns, peer, order, go)) for peer in ("a", "a", "a", "a", "b", "c", "b")]
    await asyncio.sleep(0)
    assert order == ["a"]
    go.set()
    await asyncio.gather(*tasks)
    assert order == ["a", "a", "b", "c", "a", "b", "a"]


async def test_who_gives_up_takes_no_turn_along() -> None:
    turns, order, go = Turns(1), list[str](), asyncio.Event()
    tasks = [asyncio.ensure_future(hold(turns, peer, order, go)) for peer in ("a", "b", "c", "d")]
    await asyncio.sleep(0)
    tasks[1].cancel()  # while it waits
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)  # c is given the turn …
    tasks[2].cancel()  # … and gives up before it knows
    go.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order[0] == "a"
    assert order[-1] == "d"
    async with turns.turn("e"):
        pass


def test_one_peer_gets_half_of_the_memory() -> None:
    memory = Memory(100)
    with memory.room("a") as first, memory.room("a") as second, memory.room("b") as other, memory.room("c") as last:
        assert first.grow(50)
        assert not second.grow(1)
        assert other.grow(40)
        assert not last.grow(11)
        assert last.grow(10)
        other.free()
        assert last.grow(40)
    with memory.room("a") as again:
        assert again.grow(50)


def test_doors_count_all_and_each() -> None:
    doors = Doors(3, 2)
    for _ in range(2):
        doors.enter("a")
    assert doors.refusal("a") is None
    doors.enter("a")
    assert str(doors.refusal("a")).startswith("421 4.7.0")
    doors.enter("b")
    assert str(doors.refusal("b")).startswith("421 4.3.2")
    for peer in ("a", "a", "a", "b"):
        doors.leave(peer)
    doors.enter("b")
    assert doors.refusal("b") is None


class Sitting:
    """A connection that has a place."""

    def __init__(self, peer: str, since: float, busy: bool = False) -> None:
        self.peer, self.since, self.busy = peer, since, busy
        self.dismissed = False

    def dismiss(self) -> None:
        self.dismissed = True


def test_room_is_made_at_the_cost_of_who_has_most() -> None:
    doors = Doors(4, 3)
    guests = [Sitting("a", 1.0, busy=True), Sitting("a", 3.0), Sitting("a", 2.0), Sitting("b", 0.0)]
    for one in guests:
        doors.enter(one.peer)
    doors.enter("a")
    assert not doors.make_room("a", guests)  # it has most itself
    doors.leave("a")
    doors.enter("c")
    assert doors.make_room("c", guests)
    assert [one.dismissed for one in guests] == [False, False, True, False]
    assert not doors.make_room("c", guests[:1])  # all are busy
