"""A past to learn from: who was out of reach when, under a calendar that the tests can read."""

import random
from datetime import UTC, datetime

from ingestd.decide.topology import NodeSpec, Topology, TopologyFile
from ingestd.inventory.outages import Failure
from ingestd.inventory.suggest import Hint, Suggestion, suggest

NOW = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NOTHING = Topology(TopologyFile())


def day(number: int, hour: float = 0.0) -> float:
    """So many days before now, at an hour."""
    return NOW - number * DAY + hour * HOUR


class Past:
    """Failures, as they were reported."""

    def __init__(self, seed: int = 0) -> None:
        self.chance = random.Random(seed)
        self.failures: list[Failure] = []

    def down(self, moment: float, *nodes: str, minutes: float = 15) -> "Past":
        """All go down within a minute."""
        for node in nodes:
            began = moment + self.chance.uniform(0, 60)
            self.failures.append(Failure(node, node, began, began + minutes * MINUTE))
        return self

    def together(self, *nodes: str, times: int = 5, from_day: int = 60) -> "Past":
        """So many times, every ninth day, at another hour each time."""
        for number in range(times):
            self.down(day(from_day - 9 * number, 3.7 * (number + 1) % 24), *nodes)
        return self

    def alone(self, *nodes: str, times: int = 1) -> "Past":
        """Each by itself, at an hour of its own, since the first of ``together``."""
        for place, name in enumerate(nodes):
            for number in range(times):
                self.down(day(59 - 7 * number, 23 - place), name)
        return self

    def apart(self, *nodes: str, times: int = 1) -> "Past":
        """Each by itself, at any time of ninety days."""
        for node in nodes:
            for _ in range(times):
                self.down(NOW - self.chance.uniform(HOUR, 90 * DAY), node, minutes=self.chance.uniform(1, 60))
        return self

    def suggest(self, topology: Topology = NOTHING, *hints: Hint, least: int = 3) -> tuple[Suggestion, ...]:
        return suggest(self.failures, hints, topology, at=NOW, least=least)

    def links(self, topology: Topology = NOTHING, *hints: Hint, least: int = 3) -> list[str]:
        """``a > b``: a depends on b; ``a, b``: they share something unknown."""
        found = self.suggest(topology, *hints, least=least)
        return sorted(f"{', '.join(one.nodes)}{f' > {one.on}' if one.on else ''}" for one in found)


def site(*specs: NodeSpec) -> Topology:
    return Topology(TopologyFile(nodes=specs))


def node(name: str, *on: str, **more: str) -> NodeSpec:
    return NodeSpec(id=name, depends_on=on, **more)  # type: ignore[arg-type]
