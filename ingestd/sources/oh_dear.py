"""Oh Dear's webhook.

Format: https://ohdear.app/docs/notifications/webhooks. Site and kind of check identify an alert; the names of its
notifications say how a check went: ``uptimeCheckFailedNotification``, ``uptimeCheckRecoveredNotification``. The
SHA-256 HMAC of the body is in ``ohdear-signature``.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="oh_dear",
    needs=("type", "site | monitor"),
    state="said",
    states={
        **STATES,
        **states(firing="failed, found, soon, unhealthy, slow, late, problem", resolved="recovered, fixed, healthy"),
    },
    address="site.url | monitor.url | site.sort_url | site.label",
    check="problem",
    summary="run.result_payload.error | run.result_payload.message | run.summary | summary | type",
    id="uuid",
    identity=("site.id | monitor.id | site.url", "problem", "cronCheck.name | run.result_payload.check_name"),
    changed="dateTime",
    url="run.url | site.url | monitor.url",
)
SIGNATURE = Signature("ohdear-signature")
MARKS = ("dateTime", "type", "site.sort_url")
#: What a notification's name says beyond the check that it is about.
_SAID = re.compile(r"Check|Notification|Failed|Recovered|Found|Fixed|Expires|Soon|Unhealthy|Healthy|Still")


def read(message: Message) -> Reading:
    """One event; SourceError if it names no notification and no site."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    kind = Payload(alert).text("type") or ""
    over = "Recovered" in kind or "Fixed" in kind or (kind.endswith("HealthyNotification") and "Unhealthy" not in kind)
    return {**alert, "said": "recovered" if over else "failed", "problem": _SAID.sub("", kind) or kind}
