"""Nightingale's (夜莺's) webhook: an alert event, or a list of them.

Format: https://github.com/ccfos/nightingale/blob/main/models/alert_cur_event.go. ``hash`` identifies an alert;
``is_recovered`` ends it. Severity counts from 1, the worst, to 3.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.body import fields
from ingestd.sources.shape import Payload, Shape, pairs
from ingestd.sources.shared import STATES, severities, states

SHAPE = Shape(
    tool="nightingale",
    needs=("rule_name | rule_id | hash",),
    state="is_recovered | status",
    states={**STATES, **states(firing="false, 0", resolved="true, 1")},
    host="target_ident | labels.ident | labels.instance | labels.host | labels.hostname | labels.node",
    check="rule_name",
    summary="annotations.summary | annotations.description | rule_note | rule_name",
    severity="severity",
    severities=severities(critical="1", warning="2", info="3"),
    id="hash | id",
    identity=("hash | id",),
    started="first_trigger_time",
    changed="trigger_time",
    url="annotations.url | runbook_url | event_url | url",
    who="claimant | status_user",
)
LISTS = "events | alerts | data"


def read(message: Message) -> Reading:
    """One event an alert; SourceError if no rule is named."""
    body = fields(message)
    inside = Payload(body).at(LISTS) if isinstance(body, dict) and "rule_name" not in body else None
    return SHAPE.understand(inside if isinstance(inside, list) else Payload(body).at("event") or body, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    tags = payload.at("tags_map")
    listed = payload.at("tags_json") or payload.at("tags")
    parted = listed.split(",,") if isinstance(listed, str) else listed
    return {**alert, "labels": tags if isinstance(tags, dict) and tags else pairs(parted)}
