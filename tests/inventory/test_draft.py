"""Hosts of alerts become nodes; nothing is made up."""

from typing import Any

from ingestd.decide.topology import NodeSpec, Topology, TopologyFile
from ingestd.inventory.draft import draft
from ingestd.model import Alert, Watcher

KNOWN = Topology(TopologyFile(nodes=(NodeSpec(id="core", fqdn="core.bay.example"),)))


def alert(node: str, check: str | None = None, **more: Any) -> Alert:
    base: dict[str, Any] = {
        "id": 1,
        "fingerprint": node,
        "host": node,
        "cls": "unknown",
        "down": False,
        "state": "firing",
        "severity": "error",
        "summary": "",
        "incident": 1,
        "certainty": "root",
        "first_at": 0.0,
        "last_at": 0.0,
        "watchers": (Watcher("smtp", True, 0.0),),
    }
    return Alert(node=node, check=check, **(base | more))


def test_unknown_hosts_once_with_what_was_seen() -> None:
    drafted = draft(
        [
            alert("core.bay.example"),
            alert("dock-7", "CPU load"),
            alert("dock-7.bay.example", labels='{"address": "192.0.2.7", "x": "y"}'),
            alert("192.0.2.7", watchers=(Watcher("prod", True, 0.0),)),
            alert("attic", "UPS battery", labels="[1]"),
            alert("192.0.2.9", labels='{"instance": "192.0.2.9:9100"}'),
            alert("a.one.example"),
            alert("a.two.example", host="[2001:db8::1]:443"),
            alert("rumour", guessed=True),
            alert("", host=None),
            alert("mail", report=True),
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
