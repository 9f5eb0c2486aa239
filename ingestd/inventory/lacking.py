"""Links that a topology lacks, judged from what went down together.

What a node depends on takes it down whenever it fails itself, while the node has troubles of its own as well: so of two
that fail together, the one that hardly ever fails alone is what the other depends on. Where both or neither fail alone
their kinds decide (a server hangs on a switch), and between equals nothing but that they share something unknown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from ingestd.decide.topology import Topology
from ingestd.inventory import kinds
from ingestd.inventory.found import order
from ingestd.inventory.outages import SPREAD, History, Outage, Storm
from ingestd.inventory.together import MOST, Calendar, Pair, tail

DOUBT = 0.001  # wrong suggestions by chance that are put up with, in the whole answer
HARDLY = 0.8  # at least this part of what takes it down
CLEARLY = 2  # more failures alone than the other
ALIKE = 0.6  # of the storms that either was in, so many were those of both
MOST_GROUPS = 50  # of those that storms take down
#: By kind, how far from the way out; network gear by its role, servers at ``2 * kinds.END``.
RANKS: Mapping[str, int] = {"power": -1, "hypervisor": 7, "storage": 7, "vm": 9, "service": 10}
NETWORK = frozenset({"", "router", "firewall", "switch"})


class Word(Struct, frozen=True):
    """What people said of two nodes: how often they put them together, and apart."""

    together: int = 0
    apart: int = 0


class Group(Struct, frozen=True):
    """Nodes that share a dependency that nobody knows."""

    nodes: tuple[str, ...]
    moments: tuple[float, ...]  # when several of them went down together
    failures: int  # moments at which any of them did
    chance: float


class Link(Struct, frozen=True):
    """A dependency that nobody wrote down: the one of the pair depends on the other."""

    pair: Pair
    by_kind: bool  # by their kinds rather than by who fails alone


def accepted(found: Iterable[Pair], words: Mapping[frozenset[str], Word], least: int, nodes: int) -> list[Pair]:
    """The pairs that no chance explains. A person's word counts for a day, and for what many pairs cost in doubt."""
    pairs = nodes * (nodes - 1) / 2
    kept = []
    for pair in found:
        word = words.get(frozenset((pair.one, pair.other)), Word())
        doubt = pair.chance * (1 if word.together else max(1.0, pairs))
        if word.apart <= word.together and pair.days + word.together - word.apart >= least and doubt <= DOUBT:
            kept.append(pair)
    return kept


class Lacking:
    """Accepted pairs as a graph: what depends on what, and what is equal."""

    def __init__(self, history: History, found: Iterable[Pair]) -> None:
        self._history = history
        self._ranks: dict[str, int] = {}
        self._parents: dict[str, dict[str, Link]] = {}
        self._peers: dict[str, dict[str, Pair]] = {}
        for pair in found:
            self._take(pair)
        self.groups, joined = self._grouped()
        self.links = list(self._acyclic(self._kept(joined)))

    def _take(self, pair: Pair) -> None:
        for one in (pair, pair.turned()):
            link = self._directed(one)
            if link is not None:
                self._parents.setdefault(one.one, {})[one.other] = link
                return
        self._peers.setdefault(pair.one, {})[pair.other] = pair
        self._peers.setdefault(pair.other, {})[pair.one] = pair.turned()

    def _directed(self, pair: Pair) -> Link | None:
        """The link by which the one depends on the other; None if it does not, or nobody knows."""
        mine, its = self._rank(pair.one), self._rank(pair.other)
        if mine != its:
            return Link(pair, by_kind=True) if its < mine else None
        clearly = pair.turned().share >= HARDLY and pair.one_alone - pair.other_alone >= CLEARLY
        return Link(pair, by_kind=False) if clearly else None

    def _rank(self, node: str) -> int:
        if node not in self._ranks:
            self._ranks[node] = rank(self._history.topology, node)
        return self._ranks[node]

    # -- equals
    def _grouped(self) -> tuple[list[Group], dict[str, frozenset[str]]]:
        """Equals that nothing else explains, and those that hang on several of them: they share the same."""
        left = {
            one: {other: pair for other, pair in peers.items() if not self._common(pair)}
            for one, peers in self._peers.items()
        }
        groups = [frozenset(group) for group in _components(left) if len(group) > 1]
        joined = {node: group for group in groups for node in group}
        more: dict[frozenset[str], set[str]] = {}
        for child, parents in self._parents.items():
            shared = next((group for group in groups if child not in group and len(group & parents.keys()) > 1), None)
            if shared is not None:
                more.setdefault(shared, set()).add(child)
                joined[child] = shared | {child}
        return [self._group(group | more.get(group, set())) for group in groups], joined

    def _common(self, pair: Pair) -> bool:
        """Whether both hang on a third that was down whenever they were."""
        ends = ((pair, pair.other), (pair.turned(), pair.one))
        return any(
            (x in self._parents.get(other, {}) or x in self._peers.get(other, {})) and self._covers(x, one)
            for one, other in ends
            for x in self._parents.get(one.one, {})
        )

    def _group(self, nodes: frozenset[str]) -> Group:
        outages = sorted((one for node in nodes for one in self._history.roots_of[node]), key=lambda one: one.began)
        moments = list(_moments(outages))
        pairs = [pair for node in nodes for other, pair in self._peers.get(node, {}).items() if other in nodes]
        return Group(
            nodes=tuple(sorted(nodes, key=order)),
            moments=tuple(moment for moment, size in moments if size > 1),
            failures=len(moments),
            chance=max(pair.chance for pair in pairs),
        )

    # -- dependents
    def _kept(self, joined: Mapping[str, frozenset[str]]) -> Iterator[Link]:
        for child, parents in self._parents.items():
            for parent, link in parents.items():
                if parent not in joined.get(child, ()) and not self._redundant(child, parent):
                    yield link

    def _redundant(self, child: str, parent: str) -> bool:
        """Whether another of its parents says the same and more: what stands between, or behind."""
        mine = self._parents[child][parent].pair
        for other, link in self._parents[child].items():
            if other == parent or not self._linked(other, parent) or not self._covers(other, mine):
                continue
            if not self._covers(parent, link.pair) or self._behind(other, parent):
                return True
        return False

    def _behind(self, one: str, other: str) -> bool:
        """Of two that were down at the same times: whether the other hangs on this one, or is further in."""
        if other in self._parents.get(one, {}) or self._history.related(one, other):
            return False
        return one in self._parents.get(other, {}) or order(one) < order(other)

    def _linked(self, one: str, other: str) -> bool:
        both = (self._parents.get(one, {}), self._parents.get(other, {}), self._peers.get(one, {}))
        return other in both[0] or one in both[1] or other in both[2] or self._history.related(one, other)

    def _covers(self, node: str, pair: Pair) -> bool:
        """Whether a node was down whenever both of the pair were."""
        return all(self._history.down(node, moment) for moment in pair.moments)

    def _acyclic(self, links: Iterable[Link]) -> Iterator[Link]:
        """The surest first; what would close a circle with them, or with the topology, is left out."""
        above: dict[str, set[str]] = {}
        for link in sorted(links, key=lambda one: (one.pair.chance, order(one.pair.one), order(one.pair.other))):
            child, parent = link.pair.one, link.pair.other
            if child not in self._above(parent, above):
                above.setdefault(child, set()).add(parent)
                yield link

    def _above(self, node: str, suggested: Mapping[str, set[str]]) -> set[str]:
        seen = {node}
        todo = [node]
        while todo:
            one = todo.pop()
            more = {*self._history.topology.ancestors(one), *suggested.get(one, ())} - seen
            seen |= more
            todo += more
        return seen


def storm_groups(history: History, calendar: Calendar, least: int) -> list[Group]:
    """Nodes that the same storms took down, on enough days: too many at once to tell who hangs on whom."""
    took: dict[str, set[int]] = {}
    for number, storm in enumerate(history.storms):
        for one in storm.outages:
            took.setdefault(one.node, set()).add(number)
    often = {
        node: frozenset(numbers)
        for node, numbers in took.items()
        if len({calendar.day(history.storms[number].began) for number in numbers}) >= least
        and len(numbers) / (len(numbers) + len(history.roots_of.get(node, ()))) > MOST
    }
    groups = (_stormy(history, calendar, nodes, often) for nodes in _alike(often))
    return [one for one in groups if len(one.nodes) > 1 and len({calendar.day(m) for m in one.moments}) >= least]


def _alike(often: Mapping[str, frozenset[int]]) -> Iterator[list[str]]:
    """Nodes in the same storms, but for a few; the commonest sets of storms lead."""
    same: dict[frozenset[int], list[str]] = {}
    for node, storms in often.items():
        same.setdefault(storms, []).append(node)
    groups: dict[frozenset[int], list[str]] = {}
    for storms, nodes in sorted(same.items(), key=lambda pair: (-len(pair[1]), sorted(pair[0]))):
        leader = next((one for one in groups if len(one & storms) >= ALIKE * len(one | storms)), None)
        if leader is not None:
            groups[leader] += nodes
        elif len(groups) < MOST_GROUPS:
            groups[storms] = list(nodes)
    yield from groups.values()


def _stormy(history: History, calendar: Calendar, nodes: list[str], often: Mapping[str, frozenset[int]]) -> Group:
    """What the members share; without those that may have been in it by chance."""
    counts = Counter(number for node in nodes for number in often[node])
    shared = [number for number, count in sorted(counts.items()) if count >= ALIKE * len(nodes)]
    storms = [history.storms[number] for number in shared]
    chance = _by_chance(calendar, storms)
    sure = chance * len(often) * MOST_GROUPS <= DOUBT
    kept = [node for node in nodes if sure and len(often[node].intersection(shared)) >= ALIKE * len(shared)]
    moments = tuple(storm.began for storm in storms)
    return Group(tuple(sorted(kept, key=order)), moments, len(counts), chance)


def _by_chance(calendar: Calendar, storms: Iterable[Storm]) -> float:
    """That a node with one failure on each of these days was in all of the storms."""
    seconds: dict[int, float] = {}
    for storm in storms:
        day = calendar.day(storm.began)
        seconds[day] = seconds.get(day, 0.0) + storm.length + 2 * SPREAD
    return tail([calendar.coincidence(1, length) for length in seconds.values()], len(seconds))


def rank(topology: Topology, node: str) -> int:
    """How far from the way out a node stands: by its kind, or what its name says; less is nearer."""
    spec = topology.nodes.get(node)
    guessed = kinds.guess(node)
    kind = spec.kind if spec is not None else guessed.kind if guessed else ""
    if kind in RANKS:
        return RANKS[kind]
    names = (spec.name, node) if spec is not None else (node,)
    return 2 * (kinds.depth(kind, *names) if kind in NETWORK else kinds.END)


def _components(graph: Mapping[str, Mapping[str, Pair]]) -> Iterator[set[str]]:
    seen: set[str] = set()
    for start in graph:
        if start in seen:
            continue
        group, todo = {start}, [start]
        while todo:
            more = graph[todo.pop()].keys() - group
            group |= more
            todo += more
        seen |= group
        yield group


def _moments(outages: Iterable[Outage]) -> Iterator[tuple[float, int]]:
    """Outages within the spread of the first of them are one moment: when, and how many."""
    began, size = 0.0, 0
    for one in outages:
        if size and one.began - began <= SPREAD:
            size += 1
            continue
        if size:
            yield began, size
        began, size = one.began, 1
    if size:
        yield began, size
