"""Everything that is wrong with a topology, in one go, with its place."""

import time
from datetime import UTC, datetime

import pytest

from ingestd.inventory.check import check


def said(text: str, teams: frozenset[str] | None = None) -> list[str]:
    return [str(finding).removeprefix("t.yaml:") for finding in check(text, "t.yaml", teams).findings]


def test_a_good_file_has_nothing_to_say() -> None:
    checked = check("nodes: [{id: a}, {id: b, depends_on: [a]}]", "t.yaml")
    assert checked.findings == () and len(checked.file.nodes) == 2


def test_errors_of_types_hide_nothing_else() -> None:
    text = """\
nodes:
  - {id: a, depends_on: [b]}
  - {id: b, depends_on: [c], kindd: switch}
  - {id: c, depends_on: [a]}
  - {id: 17}
  - {id: d, depends_on: [aa, d, a, a], kind: [x]}
  - 5
departments: [{id: x, people: many}]
maintenance: [{targets: [zz]}]
"""
    assert said(text) == [
        "2:25: warning: a circle: a -> b -> c -> a; none of them explains another",
        "3:30: error: unknown key 'kindd': did you mean 'kind'?",
        "5:10: error: expected text, got a whole number '17': put it in quotes",
        "6:26: error: unknown node 'aa': did you mean 'a'?",
        "6:30: warning: d depends on itself: left out",
        "6:36: warning: the same dependency twice",
        "6:46: error: expected text, got a list",
        "7:5: error: expected keys and values, got a whole number '5'",
        "8:31: error: expected a whole number, got text 'many'",
        "9:15: error: expected either start and end, or weekly, or monthly",
    ]


def test_names_that_two_nodes_claim() -> None:
    text = "nodes:\n- {id: a, ip: 10.0.0.1, aliases: [Mail]}\n- {id: b, ip: 10.0.0.1, depends_on: [a]}\n- {id: mail, depends_on: [a]}\n- {id: a}\n"
    assert said(text) == [
        "3:15: warning: '10.0.0.1' is also a name of a (line 2): an alert that says it is taken for neither",
        "4:8: warning: 'mail' is also a name of a (line 2): an alert that says it is taken for neither",
        "5:8: warning: 'a' is defined twice (first in line 2); the first definition counts",
    ]


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ("depends_on: [{any_of: []}, a]", "warning: any_of is empty"),
        ("depends_on: [{any_of: [a]}]", "warning: any_of of a alone is a hard dependency"),
        ("depends_on: [{any_of: [a, b, a]}]", "warning: any_of names a node twice"),
        ("depends_on: [{any_of: [a, q]}]", "error: unknown node 'q'"),
        ("depends_on: [a], ip: 10.0.0.1/24", "warning: '10.0.0.1/24' is no IP address: did you mean 10.0.0.1?"),
        ("depends_on: [a], ip: host-1", "warning: 'host-1' is no IP address: write names into fqdn or aliases"),
        ("depends_on: [a], kind: service, class: top", "warning: class 'top': expected critical, important or normal"),
        ("depends_on: [a], class: critical", "warning: class counts for services only; n is a server"),
        ("kind: service", "warning: the service n depends on nothing"),
        ("depends_on: [a], department: legal", "error: unknown department 'legal'"),
        ("depends_on: [a], owner: ghosts", "error: unknown team 'ghosts'"),
    ],
)
def test_each_mistake_of_a_node(node: str, text: str) -> None:
    file = f"nodes:\n- {{id: a}}\n- {{id: b, depends_on: [a]}}\n- {{id: n, {node}}}\ndepartments: [{{id: hr}}]\n"
    assert any(text in line and line.startswith("4:") for line in said(file, frozenset({"systems"})))


def test_departments_and_maintenance() -> None:
    text = """\
nodes: [{id: a}, {id: b, depends_on: [a]}]
departments:
  - {id: hr, uses: [c], mail_domains: [x.example], people: -1}
  - {id: it, mails: [X.example]}
  - {id: it}
maintenance:
  - {targets: [q], start: 20, end: 10}
  - {targets: [a], start: 2027-01-10T20:00:00Z, end: 2027-01-09T20:00:00}
  - {targets: [a], start: 10, end: 20}
"""
    assert said(text) == [
        "3:21: error: unknown service 'c': known are a, b",
        "3:60: warning: fewer than no people",
        "4:22: warning: 'X.example' is also of hr; the last one counts",
        "5:10: warning: 'it' is defined twice (first in line 4); the last definition counts",
        "7:16: error: unknown node 'q': known are a, b",
        "7:36: warning: it ends before it starts: it covers nothing",
        "8:54: warning: it ends before it starts: it covers nothing",
    ]


def test_windows_that_come_again() -> None:
    text = """\
nodes: [{id: a}, {id: b, depends_on: [a]}]
maintenance:
  - {targets: [a], weekly: {weekdays: [sat], from: "22:00", to: "04:00"}, zone: Europe/Berln}
  - {targets: [a], weekly: {weekdays: [sat, sunn], from: "25:00"}}
  - {targets: [a], monthly: {nth: 5, weekday: tue}}
  - {targets: [a], weekly: {weekdays: [sat]}, monthly: {nth: 2, weekday: tue}}
  - {targets: [a], monthly: {nth: last, weekday: tue}, since: 2027-01-01, until: 2026-12-01}
  - {targets: [a], start: 10}
  - {targets: [a], start: 10, end: 20, zone: Asia/Shanghai}
  - {targets: [q], weekly: {weekdays: [sun], from: "02:00", to: "05:00"}, zone: No Where}
"""
    assert said(text) == [
        "3:81: error: unknown time zone 'Europe/Berln': did you mean 'Europe/Berlin'?",
        "4:45: error: expected mon, tue, wed, thu, fri, sat or sun, got 'sunn'",
        "4:58: error: expected a time of day such as 06:00, got '25:00'",
        "5:35: error: expected 1, 2, 3, 4 or last, got '5'",
        "6:5: error: expected either start and end, or weekly, or monthly",
        "7:82: warning: it ends before it starts: it covers nothing",
        "8:5: error: a single window needs start and end",
        "9:5: error: since, until and zone go with weekly and monthly",
        "10:16: error: unknown node 'q': known are a, b",
        "10:81: error: unknown time zone 'No Where': expected a name such as Asia/Shanghai",
    ]


def test_windows_that_never_come_again() -> None:
    text = """\
nodes: [{id: a}, {id: b, depends_on: [a]}]
maintenance:
  - {targets: [a], start: 2027-01-01T20:00:00Z, end: 2027-01-01T22:00:00Z}
  - {targets: [a], monthly: {nth: 2, weekday: tue}, until: 2027-01-31}
  - {targets: [a], monthly: {nth: 2, weekday: tue}, until: 2027-02-20}
  - {targets: [a], weekly: {weekdays: [sun]}}
  - {targets: [a], start: 10, end: 1e300}
"""
    march = datetime(2027, 3, 5, tzinfo=UTC).timestamp()
    found = check(text, "t.yaml", now=march).findings
    assert [str(one).removeprefix("t.yaml:") for one in found] == [
        "3:54: warning: over since 2027-01-01: it never comes again",
        "4:60: warning: over since 2027-01-31: it never comes again",
    ]


def test_nodes_that_stand_alone_are_one_line() -> None:
    lines = said("nodes: [{id: a}, {id: b, depends_on: [a]}, {id: c}, {id: d}]")
    assert lines == [
        "1:49: warning: 2 of 4 nodes depend on nothing, and nothing on them: c, d; "
        "their alerts are never explained by another's"
    ]


def test_long_and_many_circles_are_cut() -> None:
    rings = [[f"r{r}n{i}" for i in range(20)] for r in range(30)]
    nodes = [
        f"- {{id: {a}, depends_on: [{b}]}}" for ring in rings for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
    ]
    lines = said("nodes:\n" + "\n".join(nodes))
    assert len(lines) == 20 and " -> … -> r0n0;" in lines[0]


@pytest.mark.parametrize("text", ["nodes: [", "nodes: {a: b}", "nodes:\n- {id: a, id: b}\n"])
def test_what_is_no_topology_at_all(text: str) -> None:
    checked = check(text, "t.yaml")
    assert checked.count("error") == 1 and checked.count("warning") == 0


def test_thousands_of_nodes_with_thousands_of_mistakes_take_seconds() -> None:
    nodes = "".join(f"- {{id: n{i}, ip: 10.0.0.1, depends_on: [gone{i}, n{i // 9}]}}\n" for i in range(4000))
    began = time.process_time()
    checked = check("nodes:\n" + nodes, "t.yaml")
    assert checked.count("error") == 4000
    assert time.process_time() - began < 20
