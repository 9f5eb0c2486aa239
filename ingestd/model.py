"""The nouns, frozen. Everything that crosses a function boundary is one of these; a change is a new value.

Times are epoch seconds (float). ``at`` is the engine's own never-decreasing clock; what a sender's clock says is kept
beside it and decides nothing. They are trees, never cycles: the garbage collector need not look at them.
"""

from typing import Literal

from msgspec import Struct

Severity = Literal["critical", "error", "warning", "info", "unknown"]
Priority = Literal["P1", "P2", "P3", "P4"]
EntryKind = Literal[
    "mail", "webhook", "command", "receipt", "refusal", "trouble", "tick", "gap", "clock", "start", "reload", "rerank",
    "digest",
]  # fmt: skip
ReadingKind = Literal["alert", "recovery", "reply", "auto_reply", "bounce", "human_report", "other"]
AlertClass = Literal["reachability", "local", "unknown"]
NotificationKind = Literal[
    "open",
    "update",
    "functional",
    "hierarchic",
    "last_resort",
    "end",
    "answer",
    "confirm",
    "notice",
    "affected",
    "digest",
    "list",
]
NewsKind = Literal[
    "cause",
    "suspected",
    "priority",
    "taken",
    "handed_over",
    "open_for",
    "person",
    "merged",
    "joined",
    "worse",
    "more",
    "awake",
    "owner",
    "taken_over",
    "helps",
    "restored",
    "back_again",
    "shift_ends",
    "shift_begins",
    "what_fixed",
    "affected",
]

SEVERITIES: tuple[Severity, ...] = ("critical", "error", "warning", "info", "unknown")
PRIORITIES: tuple[Priority, ...] = ("P1", "P2", "P3", "P4")
URGENT: frozenset[Priority] = frozenset({"P1", "P2"})
#: What asks a person to act: a page. All else tells her something about it.
ASKING: frozenset[NotificationKind] = frozenset({"open", "functional", "hierarchic", "last_resort"})
FAILURES = frozenset({"reported", "inferred"})  # kinds of a cause that is out of reach, and takes others with it
REREAD = "reread:"  # how the origin of a message begins that is read again; the id of its first reading follows


class Answers(Struct, frozen=True, gc=False):
    """Which of our letters a mail answers; its token, and the address it came from, were checked."""

    incident: int
    notification: int


class Message(Struct, frozen=True, kw_only=True, gc=False):
    """Something as it was received, before anyone judged it. One message is one row of the inbox."""

    kind: EntryKind
    source: str  # the configured name of the source, or "smtp", "cli", "web"; never a credential
    body: bytes = b""
    received: float = 0.0  # wall clock, epoch seconds
    adapter: str = ""  # webhook: the file in sources/ that reads the body
    peer: str = ""  # network address it came from
    sender: str = ""  # SMTP MAIL FROM ("" = null sender)
    recipients: tuple[str, ...] = ()
    content_type: str = ""
    query: str = ""  # webhook: query string without credentials
    actor: str = ""  # command: the person who acts; mail: who is proven to have written it
    answers: Answers | None = None  # mail: one of our letters
    refused: str = ""  # why the sender got a 4xx although the body was kept
    origin: str = ""  # what a second delivery of the same message shares with the first; "": nothing
    old: bool = False  # it lay in its mailbox for longer than the site calls news: it pages nobody


class Entry(Struct, frozen=True, gc=False):
    """A committed message on its way through the engine."""

    id: int  # row of the inbox; 0 for what the engine itself journals (ticks, gaps)
    message: Message
    attempts: int = 0  # how often stepping it began in a process that then died


class Reason(Struct, frozen=True, gc=False):
    """Why something was decided: which stage, by which rule, in words."""

    stage: str  # recognise, fingerprint, correlate, rank, route, escalate, person …
    rule: str  # the id of the rule, recogniser or edge that decided
    text: str


class Ends(Struct, frozen=True, gc=False):
    """How an alert is over: a recovery, a time its source names, silence for a while, or a person."""

    how: Literal["recovery", "ends_at", "unheard", "person"] = "person"
    after: float = 0.0  # seconds of silence, for "unheard"
    at: float = 0.0  # epoch seconds, for "ends_at"


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """What a message says about one thing, normalised."""

    state: Literal["firing", "resolved"]
    summary: str
    host: str | None = None  # as the source spells it, without port
    check: str | None = None  # None: the host itself
    severity: Severity = "unknown"
    external_id: str | None = None  # what the source calls this problem
    identity: str | None = None  # the source's own fingerprint; None: (node, check) decides
    started_at: float | None = None
    url: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    guessed: bool = False  # the host was found in free text
    quiet: bool = False  # a notice, a success, a heartbeat: kept, opens nothing
    report: bool = False  # a person's report rather than a monitor's
    acknowledged: bool = False  # it still fires, and somebody told its source that she has taken it
    sender: str = ""  # report, acknowledged: the person, as the source names her
    ends: Ends = Ends()


class ReportsOn(Struct, frozen=True, gc=False):
    """What a bounce or delay notice is about."""

    message_id: str | None = None
    recipient: str | None = None
    action: str | None = None
    status: str | None = None


class Reading(Struct, frozen=True, kw_only=True, gc=False):
    """What a message is understood as."""

    kind: ReadingKind
    recogniser: str | None = None  # None: the fallback
    events: tuple[Event, ...] = ()
    reasons: tuple[Reason, ...] = ()
    subject: str = ""
    reply_text: str | None = None
    in_reply_to: str | None = None
    reports_on: ReportsOn | None = None


def kind_of(events: tuple[Event, ...]) -> ReadingKind:
    """An alert if any event fires, a recovery if all are over, ``other`` without events."""
    if any(event.state == "firing" for event in events):
        return "alert"
    return "recovery" if events else "other"


def identified(events: tuple[Event, ...]) -> str:
    """By what the alerts of a reading are told apart, in words."""
    named = next((event.identity for event in events if event.identity), "node and check")
    several = len(events) > 1 and named != "node and check"
    return "each identified by what its source calls it" if several else f"identified by {named}"


class Watcher(Struct, frozen=True, gc=False):
    """One source's view of an alert."""

    source: str
    firing: bool
    last_at: float
    interval: float = 0.0  # the longest between its repeats; 0 = it never repeated
    repeats: int = 0


class Alert(Struct, frozen=True, kw_only=True, gc=False):
    """One thing that is (or was) wrong, however often it was reported."""

    id: int
    fingerprint: str
    node: str  # id in the topology, or the name as heard
    check: str | None
    host: str | None
    cls: AlertClass
    down: bool  # says that the node itself is unreachable
    state: Literal["firing", "resolved", "unconfirmed"]
    severity: Severity
    summary: str
    incident: int  # the incident it came with; the survivor of a merge is found by its link
    certainty: Literal["root", "sure", "unsure"]
    first_at: float
    last_at: float
    count: int = 1
    watchers: tuple[Watcher, ...] = ()
    known: bool = True  # the node is in the topology
    guessed: bool = False
    report: bool = False
    sender: str = ""
    department: str = ""  # report: of the person
    candidates: tuple[str, ...] = ()  # report: nodes and services it may be about
    external_id: str | None = None
    url: str | None = None
    labels: str = ""  # JSON object of the source's labels, as they came; "": none
    recogniser: str | None = None
    policy: str = ""  # that its mail was addressed to: alerts+POLICY@
    ends: Ends = Ends()
    due_at: float = 0.0  # when silence or endsAt ends it; 0 = never
    ended_at: float = 0.0
    flapping: bool = False  # it came back so often of late that its incident waits until it is calm
    penalty: float = 0.0  # one for each return, at penalty_at; it decays
    penalty_at: float = 0.0
    reasons: tuple[Reason, ...] = ()


class Impact(Struct, frozen=True, gc=False):
    """Who and what an incident reaches, from the topology."""

    nodes: int = 0
    services: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    people: int = 0
    service_class: str = ""  # the most important class among the services


class Work(Struct, frozen=True, gc=False):
    """Minutes a person worked on an incident."""

    person: str
    minutes: float


class Told(Struct, frozen=True, gc=False):
    """A person and what she was told of an incident."""

    person: str
    notification: int
    kind: NotificationKind
    step: int = 0  # of the policy, counted from 1
    claimed: bool = False  # only what was claimed counts as told
    failed: bool = False
    ended: bool = False  # the end was decided for her
    without: tuple[str, ...] = ()  # addresses that sent it back
    lapsed: bool = False  # who had it since has lost it: she may be asked anew


class News(Struct, frozen=True, gc=False):
    """One thing that changed, for a text to put into words."""

    what: NewsKind
    text: str = ""  # the node, "P3 -> P1", a number of days, a person's words, "#12", an alert's line
    who: str = ""  # the name of who did it


class Word(Struct, frozen=True, kw_only=True, gc=False):
    """The last word to a person after her page, an update or the end: told again until it arrives."""

    person: str
    kind: NotificationKind
    at: float  # when its letter was decided
    notification: int = 0  # the letter that it stands in; 0: her next one
    own: int = 0  # the letter that told of nothing else: it goes out again under its name
    news: tuple[News, ...] = ()
    over: bool = False  # said when it was over
    arrived: bool = False  # a channel took it
    tries: int = 0  # that failed
    due_at: float = 0.0  # when it is told again
    without: tuple[str, ...] = ()  # addresses that sent it back


class Incident(Struct, frozen=True, kw_only=True, gc=False):
    """The thing behind the alerts, from the first of them to the end."""

    number: int
    state: Literal["triggered", "acknowledged", "resolved"]
    kind: Literal["incident", "request"] = "incident"
    title: str = ""
    root: str = ""  # the node its first alert is about
    watches: tuple[str, ...] = ()  # nodes whose explanation would explain it; empty: nothing will (a local problem)
    cause: str | None = None
    cause_kind: Literal["reported", "inferred", "local", ""] = ""
    merged_into: int = 0
    priority: Priority = "P4"
    impact: Impact = Impact()
    urgency: str = "low"
    peak: Priority | Literal[""] = ""  # the highest since somebody was told; only more than that pages anew
    lower_from: float = 0.0  # since when it ranks lower than it is called; 0: it does not
    deadline: str = ""  # of what it reaches, the next one
    deadline_at: float = 0.0  # wall clock, epoch seconds
    priority_by: str = ""  # the person who set it
    priority_why: str = ""
    policy: str = ""
    team: str = ""
    owner: str = ""
    # life
    began: float = 0.0
    detected: float = 0.0
    told_at: float = 0.0
    acknowledged_at: float = 0.0
    restored_at: float = 0.0
    resolved_at: float = 0.0
    closed_at: float = 0.0
    reopened: int = 0
    closure_code: str = ""
    category: str = ""
    workaround: str = ""
    fixed_by: str = ""
    worked: tuple[Work, ...] = ()
    reporter: str = ""
    on_behalf_of: str = ""
    department: str = ""
    came_by: str = "monitor"  # mail, phone, walk-in, web, monitor
    major: bool = False
    problem: int = 0
    group: str = ""  # what its alerts share by a site's rule, under which it is found
    apart: bool = False  # split off by a person: judgement never joins it again
    suppressed: bool = False  # maintenance or a silence: recorded, not paged; its clocks stand still
    silenced_by: tuple[str, ...] = ()  # the silences that hide all that fires in it
    silent_until: float = 0.0  # when the first of them ends
    frozen_at: float = 0.0  # since when its clocks stand still
    waits_from: float = 0.0  # since when it waits (or waited) for the hours of its policy; told_at: until when
    # what is due (epoch seconds of the engine's clock, 0 = nothing)
    page_at: float = 0.0
    hold_from: float = 0.0
    step_at: float = 0.0
    step: int = 0  # the next step of the policy
    resolve_at: float = 0.0
    resolve_step: int = 0
    end_at: float = 0.0
    remind_at: float = 0.0
    recheck_at: float = 0.0  # whether what joined by redundancy lost still belongs here
    update_at: float = 0.0  # an update about what joined
    stale_at: float = 0.0  # when an acknowledgement is over, if it still fires then
    rank_at: float = 0.0  # when it may rank otherwise
    updated_at: float = 0.0
    joined: tuple[int, ...] = ()  # alerts that it will be about
    told: tuple[Told, ...] = ()
    words: tuple[Word, ...] = ()  # the last to each of them since
    again_at: float = 0.0  # when the first of those that did not arrive is told again
    muted: tuple[str, ...] = ()  # people who asked for no more updates; the end they are told
    helpers: tuple[str, ...] = ()  # people who were asked to work on it beside its owner
    ask_at: float = 0.0  # when its owner's shift ends, or soon does, or she goes away
    shift_team: str = ""  # whose rota that shift is of
    asked_for: float = 0.0  # the end of a shift (wall clock) that its owner was asked about
    away_too: bool = False  # its owner took it although she was away
    confirmed: int = 0  # commands by mail that were answered
    reasons: tuple[Reason, ...] = ()


#: The due times of an incident, by their names.
CLOCKS = (
    "page_at",
    "step_at",
    "resolve_at",
    "end_at",
    "remind_at",
    "silent_until",
    "update_at",
    "recheck_at",
    "stale_at",
    "ask_at",
    "rank_at",
    "again_at",
)


class NodeMark(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a node beyond its alerts: when it was last proved up, and which incident suspects it.

    The same of a source, under ``source:NAME``: whether it ever said that something is over.
    """

    node: str
    up_at: float = 0.0
    inferred_by: int = 0  # the incident that infers it to be down
    inferred_at: float = 0.0
    recovers: bool = False


class Matcher(Struct, frozen=True, gc=False):
    """One condition of a silence on a label; a label that an alert has not counts as empty."""

    name: str
    value: str
    regex: bool = False  # the value is an RE2 pattern for the whole label
    equal: bool = True


#: Things of which the last times are remembered; the oldest are forgotten.
KNOWN_KEPT = 20_000

#: Seconds for which a silence that ended is remembered: a wall clock that is set back brings it back.
SILENCE_KEPT = 86400.0


class Weekly(Struct, frozen=True, kw_only=True, gc=False):
    """Some hours of some days of every week, by the clocks of a zone."""

    weekdays: tuple[int, ...]  # 0 = Monday
    from_minute: int = 0  # after midnight
    to_minute: int = 1440  # not after ``from_minute``: of the next day
    zone: str = "UTC"


class Hid(Struct, frozen=True, gc=False):
    """An incident that a silence hid, as it was called then."""

    number: int
    title: str


class Silence(Struct, frozen=True, kw_only=True, gc=False):
    """What a person asked not to be told of for a while: alerts whose labels meet every matcher.

    With targets it is a maintenance: of these nodes and of what depends on them.
    """

    id: str
    matchers: tuple[Matcher, ...] = ()
    targets: tuple[str, ...] = ()  # nodes
    starts_at: float  # wall clock, epoch seconds
    ends_at: float
    weekly: Weekly | None = None  # between start and end it holds at these hours only
    until_end_of: int = 0  # the incident with which it ends, if that is sooner
    by: str  # the person
    comment: str = ""
    updated_at: float = 0.0
    # what became of it
    hid: tuple[Hid, ...] = ()  # since it began to hold; the last of them
    hid_count: int = 0
    hid_at: float = 0.0  # when it last hid something new
    warned_for: float = 0.0  # the end of which its maker was warned
    due_at: float = 0.0  # its next timer, by the engine's clock; 0 = none


class Before(Struct, frozen=True, kw_only=True, gc=False):
    """A time that something happened, and what it took to end it. Times are wall times."""

    number: int  # of the incident
    began: float
    lasted: float  # seconds
    title: str = ""
    priority: Priority = "P4"
    who: str = ""  # had it; the id of a person
    name: str = ""  # how she is called
    fixed: str = ""  # what fixed it; "": nobody has said
    workaround: str = ""  # by which service was back before
    by_person: bool = False  # somebody said that it is over; else everything recovered
    worked: float = 0.0  # minutes, of all
    merged: tuple[int, ...] = ()  # numbers that continued as this one
    confirmed: int = 0  # answers by mail to what was said of it since it was closed


class Known(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of the last times that one thing happened, the newest first."""

    id: str  # of the thing: what failed, and where
    at: float  # when it was over for the last time, by the engine's clock
    times: tuple[Before, ...] = ()


class Heartbeat(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a sign of life that is expected."""

    id: str
    last_at: float = 0.0  # when it was last heard; 0: never
    due_at: float = 0.0  # until when it must be heard again
    missed: int = 0  # in a row


class Owed(Struct, frozen=True, kw_only=True, gc=False):
    """What a person is to be told of an incident as soon as her budget allows: a line of her next letter."""

    incident: int
    kind: NotificationKind
    priority: Priority
    title: str
    cause: str | None = None
    since: float = 0.0
    hit: tuple[str, ...] = ()  # departments, else services
    people: int = 0
    news: tuple[News, ...] = ()
    step: int = 0
    without: tuple[str, ...] = ()


class Batch(Struct, frozen=True, gc=False):
    """A letter that told a person of several incidents."""

    notification: int
    incidents: tuple[int, ...]


class Budget(Struct, frozen=True, kw_only=True, gc=False):
    """The letters that a person got lately, and what waits for her next one."""

    person: str
    sent: tuple[float, ...] = ()  # when, oldest first; those of the last hour count
    owed: tuple[Owed, ...] = ()
    due_at: float = 0.0
    batches: tuple[Batch, ...] = ()  # of late, newest last: what answers and receipts are about


class TimelineRow(Struct, frozen=True, kw_only=True, gc=False):
    """One line of an incident's history."""

    incident: int
    at: float
    what: str  # opened, joined, cause, merged, priority, paged, acknowledged, note, recovered, resolved …
    text: str
    actor: str = ""
    rule: str = ""


class Notice(Struct, frozen=True, kw_only=True, gc=False):
    """Something to know that is about no incident: a silence that ends soon, or has ended."""

    what: Literal["silence_ends", "silence_over"]
    name: str  # of the silence
    text: str = ""  # what it was made for
    until: float = 0.0  # wall clock
    count: int = 0  # incidents that it hid
    lines: tuple[str, ...] = ()  # the last of them
    still: tuple[str, ...] = ()  # those that still fire


class Digest(Struct, frozen=True, kw_only=True, gc=False):
    """What happened in a day. Lists are cut to a screenful; the counts are whole. Times are wall times."""

    since: float
    until: float
    observing: bool = False  # nobody was paged: these are the pages that would have been
    mails: int = 0
    webhooks: int = 0
    alerts: int = 0
    opened: tuple[tuple[Priority, int], ...] = ()  # incidents
    resolved: int = 0
    pages: int = 0  # the first word of an incident to a person
    escalations: int = 0  # further steps, last resorts
    at_night: int = 0  # of both
    people: tuple[tuple[str, int], ...] = ()  # of both, the most paged first
    open_now: tuple[str, ...] = ()
    open_count: int = 0
    quiet: tuple[str, ...] = ()  # incidents that nobody was paged about
    quiet_count: int = 0
    joined: int = 0  # alerts that went to the incident of another
    unsure: tuple[str, ...] = ()  # of them those that may not belong there
    notices: int = 0  # understood, and no problem
    unrecognised: tuple[str, ...] = ()
    unrecognised_count: int = 0
    shunted: int = 0
    forgotten: tuple[str, ...] = ()  # silences


class DigestOrder(Struct, frozen=True, kw_only=True, gc=False):
    """The body of a message of kind ``digest``: who is to get it, and what it says."""

    to: tuple[str, ...]
    digest: Digest


class Verdict(Struct, frozen=True, gc=False):
    """The step's answer to a command."""

    ok: bool
    text: str
    incident: int = 0


class Facts(Struct, frozen=True, kw_only=True, gc=False):
    """What a text may say, frozen at the moment of the decision."""

    number: int
    priority: Priority
    title: str
    state: str
    cause: str | None = None
    cause_kind: str = ""
    since: float = 0.0
    held: float = 0.0
    waits_from: float = 0.0  # it waited for the hours of its policy since then; 0: it did not
    departments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    people: int = 0
    alerts: tuple[str, ...] = ()  # at most a screenful, by certainty
    unsure: tuple[str, ...] = ()
    alert_count: int = 0
    remedy: str = ""
    before: tuple[Before, ...] = ()  # the last times that it happened, the latest first; texts show three
    owner: str = ""
    restored_at: float = 0.0  # service is back by a workaround; 0: it is not
    workaround: str = ""
    team: str = ""  # "" = nobody is responsible for the cause
    step: int = 0  # of the policy; 0: it is not resolved in time
    policy: str = ""
    news: tuple[News, ...] = ()  # what changed, for an update
    unheard: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    verdict: Verdict | None = None  # what came of a command by mail
    notice: Notice | None = None  # about no incident: the number is 0
    listed: tuple[Owed, ...] = ()  # about several: the number is 0
    digest: Digest | None = None  # likewise
    wall_offset: float = 0.0


class Notification(Struct, frozen=True, kw_only=True, gc=False):
    """A text that one person is to get, and what became of it."""

    id: int
    incident: int
    person: str
    kind: NotificationKind
    at: float
    facts: Facts
    without: tuple[str, ...] = ()  # addresses of hers that sent it back
    first: bool = False  # the first of its incident to this person: it answers no other
    doubtful: tuple[str, ...] = ()  # channels that hang on what is down: it goes by another one as well
    again: bool = False  # it went out before and did not arrive: the same letter, under the same name
    state: Literal["queued", "claimed", "handed_over", "failed", "cancelled"] = "queued"


class Receipt(Struct, frozen=True, kw_only=True, gc=False):
    """What became of a notification; travels through the inbox as a message of kind ``receipt``."""

    notification: int
    incident: int
    person: str
    kind: NotificationKind | Literal[""] = ""  # of the notification; a claim says so
    outcome: Literal["claimed", "handed_over", "failed"]
    channel: str = ""
    detail: str = ""


class Command(Struct, frozen=True, kw_only=True, gc=False):
    """What a person asks for; travels through the inbox as a message of kind ``command``, its actor in the message."""

    action: Literal[
        "open",
        "ack",
        "resolve",
        "assign",
        "note",
        "priority",
        "snooze",
        "stop",
        "merge",
        "split",
        "move",
        "silence",
        "expire",
        "restore",
        "fixed",
        "take",
        "add",
        "release",
    ]
    incident: int = 0
    into: int = 0  # merge: the incident that it continues as
    alert: int = 0  # split, move
    fingerprint: str = ""  # of the alert, by which a replay under other rules finds it
    person: str = ""  # assign, add, release: to whom, whom; open: the caller
    department: str = ""
    text: str = ""
    priority: Priority | None = None
    minutes: float = 0.0
    seconds: float = 0.0  # snooze: how long
    came_by: str = ""
    notification: int = 0  # the page whose link was used
    silence: Silence | None = None  # silence: what to hide; expire: its id is in ``text``


class Changes(Struct, frozen=True, kw_only=True, gc=False):
    """Everything one step decided, as data: committed together, then applied to the world."""

    alerts: tuple[Alert, ...] = ()
    incidents: tuple[Incident, ...] = ()
    marks: tuple[NodeMark, ...] = ()
    silences: tuple[Silence, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()
    budgets: tuple[Budget, ...] = ()
    known: tuple[Known, ...] = ()
    timeline: tuple[TimelineRow, ...] = ()
    notifications: tuple[Notification, ...] = ()
    cancelled: tuple[int, ...] = ()  # notifications to withdraw if nobody has claimed them
    verdict: Verdict | None = None
    recogniser: str | None = None  # mail and webhooks: what understood it
    shunted: str = ""  # why the entry was set aside
    wall_offset: float | None = None


class Stepped(Struct, frozen=True, kw_only=True, gc=False):
    """One positioned entry and what it changed: the unit of the journal."""

    entry: Entry
    position: int
    at: float
    changes: Changes


class Snapshot(Struct, frozen=True, kw_only=True, gc=False):
    """All rows that a world is rebuilt from."""

    position: int = 0
    at: float = 0.0
    wall_offset: float = 0.0
    next_alert: int = 1
    next_incident: int = 1
    next_notification: int = 1
    alerts: tuple[Alert, ...] = ()  # of incidents that are not closed
    incidents: tuple[Incident, ...] = ()
    marks: tuple[NodeMark, ...] = ()
    silences: tuple[Silence, ...] = ()  # that have not ended
    heartbeats: tuple[Heartbeat, ...] = ()
    budgets: tuple[Budget, ...] = ()
    known: tuple[Known, ...] = ()  # the newest
    alive: float = 0.0  # when the process was last known to listen, by the engine's clock


class StoreUnavailable(Exception):  # noqa: N818  (what happened, as the caller sees it)
    """The store can't commit now; the sender is to try again after ``retry_after`` seconds."""

    def __init__(self, text: str, retry_after: int = 10) -> None:
        super().__init__(text)
        self.retry_after = retry_after
