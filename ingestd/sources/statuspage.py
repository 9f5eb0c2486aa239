"""Statuspage's webhook subscription: incidents of a service, and the states of its components.

Format: https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/. Incident or component identify an
alert; ``resolved``, ``completed`` or ``operational`` ends it. Scheduled maintenance pages nobody.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="statuspage",
    needs=("incident | component_update | component",),
    state="incident.status | component_update.new_status | component.status",
    states={
        **STATES,
        **states(
            firing="investigating, identified, monitoring, degraded performance, partial outage, major outage",
            resolved="resolved, postmortem, completed, operational",
            quiet="scheduled, in progress, verifying, under maintenance",
        ),
    },
    check="incident.name | component.name",
    summary="incident.name | component_update.description | component.name",
    severity="incident.impact_override | incident.impact | component_update.new_status | component.status",
    severities={
        **SEVERITIES,
        **severities(critical="critical, major outage", error="major, partial outage", warning="degraded performance"),
    },
    id="incident.id | component.id | component_update.component_id",
    identity=("incident.id | component.id | component_update.component_id",),
    started="incident.started_at | incident.created_at",
    changed="component_update.created_at",
    url="incident.shortlink | incident.url | page.url",
)
read = SHAPE.read
