"""Wavefront (Operations for Applications): its webhook with the default template.

Format: https://docs.wavefront.com/webhooks_alert_notification.html. The alert's id identifies it; ``ALERT_RESOLVED``
ends it, ``SMOKE`` is its level below a warning.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="wavefront",
    needs=("alertId", "reason | name"),
    state="reason",
    states={
        **STATES,
        **states(
            firing="alert opened, alert updated, alert severity changed, alert re opened",
            resolved="alert resolved",
            quiet="alert snoozed, alert in maintenance, alert test",
        ),
    },
    host="hostsFailing.0 | source",
    check="name",
    summary="subject | name",
    severity="severity",
    severities={**SEVERITIES, **severities(error="severe", info="smoke")},
    id="alertId",
    identity=("alertId",),
    started="startedTime | sinceTime",
    url="url",
)
MARKS = ("alertId", "notificationId", "severitySmoke")
read = SHAPE.read
