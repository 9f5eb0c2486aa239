"""One input: made from a seed number, read, judged, and measured.

python -m tests.fuzz.trial SEED NUMBER      shows what an input is and what became of it
"""

import resource
import sys
import time
import tracemalloc
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from ingestd import pipeline
from ingestd.model import Changes, Entry, Message, Reading
from ingestd.store import rows
from ingestd.understand import read
from ingestd.world import World
from tests.fuzz.mutators import LARGE, SMALL
from tests.fuzz.seeds import Seed, seeds
from tests.night import MORNING, trading_company

SLOWEST = 0.25  # seconds of processor time for reading one input, where ``_count`` takes NOMINAL
NOMINAL = 0.0125  # seconds
LARGEST = 64 * 1024 * 1024  # bytes in use at once while one is read
LARGE_ONE_IN = 50
MEASURED = 100_000  # bytes of an input from which on its memory is measured
A_NIGHT = 40  # inputs that one world sees
MOST_JUDGED = 60  # events of one input
RULES = trading_company()
#: Readings that lead to no event, for they are answers to what we sent.
ANSWERS = frozenset({"reply", "auto_reply", "bounce"})


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one input; ``fault`` is empty if that is as it must be."""

    number: int
    what: str  # its seed, and what was done to it
    size: int
    seconds: float = 0.0  # of processor time
    peak: int = 0  # bytes in use at once; 0: not measured
    shunted: bool = False
    fault: str = ""

    def __str__(self) -> str:
        said = f": {self.fault}" if self.fault else ""
        return f"input {self.number} ({self.what}; {self.size} bytes, {self.seconds * 1000:.0f} ms){said}"


class Fuzz:
    """Inputs under one seed. Input n is the same whatever was tried before it, as long as the seeds are."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._world = World(RULES)
        self._tried = 0

    def made(self, number: int) -> tuple[str, Message]:
        """An input, and how it was made."""
        chance = Random(f"{self.seed}:{number}")
        seed, other = chance.choice(seeds()), chance.choice(seeds())
        message, names = seed.message, [seed.name]
        chosen = [chance.choice(SMALL[message.kind]) for _ in range(chance.randint(1, 4))]
        if chance.randrange(LARGE_ONE_IN) == 0:
            chosen.append(chance.choice(LARGE[message.kind]))
        body = message.body
        for mutator in chosen:
            body = mutator(chance, body, other.message.body)
            names.append(mutator.__name__)
        return " ".join(names), replace(_addressed(chance, message, other), body=body)

    def trial(self, number: int) -> Outcome:
        """Make an input and try it."""
        return self.tried(number, *self.made(number))

    def tried(self, number: int, what: str, message: Message) -> Outcome:
        """Read a message and let the pipeline judge it."""
        outcome = Outcome(number=number, what=what, size=len(message.body))
        try:
            seconds, reading = timed(message)
            if seconds > SLOWEST:  # something else may have been in the way
                seconds = min(seconds, timed(message)[0])
            outcome = replace(outcome, seconds=seconds, peak=peak(message) if outcome.size > MEASURED else 0)
            shunted = self._judge(message, reading)
        except Exception as escaped:
            return replace(outcome, fault=f"{type(escaped).__name__}: {escaped}"[:500])
        return replace(outcome, shunted=bool(shunted), fault=shunted or _fault(outcome, reading))

    def _judge(self, message: Message, reading: Reading) -> str:
        """Step it in a world that has seen others before; why it was set aside, or ""."""
        if self._tried % A_NIGHT == 0:
            self._world = World(RULES)
            self._world.at = MORNING
        self._tried += 1
        world = self._world
        shunted = ""
        if len(reading.events) > MOST_JUDGED:
            return ""
        for changes in pipeline.step(world, Entry(self._tried, message), world.at + 1):
            written(changes)
            world.apply(changes)
            shunted = shunted or changes.shunted
        world.at += 1
        return shunted


def timed(message: Message) -> tuple[float, Reading]:
    """Read it: how much processor time that took, and what it was understood as."""
    began = time.process_time()
    reading = read(message, RULES.recognisers, RULES.names, RULES.mappings)
    return time.process_time() - began, reading


def written(changes: Changes) -> None:
    """Make the rows that the store would write; no database refuses them."""
    lines = (rows.timeline_row(line, 1) for line in changes.timeline)
    made = [*map(rows.alert_row, changes.alerts), *map(rows.incident_row, changes.incidents), *lines]
    for row in made:
        for name, value in row.items():
            if isinstance(value, str) and (value.encode() and "\0" in value):
                raise ValueError(f"{name} has a NUL")


def peak(message: Message) -> int:
    """The most bytes in use at once while it is read."""
    tracemalloc.start()
    try:
        timed(message)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _fault(outcome: Outcome, reading: Reading) -> str:
    """What is wrong with what became of it; "" if nothing."""
    if outcome.seconds > SLOWEST and outcome.seconds > SLOWEST * slowness():
        return f"reading took {outcome.seconds * 1000:.0f} ms"
    if outcome.peak > LARGEST:
        return f"reading took {outcome.peak // 1024} KiB"
    if any(not event.summary.strip() for event in reading.events):
        return "an event without a summary"
    if not reading.events and reading.kind not in ANSWERS and reading.recogniser is None:
        return f"nothing became of it: {reading.kind}"
    return ""


def slowness() -> float:
    """How much slower this processor is now than the one that the limit is meant for; 1 at least."""
    return max(1.0, min(_count() for _ in range(3)) / NOMINAL)


def _count() -> float:
    began, total = time.process_time(), 0
    for number in range(300_000):
        total += number * number % 7
    return time.process_time() - began


def _addressed(chance: Random, message: Message, other: Seed) -> Message:
    """Now and then the envelope says something else than the body is."""
    if chance.random() < 0.9:
        return message
    kinds = ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "\xff")
    adapter = other.message.adapter or message.adapter
    return replace(message, adapter=adapter, content_type=chance.choice(kinds), query="host=hr-server&a=%zz&=")


def memory() -> int:
    """The most bytes that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    fuzz, number = Fuzz(int(sys.argv[1])), int(sys.argv[2])
    what, message = fuzz.made(number)
    print(what, message.adapter, message.content_type, repr(message.body[:2000]), sep="\n")
    outcome = fuzz.trial(number)
    print(outcome)
    return 1 if outcome.fault else 0


if __name__ == "__main__":
    sys.exit(main())
