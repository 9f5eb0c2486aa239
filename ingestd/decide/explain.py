"""Is a node down, and because of what? Answered from state alone, upward; the cost is about the depth of the graph.

A node is down if it is reported down, inferred to be down, or itself explained and not proven up since. It is explained
if a hard dependency, or every member of an any-of group, is down. Members of a cycle never explain one another.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.state import State
from ingestd.model import Alert


class Because(Struct, frozen=True):
    """The open incident that a node's silence belongs to, and how it gets there."""

    incident: int
    cause: str
    since: float  # when it began
    heard: float  # when it was last said
    path: tuple[str, ...]  # from the node up to the cause
    spare: tuple[str, ...] = ()  # redundant nodes that are down too, without which it would have lived
    suspected: bool = False

    def text(self) -> str:
        """ "hr-server -> acc-sw-17"."""
        return " -> ".join(self.path) + (f" (and {', '.join(self.spare)})" if self.spare else "")

    def told(self, s: State) -> str:
        """The path with states and times: "hr-server -> acc-sw-17, down since 10:00:31, hard"."""
        since = datetime.fromtimestamp(self.since + s.wall - s.at, s.rules.ranker.zone)
        state = "suspected to be down" if self.suspected else "down"
        return f"{self.text()}, {state} since {since:%H:%M:%S}, {'redundant' if self.spare else 'hard'}"


_ASKED = 50  # dependents asked when a node went down
#: Nothing was found out yet.
_UNKNOWN = Because(0, "", 0.0, 0.0, ())


def why_down(s: State, node: str, seen: frozenset[str] = frozenset()) -> Because | None:
    """Why ``node`` is down, or None if nothing says so."""
    known: Because | None = s.explanations.get(node, _UNKNOWN)  # type: ignore[assignment]  # the cache of this function
    if known is not _UNKNOWN and (known is None or seen.isdisjoint(known.path)):
        return known
    found = _reported(s, node) or _inferred(s, node) or _by_chain(s, node, seen)
    if not seen:
        s.explanations[node] = found
    return found


def explained(s: State, node: str, seen: frozenset[str] = frozenset()) -> Because | None:
    """Why ``node`` must be down because of what it depends on; of several causes the one that was first."""
    topology = s.rules.topology
    best: Because | None = None
    for group in topology.groups.get(node, ()):
        if node in topology.cyclic and any(member in topology.cyclic for member in group):
            continue
        because = _group_down(s, group, seen | {node})
        if because and (best is None or because.since < best.since):
            best = because
    return best and replace(best, path=(node, *best.path))


def _group_down(s: State, group: tuple[str, ...], seen: frozenset[str]) -> Because | None:
    """All members down: the reason of the one that went last, since that is what ended the redundancy."""
    found: list[Because] = []
    for member in group:
        because = None if member in seen else why_down(s, member, seen)
        if because is None:
            return None
        found.append(because)
    if len(found) == 1:
        return found[0]
    last = max(range(len(group)), key=lambda n: _first_sign(s, group[n], found[n]))
    spare = tuple(member for n, member in enumerate(group) if n != last)
    return replace(found[last], since=max(b.since for b in found), spare=(*found[last].spare, *spare))


def _first_sign(s: State, node: str, because: Because) -> float:
    """When a node was first missed: by its own alerts and by those of what hangs on nothing else."""
    nodes = (node, *s.rules.topology.hard_children(node)[:_ASKED])
    alerts = (a for n in nodes for a in s.alerts_at(n))
    return min((a.first_at for a in alerts if a.state == "firing" and a.cls == "reachability"), default=because.since)


def _by_chain(s: State, node: str, seen: frozenset[str]) -> Because | None:
    because = explained(s, node, seen)
    return because if because and s.mark(node).up_at <= because.heard else None


def _reported(s: State, node: str) -> Because | None:
    """A down report that nothing newer refutes; for a while after its end it still explains late symptoms."""
    up_at = s.mark(node).up_at
    for alert in s.alerts_at(node):
        said = alert.down and not alert.guessed and alert.known and alert.state != "unconfirmed"
        if said and _counts(s, alert, up_at):
            incident = s.survivor(alert.incident)
            if incident.state != "resolved":
                # what took its node down began before it was said
                since = min(alert.first_at, incident.began)
                return Because(incident.number, node, since, alert.last_at, (node,))
    return None


def _counts(s: State, alert: Alert, up_at: float) -> bool:
    over = alert.ended_at if alert.state != "firing" else up_at if up_at > alert.last_at else 0.0
    return not over or s.at < over + s.rules.timing.at(alert.node).times.linger


def _inferred(s: State, node: str) -> Because | None:
    mark = s.mark(node)
    if not mark.inferred_by or s.incident(mark.inferred_by) is None:
        return None  # never suspected, or by an incident that is closed
    incident = s.survivor(mark.inferred_by)
    refuted = mark.up_at > mark.inferred_at and s.at >= mark.up_at + s.rules.timing.at(node).times.linger
    if incident.state == "resolved" or refuted:
        return None
    return Because(incident.number, node, incident.began, mark.inferred_at, (node,), suspected=True)
