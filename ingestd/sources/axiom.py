"""Axiom's custom webhook notifier with its default body.

Format: https://axiom.co/docs/monitor-data/custom-webhook-notifier. The monitor identifies an alert, together with the
group of a threshold monitor that has some; ``Closed`` ends it. A match monitor reports single events and closes none.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Shape

SHAPE = Shape(
    tool="axiom",
    needs=("action", "event.monitorID | event.title | monitorID"),
    state="action",
    host="event.groupValues.host | event.matchedEvent.host.name | event.matchedEvent.host"
    " | event.matchedEvent.hostname",
    check="name | event.monitorName | event.title | title",
    summary="event.title | title | event.body | body",
    severity="event.severity | severity | event.matchedEvent.severity",
    id="event.monitorID | monitorID",
    identity=("event.monitorID | monitorID", "group"),
    changed="event.timestamp | timestamp | event.queryEndTime",
    url="event.url | url",
)
PREFIXES = ("Triggered: ", "Resolved: ", "Error: ", "Closed: ")


def read(message: Message) -> Reading:
    """One event; SourceError if it is not Axiom's."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    event = alert.get("event")
    inside = event if isinstance(event, dict) else {}
    title = inside.get("title")
    name = next((title.removeprefix(p) for p in PREFIXES if isinstance(title, str) and title.startswith(p)), None)
    values = inside.get("groupValues")
    group = ",".join(f"{key}={values[key]}" for key in sorted(values)) if isinstance(values, dict) else None
    return {**alert, "name": name, "group": group}
