"""A storm at full size: very many alerts of two hundred incidents in ten minutes, and what it is to those who are called.

Two hundred switches fail, each with the hosts behind it, a tenth of them with a critical service on top; everything is
reported again and again, and comes back later. Through the pipeline, under a virtual clock:

- besides P1 nobody gets more than five letters in any ten minutes;
- of a P1 its first person hears, with the cause named, within 90 seconds of the first word of it;
- every cause is found, told to whom it concerns, and whoever was told of it is told of its end.

    python tests/drills/budget.py [--alerts 100000] [--incidents 200] [--seed 1] [--profile]
"""

import argparse
import cProfile
import pstats
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.model import ASKING, Stepped
from tests.decide.stories import alert
from tests.night import Night, trading_company

MINUTE, HOUR = 60.0, 3600.0
STORM = 10 * MINUTE
BACK = 30 * MINUTE  # when everything comes back
OVER = 6 * HOUR
LARGE, SMALL = 40, 5  # hosts behind a switch
MOST, WITHIN = 5, 90.0
PERCENT = 0.95


class Result(Struct, frozen=True):
    """What a storm was to people."""

    seconds: float  # it took
    alerts: int
    incidents: int
    most: int  # letters to one person in ten minutes, besides P1
    urgent: tuple[float, ...]  # seconds from the first word of a P1 to its first page, sorted
    others: tuple[float, ...]  # the same of all else
    wrong: tuple[str, ...]


class Storm(Night):
    """A night of which the pages are kept, and nothing else."""

    def _stepped(self, stepped: Stepped) -> None:
        self.cancelled.update(stepped.changes.cancelled)


def topology(incidents: int) -> str:
    """Switches with hosts; every tenth carries a critical service and many hosts."""
    lines = ["nodes:"]
    for n in range(incidents):
        large = n % 10 == 0
        lines.append(f"  - {{id: sw{n}, kind: switch, owner: network}}")
        lines += [
            f"  - {{id: h{n}-{m}, depends_on: [sw{n}], owner: systems}}" for m in range(LARGE if large else SMALL)
        ]
        if large:
            lines.append(f"  - {{id: svc{n}, kind: service, class: critical, depends_on: [h{n}-0], owner: systems}}")
    return "\n".join(lines) + "\n"


def words(alerts: int, incidents: int, chance: random.Random) -> list[tuple[float, str]]:
    """(seconds, node) of every report, in the order of time: each failure begins with a host, then its switch."""
    each, found = alerts // incidents, []
    for n in range(incidents):
        begins, hosts = n * STORM * 0.9 / incidents, LARGE if n % 10 == 0 else SMALL
        found += [(begins, f"h{n}-0"), (begins + 2, f"sw{n}")]
        found += [(begins + chance.uniform(0, 20), f"h{n}-{m}") for m in range(1, hosts)]
        again = (chance.uniform(begins + 20, STORM + 20) for _ in range(each - hosts - 1))
        found += [(at, chance.choice((f"sw{n}", f"h{n}-{chance.randrange(hosts)}"))) for at in again]
    return sorted(found)


def run(alerts: int, incidents: int, seed: int) -> Result:
    """One storm."""
    night = Storm(trading_company(topology=topology(incidents)))
    storm = words(alerts, incidents, random.Random(seed))
    bodies = {node: msgspec.json.encode(alert(node)) for _, node in storm}
    began = time.perf_counter()
    for at, node in storm:
        night.webhook(at, bodies[node])
    for node in dict.fromkeys(node for _, node in storm):
        night.webhook(BACK, alert(node, state="resolved"))
    night.until(OVER)
    seconds = time.perf_counter() - began
    first = {f"sw{n}": n * STORM * 0.9 / incidents for n in range(incidents)}
    urgent, others = delays(night, first)
    return Result(seconds, len(storm), incidents, most(night), urgent, others, tuple(wrong(night, first)))


def delays(night: Storm, first: dict[str, float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Seconds from the first word of each failure to the first page about it: of P1, and of all else."""
    told: dict[str, tuple[float, bool]] = {}
    for page in night.pages:
        for cause in causes(page.notification):
            if cause in first and page.kind in ASKING and cause not in told:
                told[cause] = page.at - first[cause], page.notification.facts.priority == "P1"
    urgent = sorted(at for at, is_urgent in told.values() if is_urgent)
    return tuple(urgent), tuple(sorted(at for at, is_urgent in told.values() if not is_urgent))


def causes(notification: object) -> Iterator[str]:
    """The causes that a letter names."""
    facts = notification.facts  # type: ignore[attr-defined]
    for one in facts.listed or (facts,):
        if one.cause:
            yield one.cause


def most(night: Storm) -> int:
    """The most letters that anybody got in any ten minutes, P1 apart."""
    times: dict[str, dict[int, float]] = defaultdict(dict)
    for page in night.pages:
        if page.notification.facts.priority != "P1":
            times[page.person][page.notification.id] = page.at
    within = [
        sum(at <= other < at + STORM for other in mine.values()) for mine in times.values() for at in mine.values()
    ]
    return max(within, default=0)


def wrong(night: Storm, first: dict[str, float]) -> Iterator[str]:
    """What did not hold of the contract."""
    told = {(page.incident, page.person) for page in night.pages if page.kind in ASKING}
    ended = {(page.incident, page.person) for page in night.pages if page.kind == "end"}
    named = {cause for page in night.pages for cause in causes(page.notification)}
    yield from (f"{cause} was told to nobody" for cause in first if cause not in named)
    yield from (f"#{number}: {person} was never told of its end" for number, person in sorted(told - ended))
    yield from (f"#{one.number} is open" for one in night.incidents() if one.state != "resolved")


def broken(result: Result) -> Iterator[str]:
    """Which promises did not hold."""
    yield from result.wrong
    if result.most > MOST:
        yield f"somebody got {result.most} letters in ten minutes"
    if result.urgent and result.urgent[-1] > WITHIN:
        yield f"a P1 was told after {result.urgent[-1]:.0f} s"


def figures(times: tuple[float, ...]) -> str:
    """How many, half of them, nearly all, all."""
    if not times:
        return "none"
    nearly = times[min(len(times) - 1, int(len(times) * PERCENT))]
    return f"{len(times)}, p50 {statistics.median(times):.0f} s, p95 {nearly:.0f} s, at most {times[-1]:.0f} s"


def main() -> int:
    """Print the figures; 1 if a promise did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--incidents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    args = parser.parse_args()
    profile = cProfile.Profile()
    if args.profile:
        profile.enable()
    result = run(args.alerts, args.incidents, args.seed)
    if args.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    print(f"{result.alerts} alerts of {result.incidents} incidents in {result.seconds:.1f} s")
    print(f"letters besides P1 to one person in ten minutes: at most {result.most}")
    print(f"told of a P1 after: {figures(result.urgent)}")
    print(f"told of the others, in lists, after: {figures(result.others)}")
    found = list(broken(result))
    for line in found[:20]:
        print(line)
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
