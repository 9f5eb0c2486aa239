"""A JSON body or form of a tool that has no file here, read by the names that its keys commonly have.

The keys of all its objects count, those of outer objects first; ``{"monitor": {"name": ...}}`` is also ``monitor
name``. A state is believed where its key is one for states and its word is a common one; everything else fires. What
its ids are worth is not known: they identify an alert together with host and check.
"""

import re
from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.body import fields
from ingestd.sources.labelled import GROUP, Group, event, joined, own_link, sized, typed
from ingestd.sources.shape import Shape, folded, scalar
from ingestd.sources.shared import FIVE, SEVERITIES, STATES, SourceError, reading, states, word

MOST_OBJECTS = 200
MOST_NAMES = 2000
TITLES = (
    "alert name | rule name | check name | monitor name | service name | condition name | policy name | trigger name"
    " | test name | job name | event name | problem name | alert title | problem title | title | service | check"
    " | rule | monitor"
    " | trigger | name | subject"
)
TEXTS = (
    "summary | message | alert message | description | text | msg | reason | error message | error | cause"
    " | details | output"
    " | body | content"
)
IDS = (
    "dedup key | fingerprint | alert id | incident id | problem id | issue id | incident key | alert uuid | check id"
    " | monitor id | rule id | test id | uuid | alias | id | key | token"
)

SHAPE = Shape(
    tool="anything",
    needs=(f"{TEXTS} | {TITLES}",),
    state="alert state | monitor condition | resolution state | action type | current state | new state"
    " | incident state | problem state | state | new status"
    " | current status"
    " | alert status | incident status | monitor status | check status | status | transition | alert type | event type"
    " | notification type | event action | action | event | alert action | kind | type | is up | resolved | recovered",
    states={**STATES, **states(nothing="created monitor", firing="false")},
    host="host name | hostname | host | node name | node | device name | device | server name | server"
    " | instance name | instance"
    " | machine | computer name | computer | resource name | resource | entity name | entity | target | agent name"
    " | source host"
    " | ip address | ip | address",
    address="monitor url | check url | target url | site url | website | domain | endpoint | endpoint url",
    check=TITLES,
    summary=f"{TEXTS} | {TITLES}",
    severity="severity | alert severity | severity name | severity level | level | priority | alert priority | urgency"
    " | importance | criticality | impact",
    severities={**SEVERITIES, **FIVE},
    id=IDS,
    identity=(IDS, "host name | hostname | host | device name | device", TITLES),
    started="started at | start time | starts at | started | start | first seen | opened at | triggered at"
    " | activated at"
    " | down since | created at | created",
    changed="timestamp | occurred at | event time | trigger time | time | datetime | date | recorded at | last seen",
    url="alert url | incident url | issue url | problem url | dashboard url | details url | permalink | html url"
    " | link | url"
    " | web url | monitor url",
    who="acknowledged by | acked by | ack by",
)
STATE_KEYS = ("state", "status", "type", "event", "action", "condition", "transition", "kind")
DENIALS = frozenset({"not", "no", "non", "never", "un"})
_PARTS = re.compile(r"[\s._:/-]+")
#: Keys whose truth is a state.
OVER = {"isup": {"true": "up", "false": "down"}, "resolved": {"true": "resolved"}, "recovered": {"true": "resolved"}}


def read(message: Message) -> Reading:
    """One event an object; SourceError if no key has a name that says something."""
    body = fields(message)
    if isinstance(body, dict) and isinstance(body.get("alerts"), list) and body["alerts"]:
        return _alerts(message, body["alerts"])
    return SHAPE.understand(body, flat)


def _alerts(message: Message, alerts: list[Any]) -> Reading:
    """A list ``alerts``: of label sets as Alertmanager sends them, else of objects."""
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
    waiting: list[tuple[str, Any]] = [("", body)]
    for _ in range(MOST_OBJECTS):
        if not waiting or len(found) > MOST_NAMES:
            break
        around, value = waiting.pop(0)
        for key, inside in _entries(value):
            name = folded(key)
            if isinstance(inside, dict | list) and not _is_texts(inside):
                waiting.append((name or around, inside))
                continue
            text = scalar(inside)
            said = OVER[name].get(text or "") if name in OVER else _last_word(name, text)
            for spelled in (f"{around}{name}", name) if around else (name,):
                if said is not None:
                    found.setdefault(spelled, said)
    if not found:
        raise SourceError("anything: the body: expected an object with texts")
    return found


def _last_word(name: str, text: str | None) -> str | None:
    """The state that a compound such as ``incident.resolved`` ends in, if its key is one for states."""
    parts = _PARTS.split(text.lower()) if text and len(text) < 60 and name.endswith(STATE_KEYS) else []
    known = len(parts) > 1 and word(text) not in STATES and parts[-1] in STATES and not DENIALS & set(parts)
    return parts[-1] if known else text


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and not isinstance(value[0], dict | list)


def _entries(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return list(value.items())[:MOST_NAMES]
    return [("", one) for one in value[:MOST_OBJECTS]]
