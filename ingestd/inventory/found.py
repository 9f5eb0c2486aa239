"""What an import found: nodes with what each depends on, and remarks on what could not be taken over.

``Gathering`` collects while a reader goes through its files; names are resolved at the end, when all are known.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.topology import AnyOf, DepartmentSpec, NodeSpec, Topology, TopologyFile
from ingestd.yamltypes import Problem

Group = tuple[str, ...]  # one node, or several that stand in for one another


class Options(Struct, frozen=True):
    """What the person at the keyboard adds to the files."""

    roots: tuple[str, ...] = ()  # where links start from: the way out, the core
    site: Topology | None = None  # what is known already


class At(Struct, frozen=True):
    """A line of a file; lines count from 1."""

    file: str
    line: int = 1


class Found(Struct, frozen=True):
    """A node as it was found, and what a reader should know of it."""

    spec: NodeSpec
    notes: tuple[str, ...] = ()


class Inventory(Struct, frozen=True, kw_only=True):
    """All that was found, in the order of its names."""

    nodes: tuple[Found, ...] = ()
    departments: tuple[DepartmentSpec, ...] = ()
    remarks: tuple[Problem, ...] = ()


class _Open:
    """A node that is still being gathered."""

    def __init__(self, spec: NodeSpec) -> None:
        self.spec = spec
        self.notes: dict[str, None] = {}
        self.groups: dict[Group, At] = {}


class Gathering:
    """Nodes and dependencies in any order. The first word on a field stays."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Open] = {}
        self._departments: dict[str, DepartmentSpec] = {}
        self._remarks: dict[Problem, None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def node(self, spec: NodeSpec, *notes: str) -> None:
        """Add a node, or fill what is empty of one that is there."""
        known = self._nodes.setdefault(spec.id, _Open(spec))
        known.spec = filled(known.spec, spec)
        known.notes.update(dict.fromkeys(filter(None, notes)))
        if spec.id.casefold() in HERE:
            known.notes["the monitoring server itself: give it its own name"] = None

    def note(self, name: str, text: str) -> None:
        """Say something beside a node."""
        self._nodes[name].notes[text] = None

    def needs(self, node: str, group: Group, at: At) -> None:
        """The node is out if all of the group are out."""
        if node in self._nodes and group:
            self._nodes[node].groups.setdefault(tuple(dict.fromkeys(group)), at)

    def department(self, spec: DepartmentSpec) -> None:
        """Add a department."""
        self._departments.setdefault(spec.id, spec)

    def remark(self, at: At, text: str) -> None:
        """Say what could not be taken over; once is enough."""
        self._remarks[Problem(at.file, at.line, 1, text)] = None

    @property
    def remarked(self) -> bool:
        """Whether there was anything to say."""
        return bool(self._remarks)

    def finish(self, site: Topology | None = None) -> Inventory:
        """Everything, with names resolved: among what was found, then in the site's own topology."""
        bare = TopologyFile(nodes=tuple(one.spec for one in self._nodes.values()))
        names = Topology(bare)
        nodes = []
        for one in self._nodes.values():
            groups = [self._resolved(one.spec.id, group, at, names, site) for group, at in one.groups.items()]
            wanted = tuple(_written(group) for group in sorted(dict.fromkeys(filter(None, groups)), key=group_order))
            nodes.append(Found(replace(one.spec, depends_on=wanted), tuple(one.notes)))
        return Inventory(
            nodes=tuple(sorted(nodes, key=lambda found: order(found.spec.id))),
            departments=tuple(sorted(self._departments.values(), key=lambda spec: order(spec.id))),
            remarks=tuple(sorted(self._remarks, key=lambda one: (one.file, one.line))),
        )

    def _resolved(self, node: str, group: Group, at: At, names: Topology, site: Topology | None) -> Group:
        found: dict[str, None] = {}
        for name in group:
            known = name if name in self._nodes else names.resolve(name) or (site.resolve(name) if site else None)
            if known is None:
                self.remark(at, f"{node} depends on {name!r}, which is defined nowhere: left out")
            elif known == node:
                self.remark(at, f"{node} depends on itself: left out")
            else:
                found[known] = None
        return tuple(sorted(found, key=order))


def filled(spec: NodeSpec, more: NodeSpec) -> NodeSpec:
    """The node with its empty fields taken from another reading of it."""
    kind = more.kind if spec.kind == NODE.kind else spec.kind
    aliases = tuple(dict.fromkeys((*spec.aliases, *more.aliases)))
    return replace(
        spec,
        kind=kind,
        aliases=aliases,
        **{name: getattr(spec, name) or getattr(more, name) for name in TEXTS},
        depends_on=spec.depends_on or more.depends_on,
    )


#: What a monitoring server calls itself.
HERE = frozenset({"localhost", "127.0.0.1", "localhost.localdomain"})
NODE = NodeSpec(id="")  # what a node is of which nothing is said
#: The fields that hold one text.
TEXTS = ("name", "fqdn", "ip", "site", "rack", "department", "owner", "remedy", "class_")


def groups_of(spec: NodeSpec) -> Iterator[Group]:
    """What it depends on, each as a group."""
    return (one.any_of if isinstance(one, AnyOf) else (one,) for one in spec.depends_on)


def _written(group: Group) -> str | AnyOf:
    return group[0] if len(group) == 1 else AnyOf(group)


def group_order(group: Group) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    """Hard dependencies first."""
    return (len(group) > 1, tuple(part for name in group for part in order(name)))


def order(name: str) -> tuple[tuple[int, int, str], ...]:
    """``sw-2`` before ``sw-10``, whatever their case."""
    parts: list[tuple[int, int, str]] = []
    word = ""
    for letter in f"{name.casefold()}\0":
        if word and (letter in _DIGITS) != (word[0] in _DIGITS):
            parts.append(_part(word))
            word = ""
        word += letter
    return (*parts, (1, 0, name))


def _part(word: str) -> tuple[int, int, str]:
    digits = word.lstrip("0")
    return (0, len(digits), digits) if word[0] in _DIGITS else (1, 0, word)


_DIGITS = frozenset("0123456789")
