"""Icinga 2: hosts, host groups and dependencies from its configuration files.

Dependencies are hard ones; those of one ``redundancy_group`` stand in for one another. Apply rules are decided host by
host where that needs no running Icinga; every other one is a remark. A dependency of or on a service is about checks,
not about reach.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from ingestd.decide.topology import NodeSpec
from ingestd.inventory.addresses import full_name, own_address
from ingestd.inventory.files import Text, texts, unreadable
from ingestd.inventory.found import At, Gathering, Inventory, Options
from ingestd.inventory.icingalang import Body, Definition, Statement, definitions
from ingestd.inventory.icingavalues import UNKNOWN, Value, run, truth, value_of
from ingestd.inventory.kinds import guess, is_reachability

DEEPEST = 50  # templates of templates
#: Variables of a host that say where it is, and the field for each.
PLACES = {"site": "site", "location": "site", "datacenter": "site", "rack": "rack"}
#: Variables that tell what it is.
TELLING = ("os", "type", "role", "device_type", "kind", "hardware", "category", "os_type")
_INCLUDE = re.compile(r'include(?:_recursive)?\s+"([^"\n]+)"')


def read(paths: Sequence[Path], options: Options) -> Inventory:
    """Configuration files, folders such as conf.d, or an icinga2.conf that includes them."""
    gathering = Gathering()
    found = [one for text in texts(paths, (".conf",), _included) for one in definitions(text)]
    if not found:
        raise unreadable(At(str(paths[0])), "no object in it: expected Icinga 2 configuration")
    Site(found, gathering).gather()
    return gathering.finish(options.site)


def _included(text: Text) -> Iterator[tuple[Path, At]]:
    for number, line in enumerate(text.text.split("\n"), 1):
        found = _INCLUDE.match(line.strip())
        if found:
            pattern = found[1].lstrip("/")
            base = Path("/") if found[1].startswith("/") else text.path.parent
            paths = sorted(base.glob(pattern)) if "*" in pattern else [base / pattern]
            yield from ((path, At(text.name, number)) for path in paths)


class _Run(Struct):
    """A body that is being carried out: what it is of, what it sets, what it sees, what it imported."""

    type: str
    attributes: dict[str, Value]
    scope: dict[str, Value]
    imports: list[str] = []


class Site:
    """All definitions, carried out as far as that goes without running."""

    def __init__(self, found: Sequence[Definition], gathering: Gathering) -> None:
        self._gathering = gathering
        self._found = found
        self._constants: dict[str, Value] = {}
        for one in found:
            if one.word == "const":
                name = value_of(one.name, {})
                self._constants[name] = value_of(one.body.statements[0].value, self._constants)
        self._templates = {
            (one.type, value_of(one.name, self._constants)): one for one in found if one.word == "template"
        }
        self._hosts: dict[str, dict[str, Value]] = {}
        self._redundant: dict[tuple[str, str], tuple[At, dict[str, None]]] = {}

    def gather(self) -> None:
        """Hosts, their groups, then what they depend on."""
        for one in self._objects("Host"):
            self._host(one)
        for one in self._objects("HostGroup"):
            self._group(one)
        for name, host in self._hosts.items():
            self._node(name, host)
        for one in self._found:
            if one.type == "Dependency" and one.word == "object":
                self._dependency(one, dict(self._constants), "", one.at)
            elif one.type == "Dependency" and one.word == "apply":
                self._rule(one)
        for (child, _), (at, parents) in self._redundant.items():
            self._gathering.needs(child, tuple(parents), at)

    def _objects(self, type_: str) -> Iterator[Definition]:
        return (one for one in self._found if one.word == "object" and one.type == type_)

    def _host(self, one: Definition) -> None:
        name = self._name(one)
        if name is None:
            return
        host: dict[str, Value] = {"name": name, "vars": {}, "groups": []}
        run_ = _Run(one.type, host, self._constants)
        rest = self._run(one.body, run_)
        for statement in rest:
            if statement.word == "":
                text = f"{name}: what stands here is known to a running Icinga only: not followed"
                self._gathering.remark(statement.at, text)
        host["templates"] = run_.imports
        if name in self._hosts:
            self._gathering.remark(one.at, f"host {name} is defined twice: the first one counts")
        self._hosts.setdefault(name, host)

    def _name(self, one: Definition) -> str | None:
        name = value_of(one.name, self._constants)
        if isinstance(name, str) and name:
            return name
        said = getattr(one.name, "name", "")
        if said:
            text = f"the constant {said} is defined in no file that was read: the host is called {said} here"
            self._gathering.remark(one.at, text)
            return str(said)
        self._gathering.remark(one.at, f"the name of this {one.type} can't be decided: left out")
        return None

    def _run(self, body: Body, run_: "_Run", trail: tuple[str, ...] = ()) -> list[Statement]:
        """Carry out a body with what it imports, in the order written; what is left comes back."""
        left = []
        for statement in body.statements:
            if statement.word == "import":
                left += self._import(statement, run_, trail)
            else:
                left += run(Body((statement,)), run_.attributes, run_.scope)
        return left

    def _import(self, statement: Statement, run_: "_Run", trail: tuple[str, ...]) -> list[Statement]:
        name = value_of(statement.value, {**run_.scope, **run_.attributes})
        template = self._templates.get((run_.type, name)) if isinstance(name, str) else None
        if template is None or name in trail or len(trail) >= DEEPEST:
            why = "which is defined nowhere" if template is None else "which imports itself"
            self._gathering.remark(statement.at, f"imports the template {name!r}, {why}")
            return []
        run_.imports.append(name)
        return self._run(template.body, run_, (*trail, name))

    def _group(self, one: Definition) -> None:
        name = self._name(one)
        rest = self._run(one.body, _Run(one.type, {}, self._constants))
        for host in self._hosts.values():
            chosen = self._chosen(rest, self._scope(host))
            if chosen is None:
                self._gathering.remark(one.at, f"host group {name}: who belongs to it can't be decided here")
                return
            if chosen and name and isinstance(host.get("groups"), list):
                host["groups"] = list(dict.fromkeys((*host["groups"], name)))

    def _node(self, name: str, host: dict[str, Value]) -> None:
        address, shown = _said(host.get("address")) or _said(host.get("address6")), _said(host.get("display_name"))
        variables = host["vars"] if isinstance(host.get("vars"), dict) else {}
        groups = host["groups"] if isinstance(host.get("groups"), list) else []
        telling = (
            *(_said(variables.get(key)) for key in TELLING),
            *map(_said, groups),
            *host["templates"],
            shown,
            name,
        )
        hint = guess(*filter(None, telling))
        places: dict[str, Any] = {}
        for key, field in PLACES.items():
            if _said(variables.get(key)):
                places.setdefault(field, _said(variables[key]))
        spec = NodeSpec(
            id=name,
            kind=hint.kind if hint else "server",
            name=shown if shown != name else "",
            ip=own_address(address),
            fqdn=full_name(address, name),
            **places,
        )
        self._gathering.node(spec, f'kind guessed from "{hint.word}"' if hint and hint.kind != "server" else "")

    # -- dependencies
    def _rule(self, rule: Definition) -> None:
        if rule.to == "Service":
            self._gathering.remark(rule.at, "a rule for services is about checks, not about reach: no edges")
            return
        for name, host in self._hosts.items():
            scope = self._scope(host)
            chosen = self._chosen(self._run(rule.body, _Run("Dependency", {}, scope)), scope)
            among = value_of(rule.among, scope) if rule.among is not None else None
            if rule.among is not None and chosen is not None:
                chosen = chosen or not any(one.word == "assign" for one in rule.body.statements)
                chosen = None if among is UNKNOWN and chosen else chosen and among is not None
            if chosen is None:
                text = f"whether this rule holds for {name} (and maybe others) only a running Icinga can say"
                self._gathering.remark(rule.at, f"{text}: write those edges by hand")
                return
            for more in _each(rule, among) if chosen else ():
                self._dependency(rule, {**scope, **more}, name, rule.at)

    def _dependency(self, one: Definition, scope: dict[str, Value], child: str, at: At) -> None:
        attributes: dict[str, Value] = {"child_host_name": child} if child else {}
        self._run(one.body, _Run("Dependency", attributes, scope))
        kid, parent = attributes.get("child_host_name"), attributes.get("parent_host_name")
        if not isinstance(kid, str) or not isinstance(parent, str) or not parent:
            if parent is not None or not child:
                self._gathering.remark(
                    at, f"the parent or the child can't be decided{f' for {child}' if child else ''}"
                )
            return
        service = attributes.get("parent_service_name")
        if attributes.get("child_service_name") or (service and not is_reachability(str(service))):
            text = f"{kid} depends on {parent} by a service: about checks, not about reach: no edge"
            self._gathering.remark(at, text)
            return
        redundant = attributes.get("redundancy_group")
        if kid == parent:
            return
        if isinstance(redundant, str) and redundant:
            self._redundant.setdefault((kid, redundant), (at, {}))[1][parent] = None
        else:
            self._gathering.needs(kid, (parent,), at)

    def _chosen(self, statements: Sequence[Statement], scope: dict[str, Value]) -> bool | None:
        """Whether ``assign where`` takes a host in and ``ignore where`` does not take it out; None if unknown."""
        taken, out = (
            [truth(value_of(one.value, scope)) for one in statements if one.word == word]
            for word in ("assign", "ignore")
        )
        if True in out or not (True in taken or None in taken):
            return False
        return None if None in out or True not in taken else True

    def _scope(self, host: dict[str, Value]) -> dict[str, Value]:
        return {**self._constants, "host": host}


def _each(rule: Definition, among: Value) -> Iterator[dict[str, Value]]:
    """The variables of ``for``, once for each of what it goes through."""
    if rule.among is None:
        yield {}
    elif isinstance(among, dict):
        for key, value in among.items():
            yield dict(zip(rule.each, (key, value), strict=False))
    elif isinstance(among, list):
        for value in among:
            yield {rule.each[0]: value}


def _said(value: Value) -> str:
    return value if isinstance(value, str) else ""
