"""Site24x7's webhook with its default body.

Format: https://www.site24x7.com/help/admin/third-party-integrations/webhooks.html. The monitor identifies an alert,
status ``UP`` ends it.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="site24x7",
    needs=("MONITOR_ID | MONITORID | MONITORNAME", "STATUS"),
    state="STATUS",
    states={**STATES, **states(quiet="suspended", firing="trouble, critical")},
    address="MONITORURL | HOSTNAME | SERVERNAME | IPADDRESS | MONITORNAME",
    check="MONITORNAME",
    summary="INCIDENT_REASON | INCIDENT_DETAILS | MONITORNAME",
    severity="STATUS | SEVERITY",
    id="MONITOR_ID | MONITORID",
    identity=("MONITOR_ID | MONITORID | MONITORNAME",),
    changed="INCIDENT_TIME_ISO | OUTAGE_TIME_UNIX_FORMAT | INCIDENT_TIME",
    url="MONITOR_DASHBOARD_LINK | RCA_LINK | PERMALINK | MONITORURL",
)
read = SHAPE.read
