"""Cisco Meraki's webhook.

Format: https://developer.cisco.com/meraki/webhooks/introduction/. The problem and the device, else the network,
identify an alert: ids differ between a problem and its end. The shared secret stands in the body, and is replaced
before anything is kept. A changed setting is a notice.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="meraki",
    needs=("alertTypeId | alertType",),
    state="said",
    states={**STATES, **states(quiet="notice")},
    host="deviceName | deviceSerial | networkName",
    check="alertType | alertTypeId",
    summary="alertType | alertTypeId",
    severity="alertLevel",
    severities={**SEVERITIES, **severities(info="informational")},
    id="alertId",
    identity=("problem", "deviceSerial | deviceMac | deviceName | networkId | networkName"),
    changed="occurredAt | sentAt",
    url="deviceUrl | networkUrl | organizationUrl",
)
MARKS = ("alertType", "organizationName", "networkName")
SECRETS = ("sharedSecret",)
_OVER = re.compile(r"_?(?:started|came_up|up|connected|restored|resolved|cleared|recovered|plugged_in)(?=_|\Z)")
_FAULT = re.compile(r"_?(?:stopped|went_down|down|disconnected|unplugged)(?=_|\Z)")


def read(message: Message) -> Reading:
    """One event; SourceError if it names no type of alert."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    """A problem and its end are types of their own: ``stopped_reporting``, ``started_reporting``."""
    payload = Payload(alert)
    kind = (payload.text("alertTypeId | alertType") or "").lower().replace(" ", "_")
    up = payload.text("alertData.connectivity | alertData.isUp") == "true" or _OVER.search(kind)
    notice = "settings" in kind or "config" in kind
    said = "notice" if notice else "up" if up else "down"
    return {**alert, "said": said, "problem": _FAULT.sub("", _OVER.sub("", kind))}
