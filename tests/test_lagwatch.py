"""A pipeline that is far behind is told of once, ends when it keeps pace, and refuses nobody meanwhile."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from ingestd import app
from ingestd.decide import mishap
from ingestd.demo import script
from ingestd.demo.site import Stage
from ingestd.lagwatch import CALM, LIMIT, SOURCE, LagWatch
from ingestd.model import Command, Message
from tests.test_app import House, opened, prepared


class Watch:
    """A watch, the lag that the test plays, and what it told."""

    def __init__(self) -> None:
        self.lag = 0.0
        self.told: list[tuple[str, str]] = []
        self.watch = LagWatch(lambda *one: self.told.append(one), lambda: self.lag, lambda: 7)

    def at(self, *lags: float) -> None:
        for self.lag in lags:
            self.watch.look()


def test_it_is_told_once_and_ends_when_the_lag_is_gone_not_when_it_wavers() -> None:
    one = Watch()
    one.at(LIMIT, LIMIT + 1, 300.0, LIMIT - 1, LIMIT + 1, CALM)
    assert one.told == [(SOURCE, "the oldest of 7 entries has been waiting for 61 s")]
    one.at(CALM - 1, 0.0)
    assert one.told[1:] == [(SOURCE, "")]


def test_after_a_restart_what_fires_is_known() -> None:
    one = Watch()
    one.watch.use({"mon-1", SOURCE})
    one.at(LIMIT + 1)
    assert one.told == []
    one.at(0.0)
    assert one.told == [(SOURCE, "")]


def test_its_words() -> None:
    fires = mishap.trouble(Message(kind="trouble", source=SOURCE, body=b"the oldest of 7 entries has been waiting"))
    assert (
        fires.summary.startswith("the pipeline is behind: the oldest of 7") and fires.check == "ingestd: pipeline lag"
    )
    assert mishap.trouble(Message(kind="trouble", source=SOURCE)).state == "resolved"


# -- in a daemon


@pytest.fixture(autouse=True)
def _logging_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "configure_logging", lambda: None)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return prepared(tmp_path / "site")


async def test_lag_refuses_nobody_is_a_metric_and_one_incident_until_it_is_gone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(stage) as house:
        engine = house.daemon.engine
        released = _held(house, monkeypatch)
        assert (await house.mail(script.nagios("acc-sw-17", "10.20.0.17")))[0] == 250
        real = house.daemon.clock.monotonic
        monkeypatch.setattr(house.daemon.clock, "monotonic", lambda: real() + LIMIT + 30)
        assert engine.lag > LIMIT
        for _ in range(20):
            assert (await house.mail(script.nagios("acc-sw-18", "10.20.0.18")))[0] == 250
            assert (await house.post(b'{"alerts": []}')).status_code == 200
        assert (await house.metrics())["ingestd_pipeline_lag_seconds"] > LIMIT
        house.daemon.lag_watch.look()
        await house.until(lambda: _true(engine._urgent))  # it overtakes what waits
        released.set()

        async def about_it() -> list[dict[str, Any]]:
            return [one for one in await house.incidents() if one["root"] == SOURCE]

        assert len(await house.until(about_it)) == 1
        await house.until(lambda: _true(engine.queued == 0))
        house.daemon.lag_watch.look()
        await house.until(lambda: _true(SOURCE not in house.daemon._firing()))
        assert len([one for one in engine.world.incidents.values() if one.root == SOURCE]) == 1


def _held(house: House, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The engine takes nothing up until the event is set."""
    released, real = asyncio.Event(), house.daemon.engine._slice

    async def held() -> bool:
        if not released.is_set():
            await asyncio.sleep(0.01)
            return False
        return await real()

    monkeypatch.setattr(house.daemon.engine, "_slice", held)
    return released


async def _true(value: object) -> bool:
    return bool(value)


async def test_a_command_overtakes_ten_thousand_alerts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(stage) as house:
        await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))
        await house.until(house.incidents)
        released = _held(house, monkeypatch)
        engine = house.daemon.engine
        many = [Message(kind="mail", source="smtp", body=b"Subject: nothing\n\n", received=1.0)] * 10_000
        await asyncio.gather(*(house.daemon.receive(one) for one in many))
        await house.until(lambda: _true(engine.queued == 10_000))
        ack = json.encode(Command(action="ack", incident=1))
        number = await house.daemon.receive(Message(kind="command", source="web", actor="lin", body=ack))
        asked = asyncio.create_task(engine.verdict(number, 30.0))
        await house.until(lambda: _true(engine._urgent))
        released.set()
        assert (await asked).ok
        assert engine.queued > 9_000
        engine.stop()  # nobody needs the rest
        engine._stop_by = 0.0
