"""Mackerel's webhook.

Format: https://mackerel.io/docs/entry/howto/alerts/webhook. The alert's id identifies it; the status ``ok`` is its end.
An alert about a host says which; one of an external monitor has only the monitor's name. ``event: sample`` is a test.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import severities, states

SHAPE = Shape(
    tool="mackerel",
    needs=("event", "alert | message"),
    state="alert.status",
    states=states(firing="critical, warning, unknown", resolved="ok", quiet="sample"),
    otherwise="quiet",
    host="host.name | host.displayName | service.name",
    address="alert.externalUrl",
    check="alert.monitorName",
    summary="memo | message | alert.monitorName",
    severity="alert.status",
    severities=severities(critical="critical", warning="warning"),
    id="alert.id",
    identity=("alert.id",),
    started="alert.openedAt",
    changed="alert.createdAt",
    utc=True,
    url="alert.url",
)
MARKS = ("orgName", "alert.monitorName", "alert.status")
read = SHAPE.read
