"""Very many inputs, on several processes: a process of its own is not slowed down by what measures coverage."""

import multiprocessing
import warnings
from concurrent.futures import Future, ProcessPoolExecutor

from msgspec import Struct

from tests.fuzz.trial import Fuzz, Outcome, memory

MOST_FAULTS = 20  # of one run that are told of


class Run(Struct, frozen=True, kw_only=True):
    """What became of a row of inputs."""

    seed: int
    first: int
    count: int
    slowest: Outcome
    largest: Outcome
    memory: int  # bytes that the process had at most
    shunted: int
    faulty: int
    faults: tuple[Outcome, ...]

    def __str__(self) -> str:
        told = "\n".join(
            f"  {fault}\n    python -m tests.fuzz.trial {self.seed} {fault.number}" for fault in self.faults
        )
        return f"{self.faulty} of {self.count} inputs were not read as they must be\n{told}"


def run(seed: int, first: int, count: int) -> Run:
    """Try inputs one after another."""
    warnings.simplefilter("error")
    fuzz = Fuzz(seed)
    outcomes = [fuzz.trial(number) for number in range(first, first + count)]
    faults = [outcome for outcome in outcomes if outcome.fault]
    return Run(
        seed=seed,
        first=first,
        count=count,
        slowest=max(outcomes, key=lambda outcome: outcome.seconds),
        largest=max(outcomes, key=lambda outcome: outcome.peak),
        memory=memory(),
        shunted=sum(outcome.shunted for outcome in outcomes),
        faulty=len(faults),
        faults=tuple(faults[:MOST_FAULTS]),
    )


class Runs:
    """Processes that run rows of inputs."""

    def __init__(self, processes: int = 2) -> None:
        self._pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))

    def submit(self, seed: int, first: int, count: int) -> Future[Run]:
        return self._pool.submit(run, seed, first, count)

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)
