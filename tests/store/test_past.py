"""What is learnt from is read in pages: hosts, failures, and what people decided by hand."""

from collections.abc import AsyncIterator

import pytest

from ingestd.model import TimelineRow, Watcher
from ingestd.store import ByHand, Failure, Store
from ingestd.store.past import LOOKED_AT
from tests.store.stories import alert, incident, step, tick


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store.open(store_url) as opened:
        yield opened


def by(*sources: str) -> tuple[Watcher, ...]:
    return tuple(Watcher(source, True, 1.0) for source in sources)


async def test_a_host_is_summed_up_over_its_alerts(store: Store) -> None:
    alerts = (
        alert(1, 1, host="SRV-A", check="disk", first_at=1.0, last_at=9.0, watchers=by("smtp"), labels='{"a": "b"}'),
        alert(
            2, 1, host="srv-a.lan", check="load", first_at=3.0, last_at=4.0, watchers=by("prod", "smtp"), known=False
        ),
        alert(3, 1, check=None, first_at=5.0, last_at=5.0, guessed=True),
    )
    await store.commit([step(tick(), 1, alerts=alerts)])
    (seen,), following = await store.queries.hosts()
    assert (seen.node, seen.host, seen.known, seen.guessed) == ("srv-a", "srv-a", True, False)
    assert (seen.sources, seen.checks, seen.labels) == (("prod", "smtp"), ("load", "disk"), '{"a": "b"}')
    assert (seen.count, seen.first_at, seen.last_at, following) == (3, 1.0, 9.0, "")


async def test_hosts_come_in_pages_by_name(store: Store) -> None:
    names = ("e", "a", "c", "d", "b")
    await store.commit([step(tick(), 1, alerts=tuple(alert(n, 1, node=name) for n, name in enumerate(names, 1)))])
    found, after = [], ""
    while True:
        page, after = await store.queries.hosts(2, after)
        found.append([one.node for one in page])
        if not after:
            break
    assert found == [["a", "b"], ["c", "d"], ["e"]]
    assert await store.queries.hosts(2, "z\0") == ((), "")


async def test_people_and_sources_without_a_host_are_none(store: Store) -> None:
    alerts = (
        alert(1, 1, node="mia", report=True),
        alert(2, 1, node="smtp", host=None, known=False),
        alert(3, 1, node="rumour", guessed=True),
        alert(4, 1, node="core", host=None),
    )
    await store.commit([step(tick(), 1, alerts=alerts)])
    found, _ = await store.queries.hosts()
    assert [(one.node, one.guessed) for one in found] == [("core", False), ("rumour", True)]


async def test_of_a_host_with_many_alerts_the_newest_are_looked_at(store: Store) -> None:
    alerts = tuple(alert(n, 1, check=f"check {n}", first_at=float(n)) for n in range(1, LOOKED_AT + 10))
    await store.commit([step(tick(), 1, alerts=alerts)])
    ((seen,), _) = await store.queries.hosts()
    assert (seen.count, seen.first_at, len(seen.checks)) == (LOOKED_AT + 9, 1.0, LOOKED_AT)
    assert seen.checks[0] == f"check {LOOKED_AT + 9}"


async def test_failures_are_what_speaks_of_reach(store: Store) -> None:
    gone = {"cls": "reachability", "first_at": 10.0, "last_at": 20.0}
    alerts = (
        alert(1, 7, **gone),
        alert(2, 7, state="resolved", ended_at=30.0, **gone),
        alert(3, 7, state="unconfirmed", **gone),
        alert(4, 7, state="resolved", node="b", known=False, **gone),
        alert(5, 7, first_at=10.0, last_at=20.0),
        alert(6, 7, guessed=True, **gone),
        alert(7, 7, report=True, **gone),
        alert(8, 7, host=None, known=False, **gone),
        alert(9, 7, cls="reachability", first_at=1.0, last_at=2.0),
    )
    await store.commit([step(tick(), 1, alerts=alerts)])
    found, following = await store.queries.failures(since=15.0)
    assert [(one.node, one.known, one.began, one.until) for one in found] == [
        ("b", False, 10.0, 20.0),
        ("srv-a", True, 10.0, 20.0),
        ("srv-a", True, 10.0, 30.0),
        ("srv-a", True, 10.0, 0.0),
    ]
    assert following == 0
    first, following = await store.queries.failures(15.0, limit=6)
    rest, end = await store.queries.failures(15.0, following, limit=6)
    assert (*first, *rest) == found and following == 3 and end == 0


async def test_causes_that_never_reported_come_first(store: Store) -> None:
    silent = incident(1, cause="sw", cause_kind="inferred", began=10.0, resolved_at=40.0, closed_at=50.0)
    others = (
        incident(2, cause="sw", cause_kind="reported", began=10.0, title='"cause_kind":"inferred"'),
        incident(3, cause_kind="inferred", began=10.0),
        incident(4, cause="old", cause_kind="inferred", began=1.0, closed_at=5.0),
        incident(5, cause="now", cause_kind="inferred", began=45.0),
    )
    await store.commit([step(tick(), 1, incidents=(silent, *others), alerts=(alert(1, 1, cls="reachability"),))])
    found, _ = await store.queries.failures(since=0.5)
    assert [one.node for one in found] == ["now", "old", "sw", "srv-a"]
    expected = {"node": "sw", "host": None, "known": True, "incident": 1, "began": 10.0, "until": 40.0}
    recent, _ = await store.queries.failures(since=15.0)
    assert recent[1] == Failure(**expected, inferred=True)  # type: ignore[arg-type]
    assert [one.node for one in recent] == ["now", "sw"]
    assert await store.queries.failures(since=0.5, before=1) == ((), 0)


async def test_what_people_did_by_hand(store: Store) -> None:
    rows = (
        TimelineRow(incident=1, at=1.0, what="merged", text="continues as #2", actor="ann", rule="hand"),
        TimelineRow(incident=2, at=5.0, what="split", text="not part of #1", actor="ann", rule="hand"),
        TimelineRow(incident=1, at=6.0, what="merged", text="continues as #2", rule="adopted"),
        TimelineRow(incident=1, at=7.0, what="note", text="hm", actor="ann", rule="hand"),
        TimelineRow(incident=1, at=8.0, what="moved", text="b to #2", actor="ann", rule="hand"),
    )
    both = (incident(1, root="a", cause="b"), incident(2, root="c"))
    await store.commit([step(tick(), 1, incidents=both, timeline=rows)])
    found = await store.queries.by_hand(since=2.0)
    assert [(one.node, one.what) for one in found] == [("b", "moved"), ("c", "split")]
    assert found[1] == ByHand(incident=2, node="c", at=5.0, what="split", text="not part of #1", actor="ann")
    assert len(await store.queries.by_hand(0.0, limit=2)) == 2
