"""When each node was out of reach, and which of these outages the topology does not explain already.

An outage is a root if nothing that its node depends on was down: reported, inferred, or silent although most of what
hangs on it went down. Only roots are evidence for a link that is lacking. Where a crowd went down at one moment,
everybody fails with everybody: such outages belong to a storm, and are judged as one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from msgspec import Struct

from ingestd.decide.topology import Topology, normal_name
from ingestd.inventory.addresses import is_address

SPREAD = 75.0  # seconds within which what one failure takes down is reported (as infer_spread)
PAUSE = 300.0  # seconds between two outages; a shorter break is a flap of one
LINGER = 120.0  # seconds for which a node that came back still explains late symptoms
CROWD = 60  # nodes around one moment: more are a storm
_SILENT_RATIO, _SILENT_LEAST = 0.6, 2  # of what hangs on a node that never reports: so much down, and it was down


class Failure(Struct, frozen=True):
    """A time for which a node was said to be out of reach, by the wall clock."""

    node: str
    host: str | None
    began: float
    until: float  # 0: it goes on


class Outage(Struct, frozen=True):
    """Failures of one node without a longer break between them."""

    node: str
    began: float
    until: float


class Storm(Struct, frozen=True):
    """A crowd that went down at about one moment."""

    outages: tuple[Outage, ...]

    @property
    def began(self) -> float:
        """When the first went down."""
        return self.outages[0].began

    @property
    def length(self) -> float:
        """Seconds from the first to the last."""
        return self.outages[-1].began - self.began


class History:
    """All outages of a time, by node."""

    def __init__(self, failures: Iterable[Failure], topology: Topology, at: float) -> None:
        """``at``: now, by the clock of the failures."""
        self.topology = topology
        listed = list(failures)
        self._names = _Names(listed, topology)
        self.outages = _joined(listed, self._names, at)
        self._starts = {node: [one.began for one in found] for node, found in self.outages.items()}
        self._failing: dict[str, tuple[str, ...]] = {}
        self._known: dict[tuple[str, frozenset[str]], bool] = {}
        every = [one for found in self.outages.values() for one in found if not self._explained(one)]
        every.sort(key=lambda one: (one.began, one.node))
        self.roots, self.storms = _apart(every)
        self.roots_of: dict[str, list[Outage]] = {}
        for one in self.roots:
            self.roots_of.setdefault(one.node, []).append(one)

    def called(self, name: str) -> str:
        """The one name of a node that may be spelled in several ways."""
        return self._names.of(name)

    def down(self, node: str, moment: float) -> bool:
        """Whether a node was down, went down about then, or had just come back."""
        i = bisect_right(self._starts.get(node, ()), moment + SPREAD) - 1
        return i >= 0 and self.outages[node][i].until >= moment - LINGER

    def heard(self, node: str, moment: float) -> bool:
        """Whether anything had been heard of a node until then: so it was monitored."""
        starts = self._starts.get(node, [])
        return bool(starts) and starts[0] <= moment + SPREAD

    def related(self, one: str, other: str) -> bool:
        """Whether the topology says already that one depends on the other."""
        return one in self.topology.ancestors(other) or other in self.topology.ancestors(one)

    def _explained(self, outage: Outage) -> bool:
        """Whether what was down then takes the node down as well."""
        node, moment = outage.node, outage.began
        if node not in self.topology.nodes:
            return False
        down = frozenset(one for one in self._suspects(node) if self.down(one, moment) or self._silent(one, moment))
        if not down:
            return False
        key = (node, down)
        if key not in self._known:
            self._known[key] = _takes_down(self.topology, node, set(down))
        return self._known[key]

    def _suspects(self, node: str) -> tuple[str, ...]:
        """What it depends on, of which there is anything to say: it failed, or never reports."""
        found = self._failing.get(node)
        if found is None:
            found = self._failing[node] = tuple(
                one for one in self.topology.ancestors(node) if one in self.outages or self._heard_children(one)
            )
        return found

    def _heard_children(self, node: str) -> list[str]:
        return [child for child in self.topology.hard_children(node) if child in self.outages]

    def _silent(self, node: str, moment: float) -> bool:
        """Whether a node that never reports was down, by what hangs on it."""
        if node in self.outages:
            return False
        children = self._heard_children(node)
        down = sum(self.down(child, moment) for child in children)
        return down >= _SILENT_LEAST and down >= _SILENT_RATIO * len(children)


def _takes_down(topology: Topology, node: str, down: set[str]) -> bool:
    """Whether the failure of these ancestors reaches the node."""
    above = (*reversed(topology.ancestors(node)), node)
    grew = True
    while grew:
        more = {one for one in above if one not in down and any(map(down.issuperset, topology.groups[one]))}
        down |= more
        grew = bool(more)
    return node in down


def _joined(failures: Iterable[Failure], names: "_Names", at: float) -> dict[str, list[Outage]]:
    """The outages of each node, in the order of time."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for one in failures:
        until = max(one.until, one.began) if one.until else max(at, one.began)
        spans.setdefault(names.of(one.host or one.node, one.node), []).append((one.began, until))
    found: dict[str, list[Outage]] = {}
    for node, listed in spans.items():
        listed.sort()
        began, until = listed[0]
        outages = found[node] = []
        for start, end in listed[1:]:
            if start > until + PAUSE:
                outages.append(Outage(node, began, until))
                began, until = start, end
            until = max(until, end)
        outages.append(Outage(node, began, until))
    return found


def _apart(outages: Sequence[Outage]) -> tuple[list[Outage], list[Storm]]:
    """What went down in small company, and storms: crowds, and what went down close to one."""
    starts = [one.began for one in outages]
    crowds = [began for began in starts if _around(starts, began) > CROWD]
    alone: list[Outage] = []
    storms: list[list[Outage]] = []
    for one in outages:
        if not _around(crowds, one.began):
            alone.append(one)
        elif storms and one.began - storms[-1][-1].began <= SPREAD:
            storms[-1].append(one)
        else:
            storms.append([one])
    return alone, [Storm(tuple(storm)) for storm in storms]


def _around(starts: Sequence[float], moment: float) -> int:
    """How many lie within the spread of a moment."""
    return bisect_right(starts, moment + SPREAD) - bisect_left(starts, moment - SPREAD)


class _Names:
    """One name a node: the topology's; else as heard, without a domain that only one host of this name has."""

    def __init__(self, failures: Iterable[Failure], topology: Topology) -> None:
        self._topology = topology
        self._of: dict[tuple[str, str], str] = {}
        domains: dict[str, set[str]] = {}
        for name in {one.host or one.node for one in failures} | {one.node for one in failures}:
            plain = normal_name(name)
            if not is_address(plain):
                short, _, domain = plain.partition(".")
                domains.setdefault(short, set()).add(domain)
        self._alone = {short for short, found in domains.items() if len(found - {""}) <= 1}

    def of(self, name: str, otherwise: str = "") -> str:
        """``otherwise``: the node that the name was taken for, if the topology knows it."""
        key = (name, otherwise)
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = self._found(name, otherwise)
        return found

    def _found(self, name: str, otherwise: str) -> str:
        nodes = self._topology.nodes
        if otherwise in nodes or name in nodes:
            return otherwise if otherwise in nodes else name
        known = self._topology.resolve(name)
        if known is not None:
            return known
        plain = normal_name(name) or name
        short = plain.partition(".")[0]
        return short if short in self._alone and not is_address(plain) else plain
