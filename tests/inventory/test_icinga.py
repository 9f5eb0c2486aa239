"""Icinga 2: objects, templates, apply rules that can be decided, and those that can't."""

from pathlib import Path

import pytest

from tests.inventory.shelf import Shelf, edges, kinds, remarks

CLINIC = """
/* The clinic. */
const Gate = "gate-" + "1"
template Host "base" { check_command = "hostalive" }
template Host "cisco-switch" {
  import "base"
  vars.type = "switch"  // of any maker
}
object Host Gate { import "base"; address = "192.0.2.1"; vars.role = "router" }
object Host "gate-2" { address = "192.0.2.2"; vars.role = "router"; groups = [ "gates" ] }
object Host "ward-sw" {
  import "cisco-switch"
  display_name = "Ward switch"
  vars.uplinks = [ "gate-1", "gate-2" ]
  vars.location = "ward"
}
object Host "xray" {
  address = "xray.clinic.example"
  vars.os = "Linux"
  vars.parents["switch"] = "ward-sw"
  vars.disks["disk /"] = { disk_partitions = "/" }
  vars.level += 2
}
object Host "ct" { vars.os = "Windows"; vars.parents = { switch = "ward-sw" } }
object HostGroup "scanners" { assign where host.vars.os in [ "Linux", "Windows" ] && !(host.name == "ct") }

apply Dependency "uplink" for (gate in host.vars.uplinks) to Host {
  parent_host_name = gate
  redundancy_group = "uplinks"
}
apply Dependency "switch" for (what => parent in host.vars.parents) to Host {
  parent_host_name = parent
  states = [ Up ]
}
apply Dependency "scanner-gate" to Host {
  parent_host_name = Gate
  assign where "scanners" in host.groups || match("gate-9*", host.name)
  ignore where host.address == "192.0.2.1"
}
object Dependency "ct-gate" { parent_host_name = "gate-2"; child_host_name = "ct" }
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "icinga")


def test_rules_that_can_be_decided_become_edges(shelf: Shelf) -> None:
    found = shelf.put("clinic.conf", CLINIC).read()
    assert edges(found) == {
        "ct": ["gate-2", "ward-sw"],
        "ward-sw": ["gate-1|gate-2"],
        "xray": ["gate-1", "ward-sw"],
    }
    assert remarks(found, shelf) == []


def test_hosts_bring_names_addresses_kinds_and_places(shelf: Shelf) -> None:
    found = shelf.put("clinic.conf", CLINIC).read()
    specs = {one.spec.id: one.spec for one in found.nodes}
    assert kinds(found) == {
        "ct": "server",
        "gate-1": "router",
        "gate-2": "router",
        "ward-sw": "switch",
        "xray": "server",
    }
    assert (specs["ward-sw"].name, specs["ward-sw"].site) == ("Ward switch", "ward")
    assert (specs["gate-1"].ip, specs["xray"].fqdn) == ("192.0.2.1", "xray.clinic.example")


def test_what_only_a_running_icinga_knows_is_remarked_once_with_its_line(shelf: Shelf) -> None:
    text = """object Host "a" { vars.n = 1 }
object Host "b" {
  if (NodeName == "x") { vars.p = "a" } else { vars.p = "b" }
}
object Host ZoneName { }
object Host random() + "x" { }
apply Dependency "dynamic" to Host { parent_host_name = "a"; assign where get_host(host.name).state == 1 }
apply Dependency "lost" to Host { parent_host_name = lookup(host.name); assign where host.name == "b" }
apply Dependency "checks" to Service { parent_host_name = "a"; assign where true }
object Dependency "svc" { parent_host_name = "a"; parent_service_name = "dhcp"; child_host_name = "b" }
object Dependency "up" { parent_host_name = "a"; parent_service_name = "ping4"; child_host_name = "b" }
object Dependency "self" { parent_host_name = "a"; child_host_name = "a" }
object HostGroup "unclear" { assign where host.vars.n > unclear() }
object Host "c" { import "nowhere" }
object Host "a" { }
"""
    found = shelf.put("odd.conf", text).read()
    assert edges(found) == {"b": ["a"]}
    said = "\n".join(remarks(found, shelf))
    for words in (
        "odd.conf:3: b: what stands here is known to a running Icinga only",
        "odd.conf:5: the constant ZoneName is defined in no file",
        "odd.conf:6: the name of this Host can't be decided: left out",
        "odd.conf:7: whether this rule holds for a (and maybe others)",
        "odd.conf:8: the parent or the child can't be decided for b",
        "odd.conf:9: a rule for services is about checks",
        "odd.conf:10: b depends on a by a service: about checks",
        "odd.conf:13: host group unclear: who belongs to it can't be decided here",
        "odd.conf:14: imports the template 'nowhere', which is defined nowhere",
        "odd.conf:15: host a is defined twice",
    ):
        assert words in said, words


@pytest.mark.parametrize(
    ("where", "hit"),
    [
        ('match("x*", host.name)', True),
        ('match("?-1", [ "x-1", "y-1" ])', True),
        ('regex("^x-[0-9]+$", host.name)', True),
        ('regex("(", host.name)', False),
        ('cidr_match("10.0.0.0/8", host.address)', True),
        ('cidr_match("nonsense", host.address)', False),
        ("host.vars.floor >= 3 && host.vars.floor < 4", True),
        ("host.vars.missing", False),
        ("host.vars.missing == null", True),
        ('"b" in host.vars.tags', True),
        ('"z" !in host.vars.tags', True),
        ('host.vars.tags.contains("a")', True),
        ('host.vars["tags"][1] == "b"', True),
        ("len(host.vars.tags) == 2", True),
        ('host.name.split("-").len() == 2', True),
        ('"n" + string(3) == "n3"', True),
        ("-1 < 0 && !false", True),
        ('host.name.upper() == "X-1"', True),
        ("host.vars.unknown() || true", True),
        ("host.vars.unknown() && false", False),
        ('host.vars.os != "BSD"', True),
        ("5m == 300", True),
        ("(1 + 2) * 3 == 9", False),
    ],
)
def test_expressions(shelf: Shelf, where: str, hit: bool) -> None:
    host = (
        'object Host "x-1" { address = "10.1.2.3"; vars.floor = 3\n vars.tags = [ "a", "b" ]; vars.os = "Linux" }\n'
        'object Host "core" { }\n'
    )
    rule = (
        f'apply Dependency "d" to Host {{ parent_host_name = "core"; assign where host.name == "x-1" && ({where}) }}\n'
    )
    found = shelf.put("x.conf", host + rule).read()
    assert edges(found) == ({"x-1": ["core"]} if hit else {})


def test_assignments_build_up(shelf: Shelf) -> None:
    text = """
template Host "t" { vars.list = [ "a" ]; vars.map = { k = "a" } }
object Host "a" { }
object Host "b" {
  import "t"
  vars.list += [ "c" ]
  vars.list -= [ "a" ]
  vars.map += { l = "c" }
  vars.number *= 2
}
object Host "c" { vars += { x = "y" } }
apply Dependency "l" for (p in host.vars.list) to Host { parent_host_name = p; ignore where host.name == "z" }
apply Dependency "m" for (k => p in host.vars.map) to Host { parent_host_name = p; redundancy_group = "m" }
"""
    assert edges(shelf.put("x.conf", text).read()) == {"b": ["c", "a|c"]}


def test_includes_are_followed(shelf: Shelf) -> None:
    shelf.put(
        "icinga2.conf",
        'include <itl>\ninclude "constants.conf"\ninclude_recursive "conf.d"\ninclude "zones.d/*.conf"\n',
    )
    shelf.put("constants.conf", 'const NodeName = "mon-1"\n').put("conf.d/sub/h.conf", "object Host NodeName { }\n")
    shelf.put("zones.d/z.conf", 'object Host "z" { }\n')
    assert list(kinds(shelf.read("icinga2.conf"))) == ["mon-1", "z"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('object Host "a" {', "the file ends within braces"),
        ('object Host "a" { address = }', "unexpected '}'"),
        ('object Host "a" 7 { }', "expected { after object Host, got '7'"),
        ('object Host "a" { vars.x = [ 1 2 ] }', "expected , or ], got '2'"),
        ('object Host "a" { vars.x = (1 }', "expected ), got '}'"),
        ("object Host \\ { }", "not Icinga 2 configuration"),
        ('object Host "a" { vars.x = ' + "(" * 50 + " }", "brackets within brackets"),
        ('object Host "a" { vars.x = ' + "!" * 60 + "1 }", "signs, dots or calls in a row"),
        ('object Host "a" { vars.x = a' + ".b" * 60 + " }", "signs, dots or calls in a row"),
        ("// nothing\nvar x = 1\n", "no object in it"),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_line(shelf: Shelf, text: str, error: str) -> None:
    (said,) = shelf.put("x.conf", text).refused("x.conf")
    assert said.startswith("x.conf:1:1: ") and error in said


def test_templates_may_go_in_circles(shelf: Shelf) -> None:
    text = 'template Host "t" { import "u" }\ntemplate Host "u" { import "t" }\nobject Host "a" { import "t" }\n'
    assert "which imports itself" in remarks(shelf.put("x.conf", text).read(), shelf)[0]


def test_odd_corners_of_the_language(shelf: Shelf) -> None:
    text = r"""
library "x"
globals.f = function(x) { return {{ x }} }
object Host "a\n\"b" default { vars.long = {{{ any "thing" { }}}; vars.f = {{ host.name }}; vars.y = f(1, [ 2 ]) ; vars.z = x ? 1 : 2 }
apply Service "s" use (x) { check_command = "ping4" }
object Host "plain" {
  for (k in [ 1 ]) { vars.x = k }
  throw("no")
}
"""
    assert list(kinds(shelf.put("x.conf", text).read())) == ['a\n"b', "plain"]


@pytest.mark.skipif(not Path("/etc/icinga2/conf.d").is_dir(), reason="icinga2 is not installed")
def test_debian_s_own_conf_d() -> None:
    shelf = Shelf(Path("/etc/icinga2/conf.d"), "icinga")
    found = shelf.read()
    assert list(kinds(found)) == ["NodeName"]
    assert [remark.text for remark in found.remarks] == [
        "the constant NodeName is defined in no file that was read: the host is called NodeName here"
    ]
