"""The graph as a person wants to see it: as a tree, one node with all around it, or what breaks if nodes break."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ingestd.decide.topology import SERVICE_CLASSES, NodeSpec, Topology
from ingestd.inventory.found import groups_of, order

Groups = tuple[tuple[str, ...], ...]


class Twig(Struct, frozen=True, kw_only=True):
    """A line of a tree: a node, how deep it stands, and under what."""

    node: str
    depth: int
    under: str = ""
    kind: str = ""
    class_: str = ""
    instead: tuple[str, ...] = ()  # what it has beside ``under``, one of which is enough
    elsewhere: int = 0  # of its dependents, those that stand in another place of the tree
    below: int = 0  # dependents that are not shown: too deep


class Around(Struct, frozen=True, kw_only=True):
    """A node, what it depends on and what depends on it."""

    spec: NodeSpec
    groups: Groups
    above: tuple[str, ...]  # everything it depends on, nearest first
    dependents: tuple[str, ...]
    partners: tuple[str, ...]  # what stands in for it
    reach: int  # nodes that go down with it
    services: tuple[str, ...]
    departments: tuple[str, ...]
    people: int
    cyclic: bool


class Survivor(Struct, frozen=True):
    """A node that lost something and still stands, and thanks to what."""

    node: str
    lost: tuple[str, ...]
    thanks: tuple[str, ...]


class Service(Struct, frozen=True):
    """A service that is out."""

    node: str
    class_: str
    departments: tuple[str, ...]  # that use it


class Affected(Struct, frozen=True):
    """A department that is hit."""

    id: str
    name: str
    people: int


class Breakage(Struct, frozen=True, kw_only=True):
    """What breaks if nodes break."""

    failing: tuple[str, ...]
    tree: tuple[Twig, ...]
    survivors: tuple[Survivor, ...]
    services: tuple[Service, ...]
    departments: tuple[Affected, ...]
    people: int
    nodes: int


def tree(topology: Topology, deepest: int) -> Iterator[Twig]:
    """Every node once, under the first of what it depends on; roots first, then what only circles lead to."""
    seen: set[str] = set()
    roots = [node for node in topology.nodes if not topology.parents(node)]
    for root in (*roots, *topology.nodes):
        if root not in seen:
            yield from _below(topology, root, deepest, seen)


def _below(topology: Topology, root: str, deepest: int, seen: set[str]) -> Iterator[Twig]:
    seen.add(root)
    stack: list[tuple[str, int, str]] = [(root, 0, "")]
    while stack:
        node, depth, under = stack.pop()
        children = sorted(topology.children.get(node, ()), key=order)
        own = [child for child in children if child not in seen]
        seen.update(own)
        hidden = depth >= deepest
        below = _count(topology, own, seen) if hidden else 0
        yield _twig(topology, node, depth, under, elsewhere=len(children) - len(own), below=below)
        stack += [] if hidden else [(child, depth + 1, node) for child in reversed(own)]


def _count(topology: Topology, nodes: Sequence[str], seen: set[str]) -> int:
    """How many hang below, which are not shown then."""
    waiting, count = list(nodes), 0
    while waiting:
        node = waiting.pop()
        count += 1
        fresh = [child for child in topology.children.get(node, ()) if child not in seen]
        seen.update(fresh)
        waiting += fresh
    return count


def _twig(topology: Topology, node: str, depth: int, under: str, *, elsewhere: int = 0, below: int = 0) -> Twig:
    spec = topology.nodes[node]
    group = next((group for group in topology.groups[node] if under in group), ())
    instead = tuple(name for name in group if name != under) if under else ()
    return Twig(
        node=node,
        depth=depth,
        under=under,
        kind=spec.kind,
        class_=spec.class_,
        instead=instead,
        elsewhere=elsewhere,
        below=below,
    )


def around(topology: Topology, node: str) -> Around:
    """Everything about one node."""
    impact = topology.impact(node)
    return Around(
        spec=topology.nodes[node],
        groups=tuple(groups_of(topology.nodes[node])),
        above=topology.ancestors(node),
        dependents=tuple(sorted(topology.children.get(node, ()), key=order)),
        partners=tuple(sorted(topology.partners(node), key=order)),
        reach=impact.nodes - 1,
        services=impact.services,
        departments=impact.departments,
        people=impact.people,
        cyclic=node in topology.cyclic,
    )


def breakage(topology: Topology, failing: Sequence[str]) -> Breakage:
    """What goes down with the nodes, what loses something and stands, whom it hits."""
    down = topology.reach_of(failing)
    impact = topology.impact_of(down)
    return Breakage(
        failing=tuple(failing),
        tree=tuple(_fallen(topology, failing, down)),
        survivors=tuple(_survivors(topology, down)),
        services=tuple(_services(topology, down)),
        departments=tuple(
            Affected(one.id, one.name, one.people) for one in map(topology.departments.__getitem__, impact.departments)
        ),
        people=impact.people,
        nodes=len(down) - len(set(failing)),
    )


def _fallen(topology: Topology, failing: Sequence[str], down: frozenset[str]) -> Iterator[Twig]:
    """Each under what took it down, the given nodes on top."""
    seen = set(failing)
    stack = [(node, 0, "") for node in reversed(tuple(dict.fromkeys(failing)))]
    while stack:
        node, depth, under = stack.pop()
        yield _twig(topology, node, depth, under)
        fresh = [c for c in sorted(topology.children.get(node, ()), key=order) if c in down and c not in seen]
        taken = [child for child in fresh if any(node in g and down.issuperset(g) for g in topology.groups[child])]
        seen.update(taken)
        stack += [(child, depth + 1, node) for child in reversed(taken)]


def _survivors(topology: Topology, down: frozenset[str]) -> Iterator[Survivor]:
    touched = {child for node in down for child in topology.children.get(node, ()) if child not in down}
    for node in sorted(touched, key=order):
        groups = [group for group in topology.groups[node] if down.intersection(group)]
        lost = dict.fromkeys(name for group in groups for name in group if name in down)
        thanks = dict.fromkeys(name for group in groups for name in group if name not in down)
        yield Survivor(node, tuple(lost), tuple(thanks))


def _services(topology: Topology, down: frozenset[str]) -> Iterator[Service]:
    specs = [topology.nodes[node] for node in down if topology.nodes[node].kind == "service"]
    ranks = {class_: rank for rank, class_ in enumerate(SERVICE_CLASSES)}
    for spec in sorted(specs, key=lambda one: (ranks.get(one.class_, len(ranks)), order(one.id))):
        users = (one.id for one in topology.departments.values() if spec.id in one.uses)
        yield Service(spec.id, spec.class_, tuple(users))
