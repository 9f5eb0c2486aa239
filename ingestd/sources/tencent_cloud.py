"""Tencent Cloud Monitor: its alarm callback, of metrics and of events.

Format: https://cloud.tencent.com/document/product/248/9066. ``alarmStatus`` is 1 when it fires and 0 when it is over;
the session is the same in both, except for events that have no end. Its times say no zone. It signs nothing: its page
names a user and password in the URL.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import states

MARKS = ("alarmPolicyInfo", "alarmObjInfo")
SHAPE = Shape(
    tool="tencent_cloud",
    needs=("alarmPolicyInfo", "alarmObjInfo"),
    state="alarmStatus",
    states=states(firing="1", resolved="0", quiet="test"),
    host="alarmObjInfo.dimensions.unInstanceId | alarmObjInfo.dimensions.objName | alarmObjInfo.dimensions.instanceName"
    " | alarmObjInfo.dimensions.objId",
    check="alarmPolicyInfo.policyName | alarmPolicyInfo.conditions.eventShowName"
    " | alarmPolicyInfo.conditions.metricShowName | alarmPolicyInfo.policyTypeCName",
    summary="alarmPolicyInfo.conditions.eventShowName | alarmPolicyInfo.conditions.metricShowName"
    " | alarmPolicyInfo.policyName",
    id="sessionId | alarmPolicyInfo.policyId",
    identity=("sessionId | alarmPolicyInfo.policyId", "alarmObjInfo.dimensions.unInstanceId"),
    started="firstOccurTime",
)
read = SHAPE.read
