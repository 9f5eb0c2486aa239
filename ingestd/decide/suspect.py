"""A cause that never reports: which node, if it had failed in silence, would best account for what went down.

A suspect is judged by its layer: the monitored nodes that go down with it as things stand (hard dependents, and members
of any-of groups of which the rest is down already). Those that went down within one short spell speak for it, those
that are still up speak against it, and those that something else explains say nothing. Every failure that it accounts
for saves one coincidence; every silent dependent costs a lost report.
"""

from collections.abc import Iterable

from msgspec import Struct

from ingestd.decide.classify import Times
from ingestd.decide.explain import explained, why_down
from ingestd.decide.state import State
from ingestd.model import FAILURES, Incident

_COINCIDENCE, _LOST = 5.0, 2.3  # -ln of: another failure close by in the same minutes; a report that did not come
_RIVALS = 12  # so many of the failures are asked whether something else explains them better


class Suspect(Struct, frozen=True):
    """A node that may have failed in silence, and what speaks for and against it."""

    node: str
    down: tuple[str, ...]  # what it would account for
    missing: int  # monitored, would be down too, but has said nothing
    weight: float

    def share(self) -> float:
        """Which part of what should be down is down."""
        return len(self.down) / (len(self.down) + self.missing)


def suspected(s: State, incident: Incident) -> Suspect | None:
    """The best explanation by a silent cause of what an incident watches.

    It may be one that explains only neighbours of it, if they would otherwise speak for a wrong suspect: when that one
    is believed, ask again.
    """
    mine = _best(s, incident.watches)
    if mine is None:
        return None
    rival = _best(s, (node for node in mine.down[:_RIVALS] if node not in incident.watches))
    return rival if rival is not None and rival.weight > mine.weight else mine


def root_since(s: State, node: str) -> float:
    """When a node that nothing explains went down, by all that is known of it; 0 if it is not one."""
    key = ("root", node)
    since = s.explanations.get(key)
    if since is None:
        since = s.explanations[key] = min((incident.began for incident in roots(s, node)), default=0.0)
    return since  # type: ignore[return-value]  # only this function writes under such keys


def roots(s: State, node: str) -> list[Incident]:
    """The open incidents of which a node is the cause by being out of reach, oldest number first."""
    found: dict[int, Incident] = {}
    for number in s.rooted(node):
        if s.numbered(number).cause_kind != "local":
            incident = s.survivor(number)
            if (
                incident.cause == node
                and not incident.apart
                and incident.state != "resolved"
                and _speaks(s, incident, node)
            ):
                found[incident.number] = incident
    return [found[number] for number in sorted(found)]


def _speaks(s: State, incident: Incident, node: str) -> bool:
    """Whether an incident is about its cause being out of reach, now."""
    if incident.suppressed or incident.cause_kind not in FAILURES:
        return False
    return incident.cause_kind == "inferred" or troubled(s, node)


def _best(s: State, nodes: Iterable[str]) -> Suspect | None:
    best: Suspect | None = None
    for node in nodes:
        since = root_since(s, node)
        for candidate in s.rules.topology.ancestors(node) if since else ():
            found = _suspect(s, candidate, node, since)
            if found is not None and (best is None or found.weight > best.weight):
                best = found
    return best


def _suspect(s: State, candidate: str, anchor: str, since: float) -> Suspect | None:
    """What speaks for a candidate, around the failure of one node; None if too little does."""
    rules = s.rules.timing.at(candidate)
    if len(s.waiting(candidate)) < rules.infer_children:
        return None  # fewer incidents than failures it would have to account for
    if s.mark(candidate).up_at > since or why_down(s, candidate):
        return None
    down, up = _layer(s, candidate)
    if anchor not in down:
        return None
    heard = _one_spell(s, down, since, rules.times)
    if len(heard) < rules.infer_children:
        return None
    weight = _COINCIDENCE * (len(heard) - 1) - _LOST * len(up)
    found = Suspect(candidate, tuple(heard), len(up), weight)
    return found if found.share() >= rules.infer_ratio else None


def _layer(s: State, candidate: str) -> tuple[dict[str, float], list[str]]:
    """What would go down next with a candidate: unexplained and down (since when), or still up."""
    topology, skipped = s.rules.topology, s.rules.correlate.unmonitored_kinds
    down: dict[str, float] = {}
    up = []
    for child in topology.children.get(candidate, ()):
        if not _hangs(s, child, candidate):
            continue
        since = root_since(s, child)
        if since:
            down[child] = since
        elif topology.nodes[child].kind not in skipped and explained(s, child) is None and not troubled(s, child):
            up.append(child)
    return down, up


def _hangs(s: State, child: str, candidate: str) -> bool:
    """Whether a child would go down with the candidate as things stand."""
    groups = (g for g in s.rules.topology.groups[child] if candidate in g)
    return any(all(m == candidate or why_down(s, m) for m in group) for group in groups)


def troubled(s: State, node: str) -> bool:
    """Whether a node is said to be out of reach, whatever the cause."""
    return any(a.state == "firing" and a.cls == "reachability" and not a.guessed for a in s.alerts_at(node))


def _one_spell(s: State, down: dict[str, float], since: float, times: Times) -> list[str]:
    """Those that went down together, earliest first. Three or more may be spread wider than two that could be chance.

    A node that explains what hangs on it needs no further cause, unless something else went down at the same moment.
    """
    near = sorted((n for n in down if abs(down[n] - since) <= times.infer_spread), key=lambda n: (down[n], n))
    wide = [n for n in down if abs(down[n] - since) <= max(times.infer_window, times.infer_spread)]
    if len(wide) < 3 or any(_explains(s, n) for n in wide):
        return near
    return sorted(wide, key=lambda n: (down[n], n))


def _explains(s: State, node: str) -> bool:
    """Whether anything that is down is explained by this node."""
    return any(troubled(s, child) for child in s.rules.topology.hard_children(node))
