"""What alerts made of labels share, whoever sends them: Alertmanager, Prometheus, Grafana, SigNoz.

The label set itself identifies an alert: fingerprints are hashes of it, and missing in old versions. Decoded by type,
for such bodies come by the thousand.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from ingestd.model import Ends, Event, Message
from ingestd.sources.body import fields
from ingestd.sources.shared import SourceError, epoch, host, link, severity

Texts = Mapping[str, Any]  # labels and annotations: text in all that these tools send themselves
Pairs = tuple[tuple[str, str], ...]
T = TypeVar("T")

HOST_LABELS = ("instance", "host", "hostname", "node", "nodename", "server", "device", "target", "host_name", "fqdn",
               "machine", "vm", "vm_name", "object_name", "resource_name")  # fmt: skip
SEVERITY_LABELS = ("severity", "priority")
SUMMARIES = ("summary", "message", "description", "title")
HEARTBEATS = frozenset({"Watchdog", "DeadMansSwitch"})
ENDS = Ends("recovery")
FEW, LEAST = 1000, 40  # more alerts than a few have at least so many bytes each


class Labelled(Struct, frozen=True, gc=False):
    """One alert of a webhook."""

    status: str | None = None
    labels: dict[str, Any] | None = None
    annotations: dict[str, Any] | None = None
    starts_at: str | None = field(name="startsAt", default=None)
    generator_url: Any = field(name="generatorURL", default=None)
    fingerprint: Any = None
    panel_url: Any = field(name="panelURL", default=None)
    dashboard_url: Any = field(name="dashboardURL", default=None)


class Group(Struct, frozen=True, gc=False):
    """The body of a webhook."""

    alerts: list[Labelled]
    status: str | None = None
    external_url: Any = field(name="externalURL", default=None)
    common_labels: dict[str, Any] | None = field(name="commonLabels", default=None)  # all alerts have them too
    common_annotations: dict[str, Any] | None = field(name="commonAnnotations", default=None)


GROUP = msgspec.json.Decoder(Group)


def typed(message: Message, decoder: "msgspec.json.Decoder[T]", kind: type[T], name: str) -> T:
    """The body as ``kind``: at once if it is plain JSON, else by what it holds. SourceError names the field."""
    try:
        return decoder.decode(message.body)
    except msgspec.ValidationError as error:
        raise SourceError(f"not {name}: {error}") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            return msgspec.convert(fields(message), kind)
        except msgspec.ValidationError as error:
            raise SourceError(f"not {name}: {error}") from error


def sized(alerts: list[T], message: Message) -> list[T]:
    """The alerts; SourceError if they are so many and so small that no tool sent them."""
    if len(alerts) > FEW and len(message.body) < LEAST * len(alerts):
        raise SourceError(f"{len(alerts)} alerts in {len(message.body)} bytes: expected {LEAST} bytes an alert")
    return alerts


def event(alert: Labelled, group: Group, identity: Callable[[Pairs], str | None], url: str | None) -> Event:
    """The event of one alert."""
    labels = alert.labels or {}
    pairs = sorted_pairs(labels)
    name = first(labels, ("alertname",))
    level = first(labels, SEVERITY_LABELS) or first(group.common_labels or {}, SEVERITY_LABELS)
    return Event(
        state="resolved" if (alert.status or group.status or "").lower() == "resolved" else "firing",
        summary=first(alert.annotations or {}, SUMMARIES)
        or first(labels, SUMMARIES)
        or first(group.common_annotations or {}, SUMMARIES)
        or name
        or "an alert without a name",
        host=host(first(labels, HOST_LABELS)),
        check=name,
        severity=severity(level),
        external_id=str(alert.fingerprint) if alert.fingerprint else None,
        identity=identity(pairs),
        started_at=epoch(alert.starts_at),
        url=url,
        labels=pairs,
        quiet=name in HEARTBEATS or (level or "").lower() == "none",
        ends=ENDS,
    )


def sorted_pairs(labels: Texts) -> Pairs:
    """Labels as text, in the order of their names."""
    return tuple(sorted((name, value if type(value) is str else str(value)) for name, value in labels.items()))


def joined(tool: str, pairs: Pairs) -> str | None:
    """The label set as an identity; None for no labels."""
    return f"{tool}:" + ",".join([f"{label}={value}" for label, value in pairs]) if pairs else None


def first(texts: Texts, names: tuple[str, ...]) -> str | None:
    """The first of the names that has a value."""
    for name in names:
        value = texts.get(name)
        text = value if type(value) is str else str(value) if value else ""
        if text and not text.isspace():
            return text
    return None


def own_link(alert: Labelled, group: Group) -> str | None:
    """The alert's link, else that of the sender."""
    return link(alert.generator_url, group.external_url)
