"""What Prometheus posts to Alertmanager's API: ``POST /api/v2/alerts`` (v1 alike).

Format: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, ``postableAlert``. The label set
identifies an alert exactly as in Alertmanager's webhook, so that both are one. It fires until ``endsAt``; without one
until it was not sent again for the resolve timeout, 5 minutes or ``resolve_timeout`` seconds of the query.
"""

from functools import partial
from typing import Any
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct, field

from ingestd.model import Ends, Event, Message, Reading
from ingestd.sources.labelled import (
    HEARTBEATS,
    HOST_LABELS,
    SEVERITY_LABELS,
    SUMMARIES,
    first,
    joined,
    sized,
    sorted_pairs,
    typed,
)
from ingestd.sources.shared import SourceError, epoch, host, link, reading, severity

IDENTITY = partial(joined, "alertmanager")
RESOLVE_TIMEOUT = 300.0


class _Posted(Struct, frozen=True, gc=False):
    labels: dict[str, Any]
    annotations: dict[str, Any] | None = None
    starts_at: str | None = field(name="startsAt", default=None)
    ends_at: str | None = field(name="endsAt", default=None)
    generator_url: Any = field(name="generatorURL", default=None)


_DECODER = msgspec.json.Decoder(list[_Posted])


def read(message: Message) -> Reading:
    """One event an alert, in the body's order; SourceError names the position or the field that does not fit."""
    unheard = Ends("unheard", after=_timeout(message.query))
    alerts = typed(message, _DECODER, list[_Posted], "a list of Prometheus' alerts")
    events = tuple(_event(alert, message.received, unheard) for alert in sized(alerts, message))
    return reading("prometheus_api_v2_alerts", events, f"{len(events)} alerts by Alertmanager's API")


def _timeout(query: str) -> float:
    said = parse_qs(query).get("resolve_timeout", [""])[-1] if query else ""
    try:
        seconds = float(said) if said else RESOLVE_TIMEOUT
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e9:
        raise SourceError(f"resolve_timeout: expected seconds, got {said!r}")
    return seconds


def _event(alert: _Posted, received: float, unheard: Ends) -> Event:
    labels, ends_at = alert.labels, epoch(alert.ends_at)
    pairs = sorted_pairs(labels)
    name = first(labels, ("alertname",))
    level = first(labels, SEVERITY_LABELS)
    return Event(
        state="resolved" if ends_at is not None and ends_at <= received else "firing",
        summary=first(alert.annotations or {}, SUMMARIES) or name or "an alert without a name",
        host=host(first(labels, HOST_LABELS)),
        check=name,
        severity=severity(level),
        identity=IDENTITY(pairs),
        started_at=epoch(alert.starts_at),
        url=link(alert.generator_url),
        labels=pairs,
        quiet=name in HEARTBEATS or (level or "").lower() == "none",
        ends=unheard if ends_at is None else Ends("ends_at", at=ends_at),
    )
