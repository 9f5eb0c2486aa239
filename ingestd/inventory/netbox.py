"""NetBox: answers of its API, saved as JSON: devices, virtual machines, cables, interfaces.

What each record is, its own ``url`` says (``/api/dcim/devices/7/``), or the keys that only one kind has. A virtual
machine depends on its device, else on any device of its cluster. A power cable says what feeds what. A network cable
has no direction: it is given one by the roots, else by the ranks of the devices' roles. Cables that end at a patch
panel are followed only where the interfaces were exported too (``connected_endpoints``).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ingestd.decide.topology import NodeSpec
from ingestd.inventory.files import Text, texts, unreadable
from ingestd.inventory.found import At, Gathering, Inventory, Options
from ingestd.inventory.kinds import Guess, depth, guess
from ingestd.inventory.orient import Link, orient
from ingestd.inventory.plain import Plain, json_value, rows, text_of

#: What the address of a record says that it is, and the keys that say so without one.
SORTS = {
    "/dcim/devices/": "device",
    "/virtualization/virtual-machines/": "vm",
    "/dcim/cables/": "cable",
    "/dcim/interfaces/": "interface",
}
KEYS = {"device_type": "device", "vcpus": "vm", "a_terminations": "cable", "termination_a": "cable"}
POWER = {"dcim.powerport": "fed", "dcim.poweroutlet": "feeds", "dcim.powerfeed": "feeds"}
NETWORK = "dcim.interface"
#: Statuses of what is not in use.
GONE = ("offline", "decommissioning", "planned", "inventory", "failed")


def read(paths: Sequence[Path], options: Options) -> Inventory:
    """JSON files, or folders of them."""
    site = _Site()
    for text in texts(paths, (".json",)):
        for record in _records(text):
            site.take(record, text)
    if not site.depths:
        names = "dcim/devices and virtualization/virtual-machines"
        raise unreadable(At(str(paths[0])), f"no device in it: save the answers of {names} as JSON")
    return site.finish(options)


def _records(text: Text) -> Iterator[dict[str, Plain]]:
    """Every record: of a page of answers, of a list, or of a file that holds several lists."""
    waiting = [json_value(text)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, dict) and _sort(value):
            yield value
        elif isinstance(value, dict):
            waiting += reversed([inside for inside in value.values() if isinstance(inside, list | dict)])


def _sort(record: dict[str, Plain]) -> str:
    url = text_of(record, "url")
    by_url = next((sort for part, sort in SORTS.items() if part in url), "")
    return by_url or next((sort for key, sort in KEYS.items() if key in record), "")


class _Site:
    """Records as they come; what needs all of them waits for the end."""

    def __init__(self) -> None:
        self._gathering = Gathering()
        self.depths: dict[str, int] = {}
        self._links: list[Link] = []
        self._clusters: dict[str, list[str]] = {}
        self._vms: list[tuple[str, str, At]] = []  # name, cluster
        self._feeds: dict[str, dict[str, At]] = {}

    def take(self, record: dict[str, Plain], text: Text) -> None:
        """One record of any sort."""
        {"device": self._device, "vm": self._vm, "cable": self._cable, "interface": self._interface}[_sort(record)](
            record, text
        )

    def finish(self, options: Options) -> Inventory:
        """Everything, once all is known."""
        for name, cluster, at in self._vms:
            hosts = self._clusters.get(cluster, [])
            if hosts:
                self._gathering.needs(name, tuple(hosts), at)
            elif cluster:
                self._gathering.remark(at, f"{name}: the cluster {cluster!r} has no device here: no edge")
        for fed, feeds in self._feeds.items():
            self._gathering.needs(fed, tuple(feeds), next(iter(feeds.values())))
        orient(self._gathering, self._links, self.depths, options.roots)
        return self._gathering.finish(options.site)

    def _device(self, record: dict[str, Plain], text: Text) -> None:
        role = text_of(record, "role", "name") or text_of(record, "device_role", "name")
        model = text_of(record, "device_type", "model")
        platform = text_of(record, "platform", "name")
        name = self._node(record, text, guess(*filter(None, (role, platform, model, text_of(record, "name")))))
        if name:
            self._clusters.setdefault(text_of(record, "cluster", "name"), []).append(name)

    def _vm(self, record: dict[str, Plain], text: Text) -> None:
        name = self._node(record, text, Guess("vm", ""))
        device = text_of(record, "device", "name")
        if name and device:
            self._gathering.needs(name, (device,), text.line_of(f'"{name}"'))
        elif name:
            self._vms.append((name, text_of(record, "cluster", "name"), text.line_of(f'"{name}"')))

    def _node(self, record: dict[str, Plain], text: Text, hint: Guess | None) -> str:
        name = text_of(record, "name")
        if not name:
            self._gathering.remark(At(text.name), f"a device without a name (id {record.get('id')}): left out")
            return ""
        status = text_of(record, "status", "value") or text_of(record, "status")
        kind = hint.kind if hint else "server"
        ips = (text_of(record, key, "address") for key in ("primary_ip", "primary_ip4", "primary_ip6"))
        spec = NodeSpec(
            id=name,
            kind=kind,
            ip=next((ip.partition("/")[0] for ip in ips if ip), ""),
            site=text_of(record, "site", "name"),
            rack=text_of(record, "rack", "name"),
        )
        guessed = f'kind guessed from "{hint.word}"' if hint and hint.word and kind != "server" else ""
        self._gathering.node(spec, guessed, f"{status} in NetBox" if status in GONE else "")
        role = text_of(record, "role", "name") or text_of(record, "device_role", "name")
        self.depths[name] = depth(kind, role, name)
        return name

    # -- what joins them
    def _cable(self, record: dict[str, Plain], text: Text) -> None:
        a, b = (_ends(record, side) for side in ("a", "b"))
        number = f"cable {record.get('id')}"
        at = text.line_of(f"/cables/{record.get('id')}/")
        for sort_a, device_a in a:
            for sort_b, device_b in b:
                self._joined((sort_a, device_a), (sort_b, device_b), number, at)

    def _joined(self, a: tuple[str, str], b: tuple[str, str], number: str, at: At) -> None:
        power = {POWER.get(a[0]): a[1], POWER.get(b[0]): b[1]}
        if power.get("fed") and power.get("feeds"):
            self._feeds.setdefault(power["fed"], {})[power["feeds"]] = at
        elif a[0] == b[0] == NETWORK and a[1] and b[1]:
            self._links.append(Link(a[1], b[1], at))
        elif NETWORK in (a[0], b[0]) and (a[0].endswith(("frontport", "rearport")) or b[0].endswith("port")):
            text = f"{number} ends at a patch panel: not followed; save the answer of dcim/interfaces too"
            self._gathering.remark(at, text)

    def _interface(self, record: dict[str, Plain], text: Text) -> None:
        device = text_of(record, "device", "name")
        at = text.line_of(text_of(record, "url") or "connected_endpoints")
        for end in rows(record, "connected_endpoints", ""):
            other = text_of(end, "device", "name")
            if device and other and not record.get("mgmt_only"):
                self._links.append(Link(device, other, at))


def _ends(record: dict[str, Plain], side: str) -> list[tuple[str, str]]:
    """(sort of port, device) of each end of a cable; since version 3.3 an end may be several."""
    several = rows(record, f"{side}_terminations", "")
    if several:
        return [(text_of(one, "object_type"), text_of(one, "object", "device", "name")) for one in several]
    device = text_of(record, f"termination_{side}", "device", "name")
    return [(text_of(record, f"termination_{side}_type"), device)] if device else []
