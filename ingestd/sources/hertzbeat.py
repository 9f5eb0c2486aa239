"""Apache HertzBeat's webhook: groups of labelled alerts, and the single alarm of versions before 1.7.

Format: https://hertzbeat.apache.org/docs/help/alert_webhook and the shipped ``WebhookTemplate``. A group's alert is
identified by its fingerprint, an old alarm by threshold and monitor; ``resolved`` (2 in the old one) is its end.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.body import fields
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, SourceError, severities, states

_LEVELS = severities(
    critical="critical, emergency, fatal, ❤️ critical, 0",
    error="1",
    warning="warning, 💛 warning, 2",
    info="info, 💚 info",
)
GROUP = Shape(
    tool="hertzbeat",
    needs=("labels | content",),
    alerts="alerts",
    state="status | ^.status",
    states={**STATES, **states(firing="pending")},
    host="labels.instance | labels.host | labels.instancehost | labels.instancename",
    check="labels.alertname | ^.commonLabels.alertname | ^.commonLabels.alertName",
    summary="content | annotations.summary | annotations.description",
    severity="labels.severity | labels.priority | ^.commonLabels.severity",
    severities=_LEVELS,
    id="fingerprint | id",
    identity=("key",),
    started="startAt | activeAt",
    url="annotations.url | ^.externalURL",
)
ALARM = Shape(
    tool="hertzbeat",
    needs=("content", "target"),
    state="status",
    states=states(firing="0, 1", resolved="2", acknowledged="3"),
    host="tags.instanceHost | tags.host | tags.monitorName",
    check="tags.metrics | target",
    summary="content",
    severity="priority",
    severities=_LEVELS,
    id="alarmId | id",
    identity=("thresholdId | alertDefineId", "tags.monitorId"),
    started="firstAlarmTime | triggerTime | gmtCreate",
)
MARKS = ("alerts.0.triggerTimes", "alerts.0.startAt")


def read(message: Message) -> Reading:
    """The events of a group, or of one alarm; SourceError if it is neither."""
    body = fields(message)
    if isinstance(body, dict) and isinstance(body.get("alerts"), list):
        return GROUP.understand(body, _keyed)
    if not isinstance(body, dict):
        raise SourceError("hertzbeat: the body: expected an object")
    return ALARM.understand(body)


def _keyed(alert: dict[str, Any]) -> dict[str, Any]:
    """Its fingerprint, else its labels: what one group and its end have in common."""
    labels = alert.get("labels")
    pairs = sorted((str(name), str(value)) for name, value in labels.items()) if isinstance(labels, dict) else []
    key = Payload(alert).text("fingerprint") or ",".join(f"{name}={value}" for name, value in pairs[:100])
    return {**alert, "key": key or None}
