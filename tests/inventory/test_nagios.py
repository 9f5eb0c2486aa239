"""Nagios object files: parents, templates, groups, dependencies."""

from pathlib import Path

import pytest

from tests.inventory.shelf import Shelf, edges, kinds, notes, remarks

PLANT = """
# routers of the plant
define host{
    use                 device
    host_name           rt-north, rt-south ; two of them
    address             192.0.2.1
    hostgroups          routers
}
define host {
    use         device
    host_name   sw-hall
    alias       Switch in the hall
    address     sw-hall.plant.example
    parents     rt-north,rt-south
}
define host {
    use         line-pc
    host_name   pc-press
    parents     +sw-hall
    display_name Press
    alias       Press line
}
define host {
    name        device
    register    0
    max_check_attempts 3
}
define host {
    name        line-pc
    use         device
    parents     rt-north
    register    0
}
define hostgroup {
    hostgroup_name  routers
    members         *,!pc-press,!sw-hall
}
define hostgroup {
    hostgroup_name  everything
    hostgroup_members routers
    members         pc-press
}
define hostdependency {
    host_name                     sw-hall
    dependent_hostgroup_name      everything
    notification_failure_criteria d,u
}
define hostdependency {
    host_name                     pc-press
    dependent_host_name           sw-hall
    execution_failure_criteria    n
}
define servicedependency {
    host_name                     sw-hall
    service_description           PING
    dependent_host_name           pc-press
    dependent_service_description Ping host
}
define servicedependency {
    host_name                     rt-north
    service_description           DHCP
    dependent_host_name           pc-press
    dependent_service_description Login
}
define timeperiod {
    timeperiod_name 24x7
    monday          00:00-24:00
}
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "nagios")


def test_several_parents_stand_in_for_one_another(shelf: Shelf) -> None:
    found = shelf.put("plant.cfg", PLANT).read()
    assert edges(found) == {
        "pc-press": ["sw-hall", "rt-north|sw-hall"],
        "rt-north": ["sw-hall"],
        "rt-south": ["sw-hall"],
        "sw-hall": ["rt-north|rt-south"],
    }
    hall = next(one.spec for one in found.nodes if one.spec.id == "sw-hall")
    assert (hall.name, hall.fqdn, hall.ip) == ("Switch in the hall", "sw-hall.plant.example", "")
    press = next(one.spec for one in found.nodes if one.spec.id == "pc-press")
    assert (press.name, press.aliases) == ("Press line", ("Press",))


def test_kinds_are_guessed_from_groups_and_names_and_said_to_be(shelf: Shelf) -> None:
    found = shelf.put("plant.cfg", PLANT).read()
    assert kinds(found) == {"pc-press": "pc", "rt-north": "router", "rt-south": "router", "sw-hall": "switch"}
    assert notes(found, "rt-north") == 'kind guessed from "routers"'


def test_what_is_about_checks_is_a_remark_with_its_line(shelf: Shelf) -> None:
    said = remarks(shelf.put("plant.cfg", PLANT).read(), shelf)
    assert said == [
        "plant.cfg:48: hostdependency of sw-hall does not look at d or u: no edge",
        'plant.cfg:59: "Login" on pc-press depends on "DHCP" on rt-north: about checks, not about reach: no edge; '
        "write a service node if one breaks the other",
    ]


def test_nagios_cfg_leads_to_files_and_folders(shelf: Shelf) -> None:
    shelf.put("nagios.cfg", "log_file=/x\ncfg_file=objects/a.cfg\ncfg_dir=more\n")
    shelf.put("objects/a.cfg", "define host{\nhost_name a\n}\n").put(
        "more/deep/b.cfg", "define host{\nhost_name b\nparents a\n}\n"
    )
    shelf.put("more/readme.txt", "no object")
    assert edges(shelf.read("nagios.cfg")) == {"b": ["a"]}


def test_a_file_that_is_named_and_not_there_is_an_error_where_it_is_named(shelf: Shelf) -> None:
    assert shelf.put("nagios.cfg", "\ncfg_file=gone.cfg\n").refused("nagios.cfg") == [
        f"nagios.cfg:2:1: {shelf.home}/gone.cfg can't be read: No such file or directory"
    ]


def test_broken_definitions_are_remarked_and_the_rest_is_read(shelf: Shelf) -> None:
    text = (
        "define host{\nhost_name a\ndefine host{\nhost_name b\nparents a, gone, \\\n b\nuse nowhere\n}\n"
        "define host{\nname x\nuse y\nregister 0\n}\ndefine host{\nname y\nuse x\nregister 0\n}\n"
        "define host{\nhost_name c\nuse x\nparents web*\n}\n"
        "define hostdependency{\nhost_name a\n}\n"
        "define hostdependency{\nhost_name a\ndependent_hostgroup_name none\nnotification_failure_criteria d\n}\n"
        "define host\n{\nhost_name d\nparents null\n}\ndefine host{\nhost_name e\n"
    )
    found = shelf.put("odd.cfg", text).read()
    assert edges(found) == {"b": ["a"]}
    said = "\n".join(remarks(found, shelf))
    for words in (
        "odd.cfg:1: define host: no } before the next define in line 3",
        "odd.cfg:3: host uses the template 'nowhere', which is defined nowhere",
        "odd.cfg:3: b depends on 'gone', which is defined nowhere: left out",
        "odd.cfg:3: b depends on itself: left out",
        "uses itself, or too many others",
        "the pattern 'web*' is not followed",
        "hostdependency without host_name or dependent_host_name",
        "host group 'none' is defined nowhere",
        "no } up to the end of the file",
    ):
        assert words in said


def test_a_template_s_null_and_plus(shelf: Shelf) -> None:
    text = (
        "define host{\nname t\nparents +a\nregister 0\n}\ndefine host{\nname n\nparents null\nregister 0\n}\n"
        "define host{\nhost_name a\n}\ndefine host{\nhost_name b\n}\n"
        "define host{\nhost_name c\nuse t\nparents +b\n}\ndefine host{\nhost_name d\nuse n\nparents +b\n}\n"
    )
    assert edges(shelf.put("t.cfg", text).read()) == {"c": ["a|b"], "d": ["b"]}


def test_what_is_no_object_file_is_refused(shelf: Shelf) -> None:
    assert shelf.put("x.cfg", "hello\n").refused("x.cfg") == [
        "x.cfg:1:1: no `define host` or other object in it: expected Nagios object files"
    ]


@pytest.mark.skipif(not Path("/etc/nagios4/objects").is_dir(), reason="nagios4 is not installed")
def test_debian_s_own_objects(tmp_path: Path) -> None:
    shelf = Shelf(Path("/etc/nagios4/objects"), "nagios")
    found = shelf.read()
    assert kinds(found) == {
        "hplj2605dn": "printer",
        "linksys-srw224p": "switch",
        "localhost": "server",
        "winserver": "server",
    }
    assert notes(found, "localhost") == "the monitoring server itself: give it its own name"
    assert found.remarks == ()
