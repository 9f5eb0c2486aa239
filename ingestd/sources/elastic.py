"""Elastic: Kibana's webhook connector and Watcher, with the bodies that are commonly written from their variables.

Format: https://www.elastic.co/docs/explore-analyze/alerts-cases/alerts/rule-action-variables and
https://www.elastic.co/docs/explore-analyze/alerting/watcher/actions-webhook. Rule and alert identify it; the action
group ``recovered`` ends it. A watch never says that it is over.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="elastic",
    needs=(
        "rule.id | rule.name | rule_id | ruleId | rule_name | ruleName | alertId | alertName | alert_name"
        " | kibana.alert.rule.name"
        " | watch_id | payload.watch_id | metadata.name | alert.id | kibana.alert.uuid | monitor_name | monitor.name",
    ),
    state="alert.actionGroup | alert.actionGroupName | actionGroup | alertActionGroup | action_group"
    " | kibana.alert.status"
    " | kibana.alert.action_group | event_action | status | state | alert_state | context.alertState",
    states={
        **STATES,
        **states(
            firing="default, query matched, threshold met, metrics.threshold.fired, logs.threshold.fired, active,"
            " metrics.inventory threshold.fired, xpack.uptime.alerts.actionGroups.monitorStatus, executed",
            resolved="recovered, untracked, delayed",
        ),
    },
    host="context.host.name | context.host.hostname | host.name | host.hostname | kibana.alert.host.name | hostname"
    " | host"
    " | context.nodeName | context.group | context.hostName",
    address="context.monitorUrl | monitor.url | context.url",
    check="rule.name | ruleName | rule_name | kibana.alert.rule.name | alertName | alert_name | metadata.name"
    " | monitor.name | monitor_name | watch_id | context.rule.name | payload.watch_id",
    summary="context.reason | reason | kibana.alert.reason | context.message | message | context.title | text"
    " | payload.text"
    " | rule.name | rule_name",
    severity="severity | kibana.alert.severity | rule.severity | alert.severity | context.severity | priority"
    " | alert.actionGroup",
    id="alert.uuid | kibana.alert.uuid | alert.id | alertInstanceId | alert_id | kibana.alert.instance.id"
    " | watch_id | payload.watch_id | rule.id"
    " | ruleId | rule_id | alertId",
    identity=(
        "rule.id | ruleId | rule_id | kibana.alert.rule.uuid | alertId | rule.name | ruleName | rule_name | watch_id"
        " | payload.watch_id"
        " | metadata.name | monitor_name",
        "alert.id | alertInstanceId | alert_instance_id | alert_id | kibana.alert.instance.id | context.group",
    ),
    started="kibana.alert.start | alert.start | start",
    changed="date | @timestamp | timestamp | context.date | execution_time | trigger.triggered_time",
    url="context.alertDetailsUrl | alertDetailsUrl | rule.url | kibana.alert.url | context.link | context.viewInAppUrl"
    " | rule_url | url | link",
    endless="endless",
)
WATCH = "watch_id | payload.watch_id | metadata.name"
RULE = "rule.id | ruleId | rule_id | alertId | rule.name | ruleName | rule_name | kibana.alert.rule.name"


def read(message: Message) -> Reading:
    """One event an object; SourceError if no rule, alert or watch is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    """Watcher's whole context is sometimes posted as it is; what names a watch and no rule has no end."""
    inside = Payload(alert).at("ctx")
    whole = {**inside, **alert} if isinstance(inside, dict) else alert
    payload = Payload(whole)
    return {**whole, "endless": bool(payload.text(WATCH)) and not payload.text(RULE)}
