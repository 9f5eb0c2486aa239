"""Google Cloud Monitoring's webhook, schema 1.0 to 1.2.

Format: https://cloud.google.com/monitoring/support/notification-options#webhooks. The incident's id identifies an
alert, ``closed`` ends it. Version ``test`` tries the way. A time of 0 is no time.
"""

from ingestd.model import Message, Reading
from ingestd.sources.shape import Shape
from ingestd.sources.shared import SEVERITIES, severities

SHAPE = Shape(
    tool="gcp_monitoring",
    needs=("incident",),
    state="incident.state",
    host="incident.resource_display_name | incident.resource.labels.host | incident.resource.labels.node_name"
    " | incident.resource.labels.instance_id | incident.resource.labels.database_id | incident.resource.labels.pod_name"
    " | incident.resource_id | incident.resource_name",
    check="incident.condition_name | incident.condition.displayName | incident.policy_name",
    summary="incident.summary | incident.documentation.subject | incident.documentation.content",
    severity="incident.severity | incident.policy_user_labels.severity | incident.metadata.system_labels.severity"
    " | incident.metadata.user_labels.severity",
    severities={**SEVERITIES, **severities(critical="sev 0")},
    id="incident.incident_id",
    identity=("incident.incident_id",),
    started="incident.started_at",
    url="incident.url",
    test="test",
)


def read(message: Message) -> Reading:
    """One event; SourceError if there is no incident."""
    return SHAPE.read(message, lambda alert: {**alert, "test": alert.get("version") == "test"})
