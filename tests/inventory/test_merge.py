"""An import beside the site's own file: what is new goes in, what people wrote stays."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide.topology import AnyOf, DepartmentSpec, NodeSpec, TopologyFile
from ingestd.inventory.found import Found, Inventory
from ingestd.inventory.merge import Compared, compare, grown
from ingestd.yamltypes import ConfigError, Document, loads, reads

SITE = """\
# Ours.
version: 1
nodes:
  - {id: sw-1, kind: switch, ip: 10.0.0.1}  # by the door
  - id: files
    fqdn: files.office.example
    remedy: >-
      Call
      Wei.

  # the last one
  - {id: mail, depends_on: [files]}

departments: []  # none yet
"""


def site(text: str) -> Document[TopologyFile]:
    return reads(text, TopologyFile, "topology.yaml")


def found(*specs: NodeSpec) -> Inventory:
    return Inventory(nodes=tuple(Found(spec) for spec in specs))


def test_what_is_new_goes_behind_the_last_and_the_rest_stays_as_it_is() -> None:
    more = found(NodeSpec(id="nas", kind="storage", depends_on=("10.0.0.1",)), NodeSpec(id="door", ip="10.0.0.1"))
    compared = compare(
        found(NodeSpec(id="nas", kind="storage", depends_on=("door",)), *(one.spec for one in more.nodes[1:])),
        site(SITE),
    )
    text = grown(site(SITE), compared)
    assert text == SITE.replace("ip: 10.0.0.1}", "ip: 10.0.0.1, aliases: [door]}").replace(
        "depends_on: [files]}\n", "depends_on: [files]}\n  - {id: nas, kind: storage, depends_on: [sw-1]}\n"
    )


def test_empty_fields_are_filled_and_words_of_people_stay() -> None:
    compared = compare(
        found(
            NodeSpec(id="files.office.example", ip="10.0.0.5", rack="R1", depends_on=("sw-1",)),
            NodeSpec(id="sw-1", kind="router", ip="10.9.9.9", site="hq"),
            NodeSpec(id="mail", depends_on=("sw-1",)),
        ),
        site(SITE),
    )
    assert compared.new.nodes == ()
    text = grown(site(SITE), compared)
    assert "      Wei.\n    ip: 10.0.0.5\n    rack: R1\n    depends_on: [sw-1]\n\n  # the last one" in text
    assert "{id: sw-1, kind: switch, ip: 10.0.0.1, site: hq}  # by the door" in text
    assert [str(remark) for remark in compared.remarks] == [
        "topology.yaml:4:34: sw-1: the import says 10.9.9.9, the file 10.0.0.1: it stays",
        "topology.yaml:12:28: mail: the import says [sw-1]: the file's stays",
    ]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "nodes:\n  - {id: a}\n"),
        ("version: 1", "version: 1\nnodes:\n  - {id: a}\n"),
        ("nodes: []  # none\n", "nodes: \n  - {id: a}  # none\n"),
        ("nodes:\n- id: b\n", "nodes:\n- id: b\n- {id: a}\n"),
        ("nodes:\n- id: b", "nodes:\n- id: b\n- {id: a}\n"),
        ("nodes:\r\n- id: b\r\n# end\r\n", "nodes:\r\n- id: b\r\n- {id: a}\n# end\r\n"),
    ],
)
def test_files_of_all_shapes_grow(text: str, after: str) -> None:
    assert grown(site(text), compare(found(NodeSpec(id="a")), site(text))) == after


def test_what_can_not_be_grown_is_refused_and_not_damaged() -> None:
    text = "{nodes: [{id: b}]}\n"
    with pytest.raises(ConfigError, match="can't be added to as they are written"):
        grown(site(text), compare(found(NodeSpec(id="a")), site(text)))


def test_departments_that_are_there_are_left_out() -> None:
    both = Inventory(departments=(DepartmentSpec(id="hr"), DepartmentSpec(id="it")))
    assert compare(both, site("departments: [{id: hr}]")).new.departments == (DepartmentSpec(id="it"),)


def test_groups_shrink_when_two_names_are_one_node() -> None:
    more = found(NodeSpec(id="door", ip="10.0.0.1"), NodeSpec(id="x", depends_on=(AnyOf(("door", "sw-1")),)))
    (new,) = compare(more, site(SITE)).new.nodes
    assert new.spec.depends_on == ("sw-1",)


NAMES = st.text("ab-1 :#'é中", min_size=1, max_size=5)
SPECS = st.lists(st.builds(NodeSpec, id=NAMES, rack=NAMES, remedy=NAMES), max_size=4, unique_by=lambda spec: spec.id)


@settings(max_examples=100, deadline=None)
@given(SPECS, SPECS)
def test_a_grown_file_holds_both(old: list[NodeSpec], new: list[NodeSpec]) -> None:
    ids = {spec.id for spec in old}
    fresh = [spec for spec in new if spec.id not in ids]
    lines = ["nodes:", *(f"- {{id: {spec.id!r}, rack: {spec.rack!r}}}" for spec in old)] if old else []
    text = "\n".join(line.replace("\\'", "''") if '"' not in line else line for line in lines)
    document = site(text)
    after = grown(document, Compared(found(*fresh), (), ()))
    assert {node.id for node in loads(after, TopologyFile, "x").nodes} == ids | {spec.id for spec in fresh}
