"""Better Stack's (Better Uptime's) outgoing webhook for incidents and monitors.

Format: https://betterstack.com/docs/uptime/webhooks/. The incident identifies an alert; ``resolved_at`` ends it,
``acknowledged_at`` says that somebody took it.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="betteruptime",
    needs=("data.id", "data.attributes"),
    state="at | data.attributes.status",
    states={
        **STATES,
        **states(firing="unconfirmed, validating, started", nothing="paused, pending, validating monitor"),
    },
    address="data.attributes.url | data.attributes.name",
    check="data.attributes.name | data.attributes.pronounceable_name | data.attributes.url",
    summary="data.attributes.cause | data.attributes.name | data.attributes.url",
    severity="data.attributes.severity | data.attributes.priority | data.attributes.critical_alert",
    id="data.id",
    identity=("data.type", "data.id"),
    started="data.attributes.started_at",
    url="data.attributes.origin_url | data.links.self | data.attributes.url",
    who="data.attributes.acknowledged_by",
)
MARKS = ("data.attributes.cause", "data.attributes.started_at")


def read(message: Message) -> Reading:
    """One event; SourceError if it carries no attributes."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    if payload.text("data.attributes.resolved_at"):
        return {**alert, "at": "resolved"}
    return {**alert, "at": "acknowledged" if payload.text("data.attributes.acknowledged_at") else None}
