"""What a decision costs, without a store: microseconds of CPU per event, timers included, and how that grows.

A data centre of some 20,000 nodes (20 sites; redundant cores and distribution switches, racks with power, hypervisors
with virtual machines, services) in which 100 … 100,000 alerts are open already. Over that, one site loses both
distribution switches: its alerts arrive in random order, repeat, and recover, among local problems elsewhere.

    python tests/benchmarks/decision.py [--open 100,1000,10000,100000] [--seed 1] [--json]
"""

import argparse
import gc
import json
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import Struct

from ingestd import simulate
from ingestd.app import GARBAGE
from ingestd.decide.topology import AnyOf, NodeSpec, TopologyFile
from ingestd.model import Ends, Event, Reading
from ingestd.trial.run import Trial

SITES, RACKS, SERVERS, HYPERVISORS, VMS = 20, 26, 22, 12, 30
BEGIN = 1_790_000_000.0
_READING = Reading(kind="alert", recogniser="benchmark")


def data_centre() -> TopologyFile:
    """About 20,000 nodes."""
    nodes = [NodeSpec(id="core-1", kind="router"), NodeSpec(id="core-2", kind="router")]
    for s in range(SITES):
        nodes += _site(f"s{s:02d}")
    return TopologyFile(nodes=tuple(nodes))


def _site(site: str) -> Iterator[NodeSpec]:
    dist = (f"{site}-dist-1", f"{site}-dist-2")
    yield NodeSpec(id=f"{site}-feed", kind="power", site=site)
    for name in dist:
        yield NodeSpec(id=name, kind="switch", site=site, depends_on=(AnyOf(("core-1", "core-2")), f"{site}-feed"))
    for r in range(RACKS):
        rack = f"{site}-r{r:02d}"
        yield NodeSpec(id=f"{rack}-ups", kind="power", site=site, rack=rack)
        yield NodeSpec(id=f"{rack}-sw", kind="switch", site=site, rack=rack, depends_on=(AnyOf(dist), f"{rack}-ups"))
        for n in range(SERVERS):
            other = f"{site}-r{(r + 1) % RACKS:02d}-sw"
            way: str | AnyOf = f"{rack}-sw" if n % 4 else AnyOf((f"{rack}-sw", other))
            yield NodeSpec(id=f"{rack}-srv{n:02d}", site=site, rack=rack, depends_on=(way, f"{rack}-ups"))
    for h in range(HYPERVISORS):
        pair = AnyOf((f"{site}-r{h:02d}-sw", f"{site}-r{h + 1:02d}-sw"))
        yield NodeSpec(id=f"{site}-esx{h:02d}", kind="hypervisor", site=site, depends_on=(pair,))
        for v in range(VMS):
            yield NodeSpec(id=f"{site}-vm{h:02d}{v:02d}", kind="vm", site=site, depends_on=(f"{site}-esx{h:02d}",))
            if v % 6 == 0:
                on = f"{site}-vm{h:02d}{v:02d}"
                yield NodeSpec(id=f"{site}-svc{h:02d}{v:02d}", kind="service", site=site, depends_on=(on,))


def said(node: str, check: str | None, state: str = "firing") -> Event:
    """One event: a node out of reach, or a full disk."""
    text = "disk usage 94%" if check else "host unreachable, ping 100% loss"
    return Event(
        state=state,  # type: ignore[arg-type]
        summary=f"{node}: {text}",
        host=node,
        check=check,
        severity="warning" if check else "critical",
        identity=f"{node}|{check}",
        ends=Ends("recovery"),
    )


class Timed(Struct):
    """What a run of events cost, in seconds of CPU each."""

    costs: list[float]
    incidents: int

    def row(self) -> dict[str, float]:
        """Mean, median, 99.9th percentile and maximum in microseconds."""
        ordered = sorted(self.costs)
        return {
            "events": len(ordered),
            "mean_us": 1e6 * statistics.fmean(ordered),
            "p50_us": 1e6 * ordered[len(ordered) // 2],
            "p999_us": 1e6 * ordered[int(len(ordered) * 0.999)],
            "max_us": 1e6 * ordered[-1],
            "open_incidents": self.incidents,
        }


@dataclass
class Bench:
    """A world with a number of open alerts, and a storm over it."""

    topology: TopologyFile
    open_alerts: int
    random: random.Random

    def run(self) -> Timed:
        """Open the alerts (not timed), then time the storm."""
        run = Trial(simulate.rulebook(self.topology), BEGIN, on_page=lambda _page: None)
        nodes = [n.id for n in self.topology.nodes if n.kind in ("server", "vm") and not n.id.startswith("s00")]
        for n in range(self.open_alerts):
            self._step(run, said(nodes[n * 7919 % len(nodes)], f"disk{n}" if n % 10 else None), BEGIN + n * 0.01)
        start = run.world.at + 3600.0
        run.advance(start)
        costs = [self._timed(run, event, start + at) for at, event in self._storm(nodes)]
        return Timed(costs, len(run.world.incidents))

    def _storm(self, elsewhere: list[str]) -> list[tuple[float, Event]]:
        """(seconds after the beginning, event), in order of arrival."""
        chance = self.random
        site = [n.id for n in self.topology.nodes if n.id.startswith("s00") and n.kind != "power"]
        storm: list[tuple[float, Event]] = []
        for node in site:
            at = chance.uniform(0, 150)
            repeats = [at + k * 300 + chance.uniform(-2, 2) for k in range(6)]
            storm += [(max(0.0, t), said(node, None)) for t in repeats]
            storm.append((2400 + chance.uniform(0, 120), said(node, None, "resolved")))
        storm += [(chance.uniform(0, 2500), said(chance.choice(elsewhere), "disk")) for _ in range(1000)]
        return sorted(storm, key=lambda pair: pair[0])

    def _timed(self, run: Trial, event: Event, at: float) -> float:
        began = time.thread_time()
        self._step(run, event, at)
        return time.thread_time() - began

    @staticmethod
    def _step(run: Trial, event: Event, at: float) -> None:
        run.event(event, at, "benchmark", _READING)


def bars(rows: list[dict[str, float]]) -> Iterator[str]:
    """Mean cost over the number of open alerts: flat is good."""
    most = max(row["mean_us"] for row in rows)
    for row in rows:
        yield f"{row['open']:>8,.0f} open  {'#' * max(1, round(50 * row['mean_us'] / most))} {row['mean_us']:.0f} us"


def main() -> None:
    """Print a table and a plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", default="100,1000,10000,100000", help="numbers of alerts open before the storm")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    gc.set_threshold(*GARBAGE)
    topology = data_centre()
    gc.freeze()
    rows = []
    for count in map(int, args.open.split(",")):
        row = {"open": float(count), **Bench(topology, count, random.Random(args.seed)).run().row()}
        rows.append(row)
        if not args.json:
            print("  ".join(f"{key} {value:,.0f}" for key, value in row.items()), flush=True)
    print(json.dumps(rows) if args.json else "\n".join(bars(rows)))


if __name__ == "__main__":
    main()
