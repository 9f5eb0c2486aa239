"""A JSON body or form of a tool that has no file here, read by the names that its keys commonly have.

The keys of all its objects count, those of outer objects first; ``{"monitor": {"name": ...}}`` is also ``monitor
name``. A state is believed where its key is one for states and its word is a common one; everything else fires. What
its ids are worth is not known: they identify an alert together with host and check.
"""

import re
from collections import Counter
from functools import lru_cache
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
    " | exception class | klass | alert signature | name | some title | some kind | metric name | variable name"
    " | sensor name | plain name | subject"
)
TEXTS = (
    "summary | message | alert message | status message | state message | alert description | description | text | msg"
    " | check output | reason | incident reason | root cause | error message | error | cause | details | output"
    " | service output | host output | event message | body | content | info | human readable | 告警内容 | 内容 | 描述"
    " | some text"
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
    " | conclusion | outcome | run status | job status | build status"
    " | problem state | state | new status | current status | alert status | incident status | monitor status"
    " | check status | check result | response state | status | is ok | transition | severity over"
    " | message type | alert type | trigger type"
    " | event type | notification type | event action | action | event | alert action | kind | type | is up | resolved"
    " | recovered | cleared | clear | service state | host state | result | 告警状态 | 状态"
)

SHAPE = Shape(
    tool="anything",
    needs=(f"{TEXTS} | {TITLES} | {ADDRESS}",),
    state=STATE,
    states={
        **STATES,
        **states(nothing="created monitor", firing="false, red, yellow, orange", resolved="green, obsolete"),
    },
    host="host name | hostname | host | fqdn | node name | node | device name | device | server name | server"
    " | instance name | instance"
    " | machine | computer name | computer | resource name | resource | entity name | entity | target | thing name"
    " | agent name | source host | device display name | host display name | system name | dns name | some host"
    " | ip address | ip | address | 告警主机 | 主机名 | 主机",
    address=ADDRESS,
    check=f"{TITLES} | {ADDRESS}",
    summary=f"{TEXTS} | {TITLES}",
    severity="severity | alert severity | alert level | top severity | severity name | severity level"
    " | alert severity string | level | trigger level | priority | alert priority | urgency"
    " | importance | criticality | impact | level said | 告警级别 | 告警等级 | 级别",
    severities={
        **SEVERITIES,
        **FIVE,
        **severities(
            critical="紧急, 灾难, 致命, red",
            error="严重, 重要, orange",
            warning="警告, 预警, 次要, yellow",
            info="信息, 提示",
        ),
    },
    id=IDS,
    identity=(IDS, "host name | hostname | host | device name | device", TITLES),
    started="started at | start time | starts at | started | start | state start time | first seen | opened at"
    " | triggered at | activated at"
    " | down since | down at | first occurred at | first received | start date | some begin"
    " | created at | created | some start",
    changed="timestamp | occurred at | event time | trigger time | time | datetime | date | ts"
    " | recorded at | last seen | some time | last updated",
    url="alert url | incident url | issue url | problem url | dashboard url | details url | alarm url | permalink"
    " | html url | web url | link | url"
    " | monitor url | some link | plain link",
    who="acknowledged by | acked by | ack by",
)
STATE_KEYS = ("state", "status", "type", "event", "action", "condition", "transition", "kind")
SAID_KEYS = (*STATE_KEYS, "result")
DENIALS = frozenset({"not", "no", "non", "never", "un"})
ENDS = frozenset({"resolved", "restored", "recovered", "cleared"})  # wherever they stand: ``ResolvedCritical``
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARTS = re.compile(r"[\s._:/-]+")
#: Keys whose truth is a state, or whose word is one.
_TRUE = {"true": "up", "1": "up", "false": "down", "0": "down"}
_LEVEL_OVER = dict.fromkeys(("ok", "okay", "normal", "clear", "cleared", "recovered", "resolved"), "resolved")
OVER = {
    **dict.fromkeys(("isup", "isok", "ok", "healthy", "ishealthy", "isonline"), _TRUE),
    **{
        key: {"true": "resolved"}
        for key in ("resolved", "recovered", "cleared", "isresolved", "isrecovered", "iscleared")
    },
}
LEVELS = ("severity", "alertseverity", "level", "alertlevel", "severityname")
#: States that are levels too.
SAID = frozenset({"critical", "crit", "fatal", "emergency", "disaster", "major", "minor", "warning", "warn"})
#: Objects that tell who asks, sends or owns rather than what is wrong: what they say counts last.
AROUND = frozenset((
    "project", "account", "user", "users", "owner", "actor", "author", "organization", "organisation", "team", "teams",
    "installation", "repository", "creator", "sender", "assignee", "integration", "application", "app", "tenant",
    "company", "contact", "customer", "agent", "client", "workspace", "page", "board", "meta", "webhook", "network",
    "site", "environment", "policy",
))  # fmt: skip
#: Links that lead to anything but the problem.
_NO_LINK = re.compile(
    r"image|icon|logo|avatar|unsubscribe|documentation|runbook|callback|postback|api|self|hook|signing|server"
)
_LINK = re.compile(r"(?:url|link|href)\Z|\Alink")
#: Things that have names: ``{"droplet": {"name": "web-2"}}`` names a host, not what is wrong with it.
THINGS = frozenset((
    "device", "host", "server", "node", "machine", "computer", "instance", "droplet", "vm", "virtualmachine",
    "appliance", "asset",
))  # fmt: skip
LINKS = frozenset(("url", "weburl", "htmlurl", "link", "href", "permalink"))
NAMES = frozenset(("name", "displayname", "label", "hostname", "fqdn", "systemname", "dnsname"))
#: Ids of the sender's people and places, which identify no alert.
_NOT_ITS_ID = re.compile(
    r"(?:account|project|org|organi[sz]ation|user|tenant|customer|team|workspace|group|site|network|webhook|app|owner"
    r"|subscription|policy|integration|installation|commit|parent|environment|transaction|request|trace|session)s?id\Z"
)
#: Keys of any name whose ending tells what they are.
ENDINGS = tuple(
    (meaning, re.compile(ending))
    for meaning, ending in (
        ("somehost", r"(?:host|hostname|fqdn|machinename|nodename|servername|devicename|devname|hostnameandport"
         r"|(?:source|target|failed|affected)node)\Z"),
        ("sometitle", r"(?:alert|alarm|check|rule|monitor|event|problem|incident|job|test|backup|task|policy|watch"
         r"|plan|build|target|pipeline|workflow|flow|mail)(?:type|friendly)?(?:name|title|subject)\Z"),
        ("sometext", r"(?:description|message|summary|reason|text|msg|(?:alert|error|status)details)\Z"),
        ("somebegin", r"(?:start|began|begin|first|trigger|activat|raised|fired|onset|detect)"
         r"[a-z]{0,12}(?:at|on|time|date|ts|timestamp)\Z|datestarted\Z"),
        ("somestart", r"(?:creat|creation|open)[a-z]{0,12}(?:at|on|time|date|ts|timestamp)\Z|date(?:created|opened)\Z"),
        ("sometime", r"(?:occur|happen|activity|event|status|alert|alarm|error)[a-z]{0,8}"
         r"(?:at|on|time|ts|timestamp)\Z|\Aoccurred\Z"),
    )
)  # fmt: skip
#: Keys whose word, if it is none for a state or level, is the kind of the alert.
KINDS = frozenset(("alerttype", "alarmtype", "problemtype", "issuetype", "notifytype", "event"))
#: Keys whose value is a host if it looks like one.
MAYBE_HOSTS = frozenset(("agent", "nodeid"))
_HOST_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,32}\Z")
MOST_ALIKE = 200  # keys of an object that are compared
LONGEST_KEY = 100
LONGEST_ID = 100
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
        known = "id" in found  # that of an outer object: ``uuid`` is its part's
        for key, inside in entries:
            name = folded(key)
            if isinstance(inside, dict | list) and not _is_texts(inside):
                (aside if name in AROUND else waiting).append((name or around, inside))
                continue
            text = scalar(inside)
            said = OVER[name].get(text or "") if name in OVER else _last_word(name, text)
            for spelled in _spelled(around, name):
                if said is not None and not (name in ("uuid", "uid") and known):
                    found.setdefault(spelled, said)
            if text is not None:
                late += _meant(name, text)
                late += [(_without(first, name), said)] if first and name.startswith(first) else []
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


def _spelled(around: str, name: str) -> tuple[str, ...]:
    """The names under which a key of an object counts: its own and that with the object's before it."""
    if not around:
        return (name,)
    if name in LINKS and around in AROUND:
        return (f"{around}{name}", "plainlink")
    if name not in NAMES:
        return (f"{around}{name}", name)
    return (f"{around}{name}", "thingname" if around in THINGS else "plainname" if around in AROUND else name)


def _without(first: str, name: str) -> str:
    """A key without the word with which many of its object begin; ``device_name`` names no alert for certain."""
    rest = name[len(first) :]
    return "plainname" if rest == "name" else rest


def _meant(name: str, text: str) -> list[tuple[str, str]]:
    """What a key of any name says by its ending: a level that means an end, a link, a name, a time, an id."""
    if name in LEVELS and word(text) in _LEVEL_OVER:
        return [("severityover", "resolved")]
    if name.endswith(SAID_KEYS) and word(text) in SAID:
        return [("levelsaid", text)]
    meanings = _meanings(name) if len(name) <= LONGEST_KEY else ()
    if "somelink" in meanings and link(text):
        return [("somelink", text)]
    if name in KINDS and _is_kind(name, text):
        return [("somekind", text)]
    if name in MAYBE_HOSTS and _HOST_LIKE.match(text):
        return [("somehost", text)]
    if meanings == ("someid",) and len(text) >= LONGEST_ID:
        return []
    return [(meaning, text) for meaning in meanings if meaning != "somelink"]


@lru_cache(maxsize=4096)
def _meanings(name: str) -> tuple[str, ...]:
    """What a key may mean by its ending; senders repeat theirs in every body."""
    if name.endswith("id"):
        return () if _NOT_ITS_ID.search(name) else ("someid",)
    is_link = _LINK.search(name) and not _NO_LINK.search(name)
    return (*(("somelink",) if is_link else ()), *(meaning for meaning, ending in ENDINGS if ending.search(name)))


def _is_kind(name: str, text: str) -> bool:
    """Whether a word is the kind of an alert rather than its state or level; a few words always are."""
    if word(text) in SEVERITIES or word(text) in STATES:
        return False
    return text.count(" ") >= 2 or word(_last_word(name, text)) not in STATES


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
