"""Every topic, in the order of the report, and how they are looked at: all at once, each for a few seconds."""

import asyncio
from collections.abc import Callable, Iterator

from ingestd.doctor import calendars, certificates, clocks, daemon, files, links, names, people, storage, ways
from ingestd.doctor.case import Case, Finding, Result, Trial, why
from ingestd.problem import said

PATIENCE = 5.0  # seconds for one look

TOPICS: tuple[Callable[[Case], Iterator[Trial]], ...] = (
    files.trials,
    daemon.trials,
    people.trials,
    calendars.trials,
    names.trials,
    ways.trials,
    certificates.trials,
    links.trials,
    clocks.trials,
    storage.trials,
)


async def examine(case: Case, patience: float = PATIENCE) -> tuple[Result, ...]:
    """Look at everything; the results in the order of the table."""
    trials = [trial for topic in TOPICS for trial in topic(case)]
    return tuple(await asyncio.gather(*(_tried(trial, patience) for trial in trials)))


async def _tried(trial: Trial, patience: float) -> Result:
    try:
        return Result(trial.name, await asyncio.wait_for(trial.look(), patience))
    except TimeoutError:
        words = said("no answer in {seconds} s", seconds=f"{patience:g}")
        return Result(trial.name, Finding(trial.late, words))
    except Exception as error:  # a look that breaks says nothing of the others
        return Result(trial.name, Finding("fail", said("the look itself broke: {why}", why=why(error))))
