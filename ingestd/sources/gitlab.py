"""GitLab's webhook: pipelines, jobs, deployments and issues.

Format: https://docs.gitlab.com/user/project/integrations/webhook_events/. Project, kind, name and branch identify a
run, so that the next success ends a failure; an issue has its id. Pushes, comments, merge requests and what has not
finished are no alerts.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import SEVERITIES, STATES, states

SHAPE = Shape(
    tool="gitlab",
    needs=("known",),
    state="said",
    states={
        **STATES,
        **states(
            firing="failed, opened, reopened",
            resolved="success, closed",
            quiet="canceled, skipped",
            nothing="nothing, running, pending, created, manual, preparing, waiting for resource, scheduled, canceling",
        ),
    },
    check="object_attributes.title | build_name | object_attributes.name | environment | project.name | project_name",
    summary="object_attributes.title | build_failure_reason | build_name | object_attributes.name | status"
    " | project.name | project_name",
    severity="object_attributes.severity",
    severities=SEVERITIES,
    id="object_attributes.id | build_id | deployment_id",
    identity=("project.id | project_id | project.path_with_namespace", "object_kind", "which", "branch"),
    started="object_attributes.created_at | build_started_at | build_created_at",
    utc=True,
    url="object_attributes.url | deployable_url | project.web_url | repository.homepage",
    who="user.username",
)
MARKS = ("object_kind", "project.path_with_namespace")
KINDS = ("pipeline", "build", "deployment", "issue", "work_item")
NEWS = frozenset((
    "push", "tag_push", "note", "merge_request", "wiki_page", "release", "feature_flag", "emoji", "access_token",
    "milestone", "project", "group", "subgroup", "user_add_to_group", "user_add_to_project",
))  # fmt: skip


def read(message: Message) -> Reading:
    """One event, or none; SourceError if it names no kind of object that is known."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    kind = payload.text("object_kind") or ""
    said = payload.text("object_attributes.status | build_status | status | object_attributes.state")
    issue = kind in ("issue", "work_item")
    known = {"known": kind if kind in KINDS or kind in NEWS else None}
    which = payload.text("object_attributes.id" if issue else "build_name | environment | object_attributes.name")
    branch = "" if issue else payload.text("object_attributes.ref | ref") or ""
    return {**alert, "said": said if kind in KINDS else "nothing", "which": which or kind, "branch": branch} | known
