"""SolarWinds Orion: an alert action that posts variables under the admin's keys.

Format:
https://documentation.solarwinds.com/en/success_center/orionplatform/content/core-sending-a-get-or-post-request-
to-a-web-server-sw1044.htm. The alert and its node identify it; the reset action ends it.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="solarwinds",
    needs=("AlertActiveID | AlertObjectID | AlertID | AlertName | AlertMessage | message",),
    state="ActionType | action | AlertStatus | status | state | type",
    states={**STATES, **states(resolved="reset, resolved", firing="trigger, set, 0, 1")},
    host="NodeName | node | SysName | host | hostname | Caption | IP_Address | IPAddress | ObjectName | entity_caption",
    check="AlertName | name | AlertMessage | title | ObjectName",
    summary="AlertMessage | message | AlertDescription | description | AlertName",
    severity="Severity | AlertSeverity | priority",
    severities={**SEVERITIES, **severities(error="serious", critical="2", warning="1", info="0")},
    id="AlertActiveID | AlertObjectID | AlertID | IncidentNumber",
    identity=("AlertActiveID | AlertObjectID | AlertID", "NodeName | node | SysName | host"),
    started="AlertTriggerTime | TriggeredDateTime | TriggerTime",
    url="AlertDetailsUrl | DetailsUrl | NodeDetailsURL | url | link",
    who="AcknowledgedBy | AckBy",
)
read = SHAPE.read
