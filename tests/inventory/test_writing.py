"""What is written reads back as it was, whatever people call their machines."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide.topology import AnyOf, DepartmentSpec, NodeSpec, TopologyFile
from ingestd.inventory.found import Found, Inventory, order
from ingestd.inventory.writing import comment, scalar, written
from ingestd.yamltypes import loads

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    [
        "no",
        "on",
        "17",
        "1e3",
        "0x1f",
        "~",
        "null",
        "10.0.0.1",
        "a: b",
        "a #b",
        "- a",
        "{a}",
        "中文 名",
        "a\nb",
        "12:30",
        "'",
        '"',
    ]
)
NAME = TEXT.filter(bool)
DEPENDS = st.lists(NAME | st.builds(AnyOf, st.lists(NAME, max_size=3).map(tuple)), max_size=3).map(tuple)
NODES = st.builds(
    NodeSpec,
    id=NAME,
    kind=NAME,
    name=TEXT,
    fqdn=TEXT,
    ip=TEXT,
    aliases=st.lists(TEXT, max_size=3).map(tuple),
    remedy=TEXT,
    depends_on=DEPENDS,
    class_=TEXT,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.builds(Found, NODES, st.lists(TEXT, max_size=2).map(tuple)), max_size=4, unique_by=lambda f: f.spec.id),
    TEXT,
)
def test_it_reads_back(nodes: list[Found], head: str) -> None:
    departments = (DepartmentSpec(id="a: b", people=3, uses=("x", "no")),)
    text = written(Inventory(nodes=tuple(nodes), departments=departments), (head,))
    again = loads(text, TopologyFile, "again.yaml")
    assert {node.id: node for node in again.nodes} == {one.spec.id: one.spec for one in nodes}
    assert again.departments == departments


def test_it_is_made_to_be_read() -> None:
    nodes = (
        Found(NodeSpec(id="srv-10", depends_on=("sw-2",))),
        Found(NodeSpec(id="srv-9", name="x" * 60, remedy="y" * 60), ("guessed",)),
        Found(NodeSpec(id="sw-2", kind="switch", ip="10.0.0.2"), ("kind guessed",)),
        Found(NodeSpec(id="pay", kind="service", class_="critical", depends_on=(AnyOf(("srv-9", "srv-10")),))),
    )
    assert written(Inventory(nodes=nodes), ("Two\nlines",)) == (
        "# Two lines\n"
        "nodes:\n"
        "  - {id: sw-2, kind: switch, ip: 10.0.0.2}  # kind guessed\n"
        "\n"
        "  # guessed\n"
        "  - id: srv-9\n"
        f"    name: {'x' * 60}\n"
        f"    remedy: {'y' * 60}\n"
        "  - {id: srv-10, depends_on: [sw-2]}\n"
        "\n"
        "  - {id: pay, kind: service, depends_on: [{any_of: [srv-9, srv-10]}], class: critical}\n"
    )


def test_a_note_that_does_not_fit_stands_above() -> None:
    text = written(Inventory(nodes=(Found(NodeSpec(id="a", name="b" * 60), ("c" * 60,)),)))
    assert text.splitlines()[1] == "  # " + "c" * 60


def test_scalars_and_comments() -> None:
    assert [scalar(text) for text in ("10.0.0.1", "sw-1", "no", "17", "", "a b", "人事", "\ud800")] == [
        "10.0.0.1",
        "sw-1",
        '"no"',
        '"17"',
        '""',
        "a b",
        "人事",
        '"\ufffd"',
    ]
    assert comment("a\nb\x00 \u2028c") == "# a b c"


def test_order_is_that_of_people() -> None:
    names = ["sw-10", "SW-2", "sw-1", "sw-02", "a", "10", "9", "²"]
    assert sorted(names, key=order) == ["9", "10", "a", "sw-1", "SW-2", "sw-02", "sw-10", "²"]
