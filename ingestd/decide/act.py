"""What people ask for: open, acknowledge, resolve, assign, note, set a priority; merge and split are in ``byhand``.

Each gets a verdict.
"""

from collections.abc import Callable

from msgspec.structs import replace

from ingestd.decide import alerts, byhand, correlate, dedup, ending, escalate, knowledge, ownership, silence, telling
from ingestd.decide.knowledge import called
from ingestd.decide.state import State
from ingestd.model import Alert, Command, Event, Incident, Message, News, Reading, Reason, Silence, Verdict, Work
from ingestd.yamltypes import did_you_mean

#: Seconds.
LONGEST_SNOOZE = 86400.0


def act(s: State, command: Command, actor: str) -> Verdict:
    """Carry out a command; says why where it can't be."""
    if actor in s.rules.people.persons and command.action in _ABOUT_NO_INCIDENT:
        return _ABOUT_NO_INCIDENT[command.action](s, command, actor)
    known = s.incident(command.incident) is not None
    over = not known or s.survivor(command.incident).state == "resolved"
    if over and actor in s.rules.people.persons and _says_what_fixed_it(command):
        return knowledge.fixed(s, command.incident, command.text, command.minutes, actor)
    if not known:
        return Verdict(False, f"incident {command.incident} is not open", command.incident)
    incident = s.survivor(command.incident)
    if over and command.action not in ("note", "fixed"):
        return Verdict(False, f"incident {incident.number} is resolved already", incident.number)
    if actor not in s.rules.people.persons:
        return Verdict(False, f"nobody called {actor!r} is in people.yaml", incident.number)
    return _ACTIONS[command.action](s, incident, command, actor)


def taken_elsewhere(s: State, known: Alert | None, event: Event, source: str) -> None:
    """Somebody acknowledged an alert at its source. She owns the incident if it has no other alert than this one."""
    if known is None or known.state != "firing":
        return
    incident = s.survivor(known.incident)
    person = s.rules.people.called(event.sender)
    who = f"{event.sender or 'somebody'} ({source})"
    alone = all(alert.id == known.id for alert in s.firing(incident.number))
    if incident.state == "triggered" and alone and (person or not event.quiet):
        escalate.taken(s, incident.number, person or who, owner=person)
        telling.news(s, incident.number, News("taken", who=called(s, person) if person else who), but=person)
    else:
        s.log(incident.number, "note", f"acknowledged at its source by {who}", actor=person)


def open_call(s: State, command: Command, message: Message) -> Verdict:
    """A call taken by phone: a person's report. Its taker owns it, unless it joins an incident."""
    actor = message.actor
    if actor not in s.rules.people.persons:
        return Verdict(False, f"nobody called {actor!r} is in people.yaml")
    if not command.text:
        return Verdict(False, "an incident needs a text: what the caller said")
    event = Event(state="firing", summary=command.text, report=True, sender=command.person or actor)
    reading = Reading(
        kind="human_report", recogniser="phone", reasons=(Reason("recognise", "phone", f"taken by {actor}"),)
    )
    place = dedup.locate(s.rules, event, message.source)
    known = alerts.open_alert(s, place)
    if known is not None:
        number = s.survivor(known.incident).number
        return Verdict(True, f"known already as incident {number}", number)
    alert = alerts.new(s, place, event, message, reading, department=command.department)
    correlate.place(s, alert)
    placed = s.survivor(s.alert(alert.id).incident)
    if s.alert(alert.id).certainty != "root":
        return Verdict(True, f"joined incident {placed.number}: {placed.title}", placed.number)
    s.put_incident(replace(placed, came_by=command.came_by or "phone", on_behalf_of=command.person, reporter=actor))
    escalate.taken(s, placed.number, actor, owner=actor)
    return Verdict(True, f"opened incident {placed.number}; it is yours", placed.number)


def _ack(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    if incident.state == "acknowledged" and incident.owner:
        if incident.owner == actor:
            return Verdict(True, f"incident {incident.number} is yours already", incident.number)
        return Verdict(False, f"incident {incident.number} is taken by {incident.owner} already", incident.number)
    escalate.taken(s, incident.number, actor, owner=actor)
    _note(s, incident, command, actor)
    telling.news(s, incident.number, News("taken", who=called(s, actor)), but=actor)
    return Verdict(True, f"incident {incident.number} is yours", incident.number)


def _resolve(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    _work(s, incident, command, actor)
    done = s.survivor(incident.number)
    s.put_incident(replace(done, fixed_by=command.text or done.fixed_by, closure_code="person"))
    for alert in list(s.firing(incident.number)):
        s.put_alert(replace(alert, state="unconfirmed", due_at=0.0))
    ending.resolve(s, incident.number, command.text or f"resolved by {actor}", actor)
    return Verdict(True, f"incident {incident.number} is resolved", incident.number)


def _says_what_fixed_it(command: Command) -> bool:
    """Whether it adds to what is known of an incident that is over."""
    return command.action in ("fixed", "resolve") and bool(command.text or command.minutes)


def _fixed(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """What fixes it, said while it is open: kept for its end."""
    if not command.text and not command.minutes:
        return Verdict(False, "say what fixed it, or how long it took (fixed: TEXT, 40 min)", incident.number)
    s.put_incident(replace(incident, fixed_by=command.text or incident.fixed_by))
    _work(s, s.survivor(incident.number), command, actor)
    _note(s, incident, command, actor)
    return Verdict(True, f"kept with incident {incident.number}, which is still open", incident.number)


def _noted(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    if not command.text:
        return Verdict(False, "a note needs a text", incident.number)
    _note(s, incident, command, actor)
    _work(s, incident, command, actor)
    return Verdict(True, f"noted on incident {incident.number}", incident.number)


def _prioritise(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    if command.priority is None or not command.text:
        return Verdict(False, "a priority needs one of P1, P2, P3, P4 and a reason", incident.number)
    why = Reason("person", actor, f"{incident.priority} -> {command.priority}: {command.text}")
    s.put_incident(
        replace(
            incident,
            priority=command.priority,
            priority_by=actor,
            priority_why=command.text,
            reasons=(*incident.reasons, why),
        )
    )
    s.log(incident.number, "priority", why.text, actor=actor)
    s.touch(incident.number)
    telling.news(s, incident.number, News("priority", why.text, called(s, actor)), but=actor)
    return Verdict(True, f"incident {incident.number} is {command.priority}", incident.number)


def _snooze(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """She has seen it and takes it up later: hers until then, and paged anew if it still fires."""
    if not 0 < command.seconds <= LONGEST_SNOOZE:
        return Verdict(False, "a snooze needs a time of at most a day, such as 30m", incident.number)
    if incident.state == "acknowledged" and incident.owner != actor:
        return Verdict(False, f"incident {incident.number} is taken by {incident.owner} already", incident.number)
    fresh = incident.state != "acknowledged"
    escalate.taken(s, incident.number, actor, owner=actor)
    s.put_incident(replace(s.survivor(incident.number), stale_at=s.at + command.seconds))
    minutes = round(command.seconds / 60)
    s.log(incident.number, "snoozed", f"{actor}: for {minutes} min", actor=actor)
    if fresh:
        telling.news(s, incident.number, News("taken", who=called(s, actor)), but=actor)
    return Verdict(True, f"incident {incident.number} is yours; you are paged again in {minutes} min", incident.number)


def _stop(s: State, incident: Incident, _command: Command, actor: str) -> Verdict:
    """No more updates for her; of the end she is told all the same."""
    s.put_incident(replace(incident, muted=tuple(dict.fromkeys((*incident.muted, actor)))))
    s.log(incident.number, "muted", f"{actor} asked for no more updates", actor=actor)
    return Verdict(True, f"no more updates about incident {incident.number}; you will hear of its end", incident.number)


def _note(s: State, incident: Incident, command: Command, actor: str) -> None:
    if command.text:
        s.log(incident.number, "note", command.text, actor=actor)


def _work(s: State, incident: Incident, command: Command, actor: str) -> None:
    if command.minutes:
        s.put_incident(replace(incident, worked=(*incident.worked, Work(actor, command.minutes))))


def _silence(s: State, command: Command, actor: str) -> Verdict:
    asked = command.silence
    if asked is None:
        return Verdict(False, "a silence needs matchers, a start and an end")
    wrong = silence.problem(asked) or _stranger(s, asked)
    if wrong:
        return Verdict(False, wrong)
    targets = tuple(s.rules.topology.resolve(target) or target for target in asked.targets)
    silence.put(s, replace(asked, targets=targets, by=actor, updated_at=s.wall))
    return Verdict(True, asked.id)


def _stranger(s: State, asked: Silence) -> str:
    """Why what a silence speaks of is not known; empty: it is."""
    for target in asked.targets:
        if not s.rules.topology.resolve(target) and not any(s.alerts_at(target)):
            return f"nobody knows a node {target!r}{did_you_mean(target, tuple(s.rules.topology.nodes))}"
    incident = s.incident(asked.until_end_of) if asked.until_end_of else None
    if asked.until_end_of and (incident is None or s.survivor(asked.until_end_of).state == "resolved"):
        return f"incident {asked.until_end_of} is not open"
    return ""


def _expire(s: State, command: Command, actor: str) -> Verdict:
    known = s.silences().get(command.text)
    if known is None or known.ends_at <= s.wall:
        return Verdict(False, f"there is no silence {command.text}")
    silence.end(s, known)
    return Verdict(True, f"silence {known.id} ended by {actor}")


_ABOUT_NO_INCIDENT = {"silence": _silence, "expire": _expire}
_ACTIONS: dict[str, Callable[[State, Incident, Command, str], Verdict]] = {
    "ack": _ack,
    "resolve": _resolve,
    "assign": ownership.assign,
    "take": ownership.take,
    "release": ownership.release,
    "add": ownership.add,
    "restore": ownership.restore,
    "fixed": _fixed,
    "note": _noted,
    "priority": _prioritise,
    "snooze": _snooze,
    "stop": _stop,
    "merge": byhand.merge,
    "split": byhand.split,
    "move": byhand.move,
}
