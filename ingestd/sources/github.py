"""GitHub's webhook: workflow and check runs, commit statuses, deployments, security alerts and issues.

Format: https://docs.github.com/en/webhooks/webhook-events-and-payloads. Repository, kind, name and branch identify a
run, so that the next success ends a failure; an alert or issue has its number. Pushes, comments, pings and what has
not finished are no alerts.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import SEVERITIES, STATES, states

SHAPE = Shape(
    tool="github",
    needs=("repo",),
    state="said",
    states={
        **STATES,
        **states(
            firing="failure, startup failure, timed out, action required, error, stale, open, opened, create, reopened",
            resolved="success, neutral, fixed, resolved, dismissed, dismiss, auto dismissed, closed, resolve",
            quiet="cancelled, skipped, inactive",
            nothing="nothing, queued, in progress, requested, pending, waiting, completed",
        ),
    },
    check="thing.name | thing.title | thing.context | thing.rule.description | thing.security_advisory.summary"
    " | thing.affected_package_name | thing.environment | kind",
    summary="thing.output.summary | thing.display_title | thing.description | thing.title | thing.rule.description"
    " | thing.security_advisory.summary | thing.secret_type_display_name | thing.external_identifier | thing.name"
    " | thing.context | thing.environment | kind",
    severity="thing.rule.security_severity_level | thing.security_advisory.severity | thing.rule.severity",
    severities=SEVERITIES,
    id="thing.id | thing.number",
    identity=("repo", "kind", "which", "branch"),
    started="thing.run_started_at | thing.started_at | thing.created_at",
    url="thing.html_url | thing.target_url | thing.log_url",
    who="sender.login",
)
SIGNATURE = Signature("x-hub-signature-256", prefix="sha256=")
MARKS = ("repository.full_name", "repository.html_url", "sender.login")
THINGS = ("workflow_run", "workflow_job", "check_run", "check_suite", "deployment_status", "alert", "issue")
FOUND = ("alert", "issue")  # they stay until they are closed; a run is over with the next one


def read(message: Message) -> Reading:
    """One event, or none; SourceError if it names no repository."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    kind = next((name for name in THINGS if isinstance(alert.get(name), dict)), "status" if "context" in alert else "")
    thing = alert.get(kind, alert)
    about = Payload(thing)
    ended = "conclusion | state" if kind not in FOUND else "state"
    said = about.text(ended) or payload.text("action")
    names = "number | id | external_identifier" if kind in FOUND else "name | context | environment | app.slug"
    return {
        **alert,
        "repo": payload.text("repository.full_name | organization.login"),
        "kind": kind,
        "thing": thing if kind else {},
        "said": "nothing" if not kind or "comment" in alert else said,
        "which": about.text(names) or kind,
        "branch": about.text("head_branch | check_suite.head_branch | branches.0.name | environment") or "",
    }
