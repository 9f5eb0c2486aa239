"""Sentry's integration webhooks (issue, error, event alert, metric alert) and the legacy plugin's.

Format: https://docs.sentry.io/organization/integrations/integration-platform/webhooks/. The issue identifies what
fires, whichever resource reports it; a metric alert has an incident of its own. An issue ends when it is marked
resolved. Comments and installations are no alerts. The same page: ``sentry-hook-signature`` is the SHA-256 HMAC of the
body in hexadecimal, with the client secret of the integration.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources.shape import Payload, Shape, pairs
from ingestd.sources.shared import SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="sentry",
    needs=("thing",),
    state="action",
    states={
        **STATES,
        **states(
            firing="assigned, unassigned",
            acknowledged="ignored, archived",
            nothing="deleted, installed, uninstalled, edited, seer",
        ),
    },
    host="thing.server_name | tags.server_name | thing.contexts.device.hostname",
    check="thing.title | thing.alert_rule.name | event.title | thing.metadata.title | message | thing.message",
    summary="message | data.description_title | data.description_text | thing.title | event.title | thing.message"
    " | thing.alert_rule.name",
    severity="thing.level | level | event.level | action",
    severities={**SEVERITIES, **severities(info="debug, sample")},
    id="thing.issue_id | thing.groupID | number | thing.id | id",
    identity=("about", "thing.issue_id | thing.groupID | number | thing.id | id"),
    started="thing.firstSeen | thing.date_started",
    changed="thing.datetime | thing.timestamp | event.timestamp | thing.dateCreated | event.datetime",
    url="thing.web_url | data.web_url | thing.permalink | url | thing.url | thing.issue_url",
    who="actor.name",
)
SIGNATURE = Signature("sentry-hook-signature")
_NUMBER = re.compile(r"/issues/(\d{1,20})/?\Z")
THINGS = ("issue", "error", "event", "metric_alert")


def read(message: Message) -> Reading:
    """One event, or none; SourceError if it is no resource of Sentry's."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    inside = alert.get("data")
    named = inside if isinstance(inside, dict) else {}
    kind = next((name for name in THINGS if isinstance(named.get(name), dict)), "")
    thing = named.get(kind) or {}
    if "comment" in named or "comment_id" in named or "installation" in named:
        return {"thing": {"title": "a comment"}, "action": "deleted"}
    if not kind and (alert.get("project_slug") or alert.get("project")) and alert.get("id"):
        event = alert.get("event")
        thing = {**(event if isinstance(event, dict) else {}), "id": None, "issue_id": alert["id"]}
    tags = Payload(thing).at("tags")
    about = "metric" if kind == "metric_alert" else "issue"
    number = _NUMBER.search(Payload(thing).text("issue_url") or "")  # older ones name their issue by its link only
    return {
        **alert,
        "number": number[1] if number else None,
        "thing": thing or None,
        "tags": pairs(tags),
        "about": about,
    }
