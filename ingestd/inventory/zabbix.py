"""Zabbix: an export of hosts (YAML, JSON or XML, from version 3 on).

A trigger that depends on a trigger of another host becomes an edge where both say whether their host answers; other
dependencies between triggers are about checks. Maps are drawings and say nothing of what depends on what: they are
not read. Format: "Configuration export/import" of the Zabbix manual.
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
from ingestd.inventory.plain import Plain, plain, rows, text_of

SUFFIXES = (".yaml", ".yml", ".json", ".xml")
#: ``{host:key.last()}`` up to version 5.2, ``last(/host/key)`` since 5.4.
_HOSTS = re.compile(r"\{([^:{}$#]+):|[(,]\s*/([^/,()]+)/")
#: Items that say whether a host answers.
_ITEMS = ("icmpping", "agent.ping", "zabbix[host,", "net.tcp.service", "nodata(")


class Trigger(Struct, frozen=True):
    """A trigger as an export names it."""

    name: str
    expression: str

    def hosts(self) -> tuple[str, ...]:
        """Whose values it looks at, each once."""
        found = (one[1] or one[2] for one in _HOSTS.finditer(self.expression))
        return tuple(dict.fromkeys(name.strip() for name in found))

    def is_reachability(self) -> bool:
        """Whether it fires when the host does not answer."""
        return is_reachability(self.name) or any(word in self.expression for word in _ITEMS)


def read(paths: Sequence[Path], options: Options) -> Inventory:
    """Export files, or folders of them."""
    gathering = Gathering()
    wholes = [(text, _export(text)) for text in texts(paths, SUFFIXES)]
    for text, whole in wholes:
        for host in rows(whole, "hosts", "host"):
            _host(host, text, gathering)
        if rows(whole, "maps", "map"):
            gathering.remark(text.line_of("maps"), "maps are drawings, not dependencies: not read")
    for text, whole in wholes:
        for trigger, depends in _triggers(whole):
            for other in depends:
                _edges(trigger, other, text, gathering)
    return gathering.finish(options.site)


def _export(text: Text) -> Plain:
    value = plain(text)
    whole = value.get("zabbix_export") if isinstance(value, dict) else None
    if not isinstance(whole, dict):
        raise unreadable(At(text.name), "no zabbix_export in it: export hosts in Zabbix (Data collection > Hosts)")
    return whole


def _host(host: Plain, text: Text, gathering: Gathering) -> None:
    name = text_of(host, "host")
    if not name:
        gathering.remark(text.line_of(text_of(host, "name") or "<host>"), "a host without a name: left out")
        return
    shown = text_of(host, "name")
    ip, fqdn = _addresses(host)
    groups = [text_of(one, "name") for one in rows(host, "groups", "group")]
    templates = [text_of(one, "name") for one in rows(host, "templates", "template")]
    hint = guess(*filter(None, (*groups, *templates, text_of(host, "inventory", "type"), shown, name)))
    spec = NodeSpec(
        id=name,
        kind=hint.kind if hint else "server",
        name=shown if shown != name else "",
        ip=ip,
        fqdn=full_name(fqdn, name),
        site=text_of(host, "inventory", "location"),
        rack=text_of(host, "inventory", "site_rack"),
    )
    guessed = f'kind guessed from "{hint.word}"' if hint and hint.kind != "server" else ""
    disabled = "disabled in Zabbix" if text_of(host, "status") in ("DISABLED", "1") else ""
    gathering.node(spec, guessed, disabled)


def _addresses(host: Plain) -> tuple[str, str]:
    """The address and the DNS name of the main interface, the first one if none is."""
    found = rows(host, "interfaces", "interface")
    found.sort(key=lambda one: text_of(one, "default") in ("NO", "0"))
    ips = (own_address(text_of(one, "ip")) for one in found)
    names = (text_of(one, "dns") for one in found)
    return next(filter(None, ips), ""), next((name for name in names if "." in name), "")


def _triggers(whole: Plain) -> Iterator[tuple[Trigger, list[Trigger]]]:
    """Every trigger that depends on others, wherever it stands."""
    waiting = [whole]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, dict):
            depends = [_trigger(one) for one in rows(value, "dependencies", "dependency")]
            if depends and text_of(value, "expression"):
                yield _trigger(value), depends
            waiting += reversed(list(value.values()))


def _trigger(value: Plain) -> Trigger:
    return Trigger(text_of(value, "name") or text_of(value, "description"), text_of(value, "expression"))


def _edges(trigger: Trigger, other: Trigger, text: Text, gathering: Gathering) -> None:
    children, parents = trigger.hosts(), other.hosts()
    at = text.line_of(trigger.name)
    pairs = [(child, parent) for child in children for parent in parents if child != parent]
    if not pairs:
        return
    if not (trigger.is_reachability() and other.is_reachability()) or len(children) > 1 or len(parents) > 1:
        gathering.remark(at, f'"{trigger.name}" depends on "{other.name}": about checks, not about reach: no edge')
        return
    for child, parent in pairs:
        if child in gathering:
            gathering.needs(child, (parent,), at)
        else:
            gathering.remark(at, f'"{trigger.name}" is of {child}, which is no host of this export: no edge')
