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
from ingestd.yamltypes import ConfigError, Document, Place, Problem, did_you_mean, reads

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


def check(raw: str | bytes, name: str, teams: Collection[str] | None = None) -> Checked:
    """Look a file through. ``teams`` are those that own nodes; None if they are not known."""
    problems: tuple[Problem, ...] = ()
    try:
        document: Document[Any] = reads(raw, TopologyFile, name)
    except ConfigError as error:
        problems = error.problems
        try:
            document = reads(raw, _Loose, name)
        except ConfigError:
            return Checked(TopologyFile(), _findings("error", problems))
    look = _Look(document, teams)
    look.through()
    found = (*_findings("error", (*problems, *look.errors)), *_findings("warning", look.warnings))
    file = TopologyFile(
        nodes=tuple(look.nodes.values()),
        departments=tuple(look.departments.values()),
        maintenance=tuple(look.windows.values()),
    )
    return Checked(file, tuple(sorted(found, key=lambda one: (one.line, one.column, one.text))))


def _findings(severity: Literal["error", "warning"], problems: Collection[Problem]) -> tuple[Finding, ...]:
    return tuple(
        Finding(severity=severity, file=one.file, line=one.line, column=one.column, text=one.text) for one in problems
    )


class _Look:
    """One look through a file; places lead to what is written."""

    def __init__(self, document: Document[Any], teams: Collection[str] | None) -> None:
        self._document = document
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
            self._span(i, window)
        self._graph()

    # -- names
    def _twice(self) -> None:
        for key, specs in (("nodes", self.nodes), ("departments", self.departments)):
            first: dict[str, int] = {}
            for i, spec in specs.items():
                if spec.id in first:
                    counts = "first" if key == "nodes" else "last"
                    text = f"{spec.id!r} is defined twice (first in line {self._line((key, first[spec.id]))})"
                    self._warn((key, i, "id"), f"{text}; the {counts} definition counts")
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
                    text = f"{name!r} is also a name of {owner} (line {self._line(where)})"
                    self._warn(place, f"{text}: an alert that says it is taken for neither")

    def _unknown(self, place: Place, kind: str, names: tuple[str, ...]) -> None:
        for j, name in enumerate(names):
            if name not in self._ids:
                self._error((*place, j), self._lost(kind, name, self._ids))

    def _lost(self, kind: str, name: str, known: Collection[str]) -> str:
        """The words for a name that nothing defines; the nearest one is looked for a few times only."""
        self._guesses += 1
        hint = did_you_mean(name, tuple(known)) if self._guesses <= MOST_GUESSES and len(name) < 200 else ""
        return f"unknown {kind} {name!r}{hint}"

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
                    self._warn(spot, f"{name} depends on itself: left out")
                elif name not in self._ids:
                    self._error(spot, self._lost("node", name, self._ids))
            if wanted in seen:
                self._warn(place, "the same dependency twice")
            seen.add(wanted)

    def _group(self, place: Place, group: tuple[str, ...]) -> None:
        if not group:
            self._warn(place, "any_of is empty: it says nothing; name the nodes that stand in for one another")
        elif len(set(group)) < 2:
            self._warn(place, f"any_of of {group[0]} alone is a hard dependency: write {group[0]}, or name the other")
        elif len(set(group)) < len(group):
            self._warn(place, "any_of names a node twice")

    def _fields(self, i: int, node: NodeSpec) -> None:
        place: Place = ("nodes", i)
        if node.ip and not is_address(node.ip):
            self._warn((*place, "ip"), f"{node.ip!r} is no IP address{_without_prefix(node.ip)}")
        if node.class_ and node.class_ not in SERVICE_CLASSES:
            self._warn((*place, "class"), f"class {node.class_!r}: expected critical, important or normal")
        elif node.class_ and node.kind != "service":
            self._warn((*place, "class"), f"class counts for services only; {node.id} is a {node.kind}")
        if node.kind == "service" and not node.depends_on:
            self._warn((*place, "id"), f"the service {node.id} depends on nothing: no failure will be seen to break it")
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
                        self._warn(("departments", i, key, j), f"{name!r} is also of {owner}; the last one counts")
            if department.people < 0:
                self._warn(("departments", i, "people"), "fewer than no people")

    def _span(self, i: int, window: MaintenanceSpec) -> None:
        if type(window.start) is type(window.end) and str(window.start) != str(window.end):
            try:
                backwards = window.end < window.start  # type: ignore[operator]
            except TypeError:  # one has a time zone, the other has none
                return
            if backwards:
                self._warn(("maintenance", i, "end"), "it ends before it starts: it covers nothing")

    # -- the graph
    def _graph(self) -> None:
        topology = Topology(TopologyFile(nodes=tuple(self.nodes.values())))
        index = {node.id: i for i, node in reversed(self.nodes.items())}
        for circle in _circles(topology):
            text = " -> ".join([*circle[:MOST_NAMES], *(["…"] if len(circle) > MOST_NAMES else []), circle[0]])
            self._warn(("nodes", index[circle[0]], "depends_on"), f"a circle: {text}; none of them explains another")
        alone = [n for n in topology.nodes if not topology.groups[n] and not topology.children.get(n)]
        if alone and len(alone) < len(topology.nodes):
            names = ", ".join(alone[:MOST_NAMES]) + (" …" if len(alone) > MOST_NAMES else "")
            text = f"{len(alone)} of {len(topology.nodes)} nodes depend on nothing, and nothing on them: {names}"
            self._warn(("nodes", index[alone[0]], "id"), f"{text}; their alerts are never explained by another's")

    def _line(self, place: Place) -> int:
        return self._document.problem(place, "").line

    def _warn(self, place: Place, text: str) -> None:
        self.warnings.append(self._document.problem(place, text))

    def _error(self, place: Place, text: str) -> None:
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
        return msgspec.convert(value, kind, strict=True)
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


def _without_prefix(ip: str) -> str:
    try:
        return f": did you mean {ipaddress.ip_interface(ip).ip}?"
    except ValueError:
        return ": write names into fqdn or aliases"


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
