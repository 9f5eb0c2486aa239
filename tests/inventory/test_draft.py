"""Hosts of alerts become nodes; nothing is made up."""

from typing import Any

from ingestd.decide.topology import NodeSpec, Topology, TopologyFile
from ingestd.inventory.draft import Heard, draft

KNOWN = Topology(TopologyFile(nodes=(NodeSpec(id="core", fqdn="core.bay.example"),)))


def heard(node: str, check: str = "", *, host: str | None = None, source: str = "smtp", **more: Any) -> Heard:
    checks = (check,) if check else ()
    return Heard(node=node, host=host or node or None, sources=(source,), checks=checks, **more)


def test_unknown_hosts_once_with_what_was_seen() -> None:
    drafted = draft(
        [
            heard("core.bay.example"),
            heard("dock-7", "CPU load"),
            heard("dock-7.bay.example", labels='{"address": "192.0.2.7", "x": "y"}'),
            heard("192.0.2.7", source="prod"),
            heard("attic", "UPS battery", labels="[1]"),
            heard("192.0.2.9", labels='{"instance": "192.0.2.9:9100"}'),
            heard("a.one.example"),
            heard("a.two.example", host="[2001:db8::1]:443"),
            heard("rumour", guessed=True),
            heard(""),
        ],
        KNOWN,
    )
    nodes = {one.spec.id: one for one in drafted.inventory.nodes}
    assert sorted(nodes) == ["192.0.2.9", "a.one.example", "a.two.example", "attic", "dock-7"]
    dock = nodes["dock-7"]
    assert (dock.spec.fqdn, dock.spec.ip, dock.spec.kind) == ("dock-7.bay.example", "192.0.2.7", "server")
    assert dock.notes == ("3 alerts from prod, smtp",)
    assert nodes["attic"].spec.kind == "power" and nodes["attic"].notes[1] == 'kind guessed from "UPS battery"'
    assert nodes["192.0.2.9"].spec.ip == "192.0.2.9"
    assert nodes["a.two.example"].spec.ip == "2001:db8::1"
    assert all(not one.spec.depends_on for one in nodes.values())
    assert drafted.guessed == ("rumour",)
