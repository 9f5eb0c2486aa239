"""Grafana's webhook of legacy alerting (before version 9).

Format: https://grafana.com/docs/grafana/v8.5/alerting/old-alerting/notifications/#webhook. The rule's number and name
identify an alert (each organisation and server counts from 1); state ``ok`` ends it. ``no_data`` fires, ``paused``
says nothing of it.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="grafana_legacy",
    needs=("ruleName | ruleId | title", "state"),
    state="state",
    states={**STATES, **states(firing="alerting, no data, pending", resolved="ok", nothing="paused, unknown paused")},
    host="evalMatches.0.tags.host | evalMatches.0.tags.hostname | evalMatches.0.tags.instance | tags.host"
    " | tags.instance",
    check="ruleName | title",
    summary="message | title | ruleName",
    severity="tags.severity | tags.priority",
    id="ruleId",
    identity=("ruleId | ruleName", "ruleName", "orgId"),
    url="ruleUrl",
    test="test",
)


def read(message: Message) -> Reading:
    """One event; SourceError if no rule or state is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    """The test of a channel has rule 0 or a random one, and always this name."""
    return {**alert, "test": Payload(alert).text("ruleName") == "Test notification"}
