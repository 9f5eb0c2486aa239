"""Uptime Kuma's webhook, as JSON or as a form with JSON in ``data``.

Format: https://github.com/louislam/uptime-kuma/blob/master/server/notification-providers/webhook.js. The monitor's
number identifies an alert; with its name, as every installation counts alike. ``heartbeat.status`` 1 ends it. A test
and a notice of a certificate have neither heartbeat nor monitor; the notice says ``[name][address]`` in its text.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="uptime_kuma",
    needs=("heartbeat | monitor | msg",),
    state="event_type | heartbeat.status | in_text",
    states={**STATES, **states(firing="0, 2", resolved="1", quiet="3, test")},
    host="monitor.hostname",
    address="monitor.url | monitor.dns_resolve_server | named",
    check="about | monitor.name | name",
    summary="heartbeat.msg | text | msg",
    id="monitor.id | heartbeat.monitorID",
    identity=("monitor.id | heartbeat.monitorID", "monitor.name"),
    changed="heartbeat.time | zoned",
    utc=True,
    url="monitor.url",
)
_TEXT = re.compile(r"(?s)\[([^\[\]]{1,200})\]\s?\[([^\[\]]{1,500})\]\s{0,5}(.{1,500})")
_HOST_LIKE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,252}")  # "Cron: invoices" is the name of no host
_STATES = (("down", "down"), ("up", "up"))


def read(message: Message) -> Reading:
    """One event; SourceError if it is not Uptime Kuma's."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    local, offset = payload.text("heartbeat.localDateTime"), payload.text("heartbeat.timezoneOffset")
    zoned = f"{local}{offset}" if local and offset else None
    if isinstance(alert.get("heartbeat"), dict) or isinstance(alert.get("monitor"), dict):
        name = payload.text("monitor.name") or ""
        return {**alert, "zoned": zoned, "named": name if _HOST_LIKE.fullmatch(name) else None}
    said = _TEXT.match(payload.text("msg") or "")
    if said is None:
        return {**alert, "in_text": "test"}
    certificate = "certificate" in said[3].lower()
    state = next((word for sign, word in _STATES if sign in said[2].lower()), "firing")
    return {
        **alert,
        "name": said[1],
        "monitor": {"url": said[2] if "://" in said[2] else None},
        "about": f"{said[1]} certificate" if certificate else said[1],
        "in_text": "firing" if certificate else state,
        "text": said[3],
    }
