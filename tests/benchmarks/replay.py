"""How fast a period is replayed, and in how much memory: webhooks and mails of a data centre, through the pipeline.

Each message is one alert of one of 20,000 hosts: most are repeats and recoveries, some are new, now and then a switch
takes its rack along. ``one`` is a run by one set of rules, ``two`` the comparison of two.

    python tests/benchmarks/replay.py [--count 20000] [--kinds webhook,mail] [--runs one,two]
"""

import argparse
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.backtest.compare import alone, side_by_side
from ingestd.backtest.stream import Heard
from ingestd.backtest.tally import Run
from ingestd.decide.state import Rulebook
from ingestd.demo import script
from ingestd.model import Message
from tests.night import MORNING, trading_company

RACKS, HOSTS = 500, 40
APART = 13.0  # seconds between two messages, on average: two hundred thousand in a month


def topology() -> str:
    """A switch a rack, and its hosts."""
    lines = ["nodes:"]
    for rack in range(RACKS):
        lines.append(f"  - {{id: r{rack:03}-sw, kind: switch, site: s1, rack: r{rack:03}, owner: network}}")
        lines += [
            f"  - {{id: r{rack:03}-h{host:02}, depends_on: [r{rack:03}-sw], site: s1, rack: r{rack:03}, owner: systems}}"
            for host in range(HOSTS)
        ]
    return "\n".join(lines) + "\n"


def stream(kind: str, count: int, seed: int = 7) -> Iterator[Heard]:
    """The same messages for the same seed."""
    chance, at, down = random.Random(seed), MORNING, list[str]()
    make: Callable[[str, bool], Message] = _webhook if kind == "webhook" else _mail
    for _ in range(count):
        at += chance.expovariate(1 / APART)
        if down and chance.random() < 0.75:
            place = chance.randrange(len(down))
            host, up = down[place], chance.random() < 0.35
            if up:
                down[place] = down[-1]
                down.pop()
        else:
            rack, host_number = chance.randrange(RACKS), chance.randrange(HOSTS)
            host, up = f"r{rack:03}-sw" if chance.random() < 0.02 else f"r{rack:03}-h{host_number:02}", False
            down.append(host)
        yield Heard(at, msgspec.structs.replace(make(host, up), received=at))


def _webhook(host: str, up: bool) -> Message:
    body = {
        "host": host,
        "state": "resolved" if up else "firing",
        "summary": "host unreachable",
        "severity": "critical",
    }
    return Message(kind="webhook", source="prod", adapter="generic", body=msgspec.json.encode(body))


def _mail(host: str, up: bool) -> Message:
    return Message(kind="mail", source="smtp", body=script.nagios(host, "10.0.0.1", up=up), sender=script.MONITOR)


def one(rules: Rulebook, kind: str, count: int) -> tuple[float, object]:
    """Messages per second of a run, and what it came to."""
    run = Run(rules, MORNING, MORNING)
    began = time.process_time()
    for _ in alone(run, stream(kind, count)):
        pass
    return count / (time.process_time() - began), run.totals


def two(rules: Rulebook, kind: str, count: int) -> tuple[float, object]:
    """Messages per second of a comparison, and how much was the same."""
    both = side_by_side(rules, rules, MORNING, MORNING)
    began = time.process_time()
    for heard in stream(kind, count):
        both.hear(heard)
    both.finish()
    return count / (time.process_time() - began), (both.same, both.differences)


def main() -> None:
    """Print the rates, less what making the messages costs, and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--kinds", default="webhook,mail")
    parser.add_argument("--runs", default="one,two")
    args = parser.parse_args()
    rules = trading_company(topology=topology())
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for kind in args.kinds.split(","):
        began = time.process_time()
        made = sum(1 for _ in stream(kind, args.count))
        making = (time.process_time() - began) / made
        for name in args.runs.split(","):
            rate, came_to = {"one": one, "two": two}[name](rules, kind, args.count)
            less = 1 / (1 / rate - making)
            peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024
            print(f"{kind:8} {name}: {less:8,.0f} messages/s of CPU; {peak} MiB above the start; {came_to}")


if __name__ == "__main__":
    main()
