"""The alerts that fire, as the store has them: found by their labels without looking at all of them."""

import asyncio
from typing import Any

import msgspec
import pytest

from ingestd import standing
from ingestd.model import Alert, Changes, Entry, Matcher, Message, Stepped
from ingestd.standing import Standing
from tests.store.stories import alert


def labelled(number: int, **labels: str) -> Alert:
    """One with the labels that its source sent."""
    sent = {"alertname": "Down"} | labels
    return alert(number, 1, labels=msgspec.json.encode(sent).decode())


def commit(view: Standing, *alerts: Alert) -> None:
    entry = Entry(1, Message(kind="tick", source="engine"))
    view.committed([Stepped(entry=entry, position=1, at=1.0, changes=Changes(alerts=alerts))])


async def found(view: Standing, **labels: str) -> list[int]:
    return [one.id async for one in view.find([Matcher(name, value) for name, value in labels.items()])]


@pytest.fixture
def view() -> Standing:
    made = Standing()
    made.load([labelled(1, host="a", site="x"), labelled(2, host="b", site="x"), alert(3, 1, state="resolved")])
    return made


async def test_those_that_fire_are_there_oldest_first(view: Standing) -> None:
    commit(view, labelled(9, host="c"), labelled(5, host="a"))
    assert await found(view) == [1, 2, 5, 9]


async def test_a_label_leads_to_its_alerts_at_once(view: Standing) -> None:
    assert await found(view, host="a") == [1]
    assert await found(view, site="x") == [1, 2]
    assert await found(view, host="none") == []
    assert await found(view, colour="red") == []


async def test_of_several_labels_the_rarest_is_looked_up_and_the_caller_looks_at_the_rest(view: Standing) -> None:
    assert await found(view, site="x", host="b") == [2]


async def test_what_is_no_plain_value_narrows_nothing(view: Standing) -> None:
    for matcher in (Matcher("host", "a", regex=True), Matcher("host", "a", equal=False), Matcher("host", "")):
        assert [one.id async for one in view.find([matcher])] == [1, 2]


async def test_an_index_follows_the_commits(view: Standing) -> None:
    assert await found(view, host="a") == [1]
    commit(view, labelled(4, host="a"))
    commit(view, labelled(6, host="a"))
    assert await found(view, host="a") == [1, 4, 6]
    commit(view, msgspec.structs.replace(labelled(4, host="a"), state="resolved"))
    commit(view, labelled(6, host="b"), labelled(1, host="a"))
    assert await found(view, host="a") == [1]
    assert await found(view, host="b") == [2, 6]
    commit(view, msgspec.structs.replace(labelled(1, host="a"), state="resolved"))
    commit(view, msgspec.structs.replace(labelled(2, host="b"), state="resolved"))
    commit(view, msgspec.structs.replace(labelled(7, host="z"), state="resolved"))
    assert (await found(view, host="a"), await found(view, host="b"), await found(view, host="z")) == ([], [6], [])


async def test_alerts_without_labels_of_their_own_are_found_under_the_usual_names(view: Standing) -> None:
    commit(view, alert(8, 1, check="disk", severity="error"))
    assert await found(view, alertname="disk", node="srv-a") == [8]
    commit(view, alert(8, 1, check="disk", severity="critical"))
    assert (await found(view, severity="error"), await found(view, severity="critical")) == ([], [8])


async def test_many_are_looked_at_in_slices_while_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "SLICE", 2)
    view, turns = Standing(), 0
    view.load(labelled(number, host=f"h{number % 3}") for number in range(1, 31))

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            commit(view, labelled(30 + turns, host="h0"))
            await asyncio.sleep(0)

    busy = asyncio.create_task(other())
    first, second = await asyncio.gather(found(view, host="h0"), found(view, host="h0"))
    busy.cancel()
    assert turns > 10
    assert [number for number in first if number <= 30] == list(range(3, 31, 3)) == second[:10]
    assert {number for number in await found(view, host="h0") if number > 30} == set(range(31, 31 + turns))


async def test_one_that_ends_while_it_is_looked_for_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "SLICE", 1)
    view = Standing()
    view.load([labelled(1, host="a"), labelled(2, host="b")])
    gone: Any = msgspec.structs.replace(labelled(2, host="b"), state="resolved")
    asking = asyncio.create_task(found(view))
    await asyncio.sleep(0)
    commit(view, gone)
    assert await asking == [1]
    indexing = asyncio.create_task(found(view, host="a"))
    await asyncio.sleep(0)
    commit(view, msgspec.structs.replace(labelled(1, host="a"), state="resolved"))
    assert await indexing == []
