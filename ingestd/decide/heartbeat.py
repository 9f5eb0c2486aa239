"""Signs of life that are expected: a report every night by six, a ping every five minutes. Their absence is an alert.

A heartbeat is fed by a mail or a webhook that meets its ``when`` and says no problem, or by a ping under its id. The
times are kept as rows of their own; the first plan is made when the rules first name the heartbeat.
"""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.ruleset import RuleSet
from ingestd.decide.vocabulary import SIGN_OF_LIFE, WEEKDAYS, Facts, Weekday
from ingestd.decide.when import Situation
from ingestd.model import Ends, Event, Heartbeat, Message, Reading, Severity
from ingestd.yamltypes import Clock, Duration

if TYPE_CHECKING:
    from ingestd.decide.state import State

_SAYS = frozenset({"alert", "recovery", "other"})  # kinds of readings that machines send


class HeartbeatSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One expectation: ``every`` so often, or once a day ``by`` a time (of these weekdays), with some ``grace``."""

    FACTS: ClassVar[Facts] = SIGN_OF_LIFE
    IN_TURN: ClassVar[bool] = True

    id: str
    when: dict[str, Any] = {}  # what feeds it; empty: only pings do
    every: Duration | None = None
    by: Clock | None = None
    weekdays: tuple[Weekday, ...] = WEEKDAYS
    grace: Duration = Duration(0.0)
    summary: str = ""  # what people read when it is missing
    node: str = ""  # whose sign of life it is
    severity: Severity = "error"

    def __post_init__(self) -> None:
        if (self.every is None) == (self.by is None):
            raise ValueError("expected either every or by")
        if not self.weekdays:
            raise ValueError("expected at least one weekday")


class HeartbeatFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """heartbeats.yaml."""

    version: int = 1
    heartbeats: tuple[HeartbeatSpec, ...] = ()


class Heartbeats:
    """All expectations, compiled. ValueError on a bad condition begins with the heartbeat's id."""

    def __init__(self, file: HeartbeatFile | None = None, timezone: str = "UTC") -> None:
        specs = file.heartbeats if file else ()
        self.names = {spec.id: spec for spec in specs}
        self.zone = ZoneInfo(timezone)
        self._fed = RuleSet(spec for spec in specs if spec.when)

    def fed_by(self, message: Message, reading: Reading, sender: str) -> Iterator[str]:
        """The heartbeats for which a message is the sign of life."""
        if not self.names or reading.kind not in _SAYS:
            return
        calm = [event for event in reading.events if event.state == "resolved" or event.quiet]
        if reading.events and not calm:
            return
        heard = {event.identity for event in calm}
        situations = [_situation(message, reading, event, sender) for event in calm or (None,)]
        fed = {spec.id for situation in situations for spec in self._fed.matching(situation)}
        yield from (name for name in self.names if identity(name) in heard or name in fed)


def plan(s: "State", name: str) -> None:
    """The first deadline of a heartbeat that was never planned."""
    spec = s.rules.heartbeats.names[name]
    s.put_heartbeat(Heartbeat(id=name, due_at=_deadline(s, spec)))


def feed(s: "State", name: str) -> Event | None:
    """A sign of life was heard; the event that ends its absence, if it had been missed."""
    spec, known = s.rules.heartbeats.names[name], s.heartbeat(name) or Heartbeat(id=name)
    due = _deadline(s, spec)
    if spec.by is not None:
        later = _deadline(s, spec, after=due)
        # what comes while the next deadline is far is the late sign of the one that was missed
        late = known.missed and due - s.at > (later - due) / 4
        due = due if late else later
    s.put_heartbeat(Heartbeat(id=name, last_at=s.at, due_at=due))
    return replace(_event(spec), state="resolved", summary=f"heartbeat {name} is back") if known.missed else None


def missed(s: "State", name: str) -> Event:
    """The deadline passed without a sign of life: the event that says so."""
    spec, known = s.rules.heartbeats.names[name], s.heartbeat(name) or Heartbeat(id=name)
    s.put_heartbeat(replace(known, missed=known.missed + 1, due_at=_deadline(s, spec)))
    since = f"since {_local(s, known.last_at):%Y-%m-%d %H:%M}" if known.last_at else "since it is expected"
    return replace(_event(spec), summary=f"{spec.summary or name}: nothing heard {since}")


def postponed(known: Heartbeat, seconds: float) -> Heartbeat:
    """We were deaf ourselves for so long: the sign of life may have been sent."""
    return replace(known, due_at=known.due_at + seconds) if known.due_at else known


def identity(name: str) -> str:
    """What identifies the alert about a heartbeat, pings that report a failure included."""
    return f"heartbeat:{name}"


def _event(spec: HeartbeatSpec) -> Event:
    return Event(
        state="firing",
        summary=spec.summary or spec.id,
        host=spec.node or None,
        check=f"heartbeat {spec.id}",
        severity=spec.severity,
        identity=identity(spec.id),
        ends=Ends("recovery"),
    )


def _situation(message: Message, reading: Reading, event: Event | None, sender: str) -> Situation:
    return {
        "source": message.source,
        "recogniser": reading.recogniser or "none",
        "sender": sender,
        "subject": reading.subject,
        "host": (event.host if event else None) or "",
        "check": (event.check if event else None) or "",
        "text": event.summary if event else reading.subject,
    }


# -- deadlines, by the engine's clock; the calendar is the site's
def _deadline(s: "State", spec: HeartbeatSpec, after: float | None = None) -> float:
    """The first deadline after now, or after another one; the grace is part of it."""
    now = s.at if after is None else after
    if spec.every is not None:
        return now + spec.every + spec.grace
    offset = s.wall - s.at
    start = _local(s, now - spec.grace)
    days = (start + timedelta(days=count) for count in itertools.count())
    chosen = (_at(day, spec.by or Clock(0)) for day in days if WEEKDAYS[day.weekday()] in spec.weekdays)
    dues = (moment.timestamp() - offset + spec.grace for moment in chosen)
    return next(due for due in dues if due > now)


def _local(s: "State", at: float) -> datetime:
    return datetime.fromtimestamp(at + s.wall - s.at, s.rules.heartbeats.zone)


def _at(day: datetime, minute: Clock) -> datetime:
    return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=minute)
