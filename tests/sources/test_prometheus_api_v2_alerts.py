"""What Prometheus posts to Alertmanager's API is the alert that Alertmanager's webhook tells of."""

import json

import pytest

from ingestd import sources
from ingestd.model import Ends, Event, Message
from ingestd.sources import SourceError

LABELS = {"alertname": "Slow", "instance": "api-1:9100", "severity": "critical"}


def read(adapter: str, body: object, query: str = "", received: float = 1772410500.0) -> tuple[Event, ...]:
    raw = json.dumps(body).encode()
    return sources.read(
        Message(kind="webhook", source="p", adapter=adapter, body=raw, query=query, received=received)
    ).events


def test_it_is_one_alert_with_alertmanagers():
    (posted,) = read("prometheus_api_v2_alerts", [{"labels": LABELS}])
    (told,) = read("alertmanager", {"alerts": [{"status": "firing", "labels": LABELS}]})
    assert posted.identity == told.identity
    assert (posted.host, posted.check, posted.severity) == (told.host, told.check, told.severity)


def test_the_end_is_where_it_lies():
    alert = {"labels": LABELS, "endsAt": "2026-03-02T00:15:00Z"}  # 1772410500
    (over,) = read("prometheus_api_v2_alerts", [alert])
    (fires,) = read("prometheus_api_v2_alerts", [alert], received=1772410499.0)
    assert (over.state, fires.state) == ("resolved", "firing")
    assert fires.ends == Ends("ends_at", at=1772410500.0)


def test_the_resolve_timeout():
    assert read("prometheus_api_v2_alerts", [{"labels": LABELS}])[0].ends == Ends("unheard", after=300.0)
    (event,) = read("prometheus_api_v2_alerts", [{"labels": LABELS}], "resolve_timeout=90")
    assert event.ends == Ends("unheard", after=90.0)
    for odd in ("soon", "-1", "nan", "1e99"):
        with pytest.raises(SourceError, match="resolve_timeout: expected seconds"):
            read("prometheus_api_v2_alerts", [{"labels": LABELS}], f"resolve_timeout={odd}")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"labels": {}}, "not a list of Prometheus' alerts: Expected `array`"),
        ([{"annotations": {}}], "labels"),
        ([{"labels": {}}] * 2000, "expected 40 bytes an alert"),
    ],
)
def test_what_does_not_fit_is_named(body, said):
    with pytest.raises(SourceError, match=said):
        read("prometheus_api_v2_alerts", body)


def test_alertmanagers_webhook_in_other_ways():
    body = {"alerts": [{"labels": LABELS}]}
    raw = json.dumps(body).encode("utf-16")
    assert len(sources.read(Message(kind="webhook", source="p", adapter="alertmanager", body=raw)).events) == 1
    with pytest.raises(SourceError, match="not Alertmanager's webhook"):
        raw = json.dumps({"alerts": 3}).encode("utf-16")
        sources.read(Message(kind="webhook", source="p", adapter="alertmanager", body=raw))
