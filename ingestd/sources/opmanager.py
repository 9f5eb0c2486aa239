"""ManageEngine OpManager's webhook: the alarm's variables under their own names, as JSON or form.

Format: https://www.manageengine.com/network-monitoring/help/invoke-webhook.html. The alarm's entity identifies it, the
severity ``Clear`` is its end.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, severities

SHAPE = Shape(
    tool="opmanager",
    needs=("displayName | deviceName", "message | eventType"),
    state="strSeverity | stringseverity | severity",
    states={**STATES, "attention": "firing", "service down": "firing", "trouble": "firing"},
    host="displayName | deviceName | name | IpAddress",
    check="eventType | alarmName | monitorName | message",
    summary="message | eventType",
    severity="strSeverity | stringseverity | severity",
    severities=severities(critical="critical", error="service down, trouble", warning="attention", info="clear"),
    id="alarmid | alarmId | entity",
    identity=("entity | alarmid | alarmId",),
    changed="modTime | lModTime",
    url="alarmURL | url",
)
MARKS = ("displayName", "strSeverity", "alarmid")
read = SHAPE.read
