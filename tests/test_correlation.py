"""What holds of correlation whatever arrives, in whatever order."""

import random
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.decide.stories import alert
from tests.night import Night, trading_company

SITE = """
nodes:
  - {id: core-1, kind: router}
  - {id: core-2, kind: router}
  - {id: sw-a, kind: switch, depends_on: [{any_of: [core-1, core-2]}]}
  - {id: sw-b, kind: switch, depends_on: [{any_of: [core-1, core-2]}]}
  - {id: a-1, depends_on: [sw-a]}
  - {id: a-2, depends_on: [sw-a]}
  - {id: both, depends_on: [{any_of: [sw-a, sw-b]}]}
  - {id: b-1, depends_on: [sw-b]}
  - {id: shop, kind: service, depends_on: [a-1, both]}
  - {id: ring-1, kind: switch, depends_on: [ring-2]}
  - {id: ring-2, kind: switch, depends_on: [ring-1]}
  - {id: on-ring, depends_on: [ring-1]}
"""
RULES = trading_company(topology=SITE)
HOSTS = ("core-1", "core-2", "sw-a", "sw-b", "a-1", "a-2", "both", "b-1", "shop", "ring-1", "ring-2", "on-ring", "odd")
#: The morning of the readme: the switch, what hangs on it, and a disk.
STORY = ("acc-sw-17", "sales-mail", "inventory-db", "hr-server")
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

said = st.tuples(
    st.sampled_from(HOSTS), st.sampled_from((None, "ssh", "disk", "power")), st.sampled_from(("firing", "resolved"))
)
histories = st.lists(st.tuples(st.sampled_from((0, 1, 30, 100, 700)), said), max_size=30)


def night_of(history: Sequence[tuple[int, tuple[str, str | None, str]]]) -> Night:
    night, now = Night(RULES), 0.0
    for wait, (host, check, state) in history:
        now += wait
        text = {"disk": "disk usage 97 %", "power": "something odd"}.get(check or "", "unreachable")
        night.webhook(now, alert(host, check, state=state, summary=text))
    return night


def survivor(night: Night, number: int) -> int:
    seen = set()
    while night.world.incidents[number].merged_into:
        assert number not in seen, "a circle of merges"
        seen.add(number)
        number = night.world.incidents[number].merged_into
    return number


def grouping(night: Night) -> set[tuple[str | None, frozenset[str]]]:
    """Who is together with whom, and because of what."""
    found: dict[int, set[str]] = {}
    for one in night.world.alerts.values():
        found.setdefault(survivor(night, one.incident), set()).add(f"{one.node} {one.check or ''}")
    return {(night.world.incidents[number].cause, frozenset(names)) for number, names in found.items()}


@given(histories)
@MANY
def test_every_alert_belongs_to_exactly_one_incident(history: list[tuple[int, tuple[str, str | None, str]]]) -> None:
    night = night_of(history)
    for one in night.world.alerts.values():
        survivor(night, one.incident)
        assert one.id in night.world.members.get(one.incident)
    held = [number for members in night.world.members.sets.values() for number in members]
    assert sorted(held) == sorted(night.world.alerts)


@given(st.data())
@MANY
def test_the_order_of_arrival_within_the_hold_does_not_matter(data: st.DataObject) -> None:
    """Without flaps and silent causes: whatever depends on something dead finds it, before or after."""
    first = data.draw(st.sets(st.sampled_from(("sw-a", "sw-b", "ring-1", "a-1")), min_size=1), label="failed")
    below = {"sw-a": {"a-1", "a-2", "shop"}, "sw-b": {"b-1"}, "ring-1": {"on-ring"}, "a-1": {"shop"}}
    hosts = sorted(first | set().union(*(below[one] for one in first)))
    events = [(host, None) for host in hosts] + [("a-2", "disk"), ("core-2", "disk")]
    found = []
    for _ in range(2):
        order = data.draw(st.permutations(events), label="order")
        night = Night(RULES)
        for second, (host, check) in enumerate(order):
            night.webhook(second, alert(host, check, summary="disk usage 97 %" if check else "unreachable"))
        night.until(400)
        found.append(grouping(night))
    assert found[0] == found[1]


@given(histories)
@MANY
def test_what_is_of_unknown_kind_explains_and_silences_nothing(
    history: list[tuple[int, tuple[str, str | None, str]]],
) -> None:
    odd = [(wait, (host, "power", "firing")) for wait, (host, _, _) in history]
    night = night_of(odd)
    night.until(sum(wait for wait, _ in odd) + 400)
    open_nodes = {one.node for one in night.world.alerts.values()}
    causes = {i.cause for i in night.world.incidents.values() if not i.merged_into}
    assert open_nodes <= causes, "each node has an incident of its own, and none was explained away"


@given(st.permutations(["ring-1", "ring-2", "on-ring"]))
@MANY
def test_a_circle_can_neither_hang_nor_silence(order: list[str]) -> None:
    night = Night(RULES)
    for second, host in enumerate(order):
        night.webhook(second, alert(host))
    night.until(400)
    told = {night.world.incidents[page.incident].cause for page in night.pages}
    assert {"ring-1", "ring-2"} <= told


@given(histories, st.integers(0, 30), st.integers(0, 30))
@MANY
def test_a_merge_taken_back_leaves_everything_as_it_was(
    history: list[tuple[int, tuple[str, str | None, str]]], one: int, other: int
) -> None:
    night = night_of(history)
    end = sum(wait for wait, _ in history) + 1
    open_ones = [n for n, i in sorted(night.world.incidents.items()) if not i.merged_into and i.state != "resolved"]
    if len(open_ones) < 2:
        return
    first, second = open_ones[one % len(open_ones)], open_ones[other % len(open_ones)]
    before = grouping(night)
    merged = night.act(end, "lin", "merge", first, into=second)
    if merged.ok:
        assert night.act(end + 1, "lin", "split", first).ok
    assert grouping(night) == before


def test_the_story_in_many_orders_is_one_incident_with_the_switch_as_its_cause() -> None:
    rules, chance = trading_company(), random.Random(17)
    for _ in range(200):
        night = Night(rules)
        order = [*STORY, "disk"]
        chance.shuffle(order)
        for host in order:
            at = chance.uniform(0, 60) if host != "disk" else chance.uniform(0, 90)
            night_at = max(at, night.world.at - night.begin)
            if host == "disk":
                night.webhook(night_at, alert("pc-legal-01", "disk", summary="disk failure predicted"))
            else:
                night.nagios(night_at, host)
        night.until(400)
        assert {cause for cause, _ in grouping(night)} == {"acc-sw-17", "pc-legal-01"}
        storm = next(i for i in night.incidents() if i.cause == "acc-sw-17")
        disk = next(i for i in night.incidents() if i.cause == "pc-legal-01")
        assert storm.priority == "P1"
        assert disk.priority > storm.priority
