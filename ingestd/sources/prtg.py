"""PRTG's "Execute HTTP action": a form (or JSON) of placeholders under the admin's keys.

Format: https://www.paessler.com/manuals/prtg/list_of_placeholders_for_notifications. The sensor identifies an alert.
``Down ended (now: Up)`` is its end; ``(now: Paused)`` is kept and pages nobody.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="prtg",
    needs=("sensorid | sensor_id | sensor | name | device", "status | last_status | laststatus | state | message"),
    state="now | status | laststatus | state",
    states={
        **STATES,
        **states(firing="unusual, down partial, fehler", quiet="paused, paused by user, none"),
        **states(acknowledged="down acknowledged"),
    },
    host="host | device | device_name | hostname",
    check="name | sensor | sensor_name | shortname",
    summary="message | lastmessage | last_message | status",
    severity="severity | now | status | state",
    severities={
        **SEVERITIES,
        **severities(critical="fehler, ausfall, 停机, 宕机, 故障", warning="warnung, ungewöhnlich, 警告, 异常"),
    },
    id="sensorid | sensor_id | objid",
    identity=("sensorid | sensor_id | objid", "host | device | device_name"),
    started="downsince | since",
    changed="datetime | timestamp",
    url="linksensor | link_sensor | sensor_url | url | link | linkdevice",
    who="ackuser | acknowledged_by",
)
_ENDED = re.compile(r"\(now:\s{0,5}([^()]{1,60})\)", re.IGNORECASE)
_DETAIL = re.compile(r"(down|warning|up|unusual|paused)\b[\s(]{1,5}(acknowledged|partial|)", re.IGNORECASE)


def read(message: Message) -> Reading:
    """One event; SourceError if no sensor is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    """The state that a text such as ``Down ended (now: Up)`` ends in."""
    said = Payload(alert).text("status | laststatus | last_status | state") or ""
    ended, detail = _ENDED.search(said), _DETAIL.match(said)
    now = ended[1] if ended else f"{detail[1]} {detail[2]}".strip() if detail else None
    return {**alert, "now": now}
