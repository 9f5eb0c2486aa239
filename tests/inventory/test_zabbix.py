"""Zabbix exports in three formats, old and new expressions."""

import json
from pathlib import Path

import pytest

from tests.inventory.shelf import Shelf, edges, kinds, notes, remarks

YAML = """\
zabbix_export:
  version: '7.0'
  hosts:
    - host: depot-rt
      name: Router of the depot
      templates:
        - name: Cisco IOS by SNMP
      groups:
        - name: Network/Routers
      interfaces:
        - interface_ref: if1
          ip: 127.0.0.1
          default: 'NO'
        - interface_ref: if2
          ip: 198.51.100.1
          dns: rt.depot.example
      items:
        - name: ping
          triggers:
            - expression: 'max(/depot-rt/icmpping,#3)=0'
              name: Unavailable by ICMP ping
    - host: depot-files
      status: DISABLED
      groups:
        - name: Linux servers
      inventory:
        location: Depot
        site_rack: R-2
      items:
        - name: ping
          triggers:
            - expression: 'max(/depot-files/icmpping,#3)=0'
              name: Depot files do not answer
              dependencies:
                - name: Unavailable by ICMP ping
                  expression: 'max(/depot-rt/icmpping,#3)=0'
            - expression: 'last(/depot-files/vfs.fs.size[/,pused])>90'
              name: Disk nearly full
              dependencies:
                - name: High load
                  expression: 'last(/depot-rt/system.cpu.load)>9'
    - name: no host name
  maps:
    - name: Depot
"""

XML = """\
<?xml version="1.0" encoding="GB2312"?>
<zabbix_export>
    <version>3.0</version>
    <hosts>
        <host>
            <host>mill-sw 1</host>
            <name>磨坊交换机</name>
            <groups><group><name>交换机</name></group></groups>
            <interfaces><interface><default>1</default><ip>198.51.100.7</ip><dns/></interface></interfaces>
        </host>
        <host><host>mill-db</host><name>mill-db</name></host>
    </hosts>
    <triggers>
        <trigger>
            <expression>{mill-db:icmpping.max(#3)}=0 and {$USE}=1</expression>
            <name>mill-db unreachable</name>
            <dependencies>
                <dependency><name>switch down</name><expression>{mill-sw 1:icmpping.max(#3)}=0</expression></dependency>
            </dependencies>
        </trigger>
    </triggers>
</zabbix_export>
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "zabbix")


def test_a_trigger_that_waits_for_another_host_s_is_an_edge(shelf: Shelf) -> None:
    found = shelf.put("hosts.yaml", YAML).read()
    assert edges(found) == {"depot-files": ["depot-rt"]}
    specs = {one.spec.id: one.spec for one in found.nodes}
    router, files = specs["depot-rt"], specs["depot-files"]
    assert (router.kind, router.name, router.ip, router.fqdn) == (
        "router",
        "Router of the depot",
        "198.51.100.1",
        "rt.depot.example",
    )
    assert (files.kind, files.site, files.rack) == ("server", "Depot", "R-2")
    assert notes(found, "depot-files") == "disabled in Zabbix"


def test_what_is_no_edge_is_said(shelf: Shelf) -> None:
    said = remarks(shelf.put("hosts.yaml", YAML).read(), shelf)
    assert [line.partition(": ")[2] for line in said] == [
        '"Disk nearly full" depends on "High load": about checks, not about reach: no edge',
        "a host without a name: left out",
        "maps are drawings, not dependencies: not read",
    ]
    assert [line.partition(": ")[0] for line in said] == ["hosts.yaml:38", "hosts.yaml:42", "hosts.yaml:43"]


def test_old_xml_in_the_encoding_it_names(shelf: Shelf) -> None:
    found = shelf.put("old.xml", XML.encode("gb2312")).read()
    assert edges(found) == {"mill-db": ["mill-sw 1"]}
    assert kinds(found) == {"mill-db": "server", "mill-sw 1": "switch"}
    assert found.nodes[1].spec.name == "磨坊交换机"


def test_json(shelf: Shelf) -> None:
    export = {
        "zabbix_export": {
            "version": "6.0",
            "hosts": [{"host": "a"}, {"host": "b", "interfaces": [{"ip": "192.0.2.2"}]}],
        }
    }
    found = shelf.put("x.json", json.dumps(export)).read()
    assert [one.spec.ip for one in found.nodes] == ["", "192.0.2.2"]


def test_a_trigger_of_a_host_that_was_not_exported(shelf: Shelf) -> None:
    text = YAML.replace("max(/depot-files/icmpping,#3)=0", "max(/elsewhere/icmpping,#3)=0")
    assert any(
        "is of elsewhere, which is no host of this export" in line
        for line in remarks(shelf.put("x.yml", text).read(), shelf)
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("zabbix_export: [", "x.yaml:1:1: neither XML, JSON nor YAML"),
        ("other: 1", "x.yaml:1:1: no zabbix_export in it"),
        ("", "x.yaml:1:1: no zabbix_export in it"),
        ("zabbix_export: &a\n  hosts: *a\n", "x.yaml:2:1: the alias *a"),
        ("a:\n" + "".join(" " * i + "-\n" for i in range(1, 200)), "nested too deeply"),
        ("a: \x00", "neither XML, JSON nor YAML"),
        ("{", "x.yaml:1:1: not JSON"),
        ('{"a":\n "b" "c"}', "x.yaml:2:1: not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("<a>\n<b></a>", "x.yaml:2:1: not XML: mismatched tag"),
        ("<a>" * 300, "nested too deeply"),
        (
            '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n<x>&b;</x>',
            "x.yaml:1:1: a document type (<!DOCTYPE)",
        ),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "a document type"),
    ],
)
def test_what_is_no_export_is_refused(shelf: Shelf, text: str, error: str) -> None:
    (said,) = shelf.put("x.yaml", text).refused()
    assert error in said
