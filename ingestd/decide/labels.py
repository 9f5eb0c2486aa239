"""The labels of an alert: those of its source, kept as they came, and what we know under the usual names."""

from collections.abc import Iterable

import msgspec

from ingestd.model import Alert, Event

FAMILY = "label."  # how the names of facts begin that are labels

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


def asked_of(facts: Iterable[str]) -> tuple[str, ...]:
    """The labels that some facts ask for."""
    return tuple(sorted(fact.removeprefix(FAMILY) for fact in facts if fact.startswith(FAMILY)))


def values_of(alerts: Iterable[Alert], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What some labels say on any of these alerts, as facts."""
    found: dict[str, dict[str, None]] = {name: {} for name in names}
    for labels in map(shown_labels, alerts):
        for name in found.keys() & labels.keys():
            found[name][labels[name]] = None
    return {f"{FAMILY}{name}": tuple(values) for name, values in found.items()}
