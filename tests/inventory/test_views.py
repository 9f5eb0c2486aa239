"""The graph as a tree, and what breaks."""

from ingestd.decide.topology import AnyOf, DepartmentSpec, NodeSpec, Topology, TopologyFile
from ingestd.inventory.views import around, breakage, tree

PORT = Topology(
    TopologyFile(
        nodes=(
            NodeSpec(id="rt-1", kind="router"),
            NodeSpec(id="rt-2", kind="router"),
            NodeSpec(id="sw", kind="switch", depends_on=(AnyOf(("rt-1", "rt-2")),)),
            NodeSpec(id="db", depends_on=("sw",)),
            NodeSpec(id="web", depends_on=("sw", "db")),
            NodeSpec(id="shop", kind="service", class_="critical", depends_on=("web",)),
            NodeSpec(id="wiki", kind="service", depends_on=("web",)),
            NodeSpec(id="x", depends_on=("y",)),
            NodeSpec(id="y", depends_on=("x",)),
        ),
        departments=(DepartmentSpec(id="sales", people=5, uses=("shop",)),),
    )
)


def test_every_node_once_roots_first_circles_last() -> None:
    lines = [(twig.node, twig.depth, twig.instead, twig.elsewhere) for twig in tree(PORT, 9)]
    assert lines == [
        ("rt-1", 0, (), 0),
        ("sw", 1, ("rt-2",), 0),
        ("db", 2, (), 1),
        ("web", 2, (), 0),
        ("shop", 3, (), 0),
        ("wiki", 3, (), 0),
        ("rt-2", 0, (), 1),
        ("x", 0, (), 0),
        ("y", 1, (), 1),
    ]


def test_what_is_too_deep_is_counted() -> None:
    lines = [(twig.node, twig.below) for twig in tree(PORT, 1)]
    assert lines == [("rt-1", 0), ("sw", 4), ("rt-2", 0), ("x", 0), ("y", 0)]


def test_around_a_node() -> None:
    found = around(PORT, "web")
    assert found.above == ("sw", "db", "rt-1", "rt-2") and found.dependents == ("shop", "wiki")
    assert (found.reach, found.people, found.services, found.cyclic) == (2, 5, ("shop", "wiki"), False)
    assert around(PORT, "rt-1").partners == ("rt-2",) and around(PORT, "x").cyclic


def test_one_router_of_two_breaks_nothing_and_says_why() -> None:
    found = breakage(PORT, ["rt-1"])
    assert (found.nodes, found.services) == (0, ())
    (one,) = found.survivors
    assert (one.node, one.lost, one.thanks) == ("sw", ("rt-1",), ("rt-2",))


def test_both_break_everything() -> None:
    found = breakage(PORT, ["rt-1", "rt-2", "rt-1"])
    assert [(twig.node, twig.depth) for twig in found.tree] == [
        ("rt-1", 0),
        ("sw", 1),
        ("db", 2),
        ("web", 2),
        ("shop", 3),
        ("wiki", 3),
        ("rt-2", 0),
    ]
    assert [(s.node, s.class_, s.departments) for s in found.services] == [
        ("shop", "critical", ("sales",)),
        ("wiki", "", ()),
    ]
    assert (found.nodes, found.people, found.departments[0].id, found.survivors) == (5, 5, "sales", ())
