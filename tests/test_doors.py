"""Which address is whose."""

from typing import Any

import httpx
import pytest

from ingestd.doors import Doors
from ingestd.intake.door import HttpSource, WebhookSettings
from ingestd.model import Message


async def receive(_: Message) -> int:
    return 1


@pytest.mark.parametrize(
    ("method", "path", "door"),
    [
        ("POST", "/webhooks/prom", "Webhooks"),
        ("GET", "/webhooks/prom", "Webhooks"),
        ("GET", "/heartbeats/backup", "Pings"),
        ("POST", "/v2/enqueue", "PagerDutyEvents"),
        ("POST", "/generic/2010-04-15/create_event.json", "PagerDutyEvents"),
        ("POST", "/api/v2/alerts", "AlertmanagerAlerts"),
        ("GET", "/api/v2/alerts", None),
        ("POST", "/api/v2/silences", None),
        ("POST", "/v2/alerts", "OpsgenieAlerts"),
        ("POST", "/v2/alerts/x/close", "OpsgenieAlerts"),
        ("GET", "/v2/alerts/x", None),
        ("GET", "/", None),
    ],
)
def test_every_address_has_one_door(method: str, path: str, door: str | None) -> None:
    doors = Doors(
        {},
        receive,
        lambda: 0.0,
        settings=WebhookSettings(),
        count_refused=lambda *_: None,
        heartbeats=tuple,
        mappings=dict,
    )
    found = doors(method, path)
    assert (type(found).__name__ if found else None) == door


SENDERS = {
    name: HttpSource(name, adapter, ("t",))
    for name, adapter in {
        "prom": "alertmanager",
        "job": "heartbeat",
        "legacy": "pagerduty_events_v2",
        "api": "prometheus_api_v2_alerts",
        "ops": "opsgenie_alert_api",
    }.items()
}


@pytest.mark.parametrize(
    "path", ["/webhooks/prom", "/heartbeats/backup", "/v2/enqueue", "/api/v2/alerts", "/v2/alerts"]
)
async def test_a_client_that_leaves_is_not_answered_and_nothing_is_kept(path: str) -> None:
    sent: list[Any] = []
    kept: list[Message] = []

    async def keep(message: Message) -> int:
        kept.append(message)
        return 1

    async def read() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        sent.append(event)

    more: dict[str, Any] = {"count_refused": lambda *_: None, "heartbeats": lambda: ("backup",), "mappings": dict}
    door = Doors(SENDERS, keep, lambda: 0.0, settings=WebhookSettings(), **more)("POST", path)
    assert door is not None
    headers = [(b"authorization", b"Bearer t")]
    await door({"type": "http", "method": "POST", "path": path, "headers": headers}, read, send)
    assert (sent, kept) == ([], [])


def test_a_reload_changes_who_may_send_at_every_door() -> None:
    doors = Doors(
        {},
        receive,
        lambda: 0.0,
        settings=WebhookSettings(),
        count_refused=lambda *_: None,
        heartbeats=tuple,
        mappings=dict,
    )
    new = {"prom": HttpSource("prom", "alertmanager", ("t",))}
    doors.replace(new)
    paths = ("/webhooks/x", "/heartbeats/x", "/v2/enqueue", "/api/v2/alerts", "/v2/alerts")
    assert all(door is not None and door.sources == new for door in (doors("POST", path) for path in paths))


async def test_a_body_that_is_no_strict_json_but_can_be_read_is_no_fault() -> None:
    kept: list[Message] = []

    async def keep(message: Message) -> int:
        kept.append(message)
        return len(kept)

    more: dict[str, Any] = {"count_refused": lambda *_: None, "heartbeats": tuple, "mappings": dict}
    senders = {"any": HttpSource("any", "anything", ("t",))}
    door = Doors(senders, keep, lambda: 0.0, settings=WebhookSettings(), **more)("POST", "/webhooks/any")
    assert door is not None
    transport = httpx.ASGITransport(app=door)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        body = '{"host": "till-4", "msg": "故障"}'
        for content in (body.encode("gb18030"), body.encode("utf-16")):
            assert (await client.post("/webhooks/any?token=t", content=content)).status_code == 200
        assert (await client.post("/webhooks/any?token=t", content=b'{"host": nope}')).status_code == 422
    assert [bool(message.refused) for message in kept] == [False, False, True]
