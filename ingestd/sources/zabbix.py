"""Zabbix: a media type's script that posts macros under the admin's keys.

Format: https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook and the shipped
media types. The problem's event id and the host identify an alert, as in its mail: a recovery carries the problem's.
Much is only in the message's lines (``Host: db``). An update is an acknowledgement if it says so; discovery and
autoregistration are no alerts.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape, lines
from ingestd.sources.shared import SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="zabbix",
    needs=(
        "event_id | eventid | problem_id | trigger_id | triggerid | title | subject | event_name"
        " | trigger_name | name | host"
        " | event.id | event.name | alert.subject | alert_subject | message | alert_message | text | body | content",
    ),
    state="kind | update | event_value | event.value | value | event_status | trigger_status | status"
    " | state | in_title"
    " | in_text.state | in_text.当前状态 | in_text.告警状态 | in_title_state",
    states={**STATES, **states(firing="1", resolved="0", nothing="no alert")},
    host="host_name | hostname | host.name | host.host | host | host_host | event_host | in_text.Host"
    " | in_text.主机 | in_text.告警主机"
    " | in_text.故障主机 | in_text.主机名称 | host_ip | hostip | ip",
    check="event_name | event.name | trigger.name | trigger_name | problem_name | problem | name | trigger"
    " | alert_name | in_text.Problem name | in_text.Problem | in_text.Trigger"
    " | in_text.问题名称 | in_text.告警名称 | in_text.告警信息 | in_title_name | in_title_told"
    " | alert_subject | title | subject",
    summary="title | in_title_told | subject | alert_subject | alert.subject | event.name | event_name | trigger_name"
    " | alert_message | in_title_name | message | description",
    severity="event_nseverity | nseverity | event.nseverity | event.severity | trigger.severity"
    " | event_severity | trigger_severity | severity | priority | in_text.Severity"
    " | in_text.告警等级 | in_text.告警级别 | in_text.严重性",
    severities={
        **SEVERITIES,
        **severities(
            critical="5, disaster, 灾难",
            error="4, high, 严重",
            warning="3, 2, average, warning, 一般严重, 警告",
            info="1, information, 信息",
        ),
        **{"not classified": "unknown", "0": "unknown"},
    },
    id="event_id | eventid | problem_id | event.id | id | in_text.Original problem ID | in_text.事件ID"
    " | in_text.问题ID | trigger_id | triggerid"
    " | alert_uid",
    identity=("number", "host_name | hostname | host.name | host | host_host | event_host | in_text.Host"),
    started="event_timestamp | problem_timestamp | event_clock | clock",
    url="link | url | event_url | problem_url | zabbix_link | trigger_url | alert_url | zabbix_url"
    " | link_to_upstream_details",
    who="event_update_user | user | user_fullname | ack_user | event_ack_user",
)
EVENTS = "event_id | eventid | problem_id | event.id | id"
TEXTS = "message | alert_message | text | body | content"
_TITLE = re.compile(r"(?s)(problem|resolved|updated problem)(?: in [^:]{1,40})?:\s{0,5}(.{1,500})", re.IGNORECASE)
_TOLD = re.compile(r"\W{0,3}(故障|恢复|问题|告警|报警)(?:通知)?\s?[】\]]?\s?[:：]\s?(\S[^\n]{0,300})")
_NO_ALERT = frozenset({"1", "2"})  # event sources: discovery, autoregistration


def read(message: Message) -> Reading:
    """One event, or none; SourceError if nothing names a problem or a host."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    title = _TITLE.match(payload.text(f"title | subject | alert_subject | alert.subject | {TEXTS}") or "")
    event, trigger = payload.text(EVENTS), payload.text("trigger_id | triggerid | trigger.id")
    told = lines(str(payload.at(f"description | alert.message | {TEXTS}") or ""))
    words = _TOLD.match(payload.text("subject | alert_subject | title") or "")
    number = (
        event
        or told.get("Original problem ID")
        or told.get("事件ID")
        or told.get("问题ID")
        or (f"trigger {trigger}" if trigger else None)
    )
    return {
        **alert,
        "in_title": title[1].lower() if title else None,
        "in_title_name": title[2].partition("\n")[0].strip() if title else None,
        "in_title_state": words[1] if words else None,
        "in_title_told": words[2].strip() if words else None,
        "in_text": told,
        "number": number,
        "kind": "no alert" if payload.text("event_source") in _NO_ALERT else None,
        "update": _update(payload),
        "link": _link(payload.text("zabbix_url | url"), event, trigger),
    }


def _update(payload: Payload) -> str | None:
    """``acknowledged`` for an update of a problem that is one."""
    if payload.text("event_update_status") != "1" or payload.text("event_value") == "0":
        return None
    action = (payload.text("event_update_action | event_ack_status") or "").lower()
    return "acknowledged" if ("acknowledged" in action and "unacknowledged" not in action) or action == "yes" else None


def _link(base: str | None, event: str | None, trigger: str | None) -> str | None:
    if not base or not event or not trigger or "?" in base:
        return None
    return f"{base.rstrip('/')}/tr_events.php?triggerid={trigger}&eventid={event}"
