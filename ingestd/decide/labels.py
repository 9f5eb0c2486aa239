"""The labels of an alert: those of its source, kept as they came, and what we know under the usual names."""

import msgspec

from ingestd.model import Alert, Event

_encode = msgspec.json.Encoder().encode
_labels = msgspec.json.Decoder(dict[str, str])


def kept_labels(event: Event) -> str:
    """An event's labels as its alert keeps them."""
    return _encode(dict(event.labels)).decode() if event.labels else ""


def labels_of(alert: Alert) -> dict[str, str]:
    """The labels by which an alert is silenced: those of its source, and what we know under the usual names."""
    own = {
        "alertname": alert.check or "host",
        "instance": alert.host or alert.node,
        "node": alert.node,
        "severity": alert.severity,
        "source": alert.watchers[0].source if alert.watchers else "",
    }
    return own | (_labels.decode(alert.labels) if alert.labels else {})


def shown_labels(alert: Alert) -> dict[str, str]:
    """The labels as a source of Alertmanager's kind sent them; else those under the usual names."""
    sent = _labels.decode(alert.labels) if alert.labels else {}
    return sent if "alertname" in sent else labels_of(alert)
