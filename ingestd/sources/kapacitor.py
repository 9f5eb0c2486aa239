"""Kapacitor's alert node posting to an endpoint.

Format: https://docs.influxdata.com/kapacitor/v1/reference/event_handlers/post/. The alert's id identifies it, level
``OK`` ends it. ``duration`` counts nanoseconds since the first of its points.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.times import moment

SHAPE = Shape(
    tool="kapacitor",
    needs=("id | message", "level"),
    state="level",
    host="tags.host | tags.hostname | tags.server | tags.instance",
    check="id | message",
    summary="message | details | id",
    severity="level",
    id="id",
    identity=("id",),
    started="began",
    changed="time",
    url="url",
)


def read(message: Message) -> Reading:
    """One event; SourceError if it has no level."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    at, lasted = moment(payload.text("time")), alert.get("duration")
    began = at - lasted / 1e9 if at is not None and isinstance(lasted, int | float) and 0 < lasted < 1e18 else None
    return {**alert, "began": began, "tags": payload.at("data.series.0.tags")}
