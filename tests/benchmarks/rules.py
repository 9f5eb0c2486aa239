"""What a decision costs (CPU) by the number of rules: ranking and routing together, against trying the rules one by one.

N priority rules (a third each for impact, urgency and overrides) and N routes, of the kinds that admins write: nodes,
departments and classes with something else, globs of names, words in the text, numbers, weekdays and times. The
situations are of a company of 2,000 nodes; most meet few rules. Both ways take turns in one run.

    python tests/benchmarks/rules.py [--rules 10,100,1000,10000] [--seed 1] [--json]
"""

import argparse
import gc
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from ingestd.decide.rank import LevelRule, Override, PriorityRules, Ranker
from ingestd.decide.route import EscalationRules, PolicySpec, Router, RouteSpec, StepSpec
from ingestd.decide.ruleset import Rule
from ingestd.decide.when import Seen, Situation, Test, holds, parse
from ingestd.model import PRIORITIES

ROUNDS, DECISIONS, SLOW_BUDGET = 9, 400, 0.25  # seconds in which the slow way is tried at most, a round
LEVELS = ("high", "medium", "low")
SITES = tuple(f"site{n:02d}" for n in range(20))
DEPARTMENTS = tuple(f"dept{n:02d}" for n in range(40))
KINDS = ("server", "switch", "router", "vm", "storage", "service", "printer", "firewall")
CHECKS = ("disk", "ssh", "http", "backup", "cpu", "memory", "certificate", "raid", "queue", "ping")
WORDS = tuple(f"{a} {b}" for a in ("lost", "full", "slow", "broken", "late") for b in ("link", "disk", "job", "mail"))
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MATRIX = {"high": "P1 P2 P3", "medium": "P2 P3 P4", "low": "P3 P4 P4"}


def condition(chance: random.Random) -> dict[str, Any]:
    """One rule's condition, as an admin writes it."""
    pick = chance.choice
    kinds: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: {"node": f"{pick(KINDS)}-{chance.randrange(2000)}"},
        lambda: {"node": [f"{pick(KINDS)}-{chance.randrange(2000)}" for _ in range(5)], "class": "reachability"},
        lambda: {"department": pick(DEPARTMENTS), "kind": pick(KINDS), "severity": ">= error"},
        lambda: {"departments": pick(DEPARTMENTS), "service_class": "critical", "weekday": pick(DAYS)},
        lambda: {"site": pick(SITES), "check": pick(CHECKS), "people": f">= {chance.randrange(1, 300)}"},
        lambda: {"node": f"{pick(KINDS)}-{chance.randrange(10, 200)}*", "time": "22:00-06:00"},
        lambda: {"text": f"~{pick(WORDS)} {chance.randrange(2000)}"},
        lambda: {"check": f"~^{pick(CHECKS)}[ _-]{chance.randrange(2000)}", "site": pick(SITES)},
        lambda: {"any": [{"node": f"db-{chance.randrange(2000)}"}, {"team": f"team{chance.randrange(300)}"}]},
        lambda: {
            "department": pick(DEPARTMENTS),
            "not": {"kind": pick(KINDS)},
            "calendar": f"cal{chance.randrange(50)}",
        },
    )
    return pick(kinds)()


def situation(chance: random.Random) -> Situation:
    """What an incident asks by."""
    pick = chance.choice
    return {
        "node": f"{pick(KINDS)}-{chance.randrange(2000)}",
        "kind": pick(KINDS),
        "site": pick(SITES),
        "rack": f"r{chance.randrange(30)}",
        "department": pick(DEPARTMENTS),
        "departments": tuple(chance.sample(DEPARTMENTS, chance.randrange(4))),
        "department_count": float(chance.randrange(4)),
        "services": (),
        "service_class": pick(("", "normal", "important", "critical")),
        "people": float(chance.randrange(300)),
        "nodes": float(chance.randrange(40)),
        "severity": pick(("warning", "error", "critical")),
        "check": tuple(pick(CHECKS) for _ in range(chance.randrange(4))),
        "text": tuple(f"{pick(WORDS)} {chance.randrange(2000)} on it" for _ in range(chance.randrange(1, 4))),
        "team": f"team{chance.randrange(300)}",
        "source": ("prod",),
        "class": pick(("reachability", "local")),
        "report": False,
        "known": True,
        "calendar": (f"cal{chance.randrange(50)}",),
        "weekday": pick(DAYS),
        "time": float(chance.randrange(1440)),
        "date": "2027-01-29",
        "working_time": True,
        "priority": pick(PRIORITIES),
    }


class Case:
    """So many priority rules and routes, compiled both ways."""

    def __init__(self, count: int, chance: random.Random) -> None:
        third = max(1, count // 3)
        impact, urgency = (
            tuple(LevelRule(id=f"{what}{n}", when=condition(chance), level=chance.choice(LEVELS)) for n in range(third))
            for what in "iu"
        )  # fmt: skip
        overrides = tuple(Override(id=f"o{n}", when=condition(chance), at_least="P2") for n in range(third))
        routes = tuple(RouteSpec(id=f"r{n}", when=condition(chance), policy="one") for n in range(count))
        matrix = {level: dict(zip(LEVELS, row.split(), strict=True)) for level, row in MATRIX.items()}
        policy = PolicySpec(id="one", steps=(StepSpec(tell=("owner",)),))
        began = time.perf_counter()
        rules = PriorityRules(impact=impact, urgency=urgency, overrides=overrides, matrix=matrix)  # type: ignore[arg-type]
        self._ranker, self._router = Ranker(rules), Router(EscalationRules(policies=(policy,), routes=routes))
        self.compile_s = time.perf_counter() - began
        self._first = tuple(map(_tests, (impact, urgency, routes)))
        self._all = _tests(overrides)

    def indexed(self, one: Situation) -> object:
        """Rank and route."""
        return self._ranker.rank(one).priority, self._router.route(one).policy

    def one_by_one(self, one: Situation) -> object:
        """The same by trying each rule in turn."""
        seen = Seen(one)
        first = [next((n for n, test in enumerate(tests) if test(seen)), None) for tests in self._first]
        return first, [n for n, test in enumerate(self._all) if test(seen)]


def _tests(rules: tuple[Rule, ...]) -> tuple[Test, ...]:
    return tuple(holds(parse(rule.when, rule.FACTS, rule.id)) for rule in rules)


def microseconds(decide: Callable[[Situation], object], situations: list[Situation], budget: float) -> float:
    """The mean of one round, of CPU; fewer decisions if they would take longer than the budget (seconds)."""
    began, until, count = time.thread_time(), time.perf_counter() + budget, 0
    for one in situations:
        decide(one)
        count += 1
        if time.perf_counter() > until:
            break
    return 1e6 * (time.thread_time() - began) / count


def row(count: int, chance: random.Random) -> dict[str, float]:
    """Medians over the rounds, both ways in turn."""
    case, rounds = Case(count, chance), []
    gc.collect()
    for _ in range(ROUNDS):
        situations = [situation(chance) for _ in range(DECISIONS)]
        quick = microseconds(case.indexed, situations, 10.0)
        rounds.append((quick, microseconds(case.one_by_one, situations, SLOW_BUDGET)))
    quick, slow = (statistics.median(column) for column in zip(*rounds, strict=True))
    return {
        "rules": 2.0 * count,
        "indexed_us": quick,
        "one_by_one_us": slow,
        "times": slow / quick,
        "compile_ms": 1e3 * case.compile_s,
    }


def bars(rows: list[dict[str, float]]) -> Iterator[str]:
    """The cost over the number of rules: flat is good."""
    most = max(one["indexed_us"] for one in rows)
    for one in rows:
        length = max(1, round(50 * one["indexed_us"] / most))
        yield f"{one['rules']:>8,.0f} rules  {'#' * length} {one['indexed_us']:.1f} us"


def main() -> None:
    """Print a table and a plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", default="10,100,1000,10000", help="numbers of priority rules, and as many routes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    for count in map(int, args.rules.split(",")):
        rows.append(row(count, random.Random(args.seed)))
        if not args.json:
            print("  ".join(f"{key} {value:,.1f}" for key, value in rows[-1].items()), flush=True)
    print(json.dumps(rows) if args.json else "\n".join(bars(rows)))


if __name__ == "__main__":
    main()
