"""Nagios (and Icinga 1, Naemon, Shinken) object files.

Read are hosts, host groups, templates (``use``, ``register 0``, ``+`` and ``null``) and dependencies. Several parents
stand in for one another: Nagios calls a host unreachable only if all of its parents are down. A host dependency is a
hard one if it looks at DOWN or UNREACHABLE. Dependencies between services are about checks, not about reach: they
become edges only where both checks say whether the host answers. Format: "Object Definitions" of the Nagios Core
manual.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from ingestd.decide.topology import NodeSpec
from ingestd.inventory.addresses import full_name, own_address
from ingestd.inventory.files import Text, texts, unreadable
from ingestd.inventory.found import At, Gathering, Inventory, Options
from ingestd.inventory.kinds import guess, is_reachability

#: Other spellings of a directive.
SPELLINGS = {
    "parent": "parents",
    "host": "host_name",
    "hosts": "host_name",
    "master_host": "host_name",
    "master_host_name": "host_name",
    "hostgroup": "hostgroup_name",
    "hostgroups_name": "hostgroup_name",
    "host_groups": "hostgroups",
    "dependent_host": "dependent_host_name",
    "dependent_hostgroup": "dependent_hostgroup_name",
    "dependent_hostgroups": "dependent_hostgroup_name",
    "description": "service_description",
    "dependent_description": "dependent_service_description",
    "host_notification_failure_criteria": "notification_failure_criteria",
    "execution_failure_options": "execution_failure_criteria",
    "notification_failure_options": "notification_failure_criteria",
}
KEPT = frozenset({"host", "hostgroup", "hostdependency", "servicedependency"})
#: Criteria of a host dependency that mean: the master does not answer.
DOWN_STATES = frozenset({"d", "u", "down", "unreachable"})
DEEPEST = 50  # templates of templates
_DEFINE = re.compile(r"define\s+([a-z]+)\s*(\{?)\s*$")
_INCLUDE = re.compile(r"(cfg_file|cfg_dir|include_file|include_dir)\s*=\s*(\S.*)$")


class Definition(Struct, frozen=True):
    """A ``define`` block: what it sets, and where."""

    type: str
    at: At
    sets: dict[str, str]  # directive -> value, as written


def read(paths: Sequence[Path], options: Options) -> Inventory:
    """Object files, folders of them, or a nagios.cfg that names them."""
    gathering = Gathering()
    found = [one for text in texts(paths, (".cfg",), _included) for one in _definitions(text, gathering)]
    if not found:
        raise unreadable(At(str(paths[0])), "no `define host` or other object in it: expected Nagios object files")
    Site(found, gathering).gather()
    return gathering.finish(options.site)


def _included(text: Text) -> Iterator[tuple[Path, At]]:
    for number, line in enumerate(text.text.split("\n"), 1):
        found = _INCLUDE.match(line.strip())
        if found:
            yield text.path.parent / found[2].strip(), At(text.name, number)


def _definitions(text: Text, gathering: Gathering) -> Iterator[Definition]:
    """Every block of a kind that counts."""
    open_: Definition | None = None
    braced = True
    for number, line in _lines(text.text):
        at = At(text.name, number)
        start = _DEFINE.match(line)
        if open_ is None and start:
            open_, braced = Definition(start[1], at, {}), bool(start[2])
        elif open_ is not None and not braced and line == "{":
            braced = True
        elif open_ is not None and line.startswith("}"):
            if open_.type in KEPT:
                yield open_
            open_ = None
        elif open_ is not None and start:
            gathering.remark(open_.at, f"define {open_.type}: no }} before the next define in line {number}")
            yield from (open_,) if open_.type in KEPT else ()
            open_, braced = Definition(start[1], at, {}), bool(start[2])
        elif open_ is not None:
            key, _, value = line.partition(" ")
            open_.sets[SPELLINGS.get(key, key)] = value.strip()
    if open_ is not None:
        gathering.remark(open_.at, f"define {open_.type}: no }} up to the end of the file")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with continuations joined, without comments, tabs as blanks."""
    whole, first = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        first = first or number
        if line.endswith("\\") and not line.endswith("\\\\"):
            whole += line[:-1] + " "
            continue
        clean = _uncommented(whole + line)
        if clean:
            yield first, clean
        whole, first = "", 0
    if whole:
        yield first, _uncommented(whole)


def _uncommented(line: str) -> str:
    clean = line.replace("\t", " ").strip()
    if clean.startswith(("#", ";")):
        return ""
    return re.sub(r"(?<!\\);.*", "", clean).replace("\\;", ";").strip()


class Site:
    """The definitions, with templates applied and groups opened up."""

    def __init__(self, found: Sequence[Definition], gathering: Gathering) -> None:
        self._gathering = gathering
        self._templates = {(one.type, one.sets["name"]): one for one in found if one.sets.get("name")}
        self._whole: dict[int, dict[str, str]] = {}
        kept = [one for one in found if one.sets.get("register", "1") != "0"]
        self._of = {type_: [one for one in kept if one.type == type_] for type_ in KEPT}
        self._hosts: dict[str, Definition] = {}
        for one in self._of["host"]:
            for name in _names(self._sets(one).get("host_name", "")):
                self._hosts.setdefault(name, one)
        self._groups = self._members()

    def gather(self) -> None:
        """Hosts first, then what they depend on."""
        belongs: dict[str, list[str]] = {}
        for group, members in self._groups.items():
            for host in members:
                belongs.setdefault(host, []).append(group)
        for name, one in self._hosts.items():
            self._host(name, one, belongs.get(name, []))
        for one in self._of["hostdependency"]:
            self._host_dependency(one)
        for one in self._of["servicedependency"]:
            self._service_dependency(one)

    def _host(self, name: str, one: Definition, groups: list[str]) -> None:
        sets = self._sets(one)
        address = sets.get("address", "")
        says = [name_ for name_ in (sets.get("alias", ""), sets.get("display_name", "")) if name_ not in ("", name)]
        hint = guess(*groups, *_names(sets.get("use", "")), *says, sets.get("icon_image", ""), name)
        notes = () if hint is None or hint.kind == NodeSpec(id="").kind else (f'kind guessed from "{hint.word}"',)
        spec = NodeSpec(
            id=name,
            kind=hint.kind if hint else "server",
            name=says[0] if says else "",
            ip=own_address(address),
            fqdn=full_name(address, name),
            aliases=tuple(says[1:]),
        )
        self._gathering.node(spec, *notes)
        self._gathering.needs(name, tuple(self._hosts_in(one, "parents")), one.at)

    def _host_dependency(self, one: Definition) -> None:
        sets = self._sets(one)
        masters = self._named(one, "host_name", "hostgroup_name")
        children = self._named(one, "dependent_host_name", "dependent_hostgroup_name")
        if not masters or not children:
            self._gathering.remark(one.at, "hostdependency without host_name or dependent_host_name: left out")
            return
        criteria = {
            word.casefold()
            for key in ("execution_failure_criteria", "notification_failure_criteria")
            for word in _names(sets.get(key, ""))
        }
        if not criteria & DOWN_STATES:
            names = ", ".join(children)
            self._gathering.remark(one.at, f"hostdependency of {names} does not look at d or u: no edge")
            return
        for child in children:
            for master in masters:
                self._gathering.needs(child, (master,), one.at)

    def _service_dependency(self, one: Definition) -> None:
        sets = self._sets(one)
        masters = self._named(one, "host_name", "hostgroup_name")
        children = self._named(one, "dependent_host_name", "dependent_hostgroup_name") or masters
        checks = [sets.get(key, "") for key in ("service_description", "dependent_service_description")]
        pairs = [(child, master) for child in children for master in masters if child != master]
        if all(is_reachability(check) for check in checks):
            for child, master in pairs:
                self._gathering.needs(child, (master,), one.at)
        elif pairs:
            child, master = pairs[0]
            more = f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""
            text = f'"{checks[1]}" on {child} depends on "{checks[0]}" on {master}{more}: about checks, not about reach'
            self._gathering.remark(one.at, f"{text}: no edge; write a service node if one breaks the other")

    # -- templates
    def _sets(self, one: Definition) -> dict[str, str]:
        """What it sets, with what its templates set."""
        found = self._whole.get(id(one))
        if found is None:
            found = self._whole[id(one)] = self._inherited(one, ())
        return found

    def _inherited(self, one: Definition, trail: tuple[str, ...]) -> dict[str, str]:
        sets = dict(one.sets)
        for name in _names(one.sets.get("use", "")):
            template = self._templates.get((one.type, name))
            if template is None:
                self._gathering.remark(one.at, f"{one.type} uses the template {name!r}, which is defined nowhere")
            elif name in trail or len(trail) >= DEEPEST:
                self._gathering.remark(template.at, f"the template {name!r} uses itself, or too many others")
            else:
                if id(template) not in self._whole:
                    self._whole[id(template)] = self._inherited(template, (*trail, name))
                _fill(sets, self._whole[id(template)])
        return sets

    # -- groups and lists
    def _members(self) -> dict[str, dict[str, None]]:
        """Host group -> hosts, with the groups inside it."""
        groups: dict[str, dict[str, None]] = {}
        inside: dict[str, list[str]] = {}
        for one in self._of["hostgroup"]:
            sets = self._sets(one)
            for name in _names(sets.get("hostgroup_name", "")):
                groups.setdefault(name, {}).update(dict.fromkeys(self._chosen(_list(sets, "members"), one.at)))
                inside.setdefault(name, []).extend(_list(sets, "hostgroup_members"))
        for host, one in self._hosts.items():
            for name in _list(self._sets(one), "hostgroups"):
                groups.setdefault(name, {})[host] = None
        return {name: self._opened(name, groups, inside) for name in groups}

    @staticmethod
    def _opened(name: str, groups: dict[str, dict[str, None]], inside: dict[str, list[str]]) -> dict[str, None]:
        members: dict[str, None] = {}
        seen = {name}
        waiting = [name]
        while waiting:
            group = waiting.pop()
            members.update(groups.get(group, {}))
            waiting += (fresh := [other for other in inside.get(group, ()) if other not in seen])
            seen.update(fresh)
        return members

    def _hosts_in(self, one: Definition, key: str) -> list[str]:
        return self._chosen(_list(self._sets(one), key), one.at)

    def _named(self, one: Definition, hosts: str, groups: str) -> list[str]:
        """The hosts of two directives: by name, and by group."""
        sets = self._sets(one)
        found = dict.fromkeys(self._hosts_in(one, hosts))
        for name in _list(sets, groups):
            if name not in self._groups:
                self._gathering.remark(one.at, f"host group {name!r} is defined nowhere")
            found.update(self._groups.get(name, {}))
        return list(found)

    def _chosen(self, names: Sequence[str], at: At) -> list[str]:
        """``*`` is every host, ``!name`` takes one out."""
        chosen = dict.fromkeys(self._hosts) if "*" in names else {}
        for name in names:
            if name.startswith("!"):
                chosen.pop(name[1:], None)
            elif "*" in name and name != "*":
                self._gathering.remark(at, f"the pattern {name!r} is not followed: name the hosts, or a host group")
            elif name != "*":
                chosen[name] = None
        return list(chosen)


def _fill(sets: dict[str, str], more: dict[str, str]) -> None:
    """Take over what a template sets: what is set already stays, ``+`` adds to it, ``null`` takes nothing."""
    for key, value in more.items():
        if key in ("name", "register", "use"):
            continue
        own = sets.get(key)
        if own is None:
            sets[key] = value
        elif own.startswith("+"):
            sets[key] = f"{own},{value.removeprefix('+')}" if value != "null" else own
            if not value.startswith("+"):
                sets[key] = sets[key].removeprefix("+")


def _list(sets: dict[str, str], key: str) -> list[str]:
    value = sets.get(key, "").removeprefix("+")
    return [] if value == "null" else _names(value)


def _names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]
