"""Splunk Observability Cloud's (SignalFx's) detector webhook.

Format: https://docs.splunk.com/observability/en/admin/notif-services/webhook.html. The incident's id identifies an
alert. ``statusExtended`` may say ``anomalous`` to the end; the title says that it was cleared.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="splunk_observability_signalfx",
    needs=("incidentId | detectorId | detector | rule | inputs.rule | messageTitle",),
    state="in_title | status | statusExtended",
    states={**STATES, **states(firing="too high, too low, anomalous", resolved="ok, stopped, manually resolved")},
    host="dimensions.host | dimensions.host.name | dimensions.hostname | dimensions.AWSUniqueId | dimensions.instance"
    " | dimensions.k8s.node.name",
    check="rule | inputs.rule | detector | originatingMetric",
    summary="messageTitle | inputs.messageTitle | description | inputs.description | messageBody",
    severity="severity",
    id="incidentId | eventId",
    identity=("incidentId",),
    changed="timestampISO8601 | timestampISO | timestamp",
    url="detectorUrl | imageUrl | runbookUrl",
)
SIGNATURE = Signature("x-sfx-signature", encoding="base64")
ENDS = ("manually resolved", "stopped", "cleared", "back to normal", "resolved", "ok:")


def read(message: Message) -> Reading:
    """One event; SourceError if it names no incident, detector or rule."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    title = (payload.text("messageTitle | inputs.messageTitle") or "").lower()
    first_line = (payload.text("messageBody | inputs.messageBody") or "").lower().partition("\n")[0]
    over = title.startswith(ENDS) or " cleared at " in first_line
    return {**alert, "in_title": "resolved" if over else None}
