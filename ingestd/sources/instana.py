"""Instana's webhook: issues, incidents and changes.

Format: https://www.ibm.com/docs/en/instana-observability/current?topic=channels-webhooks. The issue's id identifies an
alert; its end carries nothing but the id and ``state`` CLOSED. Severity 5 is a warning, 10 is critical, -1 a change.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="instana",
    needs=("issue.id",),
    state="issue.state | issue.type",
    states={**STATES, **states(firing="open", resolved="closed", nothing="change, presence")},
    host="issue.fqdn | issue.host | issue.entityLabel",
    check="issue.text | issue.title | issue.entityLabel | issue.id",
    summary="issue.text | issue.title | issue.customPayload | issue.id",
    severity="issue.severity",
    severities={"5": "warning", "10": "critical"},
    id="issue.id",
    identity=("issue.id",),
    started="issue.start",
    url="issue.link",
)
MARKS = ("issue.id", "issue.state")
read = SHAPE.read
