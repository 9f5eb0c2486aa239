"""SonarQube's and SonarCloud's webhook: the quality gate of a project's branch.

Format: https://docs.sonarsource.com/sonarqube-server/project-administration/webhooks. A gate in ``ERROR`` or an
analysis that did not succeed fires, the next ``OK`` ends it. The SHA-256 HMAC of the body is in
``x-sonar-webhook-hmac-sha256``.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="sonarqube",
    needs=("project", "status | qualityGate.status"),
    state="said",
    states={**STATES, **states(firing="failed, error, canceled, none", resolved="ok, success")},
    check="project.name | project.key",
    summary="failing | qualityGate.name | project.name",
    id="project.key",
    identity=("project.key | project.name", "branch.name"),
    changed="analysedAt",
    url="branch.url | project.url",
)
SIGNATURE = Signature("x-sonar-webhook-hmac-sha256")
MARKS = ("taskId", "project.key", "serverUrl")


def read(message: Message) -> Reading:
    """One event; SourceError if it names no project."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    """The gate counts only where the analysis went well; its failing conditions are what to read."""
    payload = Payload(alert)
    task, gate = payload.text("status") or "SUCCESS", payload.text("qualityGate.status")
    conditions = payload.at("qualityGate.conditions")
    listed = conditions[:50] if isinstance(conditions, list) else []
    failing = [str(one.get("metric")) for one in listed if isinstance(one, dict) and one.get("status") == "ERROR"]
    said = (gate or task) if task == "SUCCESS" else task
    name = payload.text("qualityGate.name") or "quality gate"
    return {**alert, "said": said, "failing": f"{name}: {', '.join(failing)}" if failing else None}
