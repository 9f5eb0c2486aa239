"""Netdata Cloud's webhook, and an agent's custom sender that posts its variables.

Format: https://learn.netdata.cloud/docs/alerting/notifications/centralized-cloud-notifications/webhook. Host, chart
and alert identify it, ``clear`` ends it. A node that can't be reached is an alert about the node itself.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="netdata",
    needs=("alert | alarm | name | status | message",),
    state="reachable | severity | status",
    states={**STATES, **states(resolved="clear, cleared, removed, reachable", nothing="undefined, uninitialized")},
    host="host | hostname | node | node_name | node.name | in_text",
    check="alert | alarm | alert_name | name",
    summary="info | message | summary | status.text",
    severity="severity | status",
    id="alarm_id | alert_id | unique_id",
    identity=("about", "host | hostname | node | node_name | node.name | in_text | space", "chart"),
    changed="date | when | timestamp",
    url="alert_url | alarm_url | url | goto_url",
    hosts=True,
)
_NODE = re.compile(
    r"\b(?:node|host|on(?! (?:node|host)\b))\s{1,3}[`'\"]?([A-Za-z0-9][A-Za-z0-9_.-]{0,200})", re.IGNORECASE
)


def read(message: Message) -> Reading:
    """One event; SourceError if no alert is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    up = payload.text("status.reachable")
    node = _NODE.search(payload.text("message") or "") if not payload.text("host | hostname | node") else None
    reachable = {"true": "reachable", "false": "unreachable"}.get(up or "")
    about = payload.text("alert | alarm | alert_name | name")
    return {**alert, "reachable": reachable, "about": about, "in_text": node[1] if node else None}
