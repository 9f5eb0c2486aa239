"""Amazon EventBridge: what AWS Health, GuardDuty, CodeBuild, CodePipeline, Auto Scaling, ECR, EC2 and others report.

Format: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html, posted by an API destination.
An event of AWS Health and a finding have an id; else service, subject and machine identify it.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import SEVERITIES, STATES, states

SHAPE = Shape(
    tool="aws_events",
    needs=("detail-type", "detail"),
    state="detail.state.value | detail.build-status | detail.state | detail.status | detail.StatusCode"
    " | detail.statusCode | outcome",
    states={
        **STATES,
        **states(
            firing="alarm, insufficient data, timed out, fault, unsuccessful, issue, upcoming, aborted, expired,"
            " stopped, stopping, terminated, shutting down, client error",
            resolved="succeeded, successful, running",
            nothing="in progress, pending, queued, canceled, cancelled",
        ),
    },
    host="detail.instance-id | detail.EC2InstanceId | detail.resource.instanceDetails.instanceId | machine"
    " | detail.SourceIdentifier",
    check="detail.alarmName | detail.eventTypeCode | detail.project-name | detail.pipeline | detail.type | detail-type",
    summary="detail.title | detail.state.reason | detail.eventDescription.0.latestDescription"
    " | detail.eventDescription.latestDescription | detail.Message | detail.description | detail.cause | detail-type",
    severity="grade | detail.severity",
    severities=SEVERITIES,
    id="detail.eventArn | detail.id | detail.build-id | detail.execution-id | resources.0",
    identity=(
        "about",
        "detail.eventArn | detail.id | detail.alarmName | detail.project-name | detail.pipeline | place",
    ),
    started="detail.startTime | detail.service.eventFirstSeen",
    changed="time",
    url="detail.additional-information.logs.deep-link",
)
MARKS = ("detail-type", "detail")
GRADES = ((9.0, "critical"), (7.0, "error"), (4.0, "warning"), (0.0, "info"))  # of GuardDuty's findings, from which on
COUNTS = ("critical", "high", "medium", "low")  # of ECR's findings
_OUTCOME = re.compile(r" ?(?:Unsuccessful|Successful)\Z", re.IGNORECASE)


def read(message: Message) -> Reading:
    """One event; SourceError if it is not of EventBridge."""
    return SHAPE.read(message, prepared)


def prepared(event: dict[str, Any]) -> dict[str, Any]:
    """The event with its machine, its grade, and what it is about without how it went."""
    payload = Payload(event)
    kind = payload.text("detail-type") or ""
    outcome = _OUTCOME.search(kind)
    machine = _machine(payload)
    return {
        **event,
        "about": f"{payload.text('source')}:{_OUTCOME.sub('', kind)}",
        "outcome": outcome[0] if outcome else payload.text("detail.eventTypeCategory"),
        "machine": machine,
        "place": machine or payload.text("resources.0") or "",
        "grade": _grade(payload),
    }


def _machine(payload: Payload) -> str | None:
    """The first affected thing, without the rest of its ARN; of the resources only an instance."""
    affected = payload.text("detail.affectedEntities.0.entityValue")
    first = payload.text("resources.0") or ""
    named = affected or (first if first.startswith("i-") or ":instance/" in first else None)
    return re.split(r"[/:]", named)[-1] if named else None


def _grade(payload: Payload) -> str | None:
    """A finding's number, or the worst that a scan counted, as a word."""
    number = payload.at("detail.severity")
    if isinstance(number, int | float) and not isinstance(number, bool):
        return next(grade for least, grade in GRADES if number >= least or least == 0.0)
    counted = (name for name in COUNTS if payload.text(f"detail.finding-severity-counts.{name}") not in (None, "0"))
    return next(counted, None)
