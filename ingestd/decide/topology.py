"""What depends on what: names, dependency groups, reach, departments, maintenance.

The file's shape (nodes, departments, maintenance) is read by ``TopologyFile``; ``Topology`` answers questions about it.
Broken graphs fail open: a duplicate keeps its first definition, members of a cycle never explain one another, and both
are warnings.
"""

import ipaddress
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from ingestd.decide.spans import LAST, Hours, Monthly, hours_at, is_zone, midnight
from ingestd.decide.vocabulary import WEEKDAYS, Weekday
from ingestd.model import Impact, Weekly
from ingestd.yamltypes import Clock

#: Suffixes that stand for "here" rather than for a domain of somebody else.
LOCAL_SUFFIXES = frozenset({"local", "lan", "localdomain", "internal", "home", "intra"})
_DAY = timedelta(days=1)
LARGE_DEPARTMENT = 64  # nodes
#: From the most to the least important.
SERVICE_CLASSES = ("critical", "important", "normal", "")


class AnyOf(Struct, frozen=True, forbid_unknown_fields=True):
    """Redundant dependencies: out only if all are out."""

    any_of: tuple[str, ...]


class DeadlineSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By when a service or a department must have done something: on the last day of each stretch of a calendar."""

    id: str  # "tax"
    calendar: str  # of priority.yaml
    at: str = "18:00"  # the site's local time
    roll: bool = False  # on a day off: the next working day


class NodeSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"class_": "class"}):
    """A node as written in topology.yaml."""

    id: str
    kind: str = "server"
    name: str = ""
    fqdn: str = ""
    ip: str = ""
    aliases: tuple[str, ...] = ()
    site: str = ""
    rack: str = ""
    department: str = ""
    depends_on: tuple[str | AnyOf, ...] = ()
    owner: str = ""  # team
    remedy: str = ""  # what to do when it fails: backup procedure, spare part, runbook
    class_: str = ""  # services: critical, important, normal
    deadlines: tuple[DeadlineSpec, ...] = ()


class DepartmentSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A department: who works there and what they use."""

    id: str
    name: str = ""
    people: int = 0
    mail_domains: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()  # addresses, where the domain does not tell departments apart
    uses: tuple[str, ...] = ()
    contact: str = ""  # a person of people.yaml: told when a P1 hits the department, and when it is over
    deadlines: tuple[DeadlineSpec, ...] = ()


class WeeklySpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Some hours of some days of every week."""

    weekdays: tuple[Weekday, ...]  # on which it begins
    from_: Clock = Clock(0)
    to: Clock = Clock(1440)  # not after ``from``: of the next day

    def __post_init__(self) -> None:
        if not self.weekdays:
            raise ValueError("expected at least one weekday")

    def hours(self, zone: str) -> Weekly:
        """The same by the clocks of a zone."""
        days = tuple(sorted({WEEKDAYS.index(day) for day in self.weekdays}))
        return Weekly(weekdays=days, from_minute=int(self.from_), to_minute=int(self.to), zone=zone)


class MonthlySpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Some hours of one day of every month: of the second Tuesday, of the last Sunday."""

    nth: Literal[1, 2, 3, 4, "last"]  # which of these days of the month
    weekday: Weekday
    from_: Clock = Clock(0)
    to: Clock = Clock(1440)  # not after ``from``: of the next day

    def hours(self, zone: str) -> Monthly:
        """The same by the clocks of a zone."""
        nth, day = LAST if self.nth == "last" else self.nth, WEEKDAYS.index(self.weekday)
        return Monthly(nth=nth, weekday=day, from_minute=int(self.from_), to_minute=int(self.to), zone=zone)


class MaintenanceSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Maintenance of its targets and of all that depends on them: from start to end, or at hours that come again."""

    targets: tuple[str, ...]
    start: float | datetime | None = None  # of a single window; epoch seconds, or ISO (UTC if bare)
    end: float | datetime | None = None  # of a single window
    weekly: WeeklySpec | None = None  # every week
    monthly: MonthlySpec | None = None  # every month
    since: date | None = None  # weekly, monthly: the first day on which it may begin
    until: date | None = None  # weekly, monthly: the last day on which it may begin
    zone: str = ""  # weekly, monthly: whose clocks count; empty: the site's
    summary: str = ""

    def __post_init__(self) -> None:
        single = self.start is not None or self.end is not None
        if single + (self.weekly is not None) + (self.monthly is not None) != 1:
            raise ValueError("expected either start and end, or weekly, or monthly")
        if single and (self.start is None or self.end is None):
            raise ValueError("a single window needs start and end")
        if single and (self.since or self.until or self.zone):
            raise ValueError("since, until and zone go with weekly and monthly")


class TopologyFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """config/topology.yaml."""

    version: int = 1
    nodes: tuple[NodeSpec, ...] = ()
    departments: tuple[DepartmentSpec, ...] = ()
    maintenance: tuple[MaintenanceSpec, ...] = ()


class Window(Struct, frozen=True):
    """A maintenance window with everything it covers. With ``hours`` it comes again, beginning between the two."""

    target: str
    start: float
    end: float
    summary: str
    covers: frozenset[str]
    hours: Hours | None = None

    def holds(self, wall: float) -> bool:
        """Whether it covers anything at a wall time."""
        if self.hours is None:
            return self.start <= wall < self.end
        found = hours_at(self.hours, wall)
        return found is not None and self.start <= found[0] < self.end

    def ends(self, wall: float) -> float:
        """When it is over that holds at a wall time."""
        found = hours_at(self.hours, wall) if self.hours is not None else None
        return found[1] if found is not None else self.end


class Topology:
    """The graph, indexed once; every question costs about the depth of the graph or is remembered."""

    def __init__(self, file: TopologyFile, zone: str = "UTC") -> None:
        """``zone``: whose clocks the maintenance goes by that names none."""
        self.warnings: list[str] = []
        self.nodes: dict[str, NodeSpec] = {}
        self.groups: dict[str, tuple[tuple[str, ...], ...]] = {}
        self.children: dict[str, list[str]] = {}
        self.departments = {d.id: d for d in file.departments}
        self._names: dict[str, str] = {}
        self._short: dict[str, str] = {}
        self._ancestors: dict[str, tuple[str, ...]] = {}
        self._reach: dict[str, frozenset[str]] = {}
        self._partners: dict[str, frozenset[str]] = {}
        self._hard: dict[str, list[str]] = {}
        self._places: dict[str, tuple[str, ...]] = {}
        self._impacts: dict[str, Impact] = {}
        self._take_nodes(file.nodes)
        self.everybody = sum(d.people for d in file.departments)  # people
        dated: tuple[NodeSpec | DepartmentSpec, ...] = (*self.nodes.values(), *file.departments)
        self._deadlines = {one.id: one.deadlines for one in dated if one.deadlines}
        self._racks = _by(self.nodes.values(), lambda spec: (spec.site, spec.rack) if spec.rack else None)
        self._users = _users(file.departments)
        self._domains = {m.casefold(): d.id for d in file.departments for m in (*d.mail_domains, *d.mails)}
        self.cyclic = self._find_cycles()
        self.windows = tuple(self._windows(file.maintenance, zone))

    # -- building
    def _take_nodes(self, specs: Iterable[NodeSpec]) -> None:
        for spec in specs:
            if spec.id in self.nodes:
                self.warnings.append(f"node {spec.id} is defined twice; the first definition counts")
                continue
            self.nodes[spec.id] = spec
        for spec in self.nodes.values():
            self.groups[spec.id] = tuple(self._groups(spec))
            for dep in {dep for group in self.groups[spec.id] for dep in group}:
                self.children.setdefault(dep, []).append(spec.id)
            self._take_names(spec)

    def _groups(self, spec: NodeSpec) -> Iterator[tuple[str, ...]]:
        for dep in spec.depends_on:
            group = dep.any_of if isinstance(dep, AnyOf) else (dep,)
            known = tuple(d for d in group if d in self.nodes and d != spec.id)
            self.warnings += [
                f"node {spec.id} depends on {d}, which is not defined" for d in group if d not in self.nodes
            ]
            if known:
                yield known

    def _take_names(self, spec: NodeSpec) -> None:
        for name in filter(None, (spec.id, spec.name, spec.fqdn, spec.ip, *spec.aliases)):
            _claim(self._names, name.casefold().rstrip("."), spec.id)
        for name in filter(None, (spec.id, spec.fqdn)):
            if "." in name and not _is_address(name):
                _claim(self._short, name.casefold().split(".")[0], spec.id)

    def _find_cycles(self) -> frozenset[str]:
        """Nodes on a cycle (Tarjan's strongly connected components, iterative)."""
        index: dict[str, int] = {}
        low: dict[str, int] = {}
        stack: list[str] = []
        on_stack: set[str] = set()
        cyclic: set[str] = set()
        for start in self.nodes:
            if start in index:
                continue
            work = [(start, iter(self.parents(start)))]
            index[start] = low[start] = len(index)
            stack.append(start)
            on_stack.add(start)
            while work:
                node, parents = work[-1]
                for parent in parents:
                    if parent not in index:
                        index[parent] = low[parent] = len(index)
                        stack.append(parent)
                        on_stack.add(parent)
                        work.append((parent, iter(self.parents(parent))))
                        break
                    if parent in on_stack:
                        low[node] = min(low[node], index[parent])
                else:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[node])
                    if low[node] == index[node]:
                        ring = _pop_ring(stack, on_stack, node)
                        if len(ring) > 1:
                            cyclic.update(ring)
                            self.warnings.append(
                                "these nodes depend on one another in a circle: " + ", ".join(sorted(ring))
                            )
        return frozenset(cyclic)

    def _windows(self, specs: Iterable[MaintenanceSpec], zone: str) -> Iterator[Window]:
        for spec in specs:
            known = not spec.zone or is_zone(spec.zone)
            if not known:
                self.warnings.append(f"maintenance names the time zone {spec.zone}, which is not known")
            hours, start, end = _when(spec, (spec.zone if known else "") or zone)
            for target in spec.targets:
                if target in self.nodes:
                    yield Window(target, start, end, spec.summary, self.reach(target), hours)
                else:
                    self.warnings.append(f"maintenance names {target}, which is not defined")

    # -- names
    def resolve(self, host: str | None) -> str | None:
        """The node a host field names, whatever its case, port or domain, by id, IP or alias; None if unclear."""
        for name in _spellings(host):
            node = self._names.get(name)
            if node:
                return node
            if "." in name and not _is_address(name):
                short, _, domain = name.partition(".")
                node = self._names.get(short) or self._short.get(short)
                if node and (not self.nodes[node].fqdn or domain in LOCAL_SUFFIXES):
                    return node
            elif self._short.get(name):
                return self._short[name]
        return None

    def service_on(self, check: str | None, host: str | None) -> str | None:
        """The service node that a check name means, if that service runs on (or is known without) this host."""
        node = self._names.get(check.casefold()) if check else None
        if not node or self.nodes[node].kind != "service":
            return None
        return node if host is None or host not in self.nodes or host in self.ancestors(node) else None

    def spellings(self) -> Iterator[tuple[str, str]]:
        """Every (spelling, node id), for finding names in free text."""
        for spec in self.nodes.values():
            for name in filter(None, (spec.id, spec.name, spec.fqdn, spec.ip, *spec.aliases)):
                yield name, spec.id

    def places_of(self, department: str) -> tuple[str, ...]:
        """The nodes of a department; of a large one, one for each way of being connected: a switch counts once."""
        found = self._places.get(department)
        if found is None:
            own = [spec.id for spec in self.nodes.values() if spec.department == department]
            by_way = {self.groups[node]: node for node in reversed(own)}
            large = len(own) > LARGE_DEPARTMENT
            found = self._places[department] = tuple(reversed(by_way.values()) if large else own)
        return found

    def addresses(self) -> Iterable[str]:
        """The mail domains and addresses of departments."""
        return self._domains

    def department_of(self, address: str) -> str:
        """The department a mail address belongs to, or ""."""
        address = address.casefold()
        return self._domains.get(address) or self._domains.get(address.partition("@")[2], "")

    # -- the graph
    def parents(self, node: str) -> list[str]:
        """Every node that this one names in any of its groups, in the order written."""
        return list(dict.fromkeys(dep for group in self.groups.get(node, ()) for dep in group))

    def hard_parents(self, node: str) -> list[str]:
        """Dependencies without an alternative."""
        return [group[0] for group in self.groups.get(node, ()) if len(group) == 1]

    def hard_children(self, node: str) -> list[str]:
        """Nodes for which this one has no alternative."""
        found = self._hard.get(node)
        if found is None:
            found = self._hard[node] = [c for c in self.children.get(node, ()) if (node,) in self.groups[c]]
        return found

    def ancestors(self, node: str) -> tuple[str, ...]:
        """Everything it depends on, nearest first."""
        found = self._ancestors.get(node)
        if found is None:
            seen = {node: None}
            queue = deque([node])
            while queue:
                for parent in self.parents(queue.popleft()):
                    if parent not in seen:
                        seen[parent] = None
                        queue.append(parent)
            found = self._ancestors[node] = tuple(seen)[1:]
        return found

    def reach(self, node: str) -> frozenset[str]:
        """The node and all that goes down with it if it alone fails."""
        found = self._reach.get(node)
        if found is None:
            found = self._reach[node] = self.reach_of((node,))
        return found

    def reach_of(self, nodes: Iterable[str]) -> frozenset[str]:
        """The nodes and all that goes down if all of them fail."""
        down = set(nodes)
        queue = deque(sorted(down))
        while queue:
            for child in self.children.get(queue.popleft(), ()):
                if child not in down and any(down.issuperset(group) for group in self.groups[child]):
                    down.add(child)
                    queue.append(child)
        return frozenset(down)

    def partners(self, node: str) -> frozenset[str]:
        """The nodes that stand in for this one: members of an any-of group with it."""
        found = self._partners.get(node)
        if found is None:
            groups = (group for child in self.children.get(node, ()) for group in self.groups[child] if node in group)
            found = self._partners[node] = frozenset(p for group in groups for p in group if p != node)
        return found

    def rack_of(self, node: str) -> list[str]:
        """The nodes of the same rack, itself included; none if nobody says where it stands."""
        spec = self.nodes.get(node)
        return self._racks.get((spec.site, spec.rack), []) if spec is not None and spec.rack else []

    def maintenance(self, node: str, wall: float) -> Window | None:
        """The window that covers a node at a wall time."""
        return next((w for w in self.windows if node in w.covers and w.holds(wall)), None)

    def impact(self, node: str) -> Impact:
        """What breaks for whom if this node is down."""
        found = self._impacts.get(node)
        if found is None:
            found = self._impacts[node] = self.impact_of(self.reach(node))
        return found

    def called(self, name: str) -> str:
        """The name that people know of a department or a node; what is asked if there is none."""
        found = self.departments.get(name) or self.nodes.get(name)
        return (found.name if found else "") or name

    def deadlines_of(self, impact: Impact) -> tuple[DeadlineSpec, ...]:
        """What the services and departments that are hit must have done by when."""
        if not self._deadlines:
            return ()
        return tuple(d for one in (*impact.services, *impact.departments) for d in self._deadlines.get(one, ()))

    def impact_of(self, down: Iterable[str]) -> Impact:
        """What a set of dead nodes means: services, departments (theirs and those that use a service), people."""
        specs = [self.nodes[n] for n in down if n in self.nodes]
        services = sorted((s for s in specs if s.kind == "service"), key=lambda s: (_rank(s.class_), s.id))
        hit = {s.department for s in specs if s.department in self.departments}
        hit |= {d for s in specs for d in self._users.get(s.id, ())}
        people = sum(self.departments[d].people for d in hit)
        best = services[0].class_ if services else ""
        return Impact(len(specs), tuple(s.id for s in services[:20]), tuple(sorted(hit)), people, best)


def alike_key(site: str, kind: str) -> str:
    """What incidents about nodes of a kind at a site are found under."""
    return f"kind:{site}/{kind}"


def rack_key(site: str, rack: str) -> str:
    """What incidents about nodes in a rack are found under."""
    return f"rack:{site}/{rack}"


def keys_of(spec: NodeSpec) -> set[str]:
    """Both, as far as it is known where a node stands."""
    alike = {alike_key(spec.site, spec.kind)} if spec.site else set()
    return alike | {rack_key(spec.site, spec.rack)} if spec.rack else alike


def normal_name(host: str | None) -> str:
    """How an unknown host is called: lower case, without port and trailing dot."""
    return next(iter(_spellings(host)), "")


def _spellings(host: str | None) -> Iterator[str]:
    """The forms to look a host field up by, the most literal first after taking the port off."""
    name = (host or "").strip().casefold().rstrip(".")
    if not name:
        return
    head, colon, port = name.rpartition(":")
    yield (
        head.strip("[]").rstrip(".")
        if colon and port.isdigit() and (":" not in head or "]" in head)
        else name.strip("[]")
    )
    if name.endswith(")") and " (" in name:
        yield name.partition(" (")[0]


def _claim(names: dict[str, str], name: str, node: str) -> None:
    """Two owners of one spelling: nobody's."""
    names[name] = node if names.get(name, node) == node else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _when(spec: MaintenanceSpec, zone: str) -> tuple[Hours | None, float, float]:
    """The hours that come again, if they do, and between which times a window begins; of a single one its ends."""
    pattern = spec.weekly or spec.monthly
    if pattern is None:
        return None, epoch(spec.start), epoch(spec.end)
    last = midnight(spec.until + _DAY, zone) if spec.until and spec.until < date.max else float("inf")
    return pattern.hours(zone), midnight(spec.since, zone) if spec.since else 0.0, last


def epoch(when: float | datetime | None) -> float:
    """Epoch seconds of a time as written; 0: it is not."""
    if isinstance(when, datetime):
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return when or 0.0


def _rank(service_class: str) -> int:
    return SERVICE_CLASSES.index(service_class) if service_class in SERVICE_CLASSES else len(SERVICE_CLASSES)


def _users(departments: Iterable[DepartmentSpec]) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for department in departments:
        for service in department.uses:
            users.setdefault(service, []).append(department.id)
    return users


def _by(
    specs: Iterable[NodeSpec], key: Callable[[NodeSpec], tuple[str, str] | None]
) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for spec in specs:
        place = key(spec)
        if place is not None:
            found.setdefault(place, []).append(spec.id)
    return found


def _pop_ring(stack: list[str], on_stack: set[str], last: str) -> list[str]:
    ring = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        ring.append(node)
        if node == last:
            return ring
