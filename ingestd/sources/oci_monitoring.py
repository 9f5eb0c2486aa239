"""Oracle Cloud's monitoring alarms, by a notification topic with an HTTPS subscription.

Format: https://docs.oracle.com/en-us/iaas/Content/Monitoring/alarm-message-format.htm. The dedupe key identifies an
alert, ``FIRING_TO_OK`` and a ``RESET`` end it.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="oci_monitoring",
    needs=("dedupeKey", "alarmMetaData"),
    state="type | alarmMetaData.0.status",
    states={**STATES, **states(firing="ok to firing, repeat", resolved="firing to ok, reset")},
    host="alarmMetaData.0.dimensions.0.resourceDisplayName | alarmMetaData.0.dimensions.0.resourceName"
    " | alarmMetaData.0.dimensions.0.displayName | alarmMetaData.0.dimensions.0.resourceId",
    check="title | alarmMetaData.0.alarmSummary",
    summary="body | alarmMetaData.0.alarmSummary | title",
    severity="severity | alarmMetaData.0.severity",
    id="dedupeKey",
    identity=("dedupeKey",),
    changed="timestampEpochMillis | timestamp",
    url="alarmMetaData.0.alarmUrl",
)
MARKS = ("dedupeKey", "alarmMetaData")
read = SHAPE.read
