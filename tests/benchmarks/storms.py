"""The storm benchmark beside what other products would do with the same storms: scores, pages, what was swallowed.

Needs the case collection (``INGESTD_CASES``, or ``--cases``). The peers are the rules of thumb that products are built
on, emulated there: no correlation, de-duplication, a time window, Alertmanager's groups by check and site, the nearest
ancestor that is down.

    python tests/benchmarks/storms.py [--size medium] [--seeds 1-10] [--scenarios a,b] [--emptied] [--json]
"""

import argparse
import importlib
import json
import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from ingestd import simulate

FIGURES = (
    "storm_score", "ari", "f1", "cause_rate", "pages_per_incident", "false_pages", "own_page_rate", "page_delay_p90",
    "churn", "resolve_ok",
)  # fmt: skip
EMPTY = {"version": 1, "nodes": [], "departments": [], "maintenance": []}
Row = dict[str, float | None]


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
    args = parser.parse_args()
    if not args.cases:
        print("left out: INGESTD_CASES names no folder of cases")
        return
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(args.cases).resolve() / "storm"))
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
