"""Whose it is, until it is over: restored, handed over, taken over, helped with, asked about when a shift ends.

Nothing can be dropped: an owner whose shift ends keeps it unless she hands it over, one who goes away or leaves loses
it to her team, and to let go of it somebody else must be named. *Restored* is not resolved: service is back, nobody is
chased any more, and it stays open and hers until it is cured; what fires anew takes that back.
"""

from msgspec.structs import replace

from ingestd.decide import escalate, telling
from ingestd.decide.knowledge import called
from ingestd.decide.oncall import People
from ingestd.decide.state import State
from ingestd.model import Command, Incident, News, Verdict

AHEAD = 14 * 86400.0  # seconds for which the end of a shift is looked for
_AFTER = 0.001  # seconds by which a timer is set late, so that its moment has come when it goes off


# -- what people ask for


def restore(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """Service is back by a workaround. Hers, if it was nobody's."""
    number = incident.number
    if incident.restored_at and command.text in ("", incident.workaround):
        return Verdict(True, f"incident {number} is restored already", number)
    first = not incident.restored_at
    restored = replace(
        incident,
        restored_at=incident.restored_at or s.at,
        workaround=command.text or incident.workaround,
        resolve_at=0.0,
        stale_at=0.0,
        remind_at=incident.remind_at or s.at + s.rules.escalation.remind_after,
    )
    s.put_incident(restored)
    if incident.state != "acknowledged":
        escalate.taken(s, number, actor, owner=actor)
    s.log(number, "restored", command.text or "service is back", actor=actor)
    telling.news(s, number, News("restored", command.text, called(s, actor)), but=actor)
    words = "restored" if first else "restored by other means"
    return Verdict(True, f"incident {number} is {words}; it stays open until it is cured", number)


def assign(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """Hand it over, with a note."""
    wrong = _nobody(s, incident, command.person)
    if wrong is not None:
        return wrong
    number, person = incident.number, command.person
    _hand(s, incident, person)
    note = f": {command.text}" if command.text else ""
    s.log(number, "assigned", f"{actor} hands it over to {person}{note}", actor=actor)
    if person != actor:
        telling.hand_over(s, number, person, News("handed_over", command.text, called(s, actor)))
    _tell_of_owner(s, incident, person, actor)
    return Verdict(True, f"incident {number} is {person}'s", number)


def take(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """Take it, also from somebody who has it: she is told."""
    number = incident.number
    if incident.state == "acknowledged" and incident.owner == actor:
        return Verdict(True, f"incident {number} is yours already", number)
    _hand(s, incident, actor)
    if command.text:
        s.log(number, "note", command.text, actor=actor)
    _tell_of_owner(s, incident, actor, actor, command.text)
    before = f", {incident.owner}'s until now" if incident.state == "acknowledged" and incident.owner else ""
    return Verdict(True, f"incident {number} is yours{before}", number)


def release(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """Let go of it: somebody else must have it."""
    if not command.person:
        text = f"nothing can be dropped: assign incident {incident.number} to somebody (assign NAME)"
        return Verdict(False, text, incident.number)
    return assign(s, incident, command, actor)


def add(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """Somebody is to help its owner; she hears of what changes and of the end."""
    number, person = incident.number, command.person
    wrong = _nobody(s, incident, person)
    if wrong is not None:
        return wrong
    if incident.state != "acknowledged":
        return Verdict(False, f"incident {number} is nobody's yet: take it, or assign it to somebody", number)
    if person == incident.owner or person in incident.helpers:
        return Verdict(True, f"{person} works on incident {number} already", number)
    muted = tuple(name for name in incident.muted if name != person)
    s.put_incident(replace(incident, helpers=(*incident.helpers, person), muted=muted))
    note = f": {command.text}" if command.text else ""
    s.log(number, "helps", f"{actor} asks {person} to help{note}", actor=actor)
    if person != actor:
        telling.update(s, number, person, News("helps", command.text, called(s, actor)))
    return Verdict(True, f"{person} helps with incident {number}", number)


def _nobody(s: State, incident: Incident, person: str) -> Verdict | None:
    """Why a person can't be given an incident; None: she can."""
    people = s.rules.people
    if person not in people.persons:
        known = ", ".join(sorted(people.persons))
        return Verdict(False, f"nobody called {person!r} is in people.yaml; known: {known}", incident.number)
    if people.away(person, s.wall):
        return Verdict(False, f"{person} is away; choose somebody who is there", incident.number)
    return None


def _hand(s: State, incident: Incident, person: str) -> None:
    """It is hers from now on; who was to help with it and has it now is its owner."""
    helpers = tuple(name for name in incident.helpers if name != person)
    s.put_incident(replace(incident, owner=person, helpers=helpers))
    escalate.taken(s, incident.number, person, owner=person)


def _tell_of_owner(s: State, incident: Incident, person: str, actor: str, note: str = "") -> None:
    """Who had it hears whose it is now, and so does everybody else who was told."""
    had = incident.owner if incident.state == "acknowledged" else ""
    if had and had not in (person, actor) and had in s.rules.people.persons:
        telling.update(s, incident.number, had, News("taken_over", note, called(s, person)))
    rest = tuple(t.person for t in incident.told if t.person not in (person, actor, had))
    kind = News("owner" if had or person != actor else "taken", who=called(s, person))
    telling.news(s, incident.number, kind, only=rest)


# -- what happens by itself


def fires_anew(s: State, number: int) -> None:
    """What was restored and fires anew is not restored: its owner's clocks start again, and she is told."""
    incident = s.survivor(number)
    if not incident.restored_at or incident.state == "resolved":
        return
    what = _anew(s, incident)
    if not what:
        return
    s.put_incident(replace(incident, restored_at=0.0))
    s.log(incident.number, "unrestored", f"{what} fires anew: {incident.workaround or 'the workaround'} does not hold")
    if incident.state == "acknowledged":
        escalate.run_for_owner(s, incident.number)
    telling.news(s, incident.number, News("back_again", what))


def _anew(s: State, incident: Incident) -> str:
    """The node of something that fires since this step; "": nothing does."""
    for alert in s.written(incident.number):
        was = s.alert_before(alert.id)
        if alert.state == "firing" and (was is None or was.state != "firing"):
            return alert.node
    for number in s.group(incident.number)[1:]:
        before = s.before(number)
        if before is None or not before.merged_into:
            return next((alert.node for alert in s.firing(number)), "")
    return ""


def arrange(s: State, number: int, *, anew: bool = False) -> None:
    """Set when its owner is to be asked. ``anew``: rules or clocks changed, the owner did not."""
    incident = s.numbered(number)
    if incident.merged_into:
        return
    if incident.state != "acknowledged" or not incident.owner:
        s.put_incident(replace(incident, ask_at=0.0, shift_team="", asked_for=0.0, away_too=False))
        return
    people, owner = s.rules.people, incident.owner
    away = people.away(owner, s.wall)
    incident = incident if anew else replace(incident, away_too=away, asked_for=0.0)
    if owner not in people.persons or (away and not incident.away_too):
        s.put_incident(replace(incident, ask_at=s.at, shift_team=""))
        return
    team = _team(people, incident, s.wall)
    s.put_incident(replace(incident, shift_team=team, ask_at=_next(s, incident, team)))


def ask(s: State, number: int) -> None:
    """Its owner's shift ends soon, or has ended; or she is away from now on, or has left."""
    incident = s.survivor(number)
    people, owner = s.rules.people, incident.owner
    if owner not in people.persons:
        _lapse(s, incident, f"{owner} is not in people.yaml any more")
    elif people.away(owner, s.wall) and not incident.away_too:
        _lapse(s, incident, f"{called(s, owner)} is away")
    elif not incident.shift_team or owner in people.on_call(incident.shift_team, s.wall):
        _ask_owner(s, incident)
    else:
        _tell_next(s, incident)


def _ask_owner(s: State, incident: Incident) -> None:
    """Once a shift: keep it, or hand it over to whoever comes next."""
    team, people = incident.shift_team, s.rules.people
    ends = _ends(people, team, incident.owner, s.wall) if team else 0.0
    if ends and ends - s.wall <= s.rules.escalation.ask_before + _AFTER and incident.asked_for != ends:
        following = people.on_call(team, ends)
        s.log(incident.number, "asked", f"{incident.owner}: the shift ends; next: {', '.join(following) or 'nobody'}")
        names = ", ".join(called(s, one) for one in following)
        telling.update(s, incident.number, incident.owner, News("shift_ends", names, following[0] if following else ""))
        incident = replace(s.survivor(incident.number), asked_for=ends)
    team = team or _team(people, incident, s.wall)
    s.put_incident(replace(incident, shift_team=team, ask_at=_next(s, incident, team)))


def _tell_next(s: State, incident: Incident) -> None:
    """Who comes on hears that it is open, and whose it is."""
    following = s.rules.people.on_call(incident.shift_team, s.wall)
    cleared = replace(incident, shift_team="", asked_for=0.0)
    s.put_incident(replace(cleared, ask_at=_next(s, cleared, "")))
    s.log(incident.number, "kept", f"the shift of {incident.owner} is over; it stays hers", rule="shift")
    if incident.priority in s.rules.escalation.tell_next:
        for person in following:
            telling.update(s, incident.number, person, News("shift_begins", who=called(s, incident.owner)))


def _lapse(s: State, incident: Incident, why: str) -> None:
    """Nobody has it any more: it goes to the team, also to those who were told when it was hers."""
    number, remind_at = incident.number, s.at + s.rules.escalation.remind_after
    told = tuple(replace(t, lapsed=True) for t in incident.told)
    s.put_incident(
        replace(incident, told=told, told_at=incident.told_at or s.at, remind_at=incident.remind_at or remind_at)
    )
    escalate.start_anew(s, number, why)
    s.put_incident(replace(s.survivor(number), owner="", ask_at=0.0, shift_team="", asked_for=0.0, away_too=False))


def _team(people: People, incident: Incident, wall: float) -> str:
    """The team whose rota has its owner on call now: its own if it can be; "" if there is none."""
    teams = (incident.team, *people.teams) if incident.team in people.teams else people.teams
    on_call = (team for team in teams if people.takes_turns(team) and incident.owner in people.on_call(team, wall))
    return next(on_call, "")


def _ends(people: People, team: str, person: str, wall: float) -> float:
    """When the turn of somebody who is on call ends (wall time); 0: not within two weeks."""
    turns = people.turns(team, wall, wall + AHEAD)
    return next((turn.start for turn in turns if person not in turn.people), 0.0)


def _begins(people: People, person: str, wall: float) -> list[float]:
    """When somebody who is not on call comes on next, in each team that takes turns; not beyond two weeks."""
    teams = (team for team in people.teams if people.takes_turns(team) and person in people.may_call(team))
    turns = (people.turns(team, wall, wall + AHEAD) for team in teams)
    found = (next((turn.start for turn in some if person in turn.people), 0.0) for some in turns)
    return [start for start in found if start]


def _next(s: State, incident: Incident, team: str) -> float:
    """When to look again: before the end of her shift, at it, when she comes on, when she goes away."""
    people, wall = s.rules.people, s.wall
    dues = [] if incident.away_too else [start for start, _ in people.absences(incident.owner) if start > wall]
    if team:
        ends = _ends(people, team, incident.owner, wall)
        early = ends - s.rules.escalation.ask_before
        due = ends if incident.asked_for == ends else max(early, wall)
        dues.append(due if ends else wall + AHEAD)
    else:
        dues += _begins(people, incident.owner, wall)
    return min(dues) - wall + s.at + _AFTER if dues else 0.0
