"""UptimeRobot's webhook: a query, a form or JSON with its variables.

Format: https://uptimerobot.com/help/web-hook-alert-contacts/. The monitor identifies an outage, the friendly name
``Up`` ends it; what it says of a certificate or a domain is another alert, over when not said again for two weeks.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="uptimerobot",
    needs=("monitorID | monitorFriendlyName | monitorURL", "alertType | alertTypeFriendlyName"),
    state="alertTypeFriendlyName | alertType",
    states={**STATES, **states(firing="1, 3, 4", resolved="2", nothing="paused, 0, 99")},
    address="monitorURL | monitorFriendlyName",
    check="about | monitorFriendlyName",
    summary="alertDetails | said",
    id="monitorID",
    identity=("monitorID | monitorFriendlyName", "kind"),
    changed="alertDateTime",
    url="monitorURL",
    endless="endless",
    silence=14 * 86400.0,
)


def read(message: Message) -> Reading:
    """One event; SourceError if no monitor is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    name, word = (
        payload.text("monitorFriendlyName | monitorURL"),
        payload.text("alertTypeFriendlyName | alertType") or "",
    )
    expiry = "expir" in word.lower() or word in ("3", "4")
    kind: dict[str, Any] = {"kind": "expiry", "about": f"{name} expiry", "endless": True} if expiry else {}
    return {**alert, "said": f"{name} is {word}", **kind}
