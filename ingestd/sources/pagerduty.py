"""PagerDuty's own webhooks, versions 1 to 3: what happens to its incidents.

Format: https://developer.pagerduty.com/docs/webhooks-overview. The incident's id identifies an alert; resolved ends
it, acknowledged says that somebody took it. Notes, responders, priorities and other news of an incident are no
alerts. Signatures: https://developer.pagerduty.com/docs/verifying-webhook-signatures, for each secret ``v1=`` and the
SHA-256 HMAC of the body, parted by commas.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources.body import fields
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import FIVE, SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="pagerduty",
    needs=("happened",),
    state="happened | incident.status",
    states={
        **STATES,
        **states(
            firing="trigger, triggered, reopened, unacknowledged, unacknowledge, escalate, escalated, delegate,"
            " delegated,"
            " reassigned, assign",
            quiet="ping",
            nothing="annotated, annotate, priority updated, responder.added, responder.replied,"
            " status update published,"
            " conference bridge.updated, field values updated, custom field values.updated, service updated,"
            " role.assigned, role.unassigned, workflow.started, workflow.completed, incident type.changed, created,"
            " updated, deleted",
        ),
    },
    check="incident.service.summary | incident.service.name | incident.title",
    summary="incident.title | incident.summary | incident.description | incident.trigger_summary_data.subject"
    " | incident.trigger_summary_data.description | incident.message",
    severity="incident.priority.summary | incident.priority.name | incident.urgency",
    severities={**SEVERITIES, **FIVE, **severities(error="high", info="low")},
    id="incident.id | incident.number",
    identity=("about", "incident.id"),
    started="incident.created_at | incident.created_on | began",
    url="incident.html_url",
    who="who",
)
SIGNATURE = Signature("x-pagerduty-signature", prefix="v1=")


def read(message: Message) -> Reading:
    """One event a message of the body; SourceError if it tells of no incident."""
    body = fields(message)
    inside = Payload(body).at("messages") if isinstance(body, dict) else body
    return SHAPE.understand(inside if isinstance(inside, list) else body, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    incident = payload.at("event.data | incident | data.incident") or {}
    kind, _, happened = (payload.text("event.event_type | event | type") or "").partition(".")
    told = {**alert, "incident": incident, "about": "incident", "happened": happened or None}
    told["began"] = payload.text("event.occurred_at") if happened == "triggered" else None
    told["who"] = payload.text(
        "event.agent.summary | log_entries.0.agent.summary | incident.acknowledgers.0.acknowledger.summary"
        " | data.incident.last_status_change_by.name"
    )
    return told if kind in ("incident", "pagey") else {**told, "happened": "updated" if kind == "service" else None}
