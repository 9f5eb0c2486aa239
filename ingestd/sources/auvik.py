"""Auvik's webhook for alerts.

Format: https://support.auvik.com/hc/en-us/articles/360031007111. ``correlationId`` identifies an alert in all its
states; ``alertStatus`` counts: 0 triggered, 1 cleared, and the word beside it is for people.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="auvik",
    needs=("alertName | alertDescription | subject", "alertStatus | alertStatusString"),
    state="alertStatus | alertStatusString",
    states={**STATES, **states(firing="0", resolved="1")},
    host="entityName | deviceName",
    check="alertName | subject",
    summary="alertDescription | subject | alertName",
    severity="alertSeverityString | alertSeverity",
    severities={**SEVERITIES, **severities(critical="1", error="2", warning="3", info="4")},
    id="correlationId | alertId",
    identity=("correlationId | alertId",),
    changed="date",
    url="link",
)
MARKS = ("alertStatus", "alertSeverity", "entityName", "companyId")
read = SHAPE.read
