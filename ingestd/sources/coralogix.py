"""Coralogix's outgoing webhook with its default body.

Format: https://coralogix.com/docs/user-guides/alerting/outbound-webhooks/generic-outbound-webhooks-alert-webhooks/.
``dedupKey`` identifies an alert and its end. Most of the body is a list of keys and values, some written twice, many
left as ``$PLACEHOLDER``.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Shape, pairs

SHAPE = Shape(
    tool="coralogix",
    needs=("alert_action | alert_id | name", "name | description | alert_id"),
    state="alert_action | alertaction",
    host="computer | ipAddress",
    check="name | alert_name",
    summary="description | alert_description | text | name",
    severity="severity | severityLowercase | alert_severity | priority | alert_priority | opsgeniePriority",
    id="dedupKey | alertUniqueIdentifier | alert_id",
    identity=("dedupKey | alertUniqueIdentifier | alert_id | name", "Group-by Value1"),
    changed="timestampISO | timestampMs | timestamp",
    url="alert_url | log_url",
)
EXAMPLES = ("*insert ", "Multiple IPs")  # what the default template says where nothing was entered


def read(message: Message) -> Reading:
    """One event; SourceError if it is not Coralogix's."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in pairs(alert.get("fields")).items() if not str(value).startswith(EXAMPLES)}
    return {**told, **{key: value for key, value in alert.items() if key != "fields"}}
