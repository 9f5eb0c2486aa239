"""ThousandEyes' classic webhook for alerts of tests and of agents.

Format: https://docs.thousandeyes.com/product-documentation/alerts/integrations/webhooks. The alert's id identifies it,
``ALERT_NOTIFICATION_CLEAR`` ends it. Its times without a zone are UTC.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="thousandeyes",
    needs=("eventType | alert.alertId | alert.id | type",),
    state="event | alert.state | alert.active",
    states={**STATES, **states(firing="1", resolved="0, false", quiet="webhook test, test")},
    host="alert.hostname",
    address="alert.testTargetsDescription.0 | alert.testTargets.0 | alert.agentName | alert.ipAddress"
    " | alert.agents.0.agentName | alert.monitors.0.monitorName",
    check="alert.ruleName | alert.rule.name | alert.testName | alert.test.name",
    summary="alert.ruleExpression | alert.rule.expression | alert.ruleName | alert.testName",
    severity="alert.severity",
    id="alert.alertId | alert.id | eventId",
    identity=("alert.alertId | alert.id",),
    started="alert.dateStartZoned | alert.dateStart | alert.startDate",
    utc=True,
    url="alert.permalink | alert.agents.0.permalink | alert._links.appLink.href",
)


def read(message: Message) -> Reading:
    """One event; SourceError if it names neither an event nor an alert."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    """The last word of an event such as ``ALERT_NOTIFICATION_CLEAR``; the alert also under its other names."""
    event = Payload(alert).text("eventType | type | eventId") or ""
    inside: Any = next(
        (alert[key] for key in ("alert", "agentAlert", "testAlert") if isinstance(alert.get(key), dict)), {}
    )
    return {**alert, "alert": inside, "event": event.rpartition("_")[2] if len(event) < 60 else None}
