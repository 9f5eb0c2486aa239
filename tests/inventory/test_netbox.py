"""NetBox: devices, machines, cables with and without a direction."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inventory.shelf import Shelf, edges, kinds, notes, remarks


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "netbox")


def device(number: int, name: str | None, role: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "url": f"https://nb.yard.example/api/dcim/devices/{number}/",
        "name": name,
        "role": {"name": role},
        "device_type": {"model": "Model 5"},
        "site": {"name": "Yard"},
        "rack": {"name": "Y-1"},
        "status": {"value": "active"},
        **more,
    }


def vm(number: int, name: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "url": f"/api/virtualization/virtual-machines/{number}/", "name": name, "vcpus": 2, **more}


def end(name: str, sort: str = "interface") -> list[dict[str, Any]]:
    return [{"object_type": f"dcim.{sort}", "object": {"name": "1", "device": {"name": name}}}]


def cable(number: int, a: list[dict[str, Any]], b: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": number, "url": f"/api/dcim/cables/{number}/", "a_terminations": a, "b_terminations": b}


def page(*records: dict[str, Any]) -> str:
    return json.dumps({"count": len(records), "next": None, "results": records}, indent=1)


DEVICES = page(
    device(1, "yard-core-1", "Core Switch", primary_ip={"address": "192.0.2.1/24"}),
    device(2, "yard-core-2", "Core Switch"),
    device(3, "yard-acc-1", "Access Switch"),
    device(4, "yard-esx-1", "Hypervisor", cluster={"name": "yard"}),
    device(5, "yard-esx-2", "Hypervisor", cluster={"name": "yard"}),
    device(6, "yard-pdu-a", "PDU"),
    device(7, "yard-pdu-b", "PDU", status={"value": "offline"}),
    device(8, None, "Server"),
)
MACHINES = page(
    vm(1, "yard-mail", cluster={"name": "yard"}),
    vm(2, "yard-dns", cluster={"name": "yard"}, device={"name": "yard-esx-1"}),
    vm(3, "yard-old", cluster={"name": "gone"}),
)
CABLES = page(
    cable(1, end("yard-acc-1"), end("yard-core-1")),
    cable(2, end("yard-core-2"), end("yard-acc-1")),
    cable(3, end("yard-esx-1"), end("yard-acc-1")),
    cable(4, end("yard-core-1"), end("yard-core-2")),
    cable(5, end("yard-esx-1", "powerport"), end("yard-pdu-a", "poweroutlet")),
    cable(6, end("yard-pdu-b", "poweroutlet"), end("yard-esx-1", "powerport")),
    cable(7, end("yard-esx-2"), end("panel-1", "frontport")),
)


def test_cables_get_their_direction_from_the_roles(shelf: Shelf) -> None:
    found = shelf.put("devices.json", DEVICES).put("vms.json", MACHINES).put("cables.json", CABLES).read()
    assert edges(found) == {
        "yard-acc-1": ["yard-core-1|yard-core-2"],
        "yard-dns": ["yard-esx-1"],
        "yard-esx-1": ["yard-acc-1", "yard-pdu-a|yard-pdu-b"],
        "yard-mail": ["yard-esx-1|yard-esx-2"],
    }
    assert "several links upward" in notes(found, "yard-acc-1")
    assert kinds(found)["yard-pdu-a"] == "power" and notes(found, "yard-pdu-b").endswith("offline in NetBox")
    core = next(one.spec for one in found.nodes if one.spec.id == "yard-core-1")
    assert (core.ip, core.site, core.rack) == ("192.0.2.1", "Yard", "Y-1")
    said = [line.partition(": ")[2] for line in remarks(found, shelf)]
    assert sorted(said) == [
        "a device without a name (id 8): left out",
        "cable 7 ends at a patch panel: not followed; save the answer of dcim/interfaces too",
        "yard-core-1 and yard-core-2 are joined, but which depends on which? No edge; --root NODE decides",
        "yard-old: the cluster 'gone' has no device here: no edge",
    ]


def test_a_root_decides(shelf: Shelf) -> None:
    found = shelf.put("all.json", f"[{DEVICES}, {CABLES}]").read(roots=("yard-core-1",))
    assert edges(found)["yard-core-2"] == ["yard-core-1"]
    assert edges(found)["yard-acc-1"] == ["yard-core-1"]


def test_interfaces_lead_through_patch_panels(shelf: Shelf) -> None:
    interface = {
        "url": "/api/dcim/interfaces/9/",
        "device": {"name": "yard-esx-2"},
        "connected_endpoints": [{"device": {"name": "yard-acc-1"}}],
    }
    found = shelf.put("d.json", DEVICES).put("i.json", page(interface, {**interface, "mgmt_only": True})).read()
    assert edges(found) == {"yard-esx-2": ["yard-acc-1"]}


def test_cables_of_old_versions(shelf: Shelf) -> None:
    old = {
        "id": 1,
        "termination_a_type": "dcim.interface",
        "termination_a": {"device": {"name": "yard-acc-1"}},
        "termination_b_type": "dcim.interface",
        "termination_b": {"device": {"name": "yard-core-1"}},
    }
    found = shelf.put("d.json", DEVICES.replace('"role"', '"device_role"')).put("c.json", json.dumps([old])).read()
    assert edges(found) == {"yard-acc-1": ["yard-core-1"]}


def test_without_devices_it_says_what_to_save(shelf: Shelf) -> None:
    (said,) = shelf.put("c.json", CABLES).refused("c.json")
    assert (
        said
        == "c.json:1:1: no device in it: save the answers of dcim/devices and virtualization/virtual-machines as JSON"
    )
