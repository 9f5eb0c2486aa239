"""What is wrong with a topology.yaml, all in one go: errors that the daemon refuses, warnings of what it takes as read.

A file whose types are wrong is looked through as far as they are right, so that one misspelt key hides nothing else.
"""

import ipaddress
from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ingestd.decide.topology import (
    SERVICE_CLASSES,
    AnyOf,
    DepartmentSpec,
    MaintenanceSpec,
    NodeSpec,
    Topology,
    TopologyFile,
)
from ingestd.inventory.addresses import is_address
from ingestd.inventory.windows import window_problems
from ingestd.yamltypes import ConfigError, Document, Place, Problem, Said, near_to, reads, said

MOST_GUESSES = 20  # names for which the nearest known one is looked for
MOST_CIRCLES = 20
MOST_NAMES = 10  # in one line


class Finding(Struct, frozen=True, kw_only=True):
    """A line of the answer."""

    severity: Literal["error", "warning"]
    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.text}"


class Checked(Struct, frozen=True):
    """A file and what is wrong with it, in the order of its lines."""

    file: TopologyFile
    findings: tuple[Finding, ...]

    def count(self, severity: str) -> int:
        """How many of a severity."""
        return sum(finding.severity == severity for finding in self.findings)


class _Loose(Struct):
    """The file with parts that may be wrong inside."""

    version: Any = 1
    nodes: tuple[Any, ...] = ()
    departments: tuple[Any, ...] = ()
    maintenance: tuple[Any, ...] = ()


def check(raw: str | bytes, name: str, teams: Collection[str] | None = None, now: float | None = None) -> Checked:
    """Look a file through. ``teams`` are those that own nodes; None if they are not known. ``now``: wall time."""
    problems: tuple[Problem, ...] = ()
    try:
        document: Document[Any] = reads(raw, TopologyFile, name)
    except ConfigError as error:
        problems = error.problems
        try:
            document = reads(raw, _Loose, name)
        except ConfigError:
            return Checked(TopologyFile(), _findings("error", problems))
    look = _Look(document, teams, now)
    look.through()
    found = (*_findings("error", (*problems, *look.errors)), *_findings("warning", look.warnings))
    file = TopologyFile(
        nodes=tuple(look.nodes.values()),
        departments=tuple(look.departments.values()),
        maintenance=tuple(look.windows.values()),
    )
    return Checked(file, tuple(sorted(found, key=lambda one: (one.line, one.column, one.text))))


def topology_problems(
    document: Document[TopologyFile], teams: Collection[str] | None, now: float | None = None
) -> Iterator[Problem]:
    """The same of a file whose types are right, for whoever has read it."""
    look = _Look(document, teams, now)
    look.through()
    yield from look.errors
    yield from look.warnings


def _findings(severity: Literal["error", "warning"], problems: Collection[Problem]) -> tuple[Finding, ...]:
    return tuple(
        Finding(severity=severity, file=one.file, line=one.line, column=one.column, text=one.text) for one in problems
    )


class _Look:
    """One look through a file; places lead to what is written."""

    def __init__(self, document: Document[Any], teams: Collection[str] | None, now: float | None) -> None:
        self._document, self._now = document, now
        self._teams = teams
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self.nodes: dict[int, NodeSpec] = dict(_right(document.value.nodes, NodeSpec))
        self.departments: dict[int, DepartmentSpec] = dict(_right(document.value.departments, DepartmentSpec))
        self.windows: dict[int, MaintenanceSpec] = dict(_right(document.value.maintenance, MaintenanceSpec))
        self._ids = {str(one) for one in map(_id, document.value.nodes) if one is not None}
        self._guesses = 0

    def through(self) -> None:
        """Everything."""
        self._twice()
        self._spellings()
        for i, node in self.nodes.items():
            self._dependencies(i, node)
            self._fields(i, node)
        for i, department in self.departments.items():
            self._unknown(("departments", i, "uses"), "service", department.uses)
        self._domains()
        for i, window in self.windows.items():
            self._unknown(("maintenance", i, "targets"), "node", window.targets)
            for one in window_problems(self._document, ("maintenance", i), window, self._now):
                (self.errors if one.severity == "error" else self.warnings).append(one)
        self._graph()

    # -- names
    def _twice(self) -> None:
        for key, specs in (("nodes", self.nodes), ("departments", self.departments)):
            first: dict[str, int] = {}
            for i, spec in specs.items():
                if spec.id in first:
                    counts = "first" if key == "nodes" else "last"
                    line = self._line((key, first[spec.id]))
                    words = "{name!r} is defined twice (first in line {line}); the {counts} definition counts"
                    self._warn((key, i, "id"), said(words, name=spec.id, line=line, counts=said(counts)))
                first.setdefault(spec.id, i)

    def _spellings(self) -> None:
        """Names that two nodes claim: alerts that use them are nobody's."""
        owners: dict[str, tuple[str, Place]] = {}
        for i, node in self.nodes.items():
            for key, name in _names(node):
                place: Place = ("nodes", i, *key)
                folded = name.casefold().rstrip(".")
                owner, where = owners.setdefault(folded, (node.id, place))
                if owner != node.id:
                    words = (
                        "{name!r} is also a name of {owner} (line {line}): an alert that says it is taken for neither"
                    )
                    self._warn(place, said(words, name=name, owner=owner, line=self._line(where)))

    def _unknown(self, place: Place, kind: str, names: tuple[str, ...]) -> None:
        for j, name in enumerate(names):
            if name not in self._ids:
                self._error((*place, j), self._lost(kind, name, self._ids))

    def _lost(self, kind: str, name: str, known: Collection[str]) -> Said:
        """The words for a name that nothing defines; the nearest one is looked for a few times only."""
        self._guesses += 1
        hint = near_to(name, known) if self._guesses <= MOST_GUESSES else ""
        return said("unknown {kind} {name!r}{hint}", kind=said(kind), name=name, hint=hint)

    # -- a node
    def _dependencies(self, i: int, node: NodeSpec) -> None:
        seen: set[str | AnyOf] = set()
        for j, wanted in enumerate(node.depends_on):
            place: Place = ("nodes", i, "depends_on", j)
            group = wanted.any_of if isinstance(wanted, AnyOf) else (wanted,)
            if isinstance(wanted, AnyOf):
                self._group(place, group)
            for k, name in enumerate(group):
                spot = (*place, "any_of", k) if isinstance(wanted, AnyOf) else place
                if name == node.id:
                    self._warn(spot, said("{name} depends on itself: left out", name=name))
                elif name not in self._ids:
                    self._error(spot, self._lost("node", name, self._ids))
            if wanted in seen:
                self._warn(place, said("the same dependency twice"))
            seen.add(wanted)

    def _group(self, place: Place, group: tuple[str, ...]) -> None:
        if not group:
            self._warn(place, said("any_of is empty: name the nodes that stand in for one another"))
        elif len(set(group)) < 2:
            words = "any_of of {name} alone is a hard dependency: write {name}, or name the other"
            self._warn(place, said(words, name=group[0]))
        elif len(set(group)) < len(group):
            self._warn(place, said("any_of names a node twice"))

    def _fields(self, i: int, node: NodeSpec) -> None:
        place: Place = ("nodes", i)
        if node.ip and not is_address(node.ip):
            self._warn((*place, "ip"), said("{ip!r} is no IP address{hint}", ip=node.ip, hint=_without_prefix(node.ip)))
        if node.class_ and node.class_ not in SERVICE_CLASSES:
            words = said("class {name!r}: expected critical, important or normal", name=node.class_)
            self._warn((*place, "class"), words)
        elif node.class_ and node.kind != "service":
            words = said("class counts for services only; {node} is a {kind}", node=node.id, kind=node.kind)
            self._warn((*place, "class"), words)
        if node.kind == "service" and not node.depends_on:
            words = said("the service {node} depends on nothing: no failure will be seen to break it", node=node.id)
            self._warn((*place, "id"), words)
        known = {department.id for department in self.departments.values()}
        if node.department and known and node.department not in known:
            self._error((*place, "department"), self._lost("department", node.department, known))
        if node.owner and self._teams is not None and node.owner not in self._teams:
            self._error((*place, "owner"), self._lost("team", node.owner, self._teams))

    def _domains(self) -> None:
        owners: dict[str, str] = {}
        for i, department in self.departments.items():
            for key, names in (("mail_domains", department.mail_domains), ("mails", department.mails)):
                for j, name in enumerate(names):
                    owner = owners.setdefault(name.casefold(), department.id)
                    if owner != department.id:
                        words = said("{name!r} is also of {owner}; the last one counts", name=name, owner=owner)
                        self._warn(("departments", i, key, j), words)
            if department.people < 0:
                self._warn(("departments", i, "people"), said("fewer than no people"))

    # -- the graph
    def _graph(self) -> None:
        topology = Topology(TopologyFile(nodes=tuple(self.nodes.values())))
        index = {node.id: i for i, node in reversed(self.nodes.items())}
        for circle in _circles(topology):
            names = " -> ".join([*circle[:MOST_NAMES], *(["…"] if len(circle) > MOST_NAMES else []), circle[0]])
            words = said("a circle: {names}; none of them explains another", names=names)
            self._warn(("nodes", index[circle[0]], "depends_on"), words)
        alone = [n for n in topology.nodes if not topology.groups[n] and not topology.children.get(n)]
        if alone and len(alone) < len(topology.nodes):
            names = ", ".join(alone[:MOST_NAMES]) + (" …" if len(alone) > MOST_NAMES else "")
            words = said(
                "{count} of {all} nodes depend on nothing, and nothing on them: {names}; "
                "their alerts are never explained by another's",
                count=len(alone),
                all=len(topology.nodes),
                names=names,
            )
            self._warn(("nodes", index[alone[0]], "id"), words)

    def _line(self, place: Place) -> int:
        return self._document.problem(place, "").line

    def _warn(self, place: Place, text: Said) -> None:
        self.warnings.append(self._document.warning(place, text))

    def _error(self, place: Place, text: Said) -> None:
        self.errors.append(self._document.problem(place, text))


def _right(values: tuple[Any, ...], kind: type[Any]) -> Iterator[tuple[int, Any]]:
    """The entries that are what they should be, with their place."""
    for i, value in enumerate(values):
        if isinstance(value, kind):
            yield i, value
        else:
            spec = _as(value, kind) or _as(_right_keys(value, kind), kind)
            if spec is not None:
                yield i, spec


def _as(value: Any, kind: type[Any]) -> Any:
    try:
        return msgspec.convert(value, kind, strict=True, dec_hook=lambda own, written: own.from_yaml(written))
    except msgspec.ValidationError:
        return None


def _right_keys(value: Any, kind: type[Any]) -> Any:
    """An entry without the keys that are wrong, so that the rest of it can be looked at."""
    if not isinstance(value, dict):
        return value
    needed = {f.encode_name: value.get(f.encode_name) for f in msgspec.structs.fields(kind) if f.required}
    return {key: one for key, one in value.items() if _as({**needed, key: one}, kind) is not None}


def _id(node: Any) -> object:
    return node.id if isinstance(node, NodeSpec) else node.get("id") if isinstance(node, dict) else None


def _names(node: NodeSpec) -> Iterator[tuple[Place, str]]:
    """What alerts may call it, and where that is written."""
    for key in ("id", "name", "fqdn", "ip"):
        if getattr(node, key):
            yield (key,), getattr(node, key)
    for j, alias in enumerate(node.aliases):
        if alias:
            yield ("aliases", j), alias


def _without_prefix(ip: str) -> Said:
    try:
        return said(": did you mean {near}?", near=ipaddress.ip_interface(ip).ip)
    except ValueError:
        return said(": write names into fqdn or aliases")


def _circles(topology: Topology) -> Iterator[list[str]]:
    """The shortest circle through each node that is on one and was not shown yet, a few of them."""
    shown: set[str] = set()
    count = 0
    for node in topology.nodes:
        if node in topology.cyclic and node not in shown and count < MOST_CIRCLES:
            circle = _circle(topology, node)
            shown.update(circle)
            count += 1
            yield circle


def _circle(topology: Topology, start: str) -> list[str]:
    came: dict[str, str] = {}
    queue = deque([start])
    while start not in came:
        node = queue.popleft()
        for parent in topology.parents(node):
            if parent in topology.cyclic and parent not in came:
                came[parent] = node
                queue.append(parent)
    path = [came[start]]
    while path[-1] != start:
        path.append(came[path[-1]])
    return path[::-1]
