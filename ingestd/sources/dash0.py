"""Dash0's webhook for failed checks.

Format: https://www.dash0.com/docs/dash0/alerting/notifications/webhook. The issue's id identifies an alert and its
end. Labels are written as OpenTelemetry's attributes.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape, pairs
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="dash0",
    needs=("type | data.issue.id",),
    state="data.issue.status | type",
    states={
        **STATES,
        **states(
            firing="alert.ongoing, alert.triggered, alert.created", resolved="alert.resolved", quiet="test, alert.test"
        ),
    },
    host="labels.host.name | labels.k8s.node.name | labels.k8s.pod.name | labels.service.name"
    " | labels.dash0.resource.name",
    check="data.issue.checkrules.0.name | data.issue.name | data.issue.summary",
    summary="data.issue.summary | data.issue.description",
    severity="data.issue.severity | data.issue.currentStatus | data.issue.status",
    id="data.issue.id | data.issue.issueIdentifier",
    identity=("data.issue.issueIdentifier | data.issue.id",),
    started="data.issue.start",
    url="data.issue.url | data.issue.checkrules.0.url",
)


def read(message: Message) -> Reading:
    """One event; SourceError if it is not Dash0's."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    labels = pairs(Payload(alert).at("data.issue.labels"))
    plain = {key: next(iter(v.values()), None) if isinstance(v, dict) else v for key, v in labels.items()}
    return {**alert, "labels": plain}
