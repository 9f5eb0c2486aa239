"""Azure Monitor's action groups: the common alert schema, and the older ones of metric, log and activity-log alerts.

Format: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema and alerts-payload-samples. The
alert's id identifies it, fired and resolved; the old schemas name the rule and the resource instead. Log alerts that
are not stateful never resolve.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape, scalar
from ingestd.sources.shared import severities

SHAPE = Shape(
    tool="azure_monitor",
    needs=("data.essentials.alertId | data.essentials.alertRule | data.context | data.AlertRuleName | context.name",),
    state="data.essentials.monitorCondition | data.status | status",
    host="resource",
    check="data.essentials.alertRule | data.context.name | context.name | data.AlertRuleName | activity.operationName",
    summary="data.essentials.description | data.context.description | context.description | data.Description"
    " | activity.description | data.essentials.alertRule | data.context.name | context.name | data.AlertRuleName",
    severity="data.essentials.severity | data.context.severity | data.Severity | activity.level",
    severities=severities(
        critical="sev0, 0, critical",
        error="sev1, 1, error",
        warning="sev2, 2, warning",
        info="sev3, sev4, 3, 4, informational, verbose",
    ),
    id="data.essentials.alertId | data.essentials.originAlertId | data.context.id | context.id"
    " | activity.correlationId",
    identity=(
        "data.essentials.alertId | data.essentials.originAlertId | data.context.id | context.id"
        " | activity.correlationId"
        " | data.AlertRuleName",
        "data.context.resourceId | context.resourceId",
    ),
    started="data.essentials.firedDateTime",
    changed="data.context.timestamp | context.timestamp | activity.eventTimestamp | data.SearchIntervalEndtimeUtc",
    utc=True,
    url="data.essentials.investigationLink | data.alertContext.condition.allOf.0.linkToSearchResultsUI"
    " | data.alertContext.linkToSearchResults | data.context.portalLink | context.portalLink"
    " | data.LinkToSearchResults",
)
RESOURCES = (
    "data.essentials.configurationItems | data.essentials.alertTargetIDs | data.context.resourceName"
    " | context.resourceName | data.AffectedConfigurationItems | activity.resourceId | data.context.resourceId"
)


def read(message: Message) -> Reading:
    """One event; SourceError if it is none of Azure's schemas."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    whole = {**alert, "activity": payload.at("data.context.activityLog")}
    resource = scalar(Payload(whole).text(RESOURCES))
    return {**whole, "resource": resource.rstrip("/").rpartition("/")[2] if resource else None}
