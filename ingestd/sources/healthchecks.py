"""Healthchecks' webhook: a body or a query that an admin writes with ``$CODE``, ``$NAME`` and ``$STATUS``.

Format: https://healthchecks.io/docs/configuring_notifications/ and the bodies that are commonly written. The check's
code identifies an alert; ``up`` ends it. A title is believed only where no field gives the state.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="healthchecks",
    needs=("incident_key | uuid | code | check_id | unique_key | slug | id | name | check | title",),
    state="event_type | status | state | action | event | in_title",
    states={**STATES, **states(quiet="grace, new, started, paused")},
    check="name | check_name | check | in_title_name | title | slug",
    summary="title | summary | message | description | text | body",
    severity="severity | priority",
    id="incident_key | uuid | code | check_id | unique_key | id | slug",
    identity=("incident_key | uuid | code | check_id | unique_key | id | slug | name | check | in_title_name",),
    changed="timestamp | now | date",
    url="details_url | url | link | client_url | cloak_url | ping_url",
)
_TITLE = re.compile(r"(?s)(.{1,300}?)\s(?:is|went|are)\s(down|up)\b", re.IGNORECASE)


def read(message: Message) -> Reading:
    """One event; SourceError if no check is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    found = _TITLE.match(Payload(alert).text("title | summary | message | description | text | body") or "")
    return {**alert, "in_title_name": found[1].strip('" '), "in_title": found[2]} if found else alert
