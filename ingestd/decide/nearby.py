"""Links that the topology lacks: what fails beside a known failure, in the same minute, for no reason of its own.

Three shapes are believed, never more than "probable". A node that stands in the rack of a dead switch on which its
like hang, while nothing says how it is connected: the link was never written down. Several nodes that fall silent
together although what they hang on is well, while one thing of that kind fails at the same site: they were moved. And
hosts that no topology knows, which fall silent together and by their names stand in one place (``spelled``).
"""

from collections.abc import Iterator

from msgspec import Struct

from ingestd.decide.explain import why_down
from ingestd.decide.spelled import KEY, spelled
from ingestd.decide.state import State
from ingestd.decide.suspect import root_since, roots, troubled
from ingestd.decide.topology import alike_key, rack_key
from ingestd.model import Incident

_LIKE = 2  # so many of a kind make a habit
_BURST = 3  # so many hosts of one place are no chance; one less, if others hang on one of them


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


class Together(Struct, frozen=True):
    """Hosts of one place that went down together, and the one that is taken for the cause."""

    cause: str
    nodes: tuple[str, ...]
    why: str


def in_one_place(s: State, incident: Incident) -> Together | None:
    """What went down with the root of an incident in the place that its name spells; None if that may be chance."""
    since = root_since(s, incident.cause or "")
    if not since or not incident.group.startswith(KEY):
        return None
    down = _down_together(s, incident.group, since)
    causes = [node for node in down if root_since(s, node)]
    cause = max(causes, key=carries)  # of those that carry alike the earliest
    if len(down) < _BURST - bool(carries(cause)):
        return None
    with_it = tuple(node for node in down if carries(node) < max(carries(cause), 1) and node != cause)
    why = f"{len(down)} hosts of {incident.group.removeprefix(KEY)}, by their names, went down together"
    return Together(cause, with_it, why)


def _down_together(s: State, place: str, since: float) -> list[str]:
    """The nodes of a place that went down about then, earliest first."""
    times, down = s.rules.times, dict[str, float]()
    for one in map(s.numbered, sorted(s.rooted(place))):
        if one.group == place and troubled(s, one.root):
            down[one.root] = min(one.began, down.get(one.root, one.began))
    near = [node for node in down if abs(down[node] - since) <= times.infer_spread]
    return sorted(near, key=lambda node: (down[node], node))


def carries(node: str) -> int:
    """How much of a place hangs on a host by its name: 0 nothing, 1 what is plugged into it, 2 what carries those."""
    name = spelled(node)
    return name.carries if name else 0


def _only(found: Iterator[Probably]) -> Probably | None:
    first = next(found, None)
    return first if next(found, None) is None else None


def _in_the_rack(s: State, node: str) -> Iterator[Probably]:
    topology, since = s.rules.topology, root_since(s, node)
    spec = topology.nodes.get(node)
    if spec is None or not spec.rack or not since:
        return
    failed = {s.numbered(number).cause or "" for number in s.waiting(rack_key(spec.site, spec.rack))}
    if not failed - {node}:
        return
    kinds = {topology.nodes[a].kind for a in topology.ancestors(node)}
    with_it = [o for o in sorted(failed) if topology.nodes[o].kind not in kinds and _together(s, o, since)]
    like = [n for n in topology.rack_of(node) if n != node and topology.nodes[n].kind == spec.kind] if with_it else []
    for other in with_it:
        hang = sum(other in topology.ancestors(n) for n in like)
        if hang >= _LIKE and 2 * hang >= len(like):
            yield Probably(other, f"{node} stands in the rack of {other}, on which {hang} like it hang")


def _moved_to(s: State, node: str) -> Iterator[Probably]:
    topology, since = s.rules.topology, root_since(s, node)
    for parent in topology.hard_parents(node) if since else ():
        if why_down(s, parent):
            continue
        kind, site = topology.nodes[parent].kind, topology.nodes[parent].site
        failed = {s.numbered(number).cause or "" for number in s.waiting(alike_key(site, kind))}
        for other in sorted(failed):
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
    """Whether a node went down in that minute and takes others with it: hosts, or the services behind silent ones."""
    if not _together(s, node, since):
        return False
    taken = set()
    for alert in (a for incident in roots(s, node) for a in s.firing(incident.number)):
        if alert.node != node and alert.certainty != "unsure" and alert.cls == "reachability":
            taken.add(alert.node)
        if len(taken) == _LIKE:
            return True
    return False


def _together(s: State, node: str, since: float) -> bool:
    other = root_since(s, node)
    return bool(other) and abs(other - since) <= s.rules.timing.at(node).times.infer_spread
