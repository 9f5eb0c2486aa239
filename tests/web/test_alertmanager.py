"""What amtool and karma read, and the silences they make."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from ingestd.intake.door import HttpSource
from ingestd.model import Matcher, Silence, StoreUnavailable, Verdict
from tests.web.faces import ALERT, AS_ANN, World

SENDER = {"Authorization": "Bearer s3nder"}
SILENCE = Silence(
    id="s1",
    matchers=(Matcher("team", "net.*", regex=True),),
    starts_at=900.0,
    ends_at=2000.0,
    by="ann",
    comment="known",
    updated_at=900.0,
)
ASKED: dict[str, Any] = {
    "matchers": [{"name": "instance", "value": "core-sw", "isRegex": False}],
    "startsAt": "1970-01-01T00:00:00Z",
    "endsAt": "2030-01-01T00:00:00Z",
    "createdBy": "root",
    "comment": "moving racks",
}


@pytest.fixture
def world() -> World:
    made = World()
    made.sources = {"prom": HttpSource("prom", "prometheus_api_v2_alerts", ("s3nder",))}
    labelled = replace(ALERT, id=4, fingerprint="db", labels='{"alertname":"Slow","team":"network"}', url="http://g")
    made.rows.open_alerts = [ALERT, labelled]
    return made


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.browser() as client:
        client.headers.update(AS_ANN)
        yield client


async def listed(browser: httpx.AsyncClient, **params: Any) -> list[str]:
    found = await browser.get("/api/v2/alerts", params=params)
    return [alert["labels"]["alertname"] for alert in found.raise_for_status().json()]


async def test_alerts_are_listed_as_alertmanager_lists_them(browser: httpx.AsyncClient) -> None:
    (own, sent) = (await browser.get("/api/v2/alerts")).json()
    assert own["labels"] == {
        "alertname": "host",
        "instance": "core-sw",
        "node": "core-sw",
        "severity": "critical",
        "source": "",
    }
    assert sent["labels"] == {"alertname": "Slow", "team": "network"}
    assert sent["generatorURL"] == "http://g"
    assert own["startsAt"] == "1970-01-01T00:01:45.000Z"
    assert own["endsAt"] == "1970-01-01T00:07:05.000Z"
    assert own["status"] == {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []}
    assert own["receivers"] == [{"name": "standard"}]
    assert len(own["fingerprint"]) == 16 and own["fingerprint"] != sent["fingerprint"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ('alertname="Slow"', ["Slow"]),
        ("alertname=Slow", ["Slow"]),
        ('{alertname!="Slow"}', ["host"]),
        ('team=~"net.*"', ["Slow"]),
        ('team!~"net.*"', ["host"]),
        ('"team"="network"', ["Slow"]),
        ('team="net\\"work"', []),
    ],
)
async def test_a_filter_is_a_matcher(browser: httpx.AsyncClient, wanted: str, names: list[str]) -> None:
    assert await listed(browser, filter=wanted) == names


@pytest.mark.parametrize("wanted", ["nonsense", 'a=~"("'])
async def test_a_filter_that_is_none_is_refused(browser: httpx.AsyncClient, wanted: str) -> None:
    answer = await browser.get("/api/v2/alerts", params={"filter": wanted})
    assert (answer.status_code, type(answer.json())) == (400, str)


async def test_what_is_silenced_says_by_what(world: World, browser: httpx.AsyncClient) -> None:
    world.rows.silenced["s1"] = SILENCE
    world.rows.silenced["old"] = replace(SILENCE, id="old", ends_at=950.0)
    (own, sent) = (await browser.get("/api/v2/alerts")).json()
    assert (own["status"]["state"], sent["status"]["state"]) == ("active", "suppressed")
    assert sent["status"]["silencedBy"] == ["s1"]
    assert await listed(browser, silenced="false") == ["host"]
    assert await listed(browser, active="false") == ["Slow"]


async def test_a_node_in_maintenance_is_shown_as_a_pattern(world: World, browser: httpx.AsyncClient) -> None:
    world.rows.silenced["m"] = replace(SILENCE, id="m", matchers=(), targets=("core-sw", "a.b"))
    world.rows.silenced["other"] = replace(SILENCE, id="other", matchers=(), targets=("x",))
    (own, _) = (await browser.get("/api/v2/alerts")).json()
    assert own["status"]["silencedBy"] == ["m"]
    shown = (await browser.get("/api/v2/silence/m")).json()["matchers"]
    assert shown == [{"name": "node", "value": r"core\-sw|a\.b", "isRegex": True, "isEqual": True}]


async def test_groups_are_incidents(browser: httpx.AsyncClient) -> None:
    (group,) = (await browser.get("/api/v2/alerts/groups")).json()
    assert group["labels"] == {"incident": "7"}
    assert len(group["alerts"]) == 2


async def test_status_and_receivers(browser: httpx.AsyncClient) -> None:
    status = (await browser.get("/api/v2/status")).json()
    assert status["cluster"]["status"] == "disabled"
    assert status["versionInfo"]["revision"].startswith("ingestd ")
    assert status["uptime"] == "1970-01-01T00:15:00.000Z"
    assert (await browser.get("/api/v2/receivers")).json() == [{"name": "standard"}, {"name": "urgent"}]


async def test_silences_are_listed_with_their_state(world: World, browser: httpx.AsyncClient) -> None:
    world.rows.silenced = {
        name: replace(SILENCE, id=name, starts_at=start, ends_at=end)
        for name, start, end in (("now", 900.0, 2000.0), ("then", 1500.0, 2000.0), ("over", 900.0, 950.0))
    }
    found = (await browser.get("/api/v2/silences")).json()
    assert {one["id"]: one["status"]["state"] for one in found} == {
        "now": "active",
        "then": "pending",
        "over": "expired",
    }
    assert found[0]["matchers"] == [{"name": "team", "value": "net.*", "isRegex": True, "isEqual": True}]
    assert (await browser.get("/api/v2/silences", params={"filter": 'team="other"'})).json() == []
    assert (await browser.get("/api/v2/silence/now")).json()["createdBy"] == "ann"
    assert (await browser.get("/api/v2/silence/none")).status_code == 404


async def test_a_silence_is_the_persons_who_shows_the_token(world: World, browser: httpx.AsyncClient) -> None:
    world.engine.answer = lambda command: Verdict(True, command.silence.id if command.silence else "")
    answer = await browser.post("/api/v2/silences", json=ASKED)
    ((command, actor),) = world.engine.heard
    assert (actor, command.action) == ("ann", "silence")
    assert answer.json() == {"silenceID": command.silence.id if command.silence else ""}
    assert command.silence is not None
    assert (command.silence.starts_at, command.silence.comment) == (world.now, "moving racks")
    assert command.silence.matchers == (Matcher("instance", "core-sw"),)


async def test_a_silence_is_changed_and_ended(world: World, browser: httpx.AsyncClient) -> None:
    world.rows.silenced["s1"] = SILENCE
    await browser.post("/api/v2/silences", json=ASKED | {"id": "s1", "startsAt": "1970-01-01T00:10:00Z"})
    assert (await browser.delete("/api/v2/silence/s1")).status_code == 200
    (change, _), (end, _) = world.engine.heard
    assert change.silence is not None
    assert (change.silence.id, change.silence.starts_at) == ("s1", 600.0)
    assert (end.action, end.text) == ("expire", "s1")
    assert (await browser.delete("/api/v2/silence/none")).status_code == 404
    assert (await browser.post("/api/v2/silences", json=ASKED | {"id": "none"})).status_code == 404


@pytest.mark.parametrize(
    "change", [{"matchers": 5}, {"endsAt": "tomorrow"}, {"endsAt": "2030-01-01T00:00:00"}, {"comment": "x" * 70_000}]
)
async def test_a_silence_that_is_none_is_refused(browser: httpx.AsyncClient, change: dict[str, Any]) -> None:
    answer = await browser.post("/api/v2/silences", json=ASKED | change)
    assert answer.status_code in (400, 413)
    assert isinstance(answer.json(), str)


async def test_what_the_step_refuses_is_said(world: World, browser: httpx.AsyncClient) -> None:
    world.engine.answer = lambda _: Verdict(False, "a silence must end after it starts")
    answer = await browser.post("/api/v2/silences", json=ASKED)
    assert (answer.status_code, answer.json()) == (400, "a silence must end after it starts")


@pytest.mark.parametrize("error", [StoreUnavailable("disk"), TimeoutError()])
async def test_what_can_not_be_now_is_to_be_tried_again(
    world: World, browser: httpx.AsyncClient, error: Exception
) -> None:
    def fail(_: Any) -> Verdict:
        raise error

    world.engine.answer = fail
    answer = await browser.post("/api/v2/silences", json=ASKED)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_who_may_read_and_who_may_silence(browser: httpx.AsyncClient) -> None:
    del browser.headers["Authorization"]
    assert (await browser.get("/api/v2/alerts")).status_code == 401
    assert (await browser.get("/api/v2/alerts", headers={"Authorization": "Basic !"})).status_code == 401
    assert (await browser.get("/api/v2/alerts", headers={"Authorization": "Digest x"})).status_code == 401
    assert (await browser.get("/api/v2/alerts", headers=SENDER)).status_code == 200
    assert (await browser.get("/api/v2/alerts", auth=("any", "ann-token"))).status_code == 200
    assert (await browser.post("/api/v2/silences", json=ASKED, headers=SENDER)).status_code == 403
    assert (await browser.post("/api/v2/silences", json=ASKED, auth=("any", "wrong"))).status_code == 401
