"""20,000 spoilt mails and webhook bodies: each is read, soon and in little memory, and becomes an event.

The same inputs each time, as long as the examples and samples they are made of stay the same; ``tests/drills/fuzz.py``
tries others. Not guided by coverage: atheris is not among the packages that the tests are locked to.
"""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.fuzz.runs import Run, Runs
from tests.fuzz.seeds import Seed, runs
from tests.fuzz.trial import Fuzz

SEED = 20261123
COUNT, ROW = 20_000, 1000

Rows = dict[int, Future[Run]]


@pytest.fixture(scope="module")
def rows() -> Iterator[Rows]:
    """All rows, begun at once."""
    runs = Runs()
    yield {first: runs.submit(SEED, first, ROW) for first in range(0, COUNT, ROW)}
    runs.stop()


@pytest.mark.parametrize("first", range(0, COUNT, ROW))
def test_whatever_arrives_is_read_and_becomes_an_event(rows: Rows, first: int) -> None:
    done = rows[first].result()
    assert done.count == ROW
    assert not done.faulty, str(done)


@pytest.mark.parametrize("seed", runs(), ids=lambda seed: seed.name)
def test_a_megabyte_of_the_same_is_read_soon(seed: Seed) -> None:
    outcome = Fuzz(SEED).tried(0, seed.name, seed.message)
    assert not outcome.fault, str(outcome)
