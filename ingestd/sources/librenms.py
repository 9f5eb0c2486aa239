"""LibreNMS' API transport and its webhook.

Format: https://docs.librenms.org/Alerting/Templates/ (the fields of an alert). ``alert_id`` is the pair of rule and
device; the device's name keeps two servers apart. State 0 ends it, 2 says that somebody took it. Severity is ``ok``
then.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

_NAMED = re.compile(r"(?:^Alert for device \S+ - | recovered from )(\S.{0,200})$")
SHAPE = Shape(
    tool="librenms",
    needs=("hostname | sysName | device_id | display | host", "rule_id | alert_id | name | title | rule"),
    state="state | severity | in_title",
    states={
        **STATES,
        **states(firing="1, 3, 4, 5, worse, better, changed", resolved="0", acknowledged="2"),
    },
    host="hostname | sysName | display | host | ip",
    check="name | rule_name | named | title",
    summary="title | msg | name",
    severity="severity",
    id="alert_id | id | uid",
    identity=("alert_id | uid | rule_id", "hostname | sysName | device_id | display"),
    changed="timestamp",
    url="url | link | device_url",
    test="test",
)


def read(message: Message) -> Reading:
    """One event; SourceError if no device or rule is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    title = Payload(alert).text("title") or ""
    named = _NAMED.search(title)
    title = title.lower()
    state = "recovered" if " recovered from " in title or title.startswith("recovered") else None
    return {
        **alert,
        "in_title": state,
        "named": named[1] if named else None,
        "test": title.startswith("testing transport"),
    }
