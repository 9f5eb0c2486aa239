"""What tools post to Opsgenie's Alert API: a new alert, or what was done to one by its identifier.

Format: https://docs.opsgenie.com/docs/alert-api. The alias identifies an alert; the id by which tools may also name
it is made of the alias. What a request does and to which alert stands in its path, which is handed over as the query:
``action=close&identifier=...&identifierType=alias``.
"""

import uuid
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from ingestd.model import Message, Reading
from ingestd.sources.body import fields
from ingestd.sources.shape import Shape
from ingestd.sources.shared import FIVE, STATES, SourceError, states

SHAPE = Shape(
    tool="opsgenie",
    needs=("alias | alert_id | message",),
    state="action",
    states={
        **STATES,
        **states(
            firing="create, unacknowledge, escalate",
            nothing="notes, tags, details, snooze, assign, teams, responders, actions, attachments, priority, message,"
            " description",
        ),
    },
    host="entity | details.host | details.hostname | details.instance",
    check="details.alertname | details.check | message | alias",
    summary="message | description | note | alias | alert_id",
    severity="priority",
    severities=FIVE,
    id="alias | alert_id",
    identity=("alert_id",),
    url="details.url | details.link",
    who="user",
)
IDS = uuid.UUID("5b9a1c9e-6f0e-4c43-9d55-0d1a5b1f8a67")  # the space of the ids that are made of aliases
EMPTY = ("acknowledge", "unacknowledge", "close", "delete")  # requests that may have no body


class Asked(Struct, frozen=True):
    """What a request is about."""

    action: str
    alert: str  # its id
    alias: str


def identity_of(identifier: str, kind: str) -> str:
    """What identifies the alert that is named by its ``alias`` or its ``id``."""
    return f"{SHAPE.tool}:{_id(identifier) if kind == 'alias' else identifier}"


def requested(message: Message) -> Asked:
    """What a kept request asked for."""
    query = dict(parse_qsl(message.query, max_num_fields=50))
    named = _named(query, _alias(message.body))
    return Asked(named["action"], named.get("alert_id") or "", named.get("alias") or "")


def read(message: Message) -> Reading:
    """One event, or none; SourceError if no alert is named."""
    query = dict(parse_qsl(message.query, max_num_fields=50))
    body = {} if not message.body.strip() and query.get("action") in EMPTY else fields(message)
    if not isinstance(body, dict):
        raise SourceError("opsgenie_alert_api: the body: expected an object")
    return SHAPE.understand(body | _named(query, body.get("alias")))


def _named(query: dict[str, str], own: Any) -> dict[str, Any]:
    """The alert that a path names: by its alias, else by its id. A body's own alias counts for a new alert only."""
    action, named = query.get("action", "create"), query.get("identifier")
    if action == "create" or not named:
        named, by_alias = own if isinstance(own, str) and own else None, True
    else:
        by_alias = query.get("identifierType") == "alias"
    if by_alias:
        return {"action": action, "alias": named, "alert_id": _id(named) if named else None}
    return {"action": action, "alias": None, "alert_id": named}


def _id(alias: str) -> str:
    return str(uuid.uuid5(IDS, alias))


def _alias(body: bytes) -> Any:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found.get("alias") if isinstance(found, dict) else None
