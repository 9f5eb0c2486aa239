"""HetrixTools' webhook: uptime, resource usage and blacklists.

Format: https://docs.hetrixtools.com/uptime-monitoring-webhook-example/, resource-usage-webhook-example and
blacklist-webhook-example. The monitor identifies an outage, ``online`` ends it. A resource of the monitor is an alert
of its own that nobody ends: it is over when not said again for a day.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape

SHAPE = Shape(
    tool="hetrixtools",
    needs=("monitor_id | monitor_name | monitor",),
    state="monitor_status | listed",
    host="host",
    address="monitor_target | monitor | monitor_name",
    check="resource_usage.resource_type | about | monitor_name | label",
    summary="said | monitor_name | label | monitor",
    id="monitor_id | monitor",
    identity=("monitor_id | monitor | monitor_name", "resource_usage.resource_type | about"),
    changed="timestamp",
    url="monitor_target | report_url",
    endless="endless",
)


def read(message: Message) -> Reading:
    """One event; SourceError if no monitor is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    name = payload.text("monitor_name | label | monitor")
    usage, status = payload.text("resource_usage.current_usage"), payload.text("monitor_status")
    if usage:
        kind = payload.text("resource_usage.resource_type")
        return {**alert, "said": f"{name}: {kind} at {usage} %", "host": name, "endless": True}
    listed = payload.text("blacklisted_now")
    if listed is not None:
        state = "resolved" if listed == "0" else "firing"
        return {**alert, "said": f"{name}: on {listed} blacklists", "listed": state, "about": "blacklist"}
    return {**alert, "said": f"{name} is {status}" if status else None}
