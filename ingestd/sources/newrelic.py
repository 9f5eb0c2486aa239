"""New Relic's workflow webhook, and the notification channel before it.

Format: https://docs.newrelic.com/docs/alerts/get-notified/incident-workflows/custom-variables-incident-workflows/ and
https://docs.newrelic.com/docs/alerts-applied-intelligence/new-relic-alerts/learn-alerts/alerts-webhook-payload-examples.
The issue (once: incident) identifies an alert; ``CLOSED`` ends it.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import SEVERITIES, severities

SHAPE = Shape(
    tool="newrelic",
    needs=(
        "id | issueId | issue_id | incident_id | incidentId",
        "state | current_state | status | title | condition_name",
    ),
    state="state | current_state | issueState | status | event",
    host="impactedEntities.0 | entitiesData.names.0 | targets.0.name | entity.name | entity_name | impactedEntity",
    check="alertConditionNames.0 | accumulations.conditionName.0 | condition_name | conditionName | alertPolicyNames.0"
    " | policy_name | title",
    summary="title | details | issueTitle | annotations.title.0 | condition_description | description",
    severity="priority | severity | issuePriority",
    severities={**SEVERITIES, **severities(error="high", warning="medium", info="low")},
    id="id | issueId | issue_id | incident_id | incidentId",
    identity=("id | issueId | issue_id | incident_id | incidentId",),
    started="createdAt | activatedAt | created_at | openedAt",
    changed="timestamp",
    url="issueUrl | issuePageUrl | issue_url | incident_url | violation_chart_url | url",
    who="acknowledgedBy | issueAckUser | owner",
)
read = SHAPE.read
