"""BlueKing Monitor (蓝鲸监控): the webhook of its alarm handling.

Format: https://bk.tencent.com/docs (监控平台, 告警回调). The event's id identifies an alert; type ``RECOVERY_NOTICE``
or the status ``RECOVERED`` is its end, ``CLOSED_NOTICE`` that of an alert whose rule is gone. Of three levels 1 is the
worst.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, severities, states

_PLACE = "latest_anomaly_record.origin_alarm.dimension_translation"
SHAPE = Shape(
    tool="blueking",
    needs=("event.id", "strategy.name"),
    state="type | event.status",
    states={
        **STATES,
        **states(
            firing="anomaly notice, abnormal, no data notice",
            resolved="recovery notice, recovered, closed notice, closed",
            acknowledged="ack notice",
        ),
    },
    host=f"{_PLACE}.bk_target_ip.display_value | {_PLACE}.bk_target_ip.value | {_PLACE}.ip.display_value"
    f" | {_PLACE}.bk_host_name.value | {_PLACE}.bk_target_service_instance_id.display_value | event.target",
    check="strategy.name",
    summary="latest_anomaly_record.origin_alarm.anomaly.1.anomaly_message | event.description | strategy.name",
    severity="event.level | event.level_name",
    severities=severities(critical="1, 致命", warning="2, 预警", info="3, 提醒"),
    id="event.id",
    identity=("event.id",),
    url="event.url | detail_url",
)
MARKS = ("bk_biz_id", "strategy.name", "event.id")
read = SHAPE.read
