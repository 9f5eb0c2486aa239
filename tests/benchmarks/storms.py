"""The storm benchmark beside what other products would do with the same storms: scores, pages, what was swallowed.

Needs the case collection (``INGESTD_CASES``, or ``--cases``). The peers are the rules of thumb that products are built
on, emulated there: no correlation, de-duplication, a time window, Alertmanager's groups by check and site, the nearest
ancestor that is down.

    python tests/benchmarks/storms.py [--size medium] [--seeds 1-10] [--scenarios a,b] [--emptied] [--json]
    python tests/benchmarks/storms.py --month-end: how the founding story ranks, and when a server is told of that stays
        down after its switch returned
"""

import argparse
import importlib
import json
import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ingestd import simulate
from ingestd.decide.topology import TopologyFile
from ingestd.model import Stepped

FIGURES = (
    "storm_score", "ari", "f1", "cause_rate", "pages_per_incident", "false_pages", "own_page_rate", "page_delay_p90",
    "churn", "resolve_ok",
)  # fmt: skip
EMPTY = {"version": 1, "nodes": [], "departments": [], "maintenance": []}
Row = dict[str, float | None]
Told = list[tuple[float, tuple[str, ...]]]  # when, and whom that page calls not heard of
DAY = 86400.0
SWITCH, DISK = "acc-sw-17", "pc-legal-03"  # of the founding story …
SERVERS = ("sales-mail", "inventory-db", "hr-server")  # … and what hangs on the switch


def runs(args: argparse.Namespace, names: tuple[str, ...]) -> Iterator[tuple[str, str, Row]]:
    """(system, scenario, figures) of every run."""
    generator, scorer, peers = (importlib.import_module(name) for name in ("simulate", "score", "baselines"))
    for scenario in args.scenarios.split(",") if args.scenarios else generator.SCENARIOS:
        for seed in seeds(args.seeds):
            inventory, events, truth = generator.run(scenario, args.size, seed)
            for name in names:
                judge = simulate.correlate if name == "ingestd" else peers.SYSTEMS[name]
                log = judge(EMPTY if args.emptied else inventory, [dict(event) for event in events])
                yield name, scenario, scorer.score(truth, events, log)


class Watched(simulate.Run):
    """A run of which it is kept how its incidents ranked, and who was called not heard of in a page."""

    def __init__(self, inventory: dict[str, Any]) -> None:
        self.told: Told = []
        self.ranks: dict[str, str] = {}
        super().__init__(simulate.rulebook(msgspec.convert(inventory, TopologyFile)))

    def _record(self, stepped: Stepped) -> None:
        super()._record(stepped)
        self.ranks |= {i.cause or i.root: i.priority for i in stepped.changes.incidents if i.told and not i.resolved_at}
        self.told += [(stepped.at, page.facts.unheard) for page in stepped.changes.notifications]


def month_end(args: argparse.Namespace) -> Iterator[str]:
    """The founding story, a line a seed: how switch and disk rank; how long after its switch each server is named that
    stays down and is said to be so once, at the beginning."""
    generator = importlib.import_module("simulate")
    for seed in seeds(args.seeds):
        inventory, events, truth = generator.run("month-end", args.size, seed)
        back = next(one["end"] for one in truth["incidents"] if one["cause"] == SWITCH)
        ranks = watched(inventory, events).ranks
        named = []
        for server in SERVERS:
            first = next(event["id"] for event in events if _about(event, server))
            left = [event for event in events if event["id"] == first or not _about(event, server)]
            when = [at for at, unheard in watched(inventory, left).told if server in unheard]
            named.append(f"{server} after {(when[0] - back) / 60:.1f} min" if when else f"{server} never")
        yield f"seed {seed}: switch {ranks.get(SWITCH)}, disk {ranks.get(DISK)}; named: {', '.join(named)}"


def watched(inventory: dict[str, Any], events: list[dict[str, Any]]) -> Watched:
    """The story to its end."""
    run = Watched(inventory)
    for event in events:
        run.event(event)
    run.trial.advance(run.trial.world.at + DAY)
    return run


def _about(event: dict[str, Any], node: str) -> bool:
    return (event["host"] or "").partition(".")[0] == node


def seeds(text: str) -> list[int]:
    """``1-10`` or ``1,2,5``."""
    low, _, high = text.partition("-")
    return list(range(int(low), int(high) + 1)) if high else [int(one) for one in text.split(",")]


def mean(rows: list[Row]) -> Row:
    """Each figure over its runs; None where none has it."""
    found = {name: [value for row in rows if (value := row[name]) is not None] for name in FIGURES}
    return {name: statistics.fmean(values) if values else None for name, values in found.items()}


def table(rows: dict[str, Row]) -> str:
    """Markdown."""
    lines = ["| | " + " | ".join(FIGURES) + " |", "|---" * (len(FIGURES) + 1) + "|"]
    for name, row in rows.items():
        cells = ("-" if row[key] is None else f"{row[key]:.3g}" for key in FIGURES)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the systems' averages, then ingestd's scenarios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=os.environ.get("INGESTD_CASES", ""), help="folder of the case collection")
    parser.add_argument("--size", default="medium", choices=("small", "medium", "large"))
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--scenarios", default="")
    parser.add_argument("--emptied", action="store_true", help="nobody knows an inventory")
    parser.add_argument("--alone", action="store_true", help="ingestd only")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--month-end", action="store_true", help="the founding story only: its ranks, a server left down"
    )
    args = parser.parse_args()
    if not args.cases:
        print("left out: INGESTD_CASES names no folder of cases")
        return
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(args.cases).resolve() / "storm"))
    if args.month_end:
        print("\n".join(month_end(args)))
        return
    names = ("ingestd",) if args.alone else ("none", "dedup", "window", "grouped", "ancestor", "ingestd")
    found = list(runs(args, names))
    systems = {name: mean([row for who, _, row in found if who == name]) for name in names}
    ours: dict[str, list[Row]] = {}
    for who, scenario, row in found:
        if who == "ingestd":
            ours.setdefault(scenario, []).append(row)
    scenarios = {scenario: mean(rows) for scenario, rows in ours.items()}
    if args.json:
        print(json.dumps({"systems": systems, "scenarios": scenarios}))
    else:
        print(table(systems), table(scenarios), sep="\n\n")


if __name__ == "__main__":
    main()
