"""Gatus' custom alert: a body that an admin writes with ``[ENDPOINT_NAME]`` and ``[ALERT_TRIGGERED_OR_RESOLVED]``.

Format: https://github.com/TwiN/gatus#configuring-custom-alerts. Group and endpoint identify an alert; RESOLVED,
anywhere among the texts, ends it.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape

SHAPE = Shape(
    tool="gatus",
    needs=("endpoint_name | endpoint | name | service | text | message | summary | title | description",),
    state="alert_triggered_or_resolved | status | state | action | event | type | in_text",
    host="host | hostname",
    address="endpoint_url | url",
    check="endpoint_name | endpoint | name | service | in_text_name | title",
    summary="alert_description | description | message | text | summary | title | result_errors",
    severity="severity | priority",
    identity=("endpoint_name | endpoint | name | service | in_text_name", "endpoint_group | group"),
    changed="timestamp | time",
    url="endpoint_url | url | link",
)
_WORD = re.compile(r"\b(TRIGGERED|RESOLVED)\b:?\s{0,3}(.{0,200}?)(?: - |$)", re.MULTILINE)


def read(message: Message) -> Reading:
    """One event; SourceError if nothing names an endpoint."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    texts = Payload(alert).texts("text | message | summary | title | description")
    found = next((match for text in texts if (match := _WORD.search(text))), None)
    return {**alert, "in_text": found[1], "in_text_name": found[2].strip()} if found else alert
