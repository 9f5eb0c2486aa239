"""Dynatrace's custom integration for problem notifications, and events of its workflows.

Format: https://docs.dynatrace.com/docs/analyze-explore-automate/notifications-and-alerting/problem-notifications/
webhook-integration. The keys are the admin's, the placeholders' names by custom. ``PID`` identifies a problem,
``RESOLVED`` ends it; a merged problem fires on until a person says otherwise.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.body import inner
from ingestd.sources.shape import Payload, Shape

SHAPE = Shape(
    tool="dynatrace",
    needs=("PID | ProblemID | event.id | display_id", "ProblemTitle | State | event.name | event.status"),
    state="State | ProblemState | event.status | event.status_transition",
    host="entity | affected_entity_names.0",
    check="ProblemTitle | event.name",
    summary="ProblemTitle | event.name | ProblemDetailsText",
    severity="severity | ProblemPriority",
    id="PID | ProblemID | display_id | event.id",
    identity=("PID | event.id | ProblemID | display_id",),
    started="details.startTime | ProblemDetailsJSON.startTime | StartTime | event.start",
    url="ProblemURL | Problem URL | url",
    test="test",
)
TEST = "Dynatrace problem notification test run"


def read(message: Message) -> Reading:
    """One event; SourceError if no problem is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    impacted = inner(payload.at("ImpactedEntities"))
    entities = [one for one in impacted if isinstance(one, dict)] if isinstance(impacted, list) else []
    hosts = [one for one in entities if str(one.get("type")) == "HOST"] or entities
    named = payload.text("ImpactedEntityNames | ImpactedEntity") or ""
    return {
        **alert,
        "entity": hosts[0].get("name") if hosts else named.partition(",")[0].strip(),
        "details": inner(payload.at("ProblemDetailsJSONv2 | ProblemDetailsJSON")),
        "test": payload.text("ProblemTitle") == TEST,
    }
