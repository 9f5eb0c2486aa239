"""Links have no direction, dependencies have: a node depends on the neighbour that is nearer to the way out.

Nearer by steps from the given roots; without roots, by the rank of what the nodes are. Between equals nothing is
decided.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from msgspec import Struct

from ingestd.inventory.found import At, Gathering

ASSUMED = "several links upward: taken as standing in for one another"


class Link(Struct, frozen=True):
    """Two nodes that are joined, and where that is written."""

    a: str
    b: str
    at: At


def orient(gathering: Gathering, links: Iterable[Link], depths: Mapping[str, int], roots: Iterable[str]) -> None:
    """Add the dependencies that the links mean; links between equals are remarked."""
    once = {frozenset((link.a, link.b)): link for link in reversed(tuple(links)) if link.a != link.b}
    found = sorted(once.values(), key=lambda link: (link.at.file, link.at.line, link.a, link.b))
    steps = _steps(found, tuple(roots))
    above = depths if steps is None else steps
    upward: dict[str, dict[str, At]] = {}
    for link in found:
        near, far = above.get(link.a), above.get(link.b)
        if near is None or far is None or near == far:
            gathering.remark(link.at, _undecided(link, steps is None))
        else:
            child, parent = (link.b, link.a) if near < far else (link.a, link.b)
            upward.setdefault(child, {})[parent] = link.at
    for child, parents in upward.items():
        nearest = max(above[parent] for parent in parents)
        group = tuple(parent for parent in parents if above[parent] == nearest)
        gathering.needs(child, group, parents[group[0]])
        if len(group) > 1:
            gathering.note(child, ASSUMED)


def _undecided(link: Link, by_rank: bool) -> str:
    if by_rank:
        return f"{link.a} and {link.b} are joined, but which depends on which? No edge; --root NODE decides"
    return f"{link.a} and {link.b} are joined, but equally far from the root, or not reached from it: no edge"


def _steps(links: Iterable[Link], roots: tuple[str, ...]) -> dict[str, int] | None:
    """How many links each node is away from the nearest root; None without roots."""
    if not roots:
        return None
    beside: dict[str, list[str]] = {}
    for link in links:
        beside.setdefault(link.a, []).append(link.b)
        beside.setdefault(link.b, []).append(link.a)
    steps = dict.fromkeys(roots, 0)
    queue = deque(roots)
    while queue:
        node = queue.popleft()
        for other in beside.get(node, ()):
            if other not in steps:
                steps[other] = steps[node] + 1
                queue.append(other)
    return steps
