"""The REST notification plug-in of VMware vRealize (Aria) Operations.

Format: https://techdocs.broadcom.com, "REST notification plug-in". ``alertId`` identifies an alert; ``status`` CANCELED
ends it. Types and levels are written as constants.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, severities, states

SHAPE = Shape(
    tool="aria_operations",
    needs=("alertId | resourceId", "status | criticality"),
    state="status",
    states={**STATES, **states(firing="active, new, updated", resolved="canceled, cancelled")},
    host="resourceName | resourceId",
    check="alertName | subType | type",
    summary="info | alertName | subType",
    severity="criticality",
    severities=severities(
        critical="alert criticality level critical, critical",
        error="alert criticality level immediate, immediate",
        warning="alert criticality level warning, warning",
        info="alert criticality level info, info",
    ),
    id="alertId",
    identity=("alertId",),
    started="startDate",
    url="alertUrl | link",
)
MARKS = ("alertId", "resourceName", "criticality")
read = SHAPE.read
