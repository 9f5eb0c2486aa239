"""LogicMonitor's custom HTTP delivery: a body with the tokens ``##ALERTID##``, ``##HOST##`` ... under the admin's keys.

Format: https://www.logicmonitor.com/support/alerts/about-alerts/tokens-available-in-logicmodule-alert-messages. The
alert's id identifies it, status ``clear`` ends it.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="logicmonitor",
    needs=("alertid | internalid | id", "alertstatus | status | alert_status | host | hostname | message"),
    state="alertstatus | alert_status | status | alerttype",
    states={**STATES, **states(firing="active, escalate, update, sdt", resolved="clear, cleared")},
    host="host | hostname | device | display_name | system_hostname | agent",
    check="datasource | dsname | eventsource | checkpoint | batchjob | service | datapoint",
    summary="message | alertmessage | eventmsg | subject | eventlogmsg | datapointdesc | dsdesc",
    severity="level | severity",
    id="alertid | id | internalid",
    identity=("alertid | id | internalid",),
    started="start | startepoch | start_epoch | date",
    url="alertdetailurl | alert_url | url | hosturl | serviceurl",
    who="adminuser | acked_by | ackuser | user",
)
read = SHAPE.read
