"""A rule test as it is written: rules/tests/*.yaml. docs/rule-tests.md explains every key.

A test that can't fail is a defect: an expectation that names nothing is an error of the file.
"""

from email.utils import parseaddr
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import fields

from ingestd.decide.classify import CorrelateRules
from ingestd.decide.heartbeat import HeartbeatSpec
from ingestd.decide.oncall import Person, Team
from ingestd.decide.rank import PriorityRules
from ingestd.decide.route import EscalationRules
from ingestd.decide.topology import MaintenanceSpec, TopologyFile
from ingestd.model import NotificationKind, Priority, Severity
from ingestd.trial.delivery import Fate
from ingestd.trial.moments import Moment, Span, Stamp
from ingestd.yamltypes import Duration

Plain = Any
StateWord = Literal["triggered", "acknowledged", "resolved"]
CauseKind = Literal["reported", "inferred", "local"]
EscalationKind = Literal["functional", "hierarchic", "last_resort"]
Which = int | str  # an incident: its number, or a node that it is about


class AlertStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A monitor says something; of several hosts it says the same of each."""

    host: str | tuple[str, ...]
    check: str | None = None  # None: the host itself
    state: Literal["firing", "resolved"] = "firing"
    severity: Severity = "critical"
    summary: str = ""  # "": "host unreachable", or "CHECK failed"
    source: str = "test"
    id: str | None = None  # what the source calls this problem
    labels: dict[str, str] = {}
    ends_after: Duration | None = None  # it is over when it was not repeated for so long

    def hosts(self) -> tuple[str, ...]:
        """Every host it speaks of."""
        return (self.host,) if isinstance(self.host, str) else self.host


class MailStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail, put together in the charset that is asked for; or a file with a whole one."""

    file: str = ""  # relative to the test
    sender: str = "monitor@monitor.example"
    to: str = "alerts@ingestd.example"
    subject: str = ""
    text: str = ""
    charset: str = "utf-8"

    def __post_init__(self) -> None:
        if bool(self.file) == bool(self.subject or self.text):
            raise ValueError("expected a file, or a subject and a text")
        for address in (self.sender, self.to):
            _, bare = parseaddr(address)
            if "@" not in bare or not bare.isascii() or "\n" in address:
                raise ValueError(f"expected a mail address, got {address!r}")
        _check_charset(self.charset, self.sender, self.subject, self.text)


def _check_charset(charset: str, *texts: str) -> None:
    """ValueError if a text can't be written in it."""
    try:
        for text in texts:
            text.encode(charset)
    except (LookupError, UnicodeError) as error:
        raise ValueError(f"the mail can't be written in charset {charset!r}: {error}") from error


class WebhookStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body that is posted to a source."""

    source: str  # of ingestd.yaml, or an adapter by its own name
    body: Plain = None  # text as it is, anything else as JSON
    file: str = ""  # relative to the test
    content_type: str = "application/json"

    def __post_init__(self) -> None:
        if (self.body is None) == (not self.file):
            raise ValueError("expected a body or a file")


class CallStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody of ours takes a call."""

    by: str
    text: str
    caller: str = ""
    department: str = ""


class ActStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person acts on an incident."""

    by: str
    incident: Which | None = None  # None: the only open one
    text: str = ""
    person: str = ""  # assign: to whom
    priority: Priority | None = None
    into: Which | None = None  # merge
    refused: bool = False  # that it is refused is what is expected


class SilenceStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person silences what has these labels, or these nodes and what depends on them."""

    by: str
    match: dict[str, str] = {}
    nodes: tuple[str, ...] = ()
    lasts: Duration
    comment: str = ""


class ToldSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page that somebody gets."""

    who: str
    at: Span | None = None
    kind: NotificationKind | None = None
    channel: str = ""
    text: str | tuple[str, ...] = ()  # what the page says, without case
    fate: Fate = "arrives"


class EscalationSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of a policy that brings in somebody more."""

    who: str
    kind: EscalationKind
    at: Span | None = None


class IncidentSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"not_": "not"}):
    """One incident, known by what it holds. Lists name what must be in it; more may be."""

    number: int | None = None
    about: str = ""  # a node with an alert in it
    cause: str | None = None  # "none": not known
    cause_kind: CauseKind | None = None
    state: StateWord | None = None
    priority: Priority | None = None
    policy: str = ""
    team: str = ""
    owner: str | None = None  # "none": nobody took it
    title: str = ""  # a part of it, without case
    departments: tuple[str, ...] | None = None  # exactly these
    services: tuple[str, ...] | None = None  # exactly these
    joined: tuple[str, ...] | None = None  # NODE, or NODE/CHECK
    unsure: tuple[str, ...] | None = None
    not_: tuple[str, ...] | None = None  # in another incident, or in none
    hidden: bool | None = None  # by maintenance or a silence
    because: tuple[str, ...] | None = None  # ids of rules, or words of reasons
    opened: Span | None = None
    ended: Span | None = None
    told: tuple[ToldSpec, ...] | None = None
    not_told: tuple[str, ...] | None = None
    nobody_told: bool | None = None
    escalation: tuple[EscalationSpec, ...] | None = None  # all of them, in their order; []: none
    pages: int | None = None

    def __post_init__(self) -> None:
        _names_something(self, "incident")


class Expect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be so by a moment, or at the end."""

    incidents: int | None = None  # that were opened, those merged into others not counted
    open: int | None = None  # of them, that are not resolved
    incident: IncidentSpec | tuple[IncidentSpec, ...] | None = None
    told: tuple[ToldSpec, ...] | None = None
    not_told: tuple[str, ...] | None = None
    nobody_told: bool | None = None
    escalation: tuple[EscalationSpec, ...] | None = None  # all of them, in their order; []: none
    pages: int | None = None  # that ask somebody to act: openings, escalations, the last resort
    shunted: int | None = None  # messages that could not be understood or judged

    def __post_init__(self) -> None:
        _names_something(self, "expect")

    def described(self) -> tuple[IncidentSpec, ...]:
        """The incidents that are described."""
        if self.incident is None:
            return ()
        return (self.incident,) if isinstance(self.incident, IncidentSpec) else self.incident


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that happens, or that must be so, at a moment."""

    at: Moment
    every: Duration | None = None  # it happens again and again, so many …
    times: int = 1  # … times in all
    alert: AlertStep | None = None
    mail: str | MailStep | None = None
    webhook: WebhookStep | None = None
    call: CallStep | None = None
    ack: ActStep | None = None
    resolve: ActStep | None = None
    assign: ActStep | None = None
    note: ActStep | None = None
    priority: ActStep | None = None
    merge: ActStep | None = None
    silence: SilenceStep | None = None
    delivery: dict[str, Fate] | None = None
    deaf: Duration | None = None  # nothing was heard for so long
    expect: Expect | None = None

    def __post_init__(self) -> None:
        if len(self.deeds()) != 1:
            raise ValueError(
                f"expected one of {', '.join(DEEDS)} beside 'at', got {' and '.join(self.deeds()) or 'none'}"
            )
        if (self.every is None) != (self.times == 1) or not 1 <= self.times <= MOST_TIMES:
            raise ValueError(f"expected 'every' and 'times' together, at most {MOST_TIMES} times")

    def deeds(self) -> list[str]:
        """The keys that say what happens."""
        return [name for name in DEEDS if getattr(self, name) is not None]


DEEDS = tuple(field.name for field in fields(Step) if field.name not in ("at", "every", "times"))
#: The deeds that are commands about an incident.
ACTS = ("ack", "resolve", "assign", "note", "priority", "merge")
MOST_TIMES = 100_000


class RulesSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules that lie over those of the site by id, for this test only."""

    correlate: CorrelateRules | None = None
    priority: PriorityRules | None = None
    escalation: EscalationRules | None = None


class TestFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule test."""

    __test__ = False  # for pytest, which collects by name

    version: int = 1
    name: str
    start: Stamp
    site: str = ""  # a folder with an ingestd.yaml, relative to the test; "": the site that is tested
    timezone: str = ""
    topology: TopologyFile | None = None  # instead of the site's
    maintenance: tuple[MaintenanceSpec, ...] = ()  # besides the topology's
    people: tuple[Person, ...] | None = None  # instead of the site's …
    teams: tuple[Team, ...] | None = None  # … as these
    last_resort: tuple[str, ...] | None = None
    heartbeats: tuple[HeartbeatSpec, ...] | None = None
    rules: RulesSpec | None = None
    delivery: dict[str, Fate] = {}  # by PERSON, CHANNEL or PERSON/CHANNEL
    answers: dict[str, Duration] = {}  # by person: how long after a page she takes the incident
    timeline: tuple[Step, ...]
    until: Moment | None = None  # None: ten minutes after the last moment that is named
    expect: Expect | None = None

    def __post_init__(self) -> None:
        if not self.timeline:
            raise ValueError("nothing happens: the timeline is empty")
        if self.expect is None and all(step.expect is None for step in self.timeline):
            raise ValueError("nothing is expected: a test that can't fail tests nothing")


def _names_something(spec: Struct, key: str) -> None:
    """ValueError if nothing is written, or something by which no test can fail."""
    given = {field.encode_name: getattr(spec, field.name) for field in fields(spec)}
    if not any(value not in (None, "") for value in given.values()):
        raise ValueError(f"{key!r} names nothing: a test that can't fail tests nothing")
    for name, value in given.items():
        if value == () and name in _AT_LEAST:
            raise ValueError(f"{name!r} names nothing: a test that can't fail tests nothing")
    if given.get("nobody_told") is False:
        raise ValueError("'nobody_told: false' says too little: write who is told")


#: Lists of what must be there, or must not: empty ones hold of everything.
_AT_LEAST = frozenset({"incident", "told", "not_told", "joined", "unsure", "not", "because"})
