"""Pings."""

import pytest

from ingestd.intake.door import HttpSource
from ingestd.intake.heartbeat import Pings
from tests.intake.doors import Threshold

SOURCES = {"cron": HttpSource("cron", "heartbeat", ("t0ken",))}


@pytest.fixture
def site() -> Threshold:
    return Threshold(Pings, SOURCES, {"names": lambda: ("backup",)})


@pytest.mark.parametrize(
    ("path", "query"),
    [("backup", "id=backup&state=ok"), ("backup/", "id=backup&state=ok"), ("backup/fail", "id=backup&state=fail")],
)
async def test_a_ping_is_kept(site: Threshold, path: str, query: str) -> None:
    answer = await site.client.get(f"/heartbeats/{path}?token=t0ken")
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1})
    assert (site.message.query, site.message.adapter, site.message.source) == (query, "heartbeat", "cron")


async def test_what_a_job_printed_is_kept_with_it(site: Threshold) -> None:
    await site.client.post("/heartbeats/backup/fail?token=t0ken", content=b"no space")
    assert site.message.body == b"no space"


async def test_a_start_is_no_sign_of_life(site: Threshold) -> None:
    assert (await site.client.get("/heartbeats/backup/start?token=t0ken")).json() == {"accepted": 0}
    assert site.messages == []


async def test_what_nobody_expects_and_who_may_not(site: Threshold) -> None:
    assert (await site.client.get("/heartbeats/other?token=t0ken")).status_code == 404
    assert (await site.client.get("/heartbeats/backup")).status_code == 401
    assert site.messages == []
