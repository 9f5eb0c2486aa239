"""Graylog's HTTP notification of an event, and the alarm callback before version 3.

Format: https://go2docs.graylog.org/current/interacting_with_your_log_data/notifications.html. The event definition and
the key of its group identify an alert: an event's own id is new each time. There is no end: it is over when it was not
said again for a day.
"""

from typing import Any

from ingestd.model import Ends, Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import SEVERITIES, severities

SHAPE = Shape(
    tool="graylog",
    needs=("event_definition_id | event_definition_title | check_result | event.id",),
    state="alerting",
    host="event.fields.host | event.fields.hostname | event.group_by_fields.host | event.group_by_fields.source"
    " | event.source | check_result.matching_messages.0.source",
    check="event_definition_title | check_result.triggered_condition.title | stream.title",
    summary="event.message | check_result.result_description | event_definition_description",
    severity="event.priority | event.fields.severity",
    severities={**SEVERITIES, **severities(critical="4", error="3", warning="2", info="1")},
    id="event_definition_id | check_result.triggered_condition.id | event.id",
    identity=("event_definition_id | check_result.triggered_condition.id", "event.key | group"),
    changed="event.timestamp | check_result.triggered_at",
    url="event.replay_info.url | url",
    test="test",
    ends=Ends("unheard", after=86400.0),
)


def read(message: Message) -> Reading:
    """One event; SourceError if it is not Graylog's."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    group = payload.at("event.group_by_fields")
    return {
        **alert,
        "group": ",".join(f"{key}={group[key]}" for key in sorted(group)) if isinstance(group, dict) else None,
        "alerting": "resolved" if payload.text("check_result.triggered") == "false" else None,
        "test": str(alert.get("event_definition_type", "")).startswith("test-"),
    }
