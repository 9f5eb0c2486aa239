"""Where Prometheus sends its alerts."""

import httpx
import pytest

from ingestd.intake.alertmanager import PATH, AlertmanagerAlerts
from ingestd.intake.door import HttpSource
from ingestd.model import StoreUnavailable
from tests.intake.doors import Threshold

SOURCES = {"prom": HttpSource("prom", "prometheus_api_v2_alerts", ("t0ken",))}
ALERTS = [{"labels": {"alertname": "Down", "instance": "hr-server:9100"}}]


@pytest.fixture
def site() -> Threshold:
    return Threshold(AlertmanagerAlerts, SOURCES)


async def test_alerts_are_kept(site: Threshold) -> None:
    for login in ({"auth": httpx.BasicAuth("any", "t0ken")}, {"headers": {"Authorization": "Bearer t0ken"}}):
        answer = await site.client.post(PATH, json=ALERTS, **login)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()) == (200, {})
    assert {(m.source, m.adapter, m.refused) for m in site.messages} == {("prom", "prometheus_api_v2_alerts", "")}


async def test_a_stranger_and_nonsense(site: Threshold) -> None:
    assert (await site.client.post(PATH, json=ALERTS)).json() == "wrong or missing token"
    answer = await site.client.post(PATH, content=b"[{", headers={"Authorization": "Bearer t0ken"})
    assert (answer.status_code, "line 1 column" in answer.json()) == (400, True)
    assert [m.refused for m in site.messages] == [answer.json()]


async def test_prometheus_tries_again_while_the_store_fails(site: Threshold) -> None:
    site.fault = StoreUnavailable("disk")
    answer = await site.client.post(PATH, json=ALERTS, headers={"Authorization": "Bearer t0ken"})
    assert (answer.status_code, site.counted) == (503, [("unknown", 503)])
