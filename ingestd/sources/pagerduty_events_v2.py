"""What tools post to PagerDuty's Events API, version 2 (``/v2/enqueue``) and 1 (``create_event.json``).

Format: https://developer.pagerduty.com/docs/events-api-v2-overview. ``dedup_key`` (once: ``incident_key``) identifies
an alert; a key that was minted for a trigger without one is handed over in the query. ``resolve`` ends it, and may
carry nothing but the key. A source that is the client itself is the monitor, not what is broken.
"""

import re
from typing import Any
from urllib.parse import parse_qs

from ingestd.model import Message, Reading
from ingestd.sources.body import fields
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import reading

SHAPE = Shape(
    tool="pagerduty",
    needs=("event_action | event_type",),
    state="event_action | event_type",
    host="machine | details.host | details.hostname | payload.custom_details.host | payload.custom_details.hostname",
    check="payload.class | payload.component | in_summary | payload.summary | description",
    summary="payload.summary | description | dedup_key | incident_key",
    severity="payload.severity | details.severity",
    id="dedup_key | incident_key",
    identity=("dedup_key | incident_key",),
    changed="payload.timestamp",
    url="client_url | links.0.href | contexts.0.href",
)
_STATE = re.compile(r"(?:TRIGGERED|RESOLVED|FIRING|ALERT|PROBLEM|OK|RECOVERY|DOWN|UP)\b:?\s{0,3}(.{1,300})", re.DOTALL)


def read(message: Message) -> Reading:
    """One event; SourceError if it has no action."""
    if "kind=change" in message.query:  # ``/v2/change/enqueue``
        return reading("pagerduty", (), "a change, which is no alert")
    minted = parse_qs(message.query).get("dedup_key", [""])[-1]
    return SHAPE.understand(fields(message), lambda alert: _prepared(alert, minted))


def _prepared(alert: dict[str, Any], minted: str) -> dict[str, Any]:
    payload = Payload(alert)
    machine, client = payload.text("payload.source"), payload.text("client")
    named = _STATE.match(payload.text("payload.summary | description") or "")
    return {
        **alert,
        "dedup_key": payload.text("dedup_key") or minted,
        "machine": machine if machine != client else None,
        "in_summary": named[1].partition(" - ")[0].strip() if named else None,
    }
