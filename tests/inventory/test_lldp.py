"""Neighbour tables of many makers, made into edges by a root or by ranks."""

import json
from pathlib import Path

import pytest

from tests.inventory.shelf import Shelf, edges, kinds, remarks

CISCO = """\
acc-north#show lldp neighbors detail
------------------------------------------------
Local Intf: Gi1/0/49
Chassis id: 0011.2233.4455
Port id: Te1/0/1
Port Description: to acc-north
System Name: core-yard.dock.example

System Description:
Some Software, Version 17
Time remaining: 101 seconds
System Capabilities: B,R
Enabled Capabilities: B,R
Management Addresses:
    IP: 192.0.2.1
------------------------------------------------
Local Intf: Gi1/0/3
Chassis id: 0011.2233.9999
System Name - not advertised
Enabled Capabilities: T
Management Addresses - not advertised
------------------------------------------------
Local Intf: Gi1/0/4
Chassis id: 0011.2233.7777
System Name: printer-4
Enabled Capabilities: S
"""
HUAWEI = """\
<acc-south>display lldp neighbor
GigabitEthernet0/0/1 has 1 neighbor(s):

Neighbor index :1
Chassis type   :MAC address
Chassis ID     :00e0-fc12-3456
Port ID        :XGE1/0/1
System name    :core-yard
System capabilities enabled   :bridge router
Management address            :192.0.2.1
Expired time   :104s

<acc-south>display lldp neighbor brief
Local Intf   Neighbor Dev          Neighbor Intf         Exptime(s)
GE0/0/1      core-yard             XGE1/0/1              104
GE0/0/2      core-quay             XGE1/0/2              98
"""
H3C = """\
[acc-west]display lldp neighbor-information list
Chassis ID : * -- -- Nearest nontpmr bridge neighbor
             # -- -- Nearest customer bridge neighbor
System Name          Local Interface Chassis ID      Port ID
core-yard            XGE1/0/1        0011-2233-4455  Ten-GigabitEthernet1/0/3
a-very-long-name-of-aXGE1/0/2        0011-2233-4456  Ten-GigabitEthernet1/0/4
"""
LLDPCLI = {
    "lldp": {
        "interface": [
            {
                "eth0": {
                    "via": "LLDP",
                    "chassis": {
                        "acc-north": {
                            "id": {"type": "mac", "value": "00:11:22:33:44:66"},
                            "mgmt-ip": ["192.0.2.17", "fe80::1"],
                            "capability": [{"type": "Bridge", "enabled": True}, {"type": "Router", "enabled": False}],
                        }
                    },
                    "port": {"id": {"type": "ifname", "value": "Gi1/0/7"}},
                }
            }
        ]
    }
}
LLDPCLI0 = {
    "lldp": [
        {
            "interface": [
                {
                    "name": "eth0",
                    "chassis": [
                        {
                            "id": [{"type": "mac", "value": "00:11:22:33:44:77"}],
                            "name": [{"value": "acc-south"}],
                            "mgmt-ip": [{"value": "192.0.2.18"}],
                            "capability": [{"type": "Bridge", "enabled": True}],
                        }
                    ],
                }
            ]
        }
    ]
}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "lldp")


def test_prompts_say_whose_table_it_is_and_names_say_the_ranks(shelf: Shelf) -> None:
    found = shelf.put("all.txt", CISCO + HUAWEI + H3C).read()
    assert edges(found) == {
        "acc-north": ["core-yard"],
        "acc-south": ["core-quay|core-yard"],
        "acc-west": ["core-yard"],
        "printer-4": ["acc-north"],
    }
    core = next(one.spec for one in found.nodes if one.spec.id == "core-yard")
    assert (core.kind, core.fqdn, core.ip) == ("switch", "core-yard.dock.example", "192.0.2.1")
    assert kinds(found)["printer-4"] == "printer"
    said = remarks(found, shelf)
    assert said == [
        "all.txt:18: a neighbour of acc-north without a name (chassis 0011.2233.9999): left out",
        "all.txt:48: the name 'a-very-long-name-of-a' may be cut off: use the detailed table; left out",
    ]


def test_lldpcli_in_both_forms_the_file_names_the_device(shelf: Shelf) -> None:
    shelf.put("crane-pc.json", json.dumps(LLDPCLI)).put("gate-pc.dock.example.json", json.dumps(LLDPCLI0))
    found = shelf.read()
    assert edges(found) == {"crane-pc": ["acc-north"], "gate-pc": ["acc-south"]}
    assert {one.spec.id: one.spec.ip for one in found.nodes}["acc-north"] == "192.0.2.17"


def test_a_single_interface_is_no_list(shelf: Shelf) -> None:
    inner = LLDPCLI["lldp"]["interface"][0]
    found = shelf.put("crane-pc.json", json.dumps({"lldp": {"interface": inner}})).read()
    assert edges(found) == {"crane-pc": ["acc-north"]}


def test_links_as_a_table_with_a_root(shelf: Shelf) -> None:
    text = "local_hostname,local_port,remote_hostname\nalpha,1,bravo\nalpha,2,charlie\nbravo,1,charlie\nbravo,3,delta\ncharlie,3,delta\n"
    found = shelf.put("links.csv", text).read(roots=("alpha",))
    assert edges(found) == {"bravo": ["alpha"], "charlie": ["alpha"], "delta": ["bravo|charlie"]}
    assert remarks(found, shelf) == [
        "links.csv:4: bravo and charlie are joined, but equally far from the root, or not reached from it: no edge"
    ]


def test_without_a_root_equals_stay_undecided(shelf: Shelf) -> None:
    found = shelf.put("links.csv", "local;remote\nalpha;bravo\n;x\nbravo;alpha\nalpha;alpha\n").read()
    assert edges(found) == {}
    assert remarks(found, shelf) == [
        "links.csv:2: alpha and bravo are joined, but which depends on which? No edge; --root NODE decides"
    ]


def test_two_of_one_short_name_keep_their_domains(shelf: Shelf) -> None:
    text = "local,remote\nsw.a.example,sw.b.example\nsw.a.example,192.0.2.4\n"
    assert sorted(kinds(shelf.put("l.csv", text).read())) == ["192.0.2.4", "sw.a.example", "sw.b.example"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('  - System Name: "reed.example"', "reed"),
        ("SysName      : reed", "reed"),
        ("System Name ...................... reed", "reed"),
        ('    + System name         : "reed"', "reed"),
        ("Neighbor Chassis-Name : reed", "reed"),
        ("System name :reed(FDO123)", "reed"),
    ],
)
def test_spellings_of_many_makers(shelf: Shelf, line: str, name: str) -> None:
    assert name in kinds(shelf.put("box.txt", f"Chassis ID : 1\n{line}\nCapability:   Bridge, on\n").read())


def test_cdp(shelf: Shelf) -> None:
    text = "Device ID: reed.example\nEntry address(es): \n  IP address: 192.0.2.77\nCapabilities: Router Switch\n"
    (one,) = (one for one in shelf.put("box.txt", text).read().nodes if one.spec.id == "reed")
    assert one.spec.ip == "192.0.2.77"


@pytest.mark.parametrize(
    ("name", "text", "roots", "error"),
    [
        ("x.txt", "nothing here\n", (), "no neighbour in it"),
        ("x.csv", "local,remote\na,b\n", ("c",), "--root c: no device is called that; there are a, b"),
        ("x.json", "{", (), "not JSON"),
    ],
)
def test_what_is_no_table_is_refused(shelf: Shelf, name: str, text: str, roots: tuple[str, ...], error: str) -> None:
    assert error in shelf.put(name, text).refused(name, roots=roots)[0]
