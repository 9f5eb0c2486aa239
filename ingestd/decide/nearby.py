"""Links that the topology lacks: what fails beside a known failure, in the same minute, for no reason of its own.

Two shapes are believed, never more than "probable". A node that stands in the rack of a dead switch on which its like
hang, while nothing says how it is connected: the link was never written down. And several nodes that fall silent
together although what they hang on is well, while one thing of that kind fails at the same site: they were moved.
"""

from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from ingestd.decide.explain import why_down
from ingestd.decide.state import State
from ingestd.decide.suspect import root_since

_LIKE = 2  # so many of a kind make a habit


class Probably(Struct, frozen=True):
    """The failure that something may belong to, and why one might think so."""

    cause: str
    why: str


def in_the_rack(s: State, node: str) -> Probably | None:
    """The dead node of its rack that an unexplained node probably hangs on; None if nothing or too much."""
    return _only(_in_the_rack(s, node))


def moved_to(s: State, node: str) -> Probably | None:
    """What an unexplained node was probably moved to, with its like; None if nothing or too much."""
    return _only(_moved_to(s, node))


def _only(found: Iterator[Probably]) -> Probably | None:
    first = next(found, None)
    return first if next(found, None) is None else None


def _in_the_rack(s: State, node: str) -> Iterator[Probably]:
    topology, since = s.rules.topology, root_since(s, node)
    rack = topology.rack_of(node)
    if not rack or not since:
        return
    spec = topology.nodes[node]
    kinds = {topology.nodes[a].kind for a in topology.ancestors(node)}
    like = [n for n in rack if n != node and topology.nodes[n].kind == spec.kind]
    for other in rack:
        if topology.nodes[other].kind in kinds or not _together(s, other, since):
            continue
        hang = sum(other in topology.ancestors(n) for n in like)
        if hang >= _LIKE and 2 * hang >= len(like):
            yield Probably(other, f"{node} stands in the rack of {other}, on which {hang} like it hang")


def _moved_to(s: State, node: str) -> Iterator[Probably]:
    topology, since = s.rules.topology, root_since(s, node)
    for parent in topology.hard_parents(node) if since else ():
        if why_down(s, parent):
            continue
        kind, site = topology.nodes[parent].kind, topology.nodes[parent].site
        for other in topology.alike(site, kind):
            if other == parent or other in topology.ancestors(parent) or not _explains(s, other, since):
                continue
            with_it = [c for c in topology.hard_children(parent) if _together(s, c, since) or _moved(s, c, other)]
            if len(with_it) >= _LIKE:
                yield Probably(other, f"{', '.join(with_it[:5])} went down with {other} although {parent} is well")


def _moved(s: State, node: str, other: str) -> bool:
    """Whether a node was joined to the failure of ``other`` for this reason before."""
    unsure = (a for a in s.alerts_at(node) if a.state == "firing" and a.certainty == "unsure")
    return any(s.survivor(a.incident).cause == other for a in unsure)


def _explains(s: State, node: str, since: float) -> bool:
    """Whether a node went down in that minute and takes others with it."""
    if not _together(s, node, since):
        return False
    down = (c for c in s.rules.topology.hard_children(node) if any(a.state == "firing" for a in s.alerts_at(c)))
    return len(list(islice(down, _LIKE))) == _LIKE


def _together(s: State, node: str, since: float) -> bool:
    other = root_since(s, node)
    return bool(other) and abs(other - since) <= s.rules.timing.at(node).times.infer_spread
