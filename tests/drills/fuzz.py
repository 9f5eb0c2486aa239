"""A million spoilt mails and webhook bodies, others each time: each is read, soon and in little memory.

    python tests/drills/fuzz.py [--count 1000000] [--seed SEED] [--processes 2]

A fault is printed with the command that shows it again.
"""

import argparse
import sys
import time
from concurrent.futures import as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.runs import Run, Runs

ROW = 2500
TOLD_EVERY = 10  # rows


def drill(seed: int, count: int, processes: int) -> list[Run]:
    """Try inputs 0 to ``count`` under a seed; progress is printed, and faults as they come."""
    runs, done, began = Runs(processes), [], time.monotonic()
    rows = [runs.submit(seed, first, min(ROW, count - first)) for first in range(0, count, ROW)]
    try:
        for number, finished in enumerate(as_completed(rows), 1):
            done.append(finished.result())
            if done[-1].faulty:
                print(done[-1], flush=True)
            if number % TOLD_EVERY == 0:
                tried = sum(one.count for one in done)
                print(f"{tried} of {count}, {tried / (time.monotonic() - began):.0f}/s", flush=True)
    finally:
        runs.stop()
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--processes", type=int, default=2)
    said = parser.parse_args()
    print(f"fuzz: {said.count} inputs under seed {said.seed}", flush=True)
    began = time.monotonic()
    done = drill(said.seed, said.count, said.processes)
    seconds = time.monotonic() - began
    faulty, shunted = sum(one.faulty for one in done), sum(one.shunted for one in done)
    print(
        f"fuzz: {said.count} inputs in {seconds:.0f} s ({said.count / seconds:.0f}/s), {faulty} faults, {shunted} shunted"
    )
    print(f"slowest: {max((one.slowest for one in done), key=lambda outcome: outcome.seconds)}")
    largest = max((one.largest for one in done), key=lambda outcome: outcome.peak)
    print(f"largest: {largest.peak / 2**20:.0f} MiB at once, {largest}")
    print(f"a process had at most {max(one.memory for one in done) / 2**20:.0f} MiB")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
