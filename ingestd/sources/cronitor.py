"""Cronitor's webhook.

Format: https://cronitor.io/docs/using-webhooks. The monitor's key and its environment identify an alert; type
``RECOVERY`` ends it. Before there were types, a body without a rule was the recovery.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="cronitor",
    needs=("id | monitor", "type | rule | description"),
    state="type | event | before",
    states={**STATES, **states(firing="alert", resolved="recovery", quiet="test")},
    check="monitor | name",
    summary="description | rule",
    severity="severity",
    id="id | monitor_key | key",
    identity=("id | monitor_key | key | monitor", "environment"),
    changed="stamp | timestamp | datetime",
    url="issue_url | monitor_url | url",
)


def read(message: Message) -> Reading:
    """One event; SourceError if no monitor is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    passing = (payload.text("description") or "").lower()
    over = not payload.text("type | rule") and ("passing" in passing or "recover" in passing or "healthy" in passing)
    return {**alert, "before": "recovery" if over else None}
