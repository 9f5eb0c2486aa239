"""Alerta's alerts, as its forwarder and webhook plug-ins post them.

Format: https://docs.alerta.io/conventions.html and .../api/alert.html. Environment, resource and event identify an
alert, as they do in Alerta. A severity of the cleared kind, or the status ``closed`` or ``expired``, is the end.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Shape
from ingestd.sources.shared import severities, states

SHAPE = Shape(
    tool="alerta",
    needs=("resource", "event"),
    state="cleared | status | severity",
    states=states(
        firing="open, assign, unack, unknown, shelved, blackout",
        resolved="cleared, closed, expired",
        acknowledged="ack",
    ),
    host="attributes.host | attributes.ip | resource",
    check="event",
    summary="text | event",
    severity="severity",
    severities=severities(
        critical="security, critical",
        error="major, error",
        warning="minor, warning",
        info="informational, info, debug, trace, indeterminate",
    ),
    id="id",
    identity=("resource", "event", "environment"),
    started="create time",
    url="href | attributes.moreInfo | attributes.url",
    who="history.0.user",
)
MARKS = ("resource", "event", "environment", "service", "severity", "group | origin")
OVER = frozenset({"ok", "normal", "cleared"})


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    """Severities that mean the end say so in a place of their own."""
    return {**alert, "cleared": "cleared"} if str(alert.get("severity", "")).lower() in OVER else alert


def read(message: Message) -> Reading:
    """One event an alert; SourceError without resource or event."""
    return SHAPE.read(message, _prepared)
