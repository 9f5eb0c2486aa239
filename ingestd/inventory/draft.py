"""What alerts spoke of and the topology does not know, as nodes to grow from. Edges are never made up."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from ingestd.decide.topology import NodeSpec, Topology
from ingestd.inventory.addresses import full_name, is_address, own_address
from ingestd.inventory.found import Found, Inventory, order
from ingestd.inventory.kinds import Guess, guess, guess_by_checks

#: Labels in which monitoring systems say a host's address.
ADDRESS_LABELS = (
    *("address", "ip", "host_ip", "hostip", "host_address", "hostaddress", "ip_address", "host.ip"),
    "instance",
)
MOST_CHECKS = 20  # of a node that are looked at


class Heard(Struct, frozen=True, kw_only=True):
    """A host as alerts spoke of it."""

    node: str  # as ingestd calls it
    host: str | None = None  # as the source spells it
    guessed: bool = False  # only ever found in free text
    sources: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    labels: str = ""  # JSON object of an alert's labels
    count: int = 1  # alerts


class _Host:
    """A host while alerts are gone through."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sources: dict[str, None] = {}
        self.checks: dict[str, None] = {}
        self.address = ""
        self.count = 0
        self.sure = False  # some alert had it in a field of its own

    def take(self, heard: Heard) -> None:
        self.count += heard.count
        self.sure = self.sure or not heard.guessed
        self.sources.update(dict.fromkeys(heard.sources))
        self.address = self.address or _address(heard)
        self.checks.update(dict.fromkeys(heard.checks[: MOST_CHECKS - len(self.checks)]))


class Drafted(Struct, frozen=True):
    """The nodes, and names that were only guessed from free text."""

    inventory: Inventory
    guessed: tuple[str, ...]


def draft(heard: Iterable[Heard], topology: Topology) -> Drafted:
    """The unknown hosts of alerts, each once: its short and its full name are one, if no other host shares them."""
    hosts: dict[str, _Host] = {}
    for one in heard:
        if one.node and topology.resolve(one.host or one.node) is None:
            hosts.setdefault(one.node, _Host(one.node)).take(one)
    sure = {name: host for name, host in hosts.items() if host.sure}
    nodes = [_node(name, group) for name, group in _joined(sure).items()]
    guessed = sorted((name for name in hosts if name not in sure), key=order)
    return Drafted(Inventory(nodes=tuple(sorted(nodes, key=lambda one: order(one.spec.id)))), tuple(guessed))


def _joined(hosts: Mapping[str, _Host]) -> dict[str, list[_Host]]:
    """Under one id: a name, the same with its domain, and a bare address that the named host has."""
    shorts: dict[str, set[str]] = {}
    for name in hosts:
        if not is_address(name):
            shorts.setdefault(name.partition(".")[0], set()).add(name.partition(".")[2])
    alone = {short for short, domains in shorts.items() if len(domains - {""}) <= 1}
    by_address = {host.address: host.name for host in hosts.values() if host.address and not is_address(host.name)}
    joined: dict[str, list[_Host]] = {}
    for name, host in sorted(hosts.items(), key=lambda pair: order(pair[0])):
        called = by_address.get(name, name) if is_address(name) else name
        short = called.partition(".")[0]
        joined.setdefault(short if short in alone and not is_address(called) else called, []).append(host)
    return joined


def _node(name: str, hosts: list[_Host]) -> Found:
    checks = tuple(check for host in hosts for check in host.checks)
    hint = guess_by_checks(checks) or guess(name)
    if hint and hint.kind == "server":
        hint = None
    address = next((host.address for host in hosts if host.address), own_address(name))
    count = sum(host.count for host in hosts)
    sources = ", ".join(sorted({source for host in hosts for source in host.sources}))
    spec = NodeSpec(
        id=name,
        kind=hint.kind if hint else "server",
        fqdn=next(filter(None, (full_name(host.name, name) for host in hosts)), ""),
        ip=address,
    )
    seen = f"{count} alert{'s' if count > 1 else ''}{f' from {sources}' if sources else ''}"
    return Found(spec, (seen, *_why(hint)))


def _why(hint: Guess | None) -> Iterator[str]:
    if hint is not None:
        yield f'kind guessed from "{hint.word}"'


def _address(heard: Heard) -> str:
    """The host's address, where a label says it."""
    try:
        labels = msgspec.json.decode(heard.labels or "{}", type=dict[str, str])
    except msgspec.DecodeError:
        return ""
    folded = {key.casefold(): value for key, value in labels.items()}
    said = (folded.get(key, "") for key in ADDRESS_LABELS)
    return next(filter(None, (own_address(_without_port(value)) for value in (*said, heard.host or ""))), "")


def _without_port(text: str) -> str:
    head, colon, port = text.rpartition(":")
    return head.strip("[]") if colon and port.isdecimal() and (head.count(":") == 0 or "]" in head) else text
