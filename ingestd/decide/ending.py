"""When it is over: recoveries, silence, leftovers, cooling, the end.

An incident ends when nothing of it fires any more, plus a cooling period in which flaps rejoin silently. A child that
recovers proves its hard ancestors up, but alone never ends a cause that is still reported down. What does not report
back after its cause returned delays nothing: it is named, and stays open as unconfirmed.
"""

from msgspec.structs import replace

from ingestd.decide import again, correlate, dedup, escalate, flapping, knowledge, nearby, silence, telling, twin
from ingestd.decide.dedup import recovers
from ingestd.decide.explain import explained
from ingestd.decide.link import STOPPED
from ingestd.decide.state import State
from ingestd.model import Alert, Incident

#: How long a resolved incident is remembered for receipts that were under way.
LINGER = 3600.0
#: So many nodes that fail each for a reason of its own, at one time and behind one cause, are no chance.
_NO_CHANCE = 2


def recovered(s: State, alert: Alert, why: str, *, proof: bool = True) -> None:
    """``alert`` is over. A recovery proves its node and the hard dependencies above it up; silence proves nothing."""
    s.put_alert(replace(alert, state="resolved", ended_at=s.at, due_at=0.0))
    for same in twin.ended_with(s, alert) if proof else ():
        s.put_alert(replace(same, state="resolved", ended_at=s.at, due_at=0.0))
    number = s.survivor(alert.incident).number
    s.log(number, "recovered", f"{alert.node} {alert.check or ''}".strip() + f": {why}")
    if proof and alert.cls != "local" and not alert.guessed:
        if alert.known:
            prove_up(s, alert.node)
        elif any(s.survivor(n).cause == alert.node for n in s.rooted(alert.node)):
            s.put_mark(replace(s.mark(alert.node), up_at=s.at))
    s.touch(number)


def unheard(s: State, alert: Alert) -> None:
    """The time is over for which an alert is believed, unless its source turned out to say when something ends."""
    if not alert.due_at or alert.due_at > s.at:
        return
    until = dedup.heard_until(s, alert.watchers) if alert.ends.how == "recovery" else 0.0
    if until > s.at:
        s.put_alert(replace(alert, due_at=until))
    else:
        recovered(s, alert, unheard_why(alert), proof=False)


def prove_up(s: State, node: str) -> None:
    """Mark a node and all that it cannot live without as seen alive now."""
    seen: set[str] = set()
    queue = [node]
    while queue:
        current = queue.pop()
        if current not in seen:
            seen.add(current)
            s.put_mark(replace(s.mark(current), up_at=s.at))
            _recheck_partners(s, current)
            for number in s.rooted(current):  # what it proves may end an incident that it is no part of
                s.touch(number)
            queue += s.rules.topology.hard_parents(current)


def _recheck_partners(s: State, node: str) -> None:
    """A redundant node is back: what the failure of its partner took down because of it has to come back as well."""
    if not s.mark(node).inferred_by and not any(a.down for a in s.alerts_at(node)):
        return  # it was never gone
    for partner in s.rules.topology.partners(node):
        for incident in {n: s.survivor(n) for n in s.rooted(partner)}.values():
            about_it = incident.cause == partner and incident.cause_kind != "local" and incident.state != "resolved"
            if about_it and not incident.recheck_at:
                wait = s.rules.timing.at(partner).times.leftover
                s.put_incident(replace(incident, recheck_at=s.at + wait))


def recheck(s: State, number: int) -> None:
    """What still fires although its redundancy is back is explained anew, or is a matter of its own."""
    incident = s.survivor(number)
    s.put_incident(replace(incident, recheck_at=0.0))
    if _cause_is_up(s, incident):
        return  # what is left over then has an end of its own
    alone = s.rules.topology.reach(incident.cause or "")  # it never had a second way: nothing came back for it
    seen: set[str] = set()
    while lost := [a for a in s.firing(number) if a.node not in seen | alone and _lost(s, a, number)]:
        if not seen and _in_vain(s, number, alone, {alert.node for alert in lost}):
            s.log(number, "stayed", "nothing came back with its redundancy", rule="reexplained")
            return
        seen |= {alert.node for alert in lost}  # each leaves once, wherever it comes to
        for alert in lost:
            s.put_alert(replace(alert, state="unconfirmed", due_at=0.0))
            s.log(number, "left", f"{alert.node} still fires although its redundancy is back", rule="reexplained")
        correlate.place_together(s, [anew(s, alert) for alert in lost])


def _in_vain(s: State, number: int, alone: frozenset[str], lost: set[str]) -> bool:
    """Whether a redundancy that is back helped nothing: so many do not fail on their own at once, it does not work."""
    times = s.rules.timing.at(s.survivor(number).cause).times
    since = s.at - times.leftover - times.infer_spread  # when it came back, and its dependents with it
    ended = (a for n in s.group(number) for a in s.members(n) if a.state == "resolved" and a.node not in alone)
    if any(a.ended_at >= since for a in ended):
        return False
    topology = s.rules.topology
    above = {one for node in lost for one in (node, *topology.ancestors(node))} - alone
    return sum(not alone.isdisjoint(topology.parents(one)) for one in above) >= _NO_CHANCE


def anew(s: State, alert: Alert) -> Alert:
    """An alert that left its incident, as a new one of none."""
    return replace(alert, id=s.new_alert(), incident=0, state="firing")


def _lost(s: State, alert: Alert, number: int) -> bool:
    """Whether nothing in this incident explains an alert any more."""
    if alert.cls == "local" or alert.report or not alert.known or _alive(s, alert):
        return False
    because = explained(s, alert.node)
    return because is None or s.survivor(because.incident).number != number


def consider(s: State, number: int) -> None:
    """Set, move or clear the moment at which an incident may end."""
    incident = s.survivor(number)
    if incident.state == "resolved":
        return
    times = s.rules.timing.at(incident.cause or incident.root).times
    if not _fires(s, incident):
        calm_at = max((flapping.calm_at(s, a) for n in s.group(number) for a in s.members(n)), default=0.0)
        end_at = max(s.at + times.cooling, calm_at)
    elif _cause_is_up(s, incident):
        end_at = s.at + max(times.cooling, times.leftover)
    else:
        end_at = 0.0
    if end_at != incident.end_at:
        back = not end_at and escalate.unsaid(incident)
        page_at = s.at + times.settle_local if back else incident.page_at
        s.put_incident(replace(incident, end_at=end_at, page_at=page_at))


def finish(s: State, number: int) -> None:
    """The cooling is over: what was reported again since the cause came back leaves, the rest ends."""
    incident = s.survivor(number)
    back_at = _back_at(s, incident)
    leaving = []
    for alert in list(s.firing(number)):
        if not _alive(s, alert) and _leaves(s, alert, back_at):
            leaving.append(alert)
            s.log(number, "left", f"{alert.node} still fires although {incident.cause} is back", rule="reexplained")
        s.put_alert(replace(alert, state="unconfirmed", due_at=0.0))
    resolve(s, number, "everything recovered")
    for alert in leaving:
        correlate.place(s, anew(s, alert))


def resolve(s: State, number: int, why: str, actor: str = "") -> None:
    """It is over: tell whoever was told, and forget it after a while."""
    incident = s.survivor(number)
    ended = max((a.ended_at for n in s.group(number) for a in s.members(n)), default=0.0)
    resolved_at = s.at if actor else ended or s.at
    clocks = STOPPED | {"end_at": s.at + LINGER}
    owner = telling.taken_by(s, incident)
    s.put_incident(replace(incident, state="resolved", resolved_at=resolved_at, joined=(), **clocks))
    s.log(number, "resolved", why, actor=actor)
    knowledge.remember(s, s.survivor(number), actor)
    telling.end(s, number, by=actor, owner=owner)
    silence.over_with(s, s.group(number))


def close(s: State, number: int) -> None:
    """The record of an ended incident leaves the world, once its ends have arrived; the store keeps it."""
    if again.unfinished(s, s.survivor(number)):
        s.put_incident(replace(s.survivor(number), end_at=s.at + LINGER))
        return
    for one in s.group(number):
        s.put_incident(replace(s.numbered(one), closed_at=s.at, end_at=0.0))
    s.log(number, "closed", "")


def _fires(s: State, incident: Incident) -> bool:
    """Whether something still fires. People do not report that all is well: they count only where nothing else does."""
    reported = False
    for alert in s.firing(incident.number):
        if not alert.report:
            return True
        reported = True
    return reported and not incident.cause


def _cause_is_up(s: State, incident: Incident) -> bool:
    """Whether the evidence says that the cause is back although something of the incident still fires."""
    cause = incident.cause
    if not cause or incident.cause_kind == "local":
        return False
    up_at = s.mark(cause).up_at
    if cause not in s.rules.topology.nodes and not nearby.carries(cause) and not _over(s, incident, 1, 2):
        return False  # one host of a place is no word for the others
    if incident.cause_kind == "inferred":
        return up_at > max(s.mark(cause).inferred_at, incident.detected) and _over(s, incident, 1, 2)
    reports = [a for a in s.alerts_at(cause) if a.down]
    # a cause that merely fell silent is not known to be back: up_at moves only with a real recovery or a proof
    if up_at <= max([incident.detected, *(a.last_at for a in reports)]):
        return False
    if not any(a.state == "firing" for a in reports) or _over(s, incident, 3, 4):
        return True
    return all(a.last_at < (up_at if a.node == cause else _said_back(s, a.node)) for a in s.firing(incident.number))


def _said_back(s: State, node: str) -> float:
    """When a node was last said to be reached again, by whoever said that it was not; 0: by nobody."""
    return max((a.ended_at for a in s.alerts_at(node) if a.down and a.state == "resolved"), default=0.0)


def _over(s: State, incident: Incident, part: int, of: int) -> bool:
    """Whether more than this part of the alerts is over: one child that recovers is no word against a cause."""
    left = s.firing_count(incident.number)
    enough = left * of // (of - part)  # so many alerts, and those that are left are few among them
    return s.size(incident.number, enough) >= enough


def _back_at(s: State, incident: Incident) -> float:
    """When the cause came back: its last recovery, or the last proof."""
    cause = incident.cause or ""
    ends = [a.ended_at for a in s.alerts_at(cause) if a.down and a.state != "firing"]
    return max([s.mark(cause).up_at, *ends])


def _leaves(s: State, alert: Alert, back_at: float) -> bool:
    """Whether what still fires is a matter of its own: said again since, on a critical service, or joined unsure."""
    if alert.last_at > back_at + s.rules.timing.at(alert.node).times.linger or _critical(s, alert):
        return True
    return alert.certainty == "unsure" and not alert.report and any(recovers(s, w.source) for w in alert.watchers)


def _critical(s: State, alert: Alert) -> bool:
    """Silence about a critical service is not good news: it becomes an incident of its own."""
    spec = s.rules.topology.nodes.get(alert.node)
    return spec is not None and spec.class_ == "critical" and alert.cls == "reachability" and not alert.report


def _alive(s: State, alert: Alert) -> bool:
    """Whether another recovery proved its node up since it was last said to be down."""
    return alert.down and s.mark(alert.node).up_at > alert.last_at


def unheard_why(alert: Alert) -> str:
    """Why an alert ends without a recovery, in words."""
    if alert.ends.how == "ends_at":
        return "the time its source gave is over"
    return "not heard for longer than its source keeps silent"
