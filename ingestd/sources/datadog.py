"""Datadog's webhook: the default body, and bodies with the variables that sites add.

Format: https://docs.datadoghq.com/integrations/webhooks/ (``$ALERT_TRANSITION``, ``$ALERT_ID``, ``$ALERT_SCOPE`` ...).
The monitor and its scope identify an alert; without the monitor's id its number is taken from the link in the text,
else its name. In the default body the state is only in the title: ``[Triggered on {host:web}] Disk``.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape, pairs
from ingestd.sources.shared import FIVE, SEVERITIES, STATES, states

SHAPE = Shape(
    tool="datadog",
    needs=("title | event_title | alert_title | alert_transition | body",),
    state="transition | alert_transition | alert_status | status | alert_type",
    states={
        **STATES,
        **states(firing="warn, no data, re warn, re no data, renotify, re notify, alert, error, warning", quiet="test"),
    },
    host="hostname | host | in_title.host | in_scope.host | in_tags.host",
    check="alert_title | monitor_name | name",
    summary="title | event_title | alert_title | event_msg | text_only_msg",
    severity="severity | alert_priority | in_title.priority | priority | alert_type",
    severities={**SEVERITIES, **FIVE},
    id="alert_id | monitor_id | monitor.id | number",
    identity=("alert_id | monitor_id | monitor.id | number | name", "scope"),
    changed="date | event_date | last_updated",
    url="link | url | alert_url | status_link",
    test="test",
)
TRANSITIONS = frozenset(
    {"triggered", "re-triggered", "recovered", "warn", "re-warn", "no data", "re-no data", "renotify", "re-notify"}
)
_MARK = re.compile(r"\[([^\[\]]{1,300})\]\s{0,5}")
_NUMBER = re.compile(r"/monitors[#/](\d{1,20})")
_LINK = re.compile(r"https?://[^\s()\]\"<>]{1,200}/monitors[#/]\d[^\s()\]\"<>]{0,500}")


def read(message: Message) -> Reading:
    """One event; SourceError if there is neither a title nor a transition."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    marks, name = _title(payload.text("title | event_title") or "")
    text = str(payload.at("body | event_msg | text_only_msg") or "")[:50000]
    link = _LINK.search(text)
    places = f"{text} {payload.text('link | url | alert_url') or ''}"
    number = _NUMBER.search(places)
    said = next((mark for mark in marks if mark.partition(" on ")[0].lower() in TRANSITIONS), "")
    transition, _, scope = said.partition(" on ")
    own = payload.text("alert_scope | scopes | scope") or scope.strip("{}")
    return {
        **alert,
        "transition": transition or None,
        "name": name,
        "scope": own or None,
        "in_scope": pairs(own),
        "in_title": {**pairs(scope.strip("{}")), "priority": next((m for m in marks if m.lower() in FIVE), None)},
        "in_tags": pairs(alert.get("tags")),
        "number": number[1] if number else None,
        "status_link": link[0] if link else None,
        "test": "[TEST]" in (payload.text("title | event_title") or ""),
    }


def _title(text: str) -> tuple[list[str], str]:
    """The marks before a title, and the name after them; ``[TEST]`` stays a part of the name."""
    marks: list[str] = []
    while (found := _MARK.match(text)) and found[1] != "TEST" and len(marks) < 5:
        marks.append(found[1])
        text = text[found.end() :]
    return marks, text
