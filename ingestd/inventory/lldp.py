"""Neighbour tables: who is plugged into whom, as the devices themselves say.

Read are ``lldpcli -f json`` and ``-f json0``, what switches print (lldptext.py) and a CSV with a column for each end,
as LibreNMS keeps its links. Whose table it is says the prompt before the command, else the file's name. Links get a
direction from the roots, else from the ranks that the names suggest.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from ingestd.decide.topology import NodeSpec
from ingestd.inventory.addresses import full_name, is_address, own_address
from ingestd.inventory.files import STDIN, Text, texts, unreadable
from ingestd.inventory.found import At, Gathering, Inventory, Options
from ingestd.inventory.kinds import depth, guess
from ingestd.inventory.lldptext import Neighbour, neighbours
from ingestd.inventory.orient import Link, orient
from ingestd.inventory.plain import Plain, json_value, text_of

SUFFIXES = (".json", ".txt", ".log", ".csv", ".lldp", ".cfg", "")
LOCAL: tuple[str, ...] = (
    *("local_hostname", "local_device", "local_host", "local_sysname", "local_system", "local", "source"),
    *("device", "hostname", "本端设备", "本端"),
)
REMOTE: tuple[str, ...] = (
    *("remote_hostname", "remote_device", "remote_host", "remote_sysname", "remote_system", "remote", "target"),
    *("neighbor", "neighbour", "neighbor_name", "对端设备", "对端", "邻居"),
)
#: What the enabled capabilities of a neighbour make it.
CAPABILITIES = (("telephone", "phone"), ("wlan", "ap"), ("bridge", "switch"), ("router", "router"))


class End(Struct, frozen=True):
    """A neighbour of a device."""

    local: str
    neighbour: Neighbour
    at: At
    prints: bool = False  # the device printed the table itself: switches and routers do

    @property
    def owner(self) -> Neighbour:
        """What is known of the device whose table it is."""
        return Neighbour(name=self.local, capabilities="bridge" if self.prints else "")


def read(paths: Sequence[Path], options: Options) -> Inventory:
    """Neighbour tables, a file a device or with prompts, or folders of them."""
    gathering = Gathering()
    ends = [end for text in texts(paths, SUFFIXES) for end in _ends(text, gathering)]
    if not ends and not gathering.remarked:
        raise unreadable(At(str(paths[0])), "no neighbour in it: expected a table of LLDP neighbours")
    called = _short_names(ends)
    depths: dict[str, int] = {}
    links = []
    for end in ends:
        local, remote = called(end.local), called(end.neighbour.name or end.neighbour.ip)
        if not remote:
            who = f"a neighbour of {local} without a name (chassis {end.neighbour.chassis or 'unknown'})"
            gathering.remark(end.at, f"{who}: left out")
            continue
        _node(gathering, local, end.owner, depths)
        _node(gathering, remote, end.neighbour, depths)
        links.append(Link(local, remote, end.at))
    roots = tuple(called(root) for root in options.roots)
    for root in roots:
        if root not in gathering:
            raise unreadable(At(str(paths[0])), f"--root {root}: no device is called that; {_known(depths)}")
    orient(gathering, links, depths, roots)
    return gathering.finish(options.site)


def _known(names: dict[str, int]) -> str:
    first = sorted(names)[:10]
    return f"there are {', '.join(first)}{' …' if len(names) > len(first) else ''}"


def _node(gathering: Gathering, name: str, neighbour: Neighbour, depths: dict[str, int]) -> None:
    kind, why = _kind(neighbour, name)
    full = neighbour.name
    spec = NodeSpec(
        id=name,
        kind=kind,
        ip=own_address(neighbour.ip) if not neighbour.ip.startswith("fe80:") else "",
        fqdn=full_name(full, name),
    )
    gathering.node(spec, why)
    depths[name] = min(depth(kind, name), depths.get(name, 99))


def _kind(neighbour: Neighbour, name: str) -> tuple[str, str]:
    said = [word for word, _ in CAPABILITIES if word in neighbour.capabilities]
    kind = next((kind for word, kind in CAPABILITIES if word in said), "")
    hint = guess(name)
    if hint and hint.kind in ("router", "firewall", "ap") and kind == "switch":
        kind = ""
    if kind:
        return kind, f"kind guessed from its capabilities: {', '.join(said)}"
    if hint and hint.kind != "server":
        return hint.kind, f'kind guessed from "{hint.word}"'
    return "server", ""


def _short_names(ends: Sequence[End]) -> Callable[[str], str]:
    """How each is called: without its domain where that is nobody else's name."""
    full = {name for end in ends for name in (end.local, end.neighbour.name) if name}
    owners: dict[str, set[str]] = {}
    for name in full:
        if "." in name and not is_address(name):
            owners.setdefault(name.partition(".")[0].casefold(), set()).add(name.casefold())
    bare = {name.casefold(): name for name in sorted(full, reverse=True) if "." not in name}

    def called(name: str) -> str:
        if "." not in name or is_address(name):
            return bare.get(name.casefold(), name)
        short = name.partition(".")[0]
        return bare.get(short.casefold(), short) if len(owners.get(short.casefold(), ())) <= 1 else name

    return called


# -- the formats


def _ends(text: Text, gathering: Gathering) -> Iterator[End]:
    start = text.text.lstrip()[:1]
    local = "" if text.path == STDIN else text.path.stem
    if start in ("{", "["):
        found = _lldpcli(json_value(text))
        yield from (End(_owner(local, text), one, text.line_of(f'"{one.name}"')) for one in found)
        return
    table = list(_table(text))
    if table:
        yield from table
        return
    for owner, one, line, remark in neighbours(text.text):
        at = At(text.name, line)
        if remark:
            gathering.remark(at, remark)
        else:
            yield End(owner or _owner(local, text), one, at, prints=True)


def _owner(local: str, text: Text) -> str:
    if not local:
        said = "whose table is it? Name the file after the device (core-1.json), or keep the prompt"
        raise unreadable(At(text.name), said)
    return local


def _lldpcli(value: Plain) -> Iterator[Neighbour]:
    """``json`` has names as keys where ``json0`` has lists; both say the same."""
    for interface in _wrapped(_under(value, "lldp"), "interface"):
        for inner in _interfaces(interface):
            for name, chassis in _chassis(inner):
                enabled = [text_of(one, "type").casefold() for one in _wrapped(chassis, "capability") if _is_on(one)]
                yield Neighbour(
                    name=_bare(chassis.get("name")) or name,
                    chassis=_bare(chassis.get("id")),
                    ip=next((ip for ip in map(_bare, _several(chassis.get("mgmt-ip"))) if is_address(ip)), ""),
                    capabilities=" ".join(enabled),
                )


def _interfaces(interface: Plain) -> Iterator[dict[str, Plain]]:
    if "chassis" in interface:
        yield interface
    else:
        yield from (inner for inner in interface.values() if isinstance(inner, dict) and "chassis" in inner)


def _chassis(interface: dict[str, Plain]) -> Iterator[tuple[str, dict[str, Plain]]]:
    for chassis in _wrapped(interface, "chassis"):
        named = [
            (key, one) for key, one in chassis.items() if isinstance(one, dict) and key not in ("id", "capability")
        ]
        yield from named if named and "name" not in chassis else [("", chassis)]


def _under(value: Plain, key: str) -> Plain:
    found = value.get(key) if isinstance(value, dict) else None
    return found[0] if isinstance(found, list) and found else found


def _several(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _wrapped(value: Plain, key: str) -> list[dict[str, Plain]]:
    found = value.get(key) if isinstance(value, dict) else None
    return [one for one in _several(found) if isinstance(one, dict)]


def _bare(value: Plain) -> str:
    """A text that may stand in ``{"value": …}``, in a list, or by itself."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("value")
    return value.strip() if isinstance(value, str) else ""


def _is_on(capability: dict[str, Plain]) -> bool:
    return capability.get("enabled") in (True, "on", "true")


def _table(text: Text) -> Iterator[End]:
    """A CSV of links; nothing if its first line names no two ends."""
    head = text.text.partition("\n")[0]
    divider = max((",", ";", "\t"), key=head.count)
    words = [word.strip().strip('"').casefold().replace(" ", "_") for word in head.split(divider)]
    here, there = (next((words.index(name) for name in names if name in words), -1) for names in (LOCAL, REMOTE))
    if divider not in head or here < 0 or there < 0:
        return
    reader = csv.reader(io.StringIO(text.text.replace("\0", "")), delimiter=divider)
    try:
        next(reader)
        for cells in reader:
            if len(cells) > max(here, there) and cells[here].strip() and cells[there].strip():
                yield End(cells[here].strip(), Neighbour(name=cells[there].strip()), At(text.name, reader.line_num))
    except csv.Error as error:
        raise unreadable(At(text.name, reader.line_num), f"not a table: {error}") from error
