"""Prometheus Alertmanager's webhook, versions 3 and 4.

Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Fingerprints are missing before 0.19
and are the hash of the label set after, so the label set itself identifies an alert: firing and resolved share it, and
two hosts under one hand-made fingerprint stay two. Alertmanager repeats what still fires and sends the end.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from ingestd.model import Ends, Event, Message, Reading
from ingestd.sources.shared import SourceError, epoch, host, json_error, link, reading, severity

Texts = Mapping[str, Any]  # labels and annotations: text in all that Alertmanager sends itself

HOST_LABELS = ("instance", "host", "hostname", "node", "nodename", "server", "device", "target")
SEVERITY_LABELS = ("severity", "priority")
SUMMARIES = ("summary", "message", "description", "title")
HEARTBEATS = frozenset({"Watchdog", "DeadMansSwitch"})
ENDS = Ends("recovery")


class _Alert(Struct, frozen=True, gc=False):
    status: str | None = None
    labels: dict[str, Any] | None = None
    annotations: dict[str, Any] | None = None
    starts_at: str | None = field(name="startsAt", default=None)
    generator_url: Any = field(name="generatorURL", default=None)
    fingerprint: Any = None


class _Body(Struct, frozen=True, gc=False):
    alerts: list[_Alert]
    status: str | None = None
    external_url: Any = field(name="externalURL", default=None)


_DECODER = msgspec.json.Decoder(_Body)


def read(message: Message) -> Reading:
    """One event an alert, in the body's order; SourceError names the position or the field that does not fit."""
    try:
        body = _DECODER.decode(message.body)
    except msgspec.ValidationError as error:
        raise SourceError(f"not Alertmanager's webhook: {error}") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise json_error(error) from error
    events = tuple(_event(alert, body) for alert in body.alerts)
    return reading("alertmanager", events, f"Alertmanager's webhook with {len(events)} alerts")


def _event(alert: _Alert, body: _Body) -> Event:
    labels = alert.labels or {}
    pairs = tuple(sorted((name, value if type(value) is str else str(value)) for name, value in labels.items()))
    name = _first(labels, ("alertname",))
    level = _first(labels, SEVERITY_LABELS)
    return Event(
        state="resolved" if (alert.status or body.status or "").lower() == "resolved" else "firing",
        summary=_first(alert.annotations or {}, SUMMARIES)
        or _first(labels, SUMMARIES)
        or name
        or "an alert without a name",
        host=host(_first(labels, HOST_LABELS)),
        check=name,
        severity=severity(level),
        external_id=str(alert.fingerprint) if alert.fingerprint else None,
        identity="alertmanager:" + ",".join([f"{label}={value}" for label, value in pairs]) if pairs else None,
        started_at=epoch(alert.starts_at),
        url=link(alert.generator_url, body.external_url),
        labels=pairs,
        quiet=name in HEARTBEATS or (level or "").lower() == "none",
        ends=ENDS,
    )


def _first(texts: Texts, names: tuple[str, ...]) -> str | None:
    for name in names:
        value = texts.get(name)
        if value:
            return value if type(value) is str else str(value)
    return None
