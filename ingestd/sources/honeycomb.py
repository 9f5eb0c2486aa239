"""Honeycomb's webhook for triggers and burn alerts.

Format: https://docs.honeycomb.io/notify/webhooks/. The trigger's id identifies an alert, ``status`` OK ends it.
"""

from ingestd.sources.shape import Shape

SHAPE = Shape(
    tool="honeycomb",
    needs=("name | summary", "status"),
    state="status",
    check="name",
    summary="summary | description | trigger_description",
    severity="alert.severity | alert_severity",
    id="id",
    identity=("id",),
    changed="timestamp",
    url="trigger_url | slo_url | result_url",
)
MARKS = ("id", "status", "trigger_url | slo_url", "result_url | result_groups | exhaustion_minutes")
read = SHAPE.read
