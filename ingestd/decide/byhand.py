"""What belongs together, by a person's word: merge, split, move. It stays, and nobody is paged anew because of it.

A merge is a link, so a split that takes it back finds everything as it was. What is split off is its own incident from
then on: judgement never joins it again, and whoever split it off owns it until she hands it over. The lines that this
leaves in the history (rule "hand") are the hints from which ``ingestd topology suggest`` learns.
"""

from msgspec.structs import replace

from ingestd.decide import correlate, escalate, link, telling
from ingestd.decide.knowledge import called
from ingestd.decide.state import State
from ingestd.model import Alert, Command, Incident, News, Reason, Verdict

RULE = "hand"


def merge(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """``incident`` continues as the one named by ``into``."""
    if s.incident(command.into) is None:
        return Verdict(False, f"incident {command.into} is not open", incident.number)
    into = s.survivor(command.into)
    if into.number == incident.number:
        return Verdict(False, f"incidents {command.incident} and {command.into} are one already", into.number)
    if into.state == "resolved":
        return Verdict(False, f"incident {into.number} is resolved already", into.number)
    why = f"{called(s, actor)}: {command.text}" if command.text else called(s, actor)
    knew = {t.person for t in into.told if t.claimed}
    link.join(s, incident, into, why, rule=RULE, actor=actor)
    if incident.state == "acknowledged" and s.survivor(into.number).state == "triggered":
        escalate.taken(s, into.number, incident.owner or actor, owner=incident.owner)
    told = dict.fromkeys(t.person for t in incident.told if t.claimed and t.person not in knew)
    telling.news(s, into.number, News("merged", f"#{incident.number}", called(s, actor)), only=tuple(told))
    return Verdict(True, f"incident {incident.number} continues as {into.number}", into.number)


def split(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """Take a merge back, or make an alert an incident of its own."""
    if command.alert or command.fingerprint:
        return _split_alert(s, incident, command, actor)
    linked = s.numbered(command.incident)
    if not linked.merged_into:
        text = f"incident {linked.number} is merged into none; name the alert that is not part of it (a12)"
        return Verdict(False, text, linked.number)
    _unlink(s, linked, incident, command, actor)
    return Verdict(True, f"incident {linked.number} is an incident of its own again, and yours", linked.number)


def move(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    """An alert, with the others of its node, belongs to ``incident``."""
    alert = _named(s, command)
    if alert is None:
        return Verdict(False, f"alert a{command.alert} is not open", incident.number)
    home = s.survivor(alert.incident)
    if home.number == incident.number:
        return Verdict(False, f"alert a{alert.id} is in incident {home.number} already", home.number)
    for one in _beside(s, alert):
        _put(s, one, incident.number, actor, f"moved from #{home.number}")
    for number, other in ((home.number, f"to #{incident.number}"), (incident.number, f"from #{home.number}")):
        s.log(number, "moved", f"{alert.node} {other} by {called(s, actor)}", actor=actor, rule=RULE)
        s.touch(number)
    _close_empty(s, home.number, incident.number, actor)
    return Verdict(True, f"{alert.node} is in incident {incident.number} now", incident.number)


def _split_alert(s: State, incident: Incident, command: Command, actor: str) -> Verdict:
    alert = _named(s, command)
    if alert is None or s.survivor(alert.incident).number != incident.number:
        return Verdict(False, f"alert a{command.alert} is not in incident {incident.number}", incident.number)
    if alert.node == incident.cause:
        text = f"{alert.node} is the cause of incident {incident.number}; split off what is not part of it instead"
        return Verdict(False, text, incident.number)
    linked = s.numbered(alert.incident)
    alone = all(a.node == alert.node for n in s.group(linked.number) for a in s.members(n))
    if linked.merged_into and alone:
        _unlink(s, linked, incident, command, actor)
        return Verdict(True, f"{alert.node} is incident {linked.number} again, and yours", linked.number)
    number = _own_incident(s, alert, incident, actor)
    return Verdict(True, f"{alert.node} is incident {number} now, and yours", number)


def _unlink(s: State, linked: Incident, incident: Incident, command: Command, actor: str) -> None:
    why = Reason("person", RULE, f"not part of #{incident.number}: {command.text or called(s, actor)}")
    s.put_incident(replace(linked, merged_into=0, apart=True, end_at=0.0, reasons=(*linked.reasons, why)))
    _apart(s, linked.number, incident.number, linked.root, actor)
    own = [a for n in s.group(incident.number) for a in s.members(n)]
    began = min((a.first_at for a in own), default=incident.began)
    s.put_incident(replace(s.survivor(incident.number), began=began))


def _own_incident(s: State, alert: Alert, incident: Incident, actor: str) -> int:
    """A new incident of an alert and the others of its node."""
    others = [one for one in _beside(s, alert) if one.id != alert.id]
    why = Reason("person", RULE, f"not part of #{incident.number}: {called(s, actor)}")
    number = correlate.opened_by_hand(s, alert, why)
    for one in others:
        _put(s, one, number, actor, f"split off #{incident.number}")
    _apart(s, number, incident.number, alert.node, actor)
    _close_empty(s, incident.number, number, actor)
    return number


def _apart(s: State, number: int, before: int, node: str, actor: str) -> None:
    """Log it in both, and let whoever split it off own it."""
    s.log(before, "split", f"{node} is not part of this: #{number}, {called(s, actor)}", actor=actor, rule=RULE)
    s.log(number, "split", f"not part of #{before}, {called(s, actor)}", actor=actor, rule=RULE)
    if s.survivor(number).state == "triggered":
        escalate.taken(s, number, actor, owner=actor)
    s.touch(number)
    s.touch(before)


def _close_empty(s: State, number: int, into: int, actor: str) -> None:
    """An incident of which nothing is left continues as what it went to."""
    if not s.size(number, 1):
        link.join(s, s.survivor(number), s.survivor(into), "nothing of it is left", rule=RULE, actor=actor)


def _named(s: State, command: Command) -> Alert | None:
    """The alert that a command is about; a replay finds it by its fingerprint."""
    known = s.alert_by(command.fingerprint) if command.fingerprint else s.open_alert(command.alert)
    return known if known is not None and s.incident(known.incident) is not None else None


def _beside(s: State, alert: Alert) -> list[Alert]:
    """The alerts of the same node in the same incident, itself included."""
    number = s.survivor(alert.incident).number
    return [a for a in s.alerts_at(alert.node) if s.survivor(a.incident).number == number]


def _put(s: State, alert: Alert, number: int, actor: str, text: str) -> None:
    why = Reason("person", RULE, f"{text} by {called(s, actor)}")
    s.put_alert(replace(alert, incident=number, certainty="sure", reasons=(*alert.reasons, why)))
