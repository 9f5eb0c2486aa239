"""Names, dependencies, circles, reach and maintenance, on graphs of a few nodes."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from ingestd.decide.topology import (
    AnyOf,
    DepartmentSpec,
    MaintenanceSpec,
    MonthlySpec,
    NodeSpec,
    Topology,
    TopologyFile,
    WeeklySpec,
    Window,
    normal_name,
)
from ingestd.yamltypes import Clock


def graph(*nodes: NodeSpec, **more: object) -> Topology:
    return Topology(TopologyFile(nodes=nodes, **more))  # type: ignore[arg-type]


def node(name_: str, *needs: str | AnyOf, **more: object) -> NodeSpec:
    return NodeSpec(id=name_, depends_on=needs, **more)  # type: ignore[arg-type]


OFFICE = graph(
    node("sw-3", name="switch three", fqdn="sw-3.hall.example", ip="192.0.2.3", aliases=("stack B",)),
    node("db-1", "sw-3", ip="2001:db8::7"),
    node("mail.post.example", "sw-3"),
    node("wiki", "db-1", kind="service"),
    node("chat", kind="service"),
)


@pytest.mark.parametrize(
    ("spelling", "found"),
    [
        ("sw-3", "sw-3"),
        ("SW-3", "sw-3"),
        (" sw-3. ", "sw-3"),
        ("sw-3:9100", "sw-3"),
        ("sw-3.hall.example", "sw-3"),
        ("sw-3.hall.example.:9100", "sw-3"),
        ("192.0.2.3", "sw-3"),
        ("192.0.2.3:161", "sw-3"),
        ("Stack B", "sw-3"),
        ("switch three", "sw-3"),
        ("sw-3 (192.0.2.3)", "sw-3"),
        ("new name (sw-3)", None),
        ("sw-3.lan", "sw-3"),
        ("sw-3.elsewhere.example", None),  # it has a domain of its own, and this is not it
        ("db-1.elsewhere.example", "db-1"),  # it has none
        ("2001:db8::7", "db-1"),
        ("[2001:db8::7]:443", "db-1"),
        ("mail", "mail.post.example"),
        ("mail.post.example", "mail.post.example"),
        ("mail.local", "mail.post.example"),
        ("192.0.2.99", None),
        ("nobody", None),
        ("", None),
        (None, None),
    ],
)
def test_the_node_that_a_host_field_names(spelling: str | None, found: str | None) -> None:
    assert OFFICE.resolve(spelling) == found


def test_a_name_with_two_owners_is_nobodys() -> None:
    twins = graph(node("a", fqdn="db.one.example", aliases=("db",)), node("b", fqdn="db.two.example", aliases=("db",)))
    assert twins.resolve("db") is None
    assert twins.resolve("db.one.example") == "a"


def test_how_an_unknown_host_is_called() -> None:
    assert [normal_name(h) for h in ("Box-1.Example.NET.:9100", "[2001:DB8::1]:80", None)] == [
        "box-1.example.net",
        "2001:db8::1",
        "",
    ]


def test_a_check_may_mean_a_service_that_runs_on_this_host() -> None:
    assert OFFICE.service_on("Wiki", "db-1") == "wiki"
    assert OFFICE.service_on("wiki", "sw-3") == "wiki"
    assert OFFICE.service_on("wiki", None) == "wiki"
    assert OFFICE.service_on("wiki", "a host nobody knows") == "wiki"
    assert OFFICE.service_on("chat", "db-1") is None, "it runs elsewhere"
    assert OFFICE.service_on("db-1", "db-1") is None, "no service"
    assert OFFICE.service_on(None, "db-1") is None


def test_a_second_definition_is_a_warning_and_changes_nothing() -> None:
    found = graph(node("sw", kind="switch"), node("sw", kind="router"))
    assert found.nodes["sw"].kind == "switch"
    assert found.warnings == ["node sw is defined twice; the first definition counts"]


def test_a_dependency_that_is_not_defined_is_a_warning_and_left_out() -> None:
    found = graph(node("sw"), node("db", AnyOf(("sw", "gone"))), node("web", "gone"))
    assert found.parents("db") == ["sw"]
    assert found.parents("web") == []
    assert found.warnings == [
        "node db depends on gone, which is not defined",
        "node web depends on gone, which is not defined",
    ]


def test_a_node_never_depends_on_itself() -> None:
    assert graph(node("db", "db")).parents("db") == []


def test_a_circle_is_a_warning_and_its_members_are_known() -> None:
    found = graph(node("web", "a"), node("a", "b"), node("b", "c"), node("c", "a", "sw"), node("sw"))
    assert found.cyclic == {"a", "b", "c"}
    assert found.warnings == ["these nodes depend on one another in a circle: a, b, c"]


def test_a_diamond_is_no_circle() -> None:
    found = graph(node("web", "a", "b"), node("a", "sw"), node("b", "sw"), node("sw"))
    assert found.cyclic == frozenset()
    assert found.ancestors("web") == ("a", "b", "sw")


def test_what_goes_down_with_a_node() -> None:
    pair = graph(node("r1"), node("r2"), node("sw", AnyOf(("r1", "r2"))), node("db", "sw"), node("nas", "r1"))
    assert pair.reach("r1") == {"r1", "nas"}
    assert pair.reach("sw") == {"sw", "db"}
    assert pair.hard_parents("sw") == []
    assert pair.hard_parents("db") == ["sw"]
    assert pair.hard_children("r1") == ["nas"]


def test_what_breaks_for_whom() -> None:
    company = graph(
        node("sw"),
        node("pc-1", "sw", department="hr"),
        node("pc-2", "sw", department="unheard of"),
        node("till", "sw", kind="service", class_="normal"),
        node("shop", "sw", kind="service", class_="critical"),
        node("wall", "sw", kind="service", class_="decoration"),
        departments=(
            DepartmentSpec(id="hr", people=10),
            DepartmentSpec(id="sales", people=80, uses=("till", "shop")),
            DepartmentSpec(id="legal", people=8),
        ),
    )
    impact = company.impact("sw")
    assert impact.services == ("shop", "till", "wall"), "the most important first"
    assert (impact.departments, impact.people, impact.nodes) == (("hr", "sales"), 90, 6)
    assert impact.service_class == "critical"
    assert company.impact("pc-2").departments == ()


def test_the_department_of_a_mail_address() -> None:
    company = graph(
        departments=(
            DepartmentSpec(id="hr", mail_domains=("hr.example",)),
            DepartmentSpec(id="chief", mails=("Boss@hr.example",)),
        )
    )
    assert [company.department_of(a) for a in ("mia@HR.example", "boss@hr.example", "mia@else.example", "")] == [
        "hr",
        "chief",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (1_000_000.0, 1_003_600.0),
        (datetime.fromtimestamp(1_000_000, UTC), datetime.fromtimestamp(1_003_600, UTC)),
        (
            datetime.fromtimestamp(1_000_000, timezone(timedelta(hours=8))),
            datetime.fromtimestamp(1_003_600, timezone(timedelta(hours=8))),
        ),
        (datetime(1970, 1, 12, 13, 46, 40), datetime(1970, 1, 12, 14, 46, 40)),  # bare: UTC
    ],
)
def test_a_window_covers_its_target_and_what_depends_on_it(start: float | datetime, end: float | datetime) -> None:
    window = MaintenanceSpec(targets=("sw",), start=start, end=end, summary="firmware")
    found = graph(node("r1"), node("sw", "r1"), node("db", "sw"), maintenance=(window,))
    assert found.maintenance("db", 1_000_000.0) == Window(
        "sw", 1_000_000.0, 1_003_600.0, "firmware", frozenset({"sw", "db"})
    )
    assert found.maintenance("db", 999_999.0) is None
    assert found.maintenance("db", 1_003_600.0) is None
    assert found.maintenance("r1", 1_000_000.0) is None


SHANGHAI = timezone(timedelta(hours=8))


def shanghai(day: int, hour: int, minute: int = 0) -> float:
    """In November 2026, of which the first is a Sunday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).timestamp()


def test_a_window_comes_again_every_week_by_the_clocks_of_the_site() -> None:
    weekly = WeeklySpec(weekdays=("sun", "sat"), from_=Clock(22 * 60), to=Clock(4 * 60))
    spec = MaintenanceSpec(targets=("sw",), weekly=weekly, since=date(2026, 11, 7), until=date(2026, 11, 14))
    file = TopologyFile(nodes=(node("sw"), node("db", "sw")), maintenance=(spec,))
    found = Topology(file, "Asia/Shanghai")
    held = [found.maintenance("db", shanghai(*when)) is not None for when in ((7, 21, 59), (7, 22), (8, 3, 59), (8, 4))]
    assert held == [False, True, True, False]
    assert found.maintenance("db", shanghai(1, 23)) is None, "before the first day"
    assert found.maintenance("db", shanghai(15, 2)), "it began on the last day"
    assert found.maintenance("db", shanghai(15, 23)) is None, "after the last day"


def test_a_window_comes_again_every_month_by_clocks_of_its_own() -> None:
    monthly = MonthlySpec(nth=2, weekday="tue", from_=Clock(20 * 60), to=Clock(23 * 60))
    last = MonthlySpec(nth="last", weekday="mon")
    specs = (
        MaintenanceSpec(targets=("sw",), monthly=monthly, zone="Asia/Shanghai", until=date.max),
        MaintenanceSpec(targets=("db",), monthly=last, zone="Asia/Shanghai"),
    )
    found = graph(node("sw"), node("db"), maintenance=specs)
    assert found.maintenance("sw", shanghai(10, 21)) and not found.maintenance("sw", shanghai(17, 21))
    assert found.maintenance("db", shanghai(30, 0)) and not found.maintenance("db", shanghai(23, 0))


def test_a_window_by_an_unknown_clock_goes_by_that_of_the_site() -> None:
    spec = MaintenanceSpec(targets=("sw",), weekly=WeeklySpec(weekdays=("sat",)), zone="Mars/Olympus")
    found = Topology(TopologyFile(nodes=(node("sw"),), maintenance=(spec,)), "Asia/Shanghai")
    assert found.warnings == ["maintenance names the time zone Mars/Olympus, which is not known"]
    assert found.maintenance("sw", shanghai(7, 0)) and not found.maintenance("sw", shanghai(8, 0))


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({}, "expected either start and end, or weekly, or monthly"),
        ({"start": 1.0, "end": 2.0, "weekly": WeeklySpec(weekdays=("sat",))}, "expected either"),
        ({"end": 2.0}, "a single window needs start and end"),
        ({"start": 1.0, "end": 2.0, "until": date.max}, "go with weekly and monthly"),
    ],
)
def test_a_window_is_written_in_one_way(more: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        MaintenanceSpec(targets=("sw",), **more)


def test_a_week_needs_a_day() -> None:
    with pytest.raises(ValueError, match="at least one weekday"):
        WeeklySpec(weekdays=())


def test_maintenance_of_something_unknown_is_a_warning() -> None:
    found = graph(node("sw"), maintenance=(MaintenanceSpec(targets=("gone", "sw"), start=0.0, end=1.0),))
    assert [w.target for w in found.windows] == ["sw"]
    assert found.warnings == ["maintenance names gone, which is not defined"]
