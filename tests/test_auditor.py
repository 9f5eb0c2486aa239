"""The auditor finds what is stuck in a real store, tells it when it stands, and gets past an engine that does not move."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from ingestd import auditor
from ingestd.auditor import Auditor, Finding
from ingestd.model import Message, Receipt, Stepped
from ingestd.store import Store
from tests.desk import Clock
from tests.drills.contract import DAY, HAPPENINGS, PAUSES, Checked
from tests.night import trading_company
from tests.store.stories import incident, page, step, tick

NOW = 100_000.0  # by the engine's clock


class FakeEngine:
    """Moves as it is told."""

    def __init__(self) -> None:
        self.stepped = self.queued = 0
        self.lag = 0.0

    def now(self) -> float:
        return NOW


class Bench:
    """An auditor on a real store, with fakes for the engine and the ways to tell."""

    def __init__(self, store: Store) -> None:
        self.store, self.engine, self.clock = store, FakeEngine(), Clock()
        self.clock.shift = NOW
        self.told: list[tuple[str, str]] = []
        self.shouts: list[Sequence[Finding]] = []
        self.counts: list[int] = []
        self.reached = self.heard = True
        self.position = 0
        self.auditor = Auditor(
            store.queries,
            lambda: self.engine,
            self.clock,
            reached=lambda _wall: self.reached,
            trouble=lambda source, text: self.told.append((source, text)),
            shout=self._shout,
            counted=self.counts.append,
        )

    async def _shout(self, findings: Sequence[Finding]) -> bool:
        self.shouts.append(findings)
        return self.heard

    async def commit(self, **changes: Any) -> None:
        self.position += 1
        await self.store.commit([step(tick(), self.position, **changes)])

    async def found(self) -> list[tuple[str, str]]:
        return [(one.what, one.about) for one in (await self.auditor.look()).findings]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        yield Bench(store)


async def test_a_quiet_house_has_no_findings(bench: Bench) -> None:
    await bench.commit(
        incidents=(
            incident(1, step_at=NOW + 60),
            incident(2, step_at=NOW - 100),  # it will go off
            incident(3, state="acknowledged", remind_at=NOW + 900),
            incident(4, suppressed=True, step_at=NOW - 9000, remind_at=NOW + 900),
            incident(5, state="resolved"),
            incident(6, merged_into=1),
            incident(7, state="resolved", closed_at=5.0),
        ),
        notifications=(),
    )
    assert await bench.found() == []


async def test_an_incident_that_waits_for_nothing_is_found(bench: Bench) -> None:
    await bench.commit(incidents=(incident(1), incident(2, suppressed=True, step_at=NOW + 60)))
    assert await bench.found() == [("idle", "1"), ("idle", "2")]


async def test_so_is_one_whose_time_is_over_unless_the_engine_says_that_it_is_behind(bench: Bench) -> None:
    await bench.commit(incidents=(incident(1, step_at=NOW - 121), incident(2, end_at=NOW - 5000)))
    assert await bench.found() == [("overdue", "1"), ("overdue", "2")]
    bench.engine.lag = 30.0
    assert await bench.found() == [("overdue", "2")]


async def test_every_incident_is_looked_at_and_the_list_is_bounded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditor, "CHUNK", 3)
    monkeypatch.setattr(auditor, "LISTED", 2)
    fine = tuple(incident(number, step_at=NOW + 60) for number in range(1, 9))
    await bench.commit(incidents=(*fine, *(incident(number) for number in range(9, 20))))
    assert await bench.found() == [("idle", "9"), ("idle", "10")]


async def test_an_incident_that_waits_for_a_page_under_way_waits_for_something(bench: Bench) -> None:
    await bench.commit(incidents=(incident(1), incident(2)), notifications=(page(1, 1), page(2, 2)))
    await bench.commit(cancelled=(2,))
    assert await bench.found() == [("unsent", "1"), ("idle", "2")]


async def test_a_page_without_an_outcome_is_found(bench: Bench) -> None:
    await bench.commit(incidents=(incident(1, step_at=NOW + 60),), notifications=(page(1), page(2), page(3)))
    await bench.store.claim(2, NOW)
    await bench.commit(cancelled=(3,))
    found = (await bench.auditor.look()).findings
    assert [(one.what, one.about) for one in found if one.what == "unsent"] == [("unsent", "1"), ("unsent", "2")]
    assert "page n2 of incident 1 to lin has been claimed for 99995 s" in [str(one.words) for one in found]


async def test_one_that_is_told_again_has_its_time_from_then(bench: Bench) -> None:
    end = page(1, kind="end")
    await bench.commit(notifications=(end,))
    await bench.store.claim(1, NOW - 8999)
    failed = Receipt(notification=1, incident=1, person="lin", outcome="failed")
    await bench.store.outcome(failed, NOW - 100, attempts=3)
    await bench.commit(notifications=(replace(end, again=True),))
    assert not [one for one in (await bench.auditor.look()).findings if one.what == "unsent"]


async def test_an_entry_that_nobody_stepped_is_found_unless_the_engine_says_that_it_is_behind(bench: Bench) -> None:
    await bench.store.receive(Message(kind="mail", source="smtp", body=b"x", received=NOW - 121))
    await bench.store.receive(Message(kind="receipt", source="outbox", received=NOW - 121))
    await bench.store.receive(Message(kind="mail", source="smtp", body=b"x", received=NOW - 60))
    assert await bench.found() == [("unstepped", "1"), ("unstepped", "2")]
    bench.engine.lag = 61.0
    assert await bench.found() == []


async def test_a_last_resort_that_is_nobody_is_found(bench: Bench) -> None:
    bench.reached = False
    assert await bench.found() == [("last_resort", "")]


async def test_an_engine_that_has_work_and_does_not_move_is_found_and_one_that_rests_is_not(bench: Bench) -> None:
    bench.clock.at = 500.0
    assert await bench.found() == []
    bench.engine.queued = 3
    bench.auditor.beat()
    bench.clock.at = 560.5
    assert await bench.found() == [("engine", "")]
    bench.engine.stepped = 1
    assert await bench.found() == []


async def test_a_store_that_can_t_be_read_is_found_too(bench: Bench) -> None:
    await bench.store.close()
    bench.auditor._reads = Broken()  # type: ignore[assignment]
    (finding,) = (await bench.auditor.look()).findings
    assert str(finding.words) == "the store does not answer: OSError: gone"


class Broken:
    async def still_open(self, *_: object) -> None:
        raise OSError("gone")

    unsent = unstepped = still_open


# -- telling


async def test_only_what_stands_at_two_looks_is_told_and_its_end_is_told_too(bench: Bench) -> None:
    await bench.commit(incidents=(incident(1),))
    await bench.auditor.round()
    assert bench.told == [] and bench.counts == [1]
    await bench.commit(incidents=(incident(2),))
    await bench.auditor.round()
    await bench.auditor.round()
    await bench.commit(incidents=(incident(1, step_at=NOW + 9), incident(2, step_at=NOW + 9)))
    await bench.auditor.round()
    await bench.auditor.round()
    assert bench.told == [
        ("auditor", "incident 1 waits for nothing"),
        ("auditor", "incident 1 waits for nothing; incident 2 waits for nothing"),
        ("auditor", ""),
    ]
    assert bench.shouts == [] and bench.auditor.reasons() == ()


async def test_many_findings_are_a_short_text(bench: Bench) -> None:
    await bench.commit(incidents=tuple(incident(number) for number in range(1, 10)))
    await bench.auditor.round()
    await bench.auditor.round()
    assert bench.told[0][1].endswith("incident 5 waits for nothing and 4 more")


async def test_a_look_for_somebody_who_asks_is_none_of_the_two(bench: Bench) -> None:
    await bench.commit(incidents=(incident(1),))
    await bench.auditor.round()
    standing = (await bench.auditor.look()).standing
    assert [one.about for one in standing] == ["1"] and bench.told == []
    assert bench.auditor.last.standing == ()


async def test_past_an_engine_that_is_stuck_people_are_told_straight_at_most_hourly(bench: Bench) -> None:
    bench.engine.queued = 1
    bench.auditor.beat()
    with capture_logs() as said:
        for minutes in range(2, 70, 2):
            bench.clock.at = 60.0 * minutes
            await bench.auditor.round()
    assert len(bench.shouts) == 2
    assert [line["log_level"] for line in said][:1] == ["critical"]
    assert bench.auditor.reasons() == ("stuck: the engine has not moved for 4080 s: 1 entries wait",)
    bench.engine.stepped = 1
    await bench.auditor.round()
    assert bench.auditor.reasons() == ()


async def test_an_alarm_that_nobody_got_is_tried_at_every_look(bench: Bench) -> None:
    bench.engine.queued, bench.heard = 1, False
    bench.auditor.beat()
    for minutes in (2, 4, 6):
        bench.clock.at = 60.0 * minutes
        await bench.auditor.round()
    assert len(bench.shouts) == 2


async def test_in_thirty_healthy_nights_nothing_is_ever_found() -> None:
    class Watched(Checked):
        def _stepped(self, stepped: Stepped) -> None:
            super()._stepped(stepped)
            rows = [i for i in self.world.incidents.values() if i.state != "resolved" and not i.merged_into]
            stuck = [auditor._stuck(i, self.world.at) for i in rows]
            self.wrong += [str(one.words) for one in stuck if one and not (one.what == "idle" and self.trial._later)]

    rules = trading_company()
    for seed in range(100, 130):
        chance = random.Random(seed)
        night, now = Watched(rules), 0.0
        for _ in range(15):
            now += chance.choice(PAUSES)
            chance.choice(HAPPENINGS)(night, now, chance)
        night.until(now + DAY)
        assert night.wrong == [], seed


async def test_it_looks_every_two_minutes(bench: Bench) -> None:
    done = asyncio.Event()

    async def pause(seconds: float) -> None:
        bench.clock.at += seconds
        if bench.clock.at >= 600:
            done.set()
            await asyncio.sleep(60)

    bench.auditor._pause = pause
    task = asyncio.create_task(bench.auditor.run())
    async with asyncio.timeout(30):
        await done.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert len(bench.counts) == 4
