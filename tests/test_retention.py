"""Messages as they came are kept for a while: by age, by size, packed, and in steps that nobody notices."""

from collections.abc import Iterable

import pytest

from ingestd.retention import EVERY, FIRST, REST, Retention
from ingestd.settings import RetentionSettings
from ingestd.store import Aged, Packable
from ingestd.yamltypes import Duration

DAY = 86400.0


class Shelf:
    """A store of bodies: id -> (when it came, its octets)."""

    def __init__(self, **bodies: tuple[float, int]) -> None:
        self.bodies = {int(name[1:]): found for name, found in bodies.items()}
        self.small: list[int] = []
        self.step = 2
        self.queries = self

    async def aged(self, before: float, people_before: float, after: int = 0) -> Aged:
        return self._batch([n for n, (at, _) in self.bodies.items() if at < before and n > after])

    async def oldest(self, after: int = 0) -> Aged:
        return self._batch([n for n in self.bodies if n > after])

    async def octets(self) -> int:
        return sum(size for _, size in self.bodies.values())

    async def packable(self, before: float) -> Packable:
        fresh = [n for n, (at, _) in self.bodies.items() if at < before and n not in self.small][: self.step]
        return Packable(dict.fromkeys(fresh, b""), fresh[-1] if fresh else None)

    async def erase(self, messages: Iterable[int]) -> None:
        for number in messages:
            del self.bodies[number]

    async def pack(self, found: Packable) -> None:
        self.small += found.bodies

    def _batch(self, numbers: list[int]) -> Aged:
        some = tuple(numbers[: self.step])
        return Aged(some, sum(self.bodies[n][1] for n in some), some[-1] if some else None)


class Kept:
    """A shelf, what is done to it, and how long it rested."""

    def __init__(self, shelf: Shelf, **settings: float) -> None:
        self.told: list[tuple[str, int]] = []
        self.rests: list[float] = []
        chosen = RetentionSettings(**settings)  # type: ignore[arg-type]
        self.retention = Retention(
            shelf, lambda: chosen, lambda: 100 * DAY, lambda *one: self.told.append(one), self._sleep
        )

    async def _sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        if self.rests.count(EVERY) == 2:
            raise KeyboardInterrupt


async def test_what_is_too_old_goes_and_the_rest_is_packed() -> None:
    shelf = Shelf(b1=(1 * DAY, 10), b2=(2 * DAY, 10), b3=(3 * DAY, 10), b4=(50 * DAY, 10), b5=(100 * DAY, 10))
    kept = Kept(shelf)
    await kept.retention.look()
    assert list(shelf.bodies) == [4, 5]
    assert shelf.small == [4]  # the other one is fresh
    assert kept.told == [("age", 3), ("size", 0)]


async def test_nothing_is_too_old_for_good() -> None:
    shelf = Shelf(b1=(1 * DAY, 10))
    await Kept(shelf, bodies=0.0, people=0.0).retention.look()
    assert list(shelf.bodies) == [1]


async def test_the_oldest_go_while_all_together_are_too_much() -> None:
    shelf = Shelf(b1=(91 * DAY, 10), b2=(92 * DAY, 10), b3=(93 * DAY, 10), b4=(94 * DAY, 10), b5=(95 * DAY, 10))
    kept = Kept(shelf, octets=25)
    await kept.retention.look()
    assert list(shelf.bodies) == [5]
    assert kept.told == [("age", 0), ("size", 4)]


async def test_a_size_that_nothing_more_can_give_ends_the_look() -> None:
    shelf = Shelf(b1=(91 * DAY, 10))

    async def none(after: int = 0) -> Aged:
        return Aged((), 0, None)

    shelf.oldest = none  # type: ignore[method-assign]
    await Kept(shelf, octets=5).retention.look()
    assert list(shelf.bodies) == [1]


async def test_it_looks_every_hour_and_rests_after_each_step() -> None:
    kept = Kept(Shelf(b1=(1 * DAY, 10)))
    with pytest.raises(KeyboardInterrupt):
        await kept.retention.run()
    assert kept.rests[0] == FIRST
    assert kept.rests.count(EVERY) == 2
    assert all(0 < rest < REST for rest in kept.rests[1:] if rest != EVERY)


async def test_a_store_that_does_not_answer_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf()

    async def fails(before: float, people_before: float, after: int = 0) -> Aged:
        raise OSError("no disk")

    shelf.aged = fails  # type: ignore[method-assign]
    kept = Kept(shelf)
    with pytest.raises(KeyboardInterrupt):
        await kept.retention.run()
    assert kept.rests == [FIRST, EVERY, EVERY]


def test_nonsense_is_refused_before_it_erases_anything() -> None:
    with pytest.raises(ValueError, match="octets: expected 0 or more"):
        RetentionSettings(octets=-1)
    for few in ({"bodies": Duration(90)}, {"people": Duration(30)}, {"bodies": Duration(0), "people": Duration(5)}):
        with pytest.raises(ValueError, match="expected at least 1h, or 0 for good"):
            RetentionSettings(**few)
