"""A JSON body or form of a tool that has no file here, read by the names that its keys commonly have.

The keys of all its objects count, those of outer objects first; ``{"monitor": {"name": ...}}`` is also ``monitor
name``. A state is believed where its key is one for states and its word is a common one; everything else fires. What
its ids are worth is not known: they identify an alert together with host and check.
"""

import re
from collections import Counter
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.body import fields
from ingestd.sources.labelled import GROUP, Group, event, joined, own_link, sized, typed
from ingestd.sources.shape import Shape, folded, scalar
from ingestd.sources.shared import FIVE, SEVERITIES, STATES, SourceError, link, reading, severities, states, word

MOST_ALERTS = 2000  # in one body: looking for names takes longer than knowing them
MOST_OBJECTS = 200
MOST_NAMES = 2000
TITLES = (
    "alert name | rule name | check name | monitor name | service name | condition name | policy name | trigger name"
    " | test name | job name | problem name | alert title | problem title | entity display name | alert display name"
    " | title | event name | service | check | rule | monitor | trigger | search name | display name | error class"
    " | service desc | service description | alarm name | alarm | 告警名称 | 告警标题 | 标题"
    " | exception class | klass | alert signature | name | subject"
)
TEXTS = (
    "summary | message | alert message | status message | state message | alert description | description | text | msg"
    " | check output | reason | incident reason | root cause | error message | error | cause | details | output"
    " | service output | host output | event message | body | content | info | 告警内容 | 内容 | 描述"
)
IDS = (
    "dedup key | deduplication key | fingerprint | alert id | incident id | problem id | issue id | incident key"
    " | alert uuid | alert uid | alert key | check id | monitor id | rule id | test id | ticket id"
    " | heartbeat id | entity id"
    " | uuid | uid | alias | id | key | token | trigger id | some id"
)
ADDRESS = (
    "monitor url | monitor target | request url | service url | check url | target url | site url | website"
    " | domain | endpoint | endpoint url"
    " | server address | address url"
)
STATE = (
    "alert state | monitor condition | resolution state | action type | current state | new state | incident state"
    " | problem state | state | new status | current status | alert status | incident status | monitor status"
    " | check status | check result | response state | status | is ok | transition | severity over"
    " | message type | alert type | trigger type"
    " | event type | notification type | event action | action | event | alert action | kind | type | is up | resolved"
    " | recovered | clear | service state | host state | result | 告警状态 | 状态"
)

SHAPE = Shape(
    tool="anything",
    needs=(f"{TEXTS} | {TITLES} | {ADDRESS}",),
    state=STATE,
    states={**STATES, **states(nothing="created monitor", firing="false")},
    host="host name | hostname | host | fqdn | node name | node | device name | device | server name | server"
    " | instance name | instance"
    " | machine | computer name | computer | resource name | resource | entity name | entity | target | agent name"
    " | source host"
    " | ip address | ip | address | 告警主机 | 主机名 | 主机",
    address=ADDRESS,
    check=f"{TITLES} | {ADDRESS}",
    summary=f"{TEXTS} | {TITLES}",
    severity="severity | alert severity | severity name | severity level | alert severity string | level"
    " | trigger level | priority | alert priority | urgency"
    " | importance | criticality | impact | level said | 告警级别 | 告警等级 | 级别",
    severities={
        **SEVERITIES,
        **FIVE,
        **severities(critical="紧急, 灾难, 致命", error="严重, 重要", warning="警告, 预警, 次要", info="信息, 提示"),
    },
    id=IDS,
    identity=(IDS, "host name | hostname | host | device name | device", TITLES),
    started="started at | start time | starts at | started | start | state start time | first seen | opened at"
    " | triggered at | activated at"
    " | down since | down at | first occurred at | first received | start date | created at | created",
    changed="timestamp | occurred at | event time | trigger time | time | datetime | date | ts"
    " | recorded at | last seen",
    url="alert url | incident url | issue url | problem url | dashboard url | details url | alarm url | permalink"
    " | html url | link | url"
    " | web url | monitor url | some link",
    who="acknowledged by | acked by | ack by",
)
STATE_KEYS = ("state", "status", "type", "event", "action", "condition", "transition", "kind")
DENIALS = frozenset({"not", "no", "non", "never", "un"})
ENDS = frozenset({"resolved", "restored", "recovered", "cleared"})  # wherever they stand: ``ResolvedCritical``
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARTS = re.compile(r"[\s._:/-]+")
#: Keys whose truth is a state, or whose word is one.
_TRUE = {"true": "up", "1": "up", "false": "down", "0": "down"}
_LEVEL_OVER = dict.fromkeys(("ok", "okay", "normal", "clear", "cleared", "recovered", "resolved"), "resolved")
OVER = {
    **dict.fromkeys(("isup", "isok", "ok", "healthy", "ishealthy", "isonline"), _TRUE),
    **{key: {"true": "resolved"} for key in ("resolved", "recovered", "isresolved", "isrecovered", "iscleared")},
}
LEVELS = ("severity", "alertseverity", "level", "severityname")
#: States that are levels too.
SAID = frozenset({"critical", "crit", "fatal", "emergency", "disaster", "major", "minor", "warning", "warn"})
#: Objects that tell who asks, sends or owns rather than what is wrong: what they say counts last.
AROUND = frozenset((
    "project", "account", "user", "users", "owner", "actor", "author", "organization", "organisation", "team", "teams",
    "installation", "repository", "creator", "sender", "assignee", "integration", "application", "app", "tenant",
    "company", "contact", "customer", "agent", "client", "workspace", "page", "board", "meta",
))  # fmt: skip
#: Links that lead to anything but the problem.
_NO_LINK = re.compile(
    r"image|icon|logo|avatar|unsubscribe|documentation|runbook|callback|postback|api|self|hook|signing"
)
_LINK = re.compile(r"(?:url|link|href)\Z|\Alink")
MOST_ALIKE = 200  # keys of an object that are compared
LONGEST_KEY = 100
LEAST_ALIKE = 4  # keys that begin alike, ``ticket_id`` and ``ticket_subject``, count without their first word too


def read(message: Message) -> Reading:
    """One event an object; SourceError if no key has a name that says something."""
    body = fields(message)
    if isinstance(body, dict) and isinstance(body.get("alerts"), list) and body["alerts"]:
        return _alerts(message, body["alerts"])
    if isinstance(body, list) and len(body) > MOST_ALERTS:
        raise SourceError(f"anything: the body: expected at most {MOST_ALERTS} objects, got {len(body)}")
    return SHAPE.understand(body, flat)


def _alerts(message: Message, alerts: list[Any]) -> Reading:
    """A list ``alerts``: of label sets as Alertmanager sends them, else of objects."""
    if len(alerts) > MOST_ALERTS:
        raise SourceError(f"anything: alerts: expected at most {MOST_ALERTS}, got {len(alerts)}")
    if not all(isinstance(alert, dict) and isinstance(alert.get("labels"), dict) for alert in alerts):
        return SHAPE.understand(alerts, flat)
    group = typed(message, GROUP, Group, "a list of labelled alerts")
    events = tuple(
        event(one, group, lambda pairs: joined("anything", pairs), own_link(one, group))
        for one in sized(group.alerts, message)
    )
    return reading("anything", events, f"{len(events)} labelled alerts")


def flat(body: dict[str, Any]) -> dict[str, Any]:
    """All texts of a body under their keys, and under those of the object around them; outer ones win."""
    found: dict[str, Any] = {}
    late: list[tuple[str, Any]] = []  # what counts only where nothing else has that name
    waiting: list[tuple[str, Any]] = [("", body)]
    aside: list[tuple[str, Any]] = []
    for _ in range(MOST_OBJECTS):
        if not (waiting or aside) or len(found) > MOST_NAMES:
            break
        around, value = waiting.pop(0) if waiting else aside.pop(0)
        entries = _entries(value)
        first = _begins(entries)
        for key, inside in entries:
            name = folded(key)
            if isinstance(inside, dict | list) and not _is_texts(inside):
                (aside if name in AROUND else waiting).append((name or around, inside))
                continue
            text = scalar(inside)
            said = OVER[name].get(text or "") if name in OVER else _last_word(name, text)
            for spelled in (f"{around}{name}", name) if around else (name,):
                if said is not None:
                    found.setdefault(spelled, said)
            if text is not None:
                late += _meant(name, text)
                late += [(name[len(first) :], said)] if first and name.startswith(first) else []
    for name, said in late:
        found.setdefault(name, said)
    if not found:
        raise SourceError("anything: the body: expected an object with texts")
    return found


def _begins(entries: list[tuple[str, Any]]) -> str:
    """The word with which many keys of an object begin; empty for none."""
    keys = [key[:LONGEST_KEY] for key, inside in entries[:MOST_ALIKE] if scalar(inside)]
    words = (_PARTS.split(_CAMEL.sub(" ", key), 1) for key in keys)
    ((most, times),) = Counter(parts[0].lower() for parts in words if len(parts) > 1).most_common(1) or (("", 0),)
    return most if times >= LEAST_ALIKE else ""


def _meant(name: str, text: str) -> list[tuple[str, str]]:
    """What a key of any name says by its ending: a link, an address, an id, a level that means an end."""
    if name in LEVELS and word(text) in _LEVEL_OVER:
        return [("severityover", "resolved")]
    if name.endswith((*STATE_KEYS, "result")) and word(text) in SAID:
        return [("levelsaid", text)]
    if _LINK.search(name) and not _NO_LINK.search(name) and link(text):
        return [("somelink", text)]
    return [("someid", text)] if name.endswith("id") and len(text) < 100 else []


def _last_word(name: str, text: str | None) -> str | None:
    """The state that a compound such as ``incident.resolved`` ends in, if its key is one for states."""
    if not text or len(text) > 60 or not name.endswith(STATE_KEYS) or word(text) in STATES:
        return text
    parts = _PARTS.split(_CAMEL.sub(" ", text).lower())
    if len(parts) < 2 or DENIALS & set(parts):
        return text
    return next((part for part in parts if part in ENDS), parts[-1] if parts[-1] in STATES else text)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and not isinstance(value[0], dict | list)


def _entries(value: Any) -> list[tuple[str, Any]]:
    """The keys and values of an object; of a named field, ``{"title": "Host", "value": "web-4"}``, that one."""
    if isinstance(value, dict):
        named = value.get("title") or value.get("name") or value.get("key")
        is_field = isinstance(named, str) and "value" in value and len(value) <= 4 and len(named) < 40
        return [(str(named), value["value"])] if is_field else list(value.items())[:MOST_NAMES]
    return [("", one) for one in value[:MOST_OBJECTS]]
