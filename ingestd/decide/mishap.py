"""What goes wrong on our own side, judged like the rest: unreadable messages, refusals, deafness, clock jumps."""

from msgspec.structs import replace

from ingestd.decide import heartbeat
from ingestd.decide.state import State
from ingestd.model import CLOCKS, Ends, Event, Heartbeat, Message, Reading, Reason

OWN = Message(kind="tick", source="ingestd")  # whose events these are
READING = Reading(kind="other", recogniser="ingestd", reasons=(Reason("recognise", "ingestd", "about ingestd itself"),))
CONFIGURATION = "ingestd:configuration"  # the source of news about it
#: By the first word of a trouble's source: what is said while it lasts, and when it is over. Else it is a mailbox.
_TROUBLES = {
    "channel": ("channel {name} takes no letters: {text}", "channel {name} takes letters again"),
    "calendar": ("the iCalendar of {name} can't be fetched: {text}", "the iCalendar of {name} is fetched again"),
    "pipeline": ("the pipeline is behind: {text}; nothing is refused or lost", "the pipeline keeps pace again"),
    "auditor": ("something in ingestd is stuck: {text}", "nothing in ingestd is stuck any more"),
}
_MAILBOX = "mailbox {name} can't be read: {text}", "mailbox {name} is read again"
_LOW = frozenset({"calendar"})  # the last copy goes on
_PUT_OFF = 300.0  # seconds until a timer that failed is tried again


def unreadable(message: Message, why: str) -> Event:
    """The event of a message that was set aside: its source and its first line. A person ends it."""
    first = next((line for line in message.body[:2000].decode("utf-8", "replace").splitlines() if line.strip()), "")
    summary = f"a message from {message.source} can't be understood ({why[:200]}): {first[:120]}"
    return Event(
        state="firing",
        summary=summary,
        check=f"ingestd: unreadable {message.kind} from {message.source}",
        severity="warning",
    )


def refusals(message: Message) -> Event:
    """The event of repeated refusals at a listener; over when they stop."""
    text = message.body.decode("utf-8", "replace")
    return Event(
        state="firing",
        summary=text,
        check=f"ingestd: refusals at {message.source}",
        severity="warning",
        ends=Ends("unheard", after=1800.0),
    )


def trouble(message: Message) -> Event:
    """The event of what does not work here, or (an empty text) does again: a mailbox, a channel, the configuration."""
    text = message.body.decode("utf-8", "replace")
    if message.source == CONFIGURATION:
        return _configuration(text)
    kind, _, name = message.source.partition(":")
    if kind not in _TROUBLES:
        kind, name = "mailbox", message.source
    fires, over = _TROUBLES.get(kind, _MAILBOX)
    return Event(
        state="firing" if text else "resolved",
        summary=(fires if text else over).format(name=name, text=text),
        check=f"ingestd: {kind} {name}".rstrip(),
        severity="warning" if kind in _LOW else "error",
        ends=Ends("recovery"),
    )


def configured(s: State) -> Event | None:
    """The event of a configuration that is in force after one that was refused; None: none was."""
    return _configuration("") if any(a.state == "firing" for a in s.alerts_at(CONFIGURATION)) else None


def _configuration(text: str) -> Event:
    first, _, more = text.partition("\n")
    count = f" (and {more.count(chr(10)) + 1} more)" if more else ""
    refused = f"changed files were refused, the rules from before keep running: {first}{count}"
    return Event(
        state="firing" if text else "resolved",
        summary=refused if text else "the changed files are in force",
        check="ingestd: configuration",
        severity="warning",
        ends=Ends("recovery"),
    )


def deaf(s: State, seconds: float) -> None:
    """Nothing was heard for a while: deadlines about silence move by as much."""
    for alert in s.every_alert():
        if alert.due_at and alert.ends.how != "ends_at":
            s.put_alert(replace(alert, due_at=alert.due_at + seconds))
    for name in s.rules.heartbeats.names:
        known = s.heartbeat(name)
        if known is not None:
            s.put_heartbeat(heartbeat.postponed(known, seconds))


def clock_jumped(seconds: float) -> Event:
    """The event of a wall clock that moved against the engine's: calendars follow it, and somebody should know."""
    return Event(
        state="firing",
        summary=f"the system clock jumped by {seconds:+.1f} s",
        check="ingestd: clock",
        severity="warning",
        ends=Ends("unheard", after=3600.0),
    )


def put_off(s: State, kind: str, number: str, why: str) -> Event:
    """A timer failed: it is tried again later. The event that says so."""
    if kind == "alert":
        s.put_alert(replace(s.alert(int(number)), due_at=s.at + _PUT_OFF))
    elif kind == "heartbeat":
        known = s.heartbeat(number) or Heartbeat(id=number)
        s.put_heartbeat(replace(known, due_at=s.at + _PUT_OFF))
    elif kind == "silence":
        s.put_silence(replace(s.silences()[number], due_at=s.at + _PUT_OFF))
    else:
        incident = s.incident(int(number))
        if incident is not None:
            late = {f: s.at + _PUT_OFF for f in CLOCKS if 0 < getattr(incident, f) <= s.at}
            s.put_incident(replace(incident, **late))
            s.log(incident.number, "shunted", f"a timer failed and is put off: {why}")
    return Event(
        state="firing", summary=f"a timer of {kind} {number} failed: {why}", check="ingestd: timer", severity="error"
    )
