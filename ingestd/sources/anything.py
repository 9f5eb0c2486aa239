"""A JSON body or form of a tool that has no file here, read by the names that its keys commonly have.

The keys of all its objects count, those of outer objects first; ``{"monitor": {"name": ...}}`` is also ``monitor
name``. A state is believed where its key is one for states and its word is a common one; everything else fires. What
its ids are worth is not known: they identify an alert together with host and check.
"""

import re
from collections import Counter, deque
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from ingestd.model import Message, Reading
from ingestd.sources.body import fields, inner
from ingestd.sources.labelled import GROUP, Group, event, joined, own_link, sized, typed
from ingestd.sources.shape import Payload, Shape, folded, scalar
from ingestd.sources.shared import FIVE, SEVERITIES, STATES, SourceError, link, reading, severities, states, word
from ingestd.sources.times import moment

MOST_ALERTS = 2000  # in one body: looking for names takes longer than knowing them
MOST_OBJECTS = 200
MOST_NAMES = 2000
TITLES = (
    "alert name | rule name | check name | monitor name | service name | condition name | policy name | trigger name"
    " | test name | job name | problem name | alert title | problem title | entity display name | alert display name"
    " | title | short description | event name | service | check | rule | monitor | trigger | search name"
    " | display name | error class | service desc | service description | alarm name | alarm"
    " | 告警名称 | 告警标题 | 标题 | 告警规则 | 规则名称 | 监控项 | 事件名称 | 策略名称"
    " | 报警名称 | 服务 | 服务名称 | 告警项 | 告警指标 | 监控指标 | 指标名称 | 报警规则 | 告警策略 | 故障名称"
    " | 告警类型 | 任务名称 | 事件 | アラート名 | 監視項目"
    " | サービス | dienst | servizio | servico | prüfung | alarmname | servicio | serviço | nom du service"
    " | strategy name | health rule"
    " | exception class | klass | alert signature | name | some title | some kind | exception | metric name"
    " | variable name | sensor name | repo name | plain name | subject | some type"
    " | part name | label | job | task | probe | trap name | trap | notification name | alerte | titre | titel"
    " | alertname | module"
    " | metric | friendly name"
    " | sensor | program"
    " | stack name"
    " | project name | alert"
)
TEXTS = (
    "summary | message | alert message | event message | status message | state message | alert description"
    " | description | text | msg | check output | reason | incident reason | root cause"
    " | probable cause | detail | error message"
    " | error | cause | details | reasons | output"
    " | service output | host output | body | content | info | human readable | 告警内容 | 告警信息"
    " | 报警信息 | 故障信息 | 内容"
    " | 描述 | 告警描述 | 告警详情 | 报警描述 | 报警详情 | 故障描述 | 事件描述 | 问题详情 | 故障原因 | 原因"
    " | 详情 | 消息 | 报警内容 | メッセージ | 詳細 | meldung | nachricht | beschreibung | messaggio | mensaje"
    " | mensagem"
    " | descripción"
    " | descrição | formatted"
    " | activity | some text"
)
#: What a person would call it in a sentence.
HEADINGS = "alert title | problem title | title | short description | subject"
IDS = (
    "dedup key | deduplication key | fingerprint | alert id | incident id | problem id | issue id | incident key"
    " | alert uuid | alert uid | alert key | check id | monitor id | rule id | test id | ticket id"
    " | heartbeat id | entity id"
    " | alarm no | alert no | event no | 编号 | 告警编号 | 告警id | 报警编号 | 报警id | 故障编号 | 流水号 | 告警流水号"
    " | uuid | uid | alias | id | trigger id | some id | key | token"
)
ADDRESS = (
    "monitor url | monitor target | request url | service url | check url | target url | site url | website"
    " | domain | endpoint | endpoint url"
    " | server address | address url | monitor address | target address | monitored url | checked url | site address"
)
STATE = (
    "alert state | monitor condition | resolution state | action type | current state | new state | incident state"
    " | conclusion | outcome | run status | job status | build status"
    " | problem state | result | state | new status | current status | alert status | incident status | monitor status"
    " | check status | check result | response state | status | is ok | transition | severity over"
    " | message type | alert type | trigger type"
    " | event type | notification type | notify type"
    " | event action | action | event | alert action | kind | type | is up | resolved"
    " | recovered | cleared | clear | service state | host state | 告警状态 | 状态 | success | part state | some state"
    " | some end | 当前状态"
    " | 执行结果 | 任务状态 | 報警状态 | ステータス | zustand | estado | etat | statut | stato | situacao | situação"
    " | alarm active | alert active"
    " | problem active"
    " | incident active | event active"
)

HOSTS = (
    "host name | hostname | host | fqdn | node name | node | device name | device | server name | server"
    " | instance name | instance"
    " | machine | computer name | computer | resource name | resource | entity name | entity | target | thing name"
    " | agent name | source host | device display name | host display name | system name | dns name | some host"
    " | ip address | ip | address | 告警主机 | 主机名 | 主机 | 主机名称"
    " | 设备名称 | 设备 | 服务器 | 服务器名称 | 实例名称 | 告警对象 | 监控对象 | ホスト名 | ホスト | サーバ名"
    " | rechner | rechnername"
    " | gerät | geraet | knoten | hôte | serveur | servidor | equipo | system"
    " | asset name | asset | hote | équipement | macchina | maquina | máquina | sys name | object name | ups name"
    " | ups | srv | host names | hosts | devices | device names | servers | nodes | vm name | vm | virtual machine"
    " | virtual machine name | 设备名 | 设备ip | 主机ip | 服务器ip | 告警设备 | 告警实例 | 实例 | 资源名称 | 节点"
    " | 故障主机 | 故障设备"
    " | ne name | alarm source | equipment name | equipment | array name | array | component name"
    " | database name | database | pod name | pod"
    " | cluster name | cluster | site name"
)
WHAT = "compound | event type | type | action | event"  # what is left to name an alert by

SHAPE = Shape(
    tool="anything",
    needs=(f"{TEXTS} | {TITLES} | {ADDRESS} | {HOSTS} | {WHAT}",),
    state=STATE,
    states={
        **STATES,
        **states(
            nothing="created monitor",
            firing="false, red, yellow, orange, regressed, broken, errored, fehler, störung, ausfall, kritisch, ko,"
            " nok, errore, falha, erro, erreur, panne, gestoppt, caído, caido, parado,"
            " warnung, engage, engaged, disconnected, 告警中, 触发, 未恢复, 报警, 异常中, 失败, 障害",
            resolved="green, obsolete, finished, release, released,"
            " connected, reconnected, behoben, wiederhergestellt, résolu, resuelto, resolvido, 復旧, 已消除, 已关闭,"
            " 成功, 已完成",
        ),
    },
    host=HOSTS,
    address=ADDRESS,
    check=f"{TITLES} | {ADDRESS} | compound",
    summary=f"{TEXTS} | {HEADINGS} | {TITLES} | some state | {WHAT}",
    severity="severity name | severity label | severity text | severity | alert severity"
    " | alert level | top severity | severity level"
    " | alert severity string | sev | level | trigger level | priority | alert priority | urgency"
    " | grade | importance | criticality | impact | level said | 告警级别 | 告警等级 | 级别 | 严重程度"
    " | 报警级别 | 重要度"
    " | schweregrad | niveau | nivel | livello | priorität | prioritaet | gravité | gravite | gravità | gravita"
    " | severidad | gravedad"
    " | severidade | some level",
    severities={
        **SEVERITIES,
        **FIVE,
        **severities(
            critical="kcritical, 紧急, 灾难, 致命, red, kritisch, critique, crítico, crítica, 危険",
            error="严重, 重要, 高危, 高, orange, hoch, fehler, majeure, majeur, schwerwiegend, élevé, alta, alto, 重大",
            warning="kwarning, 警告, 预警, 次要, 一般, 中, yellow, warnung, mittel, avertissement, moyen, advertencia,"
            " media, 注意",
            info="kinfo, 信息, 提示, hinweis, niedrig",
        ),
    },
    id=f"{IDS} | some message id",
    identity=(IDS, "host name | hostname | host | device name | device", TITLES),
    started="started at | start time | starts at | started | start | state start time | first seen | opened at"
    " | triggered at | activated at"
    " | down since | down at | first occurred at | first received | start date | some begin"
    " | created at | created | some start | since | active since | 开始时间 | 首次触发时间 | beginn",
    changed="timestamp | occurred at | event time | trigger time | time | datetime | date | ts"
    " | recorded at | changed at | received at | last seen | some time | last updated | 告警时间 | 发生时间"
    " | 触发时间 | 时间"
    " | zeit | zeitstempel | horario | horário | data ora | data e ora | horodatage"
    " | zeitpunkt | 発生日時 | fecha | hora | last changed | received | reported at | tstamp",
    url="alert url | permalinks web | incident url | issue url | problem url | dashboard url | details url"
    " | alarm url | permalink"
    " | html url | web url | link | url"
    " | monitor url | some link | plain link",
    who="acknowledged by | acked by | ack by",
)
STATE_KEYS = ("state", "status", "type", "event", "action", "condition", "transition", "kind")
SAID_KEYS = (*STATE_KEYS, "result")
DENIALS = frozenset({"not", "no", "non", "never", "un"})
#: Words of which none says what is wrong.
EMPTY = frozenset((
    "incident", "event", "monitor", "notification", "issue", "check", "status", "state", "rule", "case", "ticket",
    "policy", "condition", "metric", "is", "has", "been", "on", "changed", "change",
))  # fmt: skip
#: What happens to the record of a problem: ``jira:issue_created`` names none.
RECORDED = frozenset(("created", "updated", "opened", "reopened", "closed"))
ENDS = frozenset({"resolved", "restored", "recovered", "cleared"})  # wherever they stand: ``ResolvedCritical``
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARTS = re.compile(r"[\s._:/-]+")
#: Keys whose truth is a state, or whose word is one.
_TRUE = {"true": "up", "1": "up", "false": "down", "0": "down"}
_LEVEL_OVER = dict.fromkeys(("ok", "okay", "normal", "clear", "cleared", "recovered", "resolved"), "resolved")
OVER = {
    "active": {"true": "firing", "false": "resolved"},
    "success": {"true": "up", "false": "down"},
    **dict.fromkeys(("isup", "isok", "ok", "healthy", "ishealthy", "isonline"), _TRUE),
    **{
        key: {"true": "resolved"}
        for key in ("resolved", "recovered", "cleared", "isresolved", "isrecovered", "iscleared")
    },
}
LEVELS = ("severity", "alertseverity", "level", "alertlevel", "severityname")
#: What a field that people are shown names beyond doubt; as keys of a program these words have other meanings too.
FIELDS = {"service": "service name", "check": "check name", "monitor": "monitor name", "alert": "alert name"}
#: How keys begin that tell how it was before.
BEFORE = ("previous", "prev", "old", "prior", "former")
#: Lists of alerts, and the keys that say enough of each.
_LISTS = re.compile(r".*(?:events|incidents|problems|alarms|alerts|notifications|results|issues|checks|triggers|list)")
ENOUGH_TELL = 3  # of a list, if they each say how it stands and where: so do the others
#: States that are levels too.
SAID = frozenset({"critical", "crit", "fatal", "emergency", "disaster", "major", "minor", "warning", "warn", "error"})
#: Objects that tell who asks, sends or owns rather than what is wrong: what they say counts last.
AROUND = frozenset((
    "project", "account", "user", "users", "owner", "actor", "author", "organization", "organisation", "team", "teams",
    "installation", "repository", "creator", "sender", "assignee", "integration", "application", "app", "tenant",
    "company", "contact", "customer", "agent", "client", "workspace", "page", "board", "meta", "webhook", "network",
    "site", "environment", "policy", "region", "location", "scanner", "vendor", "debug", "notifier", "committer",
    "requester", "reporter", "approver", "assignedto", "createdby",
))  # fmt: skip
#: Those of them that are people and their firms, whose names name nothing else.
PEOPLE = frozenset((
    "user", "users", "owner", "actor", "author", "creator", "sender", "assignee", "contact", "committer", "requester",
    "reporter", "approver", "assignedto", "createdby", "organization", "organisation", "team", "account", "tenant",
    "company", "workspace",
))  # fmt: skip
#: Links that lead to anything but the problem.
_NO_LINK = re.compile(
    r"image|icon|logo|avatar|unsubscribe|documentation|runbook|callback|postback|api|self|hook|signing|server|edit"
    r"|settings|acknowledge|silence|mute|commit|compare"
)
_LINK = re.compile(r"(?:url|link|href)\Z|\Alink")
#: Things that have names: ``{"droplet": {"name": "web-2"}}`` names a host, not what is wrong with it.
THINGS = frozenset((
    "device", "host", "server", "node", "machine", "computer", "instance", "droplet", "vm", "virtualmachine",
    "appliance", "asset", "devices", "hosts", "servers", "nodes", "machines", "instances", "resources", "entity",
    "resource", "target", "object", "involvedobject", "regarding",
))  # fmt: skip
THING_ENDS = ("devices", "hosts", "servers", "nodes", "machines", "instances", "resources")  # ``affected_resources``
#: What people may press: its titles and texts are not the alert's.
BUTTONS = frozenset(("actions", "buttons", "potentialaction", "links"))
#: Objects that are a state or a level, and which of their keys says it: ``{"priority": {"name": "High"}}``.
RANKS = frozenset(("priority", "severity", "urgency", "status", "state", "level"))
RANK_NAMES = frozenset(("name", "label", "value", "displayname", "title", "text"))
NUMBERED = frozenset(("type", "eventtype", "kind"))  # what has a number is named elsewhere
AMBIGUOUS = frozenset(("trigger", "alert", "alarm"))  # some name it so, others say so how it stands
#: Things that are watched: where they are may well be an API.
WATCHED = frozenset(("monitor", "check", "site", "endpoint", "service", "target"))
#: What a run, a change or a talk is made of: its states count, its names, texts and links are not the alert's.
PARTS = frozenset((
    "steps", "jobs", "builds", "stages", "tasks", "artifacts", "commit", "commits", "headcommit",
    "modifications", "materialrevisions", "revision", "timeline", "logentries", "history", "comments", "changes",
    "activities", "pullrequests", "checksuite",
))  # fmt: skip
LINKS = frozenset(("url", "weburl", "htmlurl", "link", "href", "permalink"))
NAMES = frozenset(("name", "displayname", "label", "hostname", "fqdn", "systemname", "dnsname"))
#: Ids of the sender's people and places, which identify no alert.
_NOT_ITS_ID = re.compile(
    r"(?:account|chat|channel|room|bot|project|org|organi[sz]ation|user|tenant|customer|team|workspace|group|site"
    r"|network|webhook|app|owner"
    r"|subscription|policy|integration|installation|commit|parent|environment|transaction|request|trace|session)s?id\Z"
)
#: Ids of a message rather than of the problem: its end may have another.
_ONE_MESSAGE = re.compile(r"(?:event|message|notification|delivery|record|log|history)id\Z")
#: Keys of any name whose ending tells what they are.
ENDINGS = tuple(
    (meaning, re.compile(ending))
    for meaning, ending in (
        ("somehost", r"(?:host|hostname|fqdn|machinename|nodename|servername|devicename|devname|hostnameandport"
         r"|computername|equipmentname|objectname|(?:vbr|backup|db|sql|file|app|web|source|target|monitored)server|(?:source|target|failed|affected)node)\Z"),
        ("sometitle", r"(?:alert|alarm|check|rule|monitor|event|problem|incident|job|test|backup|task|policy|watch"
         r"|plan|build|target|pipeline|workflow|flow|mail|threat|malware|detect|detection|finding|vulnerability|attack)(?:type|friendly)?(?:name|title|subject)\Z"),
        ("sometext", r"(?:description|message|summary|(?<!result)reason|text|msg"
         r"|(?:probable|root|failure)cause|(?:alert|alarm|error|status|event|fault)(?:details?|desc|content|info))\Z"),
        ("somestate", r"(?:check|monitor|alert|alarm|incident|service|host|device|site|job|run|build|ticket|issue"
         r"|problem|event|deploy|deployment|scan|backup|task)(?:state|status)(?:name|text|label)?\Z"),
        ("somelevel", r"(?:level|severity|priority)(?:name|text|desc|label)?\Z"),
        ("someend", r"(?:resolved|recovered|recovery|cleared|restored)(?:at|on|time|date|datetime|timestamp)\Z"),
        ("somebegin", r"(?:start|began|begin|first|trigger|activat|raised|fired|onset|detect)"
         r"[a-z]{0,12}(?:at|on|time|date|ts|timestamp)\Z|datestarted\Z|firstseen\Z"),
        ("somestart", r"(?:creat|creation|open)[a-z]{0,12}(?:at|on|time|date|ts|timestamp)(?:in)?(?:usecs|msecs|secs|ms"
         r"|us)?\Z"
         r"|date(?:created|opened)\Z"),
        ("sometime", r"(?:occur|happen|activity|event|status|alert|alarm|error)[a-z]{0,8}"
         r"(?:at|on|time|ts|timestamp)\Z|\Aoccurred\Z"),
    )
)  # fmt: skip
#: Keys whose word, if it is none for a state or level, is the kind of the alert.
KINDS = frozenset((
    "alerttype", "alarmtype", "problemtype", "issuetype", "notifytype", "recordtype", "event",
))  # fmt: skip
#: Keys whose word is the kind of the alert if it is spelled as programs spell theirs: ``SCAN_FAILED``, ``disk.full``.
CODES = frozenset(("eventtype", "alertkey", "eventkey", "alertcode", "eventcode"))
OUTER_CODES = frozenset(("type", "kind", "reason"))  # of the body itself: inside, they say what a thing is
_CODE = re.compile(r"[A-Z][A-Z0-9]{6,59}|(?:[A-Z][a-z]{1,20}){2,5}|[A-Za-z0-9]{2,40}(?:[._][A-Za-z0-9]{1,40}){1,6}")
#: Keys whose value is a host if it looks like one.
MAYBE_HOSTS = frozenset((
    "agent", "nodeid", "instanceid", "ec2instanceid", "resourceid", "sourceid", "deviceid", "hostid", "machineid",
    "serverid",
))  # fmt: skip
_HOST_LIKE = re.compile(
    r"(?![0-9a-f]{8}-[0-9a-f]{4}-)[A-Za-z](?:[A-Z0-9_.-]{1,60}|[a-z0-9_.-]{1,60})|\d{1,3}(?:\.\d{1,3}){3}"
)
_DATE = re.compile(r"\d{4}[-./]\d\d?[-./]\d")  # how a name begins that is but the time of a run
#: Texts that say nothing to people under keys that name texts: counts and truth values.
_COUNT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?|true|false")
WORDS = frozenset(text.strip().replace(" ", "") for text in TEXTS.split("|"))
MOST_ALIKE = 200  # keys of an object that are compared
LONGEST_KEY = 100
LONGEST_WITHIN = 20_000  # characters of JSON within a text
#: Keys of a part of a run that tell how it went.
OUTCOMES = frozenset(("result", "status", "state", "conclusion", "outcome"))
_API = re.compile(r"https?://(?:api\.[^/]+/|[^/]+(?:/[^/]+){0,3}/api/)")
KNOWN = SHAPE.states
Inside = tuple[str, Any, bool]  # the key around it, an object or a list, whether it is within a part
LONGEST_ID = 100
OWN_WORDS = frozenset(("title", "name", "message", "summary"))
LEAST_ALIKE = 4  # keys that begin alike, ``ticket_id`` and ``ticket_subject``, count without their first word too


def read(message: Message) -> Reading:
    """One event an object; SourceError if no key has a name that says something."""
    body = fields(message)
    if isinstance(body, dict) and isinstance(body.get("alerts"), list) and body["alerts"]:
        return _alerts(message, body["alerts"])
    if isinstance(body, dict) and (several := _several(body)):
        return SHAPE.understand(several, flat)
    if isinstance(body, list) and len(body) > MOST_ALERTS:
        raise SourceError(f"anything: the body: expected at most {MOST_ALERTS} objects, got {len(body)}")
    return SHAPE.understand(body, flat)


def _alerts(message: Message, alerts: list[Any]) -> Reading:
    """A list ``alerts``: of label sets as Alertmanager sends them, else of objects."""
    if len(alerts) > MOST_ALERTS:
        raise SourceError(f"anything: alerts: expected at most {MOST_ALERTS}, got {len(alerts)}")
    if not all(isinstance(alert, dict) and _is_labelled(alert) for alert in alerts):
        return SHAPE.understand(alerts, flat)
    group = typed(message, GROUP, Group, "a list of labelled alerts")
    events = tuple(
        event(one, group, lambda pairs: joined("anything", pairs), own_link(one, group))
        for one in sized(group.alerts, message)
    )
    return reading("anything", events, f"{len(events)} labelled alerts")


def _several(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Its alerts, if it lists some that each say of what and how it stands; they share what is said beside them."""
    for key, found in list(body.items())[:MOST_ALIKE]:
        listed = isinstance(found, list) and 1 < len(found) <= MOST_ALERTS and _LISTS.fullmatch(folded(key))
        if listed and all(isinstance(one, dict) for one in found) and all(map(_tells, found[:ENOUGH_TELL])):
            beside = {name: value for name, value in body.items() if not isinstance(value, dict | list)}
            return [{**beside, **one} for one in found]
    return []


def _tells(one: dict[str, Any]) -> bool:
    """Whether an object of a list says for itself how it stands, and where."""
    said = Payload(flat(one)) if any(scalar(value) for value in one.values()) else None
    return bool(said and SHAPE.where(said) and any(word(text) in KNOWN for text in said.texts(STATE)))


def _is_labelled(alert: dict[str, Any]) -> bool:
    """Whether its labels say what it is; some have labels beside a title of their own."""
    labels = alert.get("labels")
    return isinstance(labels, dict) and ("alertname" in labels or OWN_WORDS.isdisjoint(alert))


def flat(body: dict[str, Any]) -> dict[str, Any]:
    """All texts of a body under their keys, and under those of the object around them; outer ones win."""
    found: dict[str, Any] = {}
    late: list[tuple[str, str]] = []  # what counts only where nothing else has that name
    waiting: deque[Inside] = deque([("", body, False)])
    aside: deque[Inside] = deque()
    for _ in range(MOST_OBJECTS):
        if not (waiting or aside) or len(found) > MOST_NAMES:
            break
        around, value, part = waiting.popleft() if waiting else aside.popleft()
        known = "id" in found  # that of an outer object: ``uuid`` is its part's
        texts: list[tuple[str, str]] = []
        for key, one in _entries(value):
            name = folded(key)
            inside = inner(one) if _is_json(one) else one
            if name in BUTTONS:
                late += [("plainlink", found) for found in _links(inside)]
            elif isinstance(inside, dict | list) and not _is_texts(inside):
                (aside if name in AROUND else waiting).append((name or around, inside, part or name in PARTS))
            elif (text := scalar(inside)) is not None and not (known and name in ("uuid", "uid")):
                texts.append((key, text))
        (_add_part if part else _add)(around, texts, found, late)
    for name, said in late:
        found.setdefault(name, said)
    if not found:
        raise SourceError("anything: the body: expected an object with texts")
    return found


def _add(around: str, texts: list[tuple[str, str]], found: dict[str, Any], late: list[tuple[str, str]]) -> None:
    """What an object says: its texts under their names, and later under what their names and words may mean."""
    first = _begins(texts)
    links: list[str] = []
    for key, text in texts:
        name = folded(key)
        about = _key(name)
        said = about.over.get(text) if about.over else _last_word(text) if about.state else text
        if said and said != text and about.compound and _says_what(text):
            late.append(("compound", text))
        if name in AMBIGUOUS and word(text) in KNOWN:
            late.append(("somestate", text))
        if name in WATCHED and link(text):
            late.append(("siteurl", text))
        if about.link and around in WATCHED:
            found.setdefault(f"{around}{name}", text)
        if said is not None and not _is_no_text(about, name, text):
            for spelled in _spelled(around, name):
                found.setdefault(spelled, said)
            if first and name.startswith(first):
                late.append((_without(first, name), said))
        if about.tells and around not in RANKS:
            late += _meant(name, about, text, links)
        if not around and name in OUTER_CODES and _CODE.fullmatch(text) and _is_kind(name, text):
            late.append(("sometype", text))
    if links and around not in AROUND and LINKS.isdisjoint(found):
        found["link"] = links[0]


def _is_no_text(about: "Key", name: str, text: str) -> bool:
    """Whether a text is none for people: a count, a time for a name, a state for a title, a link for programs."""
    if (name in NAMES and _DATE.match(text)) or (name in NUMBERED and text.isdigit()):
        return True
    if name in AMBIGUOUS and word(text) in KNOWN:
        return True
    return bool((about.words and _COUNT.fullmatch(text)) or (about.link and _API.match(text)))


def _links(pressed: Any) -> list[str]:
    """Where a button leads, of some the first."""
    first = pressed[0] if isinstance(pressed, list) and pressed else pressed
    texts = [text for text in first.values() if isinstance(text, str)] if isinstance(first, dict) else []
    return [text for text in texts if link(text)][:1]


def _add_part(around: str, texts: list[tuple[str, str]], found: dict[str, Any], _: list[tuple[str, str]]) -> None:
    """What a part of a run or of a talk says: how that part went; a part that failed counts before one that did not."""
    for key, text in texts:
        name = folded(key)
        found.setdefault(f"{around}{name}", text)
        if name == "name":
            found.setdefault("partname", text)
        says = KNOWN.get(word(text)) if name in OUTCOMES else None
        if says == "firing" or (says and "partstate" not in found):
            found["partstate"] = text


def _begins(texts: list[tuple[str, str]]) -> str:
    """The word with which many keys of an object begin; empty for none."""
    if len(texts) < LEAST_ALIKE:
        return ""
    words = Counter(_first_word(key[:LONGEST_KEY]) for key, _ in texts[:MOST_ALIKE])
    del words[""]
    ((most, times),) = words.most_common(1) or (("", 0),)
    return most if times >= LEAST_ALIKE and most not in AROUND else ""


@lru_cache(maxsize=4096)
def _first_word(key: str) -> str:
    """The first of several words of a key; empty for a single one."""
    parts = _PARTS.split(_CAMEL.sub(" ", key), maxsplit=1)
    return parts[0].lower() if len(parts) > 1 else ""


def _spelled(around: str, name: str) -> tuple[str, ...]:
    """The names under which a key of an object counts: its own and that with the object's before it."""
    if not around:
        return (name,)
    if around in RANKS:
        return (f"{around}{name}", around) if name in RANK_NAMES else (f"{around}{name}",)
    if name in LINKS and around in AROUND:
        return (f"{around}{name}", "plainlink")
    if name not in NAMES:
        return (f"{around}{name}", name)
    if around in PEOPLE:
        return (f"{around}{name}",)
    is_thing = around in THINGS or around.endswith(THING_ENDS)
    return (f"{around}{name}", "thingname" if is_thing else "plainname" if around in AROUND else name)


def _without(first: str, name: str) -> str:
    """A key without the word with which many of its object begin; ``device_name`` names no alert for certain."""
    rest = name[len(first) :]
    return "plainname" if rest == "name" else rest


class Key(Struct, frozen=True, gc=False):
    """What the name of a key tells by itself."""

    over: Mapping[str, str] | None = None  # what its truth values mean
    state: bool = False  # its words are states
    compound: bool = False  # a word that ends in a state says what it is as well: ``switch_down``
    words: bool = False  # its text is for people
    link: bool = False
    tells: bool = False  # more is to be looked at
    meanings: tuple[str, ...] = ()


PLAIN = Key()


def _key(name: str) -> Key:
    return _known_key(name) if len(name) <= LONGEST_KEY else PLAIN


@lru_cache(maxsize=4096)
def _known_key(name: str) -> Key:
    """Senders repeat their keys in every body."""
    meanings = _meanings(name)
    special = any(name in names for names in (LEVELS, KINDS, CODES, MAYBE_HOSTS)) or name.endswith(SAID_KEYS)
    return Key(
        over=OVER.get(name),
        state=name.endswith(STATE_KEYS),
        compound=name.endswith(("type", "event", "kind")),
        words=name in WORDS,
        link=name in LINKS,
        tells=bool(meanings) or special,
        meanings=meanings,
    )


def _meant(name: str, about: Key, text: str, links: list[str]) -> list[tuple[str, str]]:
    """What a key of any name says by its ending: a level that means an end, a link, a name, a time, an id."""
    if name.startswith(BEFORE):
        return []
    if name in LEVELS and word(text) in _LEVEL_OVER:
        return [("severityover", "resolved")]
    if name.endswith(SAID_KEYS) and word(text) in SAID:
        return [("levelsaid", text)]
    if "somelink" in about.meanings and link(text) and not _API.match(text):
        links.append(text)
        return [("somelink", text)]
    if name in KINDS and _is_kind(name, text):
        return [("somekind", text)]
    if name in CODES and _CODE.fullmatch(text) and _is_kind(name, text):
        return [("sometype", text)]
    if name in MAYBE_HOSTS and _HOST_LIKE.fullmatch(text):
        return [("somehost", text)]
    return [(meaning, said) for meaning in about.meanings if (said := _fitting(meaning, text))]


def _fitting(meaning: str, text: str) -> str | None:
    """A text if it is what its key promises."""
    if meaning in ("someid", "somemessageid"):
        return text if len(text) < LONGEST_ID else None
    if meaning == "somestate":
        return text if word(text) in KNOWN else None
    if meaning == "somelevel":
        return text if word(text) in SHAPE.severities and not text.isdigit() else None
    if meaning == "someend":
        return "resolved" if moment(text) is not None else None
    return None if meaning == "somelink" or (meaning == "sometext" and _COUNT.fullmatch(text)) else text


def _meanings(name: str) -> tuple[str, ...]:
    """What a key may mean by its ending."""
    if name.endswith("id"):
        return () if _NOT_ITS_ID.search(name) else ("somemessageid" if _ONE_MESSAGE.search(name) else "someid",)
    if _LINK.sub("", name) in AROUND:
        return ("plainlink",) if _LINK.search(name) else ()
    is_link = _LINK.search(name) and not _NO_LINK.search(name)
    return (*(("somelink",) if is_link else ()), *(meaning for meaning, ending in ENDINGS if ending.search(name)))


def _is_kind(name: str, text: str) -> bool:
    """Whether a word is the kind of the alert rather than its state or level; a few words always are."""
    if word(text) in SEVERITIES or word(text) in STATES or not _says_what(text):
        return False
    return text.count(" ") >= 2 or not name.endswith(STATE_KEYS) or word(_last_word(text)) not in STATES


def _last_word(text: str) -> str:
    """The state that a compound such as ``incident.resolved`` ends in."""
    if len(text) > 60 or word(text) in STATES:
        return text
    parts = _PARTS.split(_CAMEL.sub(" ", text).lower())
    if len(parts) < 2 or DENIALS & set(parts):
        return text
    return next((part for part in parts if part in ENDS), parts[-1] if parts[-1] in KNOWN else text)


def _says_what(compound: str) -> bool:
    """Whether a word that ends in a state says more than that there is an alert: ``switch_down``."""
    parts = _PARTS.split(_CAMEL.sub(" ", compound).lower())
    return parts[-1] not in RECORDED and not all(part in KNOWN or part in EMPTY for part in parts)


def _is_json(value: Any) -> bool:
    """Whether a text looks like an object of JSON, and is worth the time."""
    return isinstance(value, str) and value[:1] == "{" and value[-1:] == "}" and len(value) <= LONGEST_WITHIN


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and not isinstance(value[0], dict | list)


def _entries(value: Any) -> list[tuple[str, Any]]:
    """The keys and values of an object; of a named field, ``{"title": "Host", "value": "web-4"}``, that one."""
    if isinstance(value, dict):
        named = value.get("title") or value.get("name") or value.get("key")
        said = "value" if "value" in value else "content"
        is_field = isinstance(named, str) and said in value and len(value) <= 4 and len(named) < 40
        return [(FIELDS.get(folded(named), str(named)), value[said])] if is_field else list(value.items())[:MOST_NAMES]
    return [("", one) for one in value[:MOST_OBJECTS]]
