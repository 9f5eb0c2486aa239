"""What rules may ask about an incident, and its rank and route by them.

What people were told goes up at once, and down only after it ranked lower for a while, or with a new cause; that it
fell is shown, and told to nobody. Only more than it ever was pages anew: what falls at night and rises in the morning
wakes nobody twice.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide import escalate, telling
from ingestd.decide.because import DEADLINE_AT
from ingestd.decide.explain import why_down
from ingestd.decide.labels import values_of
from ingestd.decide.rank import GROWING, Deadline, Ranking
from ingestd.decide.reach import difficulty, people_free, scope
from ingestd.decide.route import Route
from ingestd.decide.state import State
from ingestd.decide.when import INFINITE, Situation, Value
from ingestd.model import ASKING, PRIORITIES, SEVERITIES, Alert, Impact, Incident, News, Priority

_TYPICAL = 50  # so many alerts tell what an incident is about


class _Place(Struct, frozen=True):
    """What an incident is called now, and since when it has ranked lower."""

    priority: Priority
    lower_from: float = 0.0


def settle(s: State, number: int) -> None:
    """Rank and route an incident again after something in it changed; say so to those who were told."""
    incident = s.survivor(number)
    if incident.state == "resolved" or _tells_nothing(s, incident):
        return
    impact = _impact(s, incident)
    deadline = s.rules.ranker.deadline(s.rules.topology.deadlines_of(impact), s.wall)
    situation = facts(s, incident, impact, deadline)
    ranking = s.rules.ranker.rank(situation, s.rules.topology.called)
    place = _place(s, incident, ranking)
    addressed = next((alert.policy for alert in _typical(s, incident) if alert.policy), "")
    route = s.rules.router.route({**situation, "priority": place.priority}, addressed)
    anew = _anew(s, incident, place.priority, route)
    kept = tuple(r for r in incident.reasons if r.stage not in ("rank", "route"))
    s.put_incident(
        replace(
            incident,
            impact=impact,
            urgency=ranking.urgency,
            priority=place.priority,
            peak=_peak(incident, place.priority),
            lower_from=place.lower_from,
            deadline=deadline.id if deadline else "",
            deadline_at=deadline.at if deadline else 0.0,
            policy=route.policy.id if anew or not incident.told else incident.policy,
            team=route.team,
            page_at=s.at if ranking.page_at_once and incident.page_at else incident.page_at,
            rank_at=_rank_at(s, place, deadline, situation),
            reasons=(*kept, *ranking.reasons, route.reason),
        )
    )
    _tell_news(s, number, ranking)
    if anew:
        escalate.start_anew(
            s, number, f"priority {incident.priority} -> {place.priority}, team {route.team or 'nobody'}"
        )
    elif escalate.waits(incident) and _waits_no_more(s, incident, place.priority, route):
        escalate.start(s, number)


def reconsider(s: State, number: int) -> None:
    """What the rules ask may be otherwise by now."""
    s.put_incident(replace(s.survivor(number), rank_at=0.0))
    s.touch(number)


def _place(s: State, incident: Incident, ranking: Ranking) -> _Place:
    """A person's word stands; what people were told goes up at once, and down late or with a new cause."""
    if incident.priority_by:
        return _Place(incident.priority)
    if not incident.told or not _above(incident.priority, ranking.priority):
        return _Place(ranking.priority)
    before = s.before(incident.number)
    since = incident.lower_from or s.at
    new_cause = before is not None and bool(incident.cause) and before.cause != incident.cause
    if new_cause or s.at >= since + s.rules.ranker.settle_down:
        return _Place(ranking.priority)
    return _Place(incident.priority, since)


def _rank_at(s: State, place: _Place, deadline: Deadline | None, situation: Situation) -> float:
    """When to look again."""
    ranker = s.rules.ranker
    change = ranker.next_change(s.wall, deadline.at if deadline else 0.0, situation)
    due = [change - s.wall + s.at] if change else []
    if place.lower_from:
        due.append(place.lower_from + ranker.settle_down)
    return min(due, default=0.0)


def _anew(s: State, incident: Incident, priority: Priority, route: Route) -> bool:
    """Whether those who must act have to be told from the beginning."""
    if not incident.told or incident.suppressed or incident.restored_at:
        return False
    rises = not incident.priority_by and _above(priority, incident.peak or incident.priority)
    return rises or (route.team != incident.team and not s.reloaded)  # nobody is paged because of a reload alone


def _peak(incident: Incident, priority: Priority) -> Priority | Literal[""]:
    if not incident.told:
        return ""
    return min(incident.peak or incident.priority, priority, key=PRIORITIES.index)


def _waits_no_more(s: State, incident: Incident, priority: Priority, route: Route) -> bool:
    """Whether what waits for the hours of its policy has risen, or come to another policy."""
    before = s.before(incident.number) or incident
    return _above(priority, before.priority) or route.policy.id != incident.policy


def _tells_nothing(s: State, incident: Incident) -> bool:
    """Whether nothing fires any more, or it is one more of many alerts, which tells the rules nothing new."""
    same = incident is s.before(incident.number) and not s.reloaded
    over = next(s.firing(incident.number), None) is None
    return over or (same and s.size(incident.number, _TYPICAL) >= _TYPICAL)


def _tell_news(s: State, number: int, ranking: Ranking) -> None:
    """What a receiver would act on: the cause was found, the priority rose above what they believe."""
    before, now = s.before(number), s.survivor(number)
    if before is None:
        return
    if now.priority != before.priority and now.priority_why == before.priority_why:
        s.log(number, "priority", f"{before.priority} -> {now.priority}", rule=ranking.reasons[-1].rule)
    new = _newcomers(before, now, s.at)
    if not (before.told or new):
        return
    cause = News("cause" if now.cause_kind == "reported" else "suspected", now.cause or "")
    news = [cause] if now.cause and now.cause != before.cause else []
    believed = before.peak or before.priority  # nobody was told that it fell
    if not now.priority_by and _above(now.priority, believed):
        news.append(News("priority", f"{believed} -> {now.priority}"))
    late = new if now.cause and cause not in news else frozenset()
    for person in sorted(late):
        telling.update(s, number, person, cause, *news)
    if news and before.told:
        others = tuple({t.person for t in now.told} - late)
        telling.news(s, number, *news, only=others if late else None)
    elif news:  # who took it has lost it, or knows
        telling.news(s, number, *news, only=tuple(sorted(new - late)))


def _newcomers(before: Incident, now: Incident, at: float) -> frozenset[str]:
    """Who was told of what has just become part of this, and has heard nothing of it: for them its cause is news."""
    knew = {t.person for t in before.told} | {word.person for word in now.words if word.at == at} | set(now.muted)
    return frozenset(t.person for t in now.told if t.claimed and not t.failed and t.kind in ASKING) - knew


def facts(s: State, incident: Incident, impact: Impact, deadline: Deadline | None = None) -> dict[str, Value]:
    """The facts of ``vocabulary.INCIDENT`` for an incident."""
    alerts = _typical(s, incident)
    topology = s.rules.topology
    spec = topology.nodes.get(incident.cause or incident.root)
    first = alerts[0] if alerts else None
    new = [a for a in alerts if a.first_at > s.at - GROWING]
    found: dict[str, Value] = {
        "node": incident.cause or incident.root,
        "kind": spec.kind if spec else "",
        "site": spec.site if spec else "",
        "rack": spec.rack if spec else "",
        "department": incident.department or (spec.department if spec else ""),
        "departments": impact.departments,
        "department_count": float(len(impact.departments)),
        "services": impact.services,
        "service_count": float(len(impact.services)),
        "service_class": impact.service_class,
        "people": float(impact.people),
        "people_percent": 100.0 * impact.people // topology.everybody if topology.everybody else 0.0,
        "scope": scope(topology, impact, spec),
        "nodes": float(impact.nodes),
        "redundant": any(not why_down(s, p) for p in topology.partners(incident.cause or incident.root)),
        "flapping": any(a.flapping for a in alerts),
        "new_alerts": float(len(new)),
        "new_nodes": float(len({a.node for a in new})),
        "difficulty": difficulty(incident, spec),
        "people_free": people_free(s, spec.owner if spec else ""),
        "severity": min((a.severity for a in alerts), key=SEVERITIES.index, default="unknown"),
        "check": tuple(a.check for a in alerts if a.check),
        "text": tuple(a.summary for a in alerts),
        "team": spec.owner if spec else "",
        "source": tuple({w.source: None for a in alerts for w in a.watchers}),
        "class": "local" if incident.cause_kind == "local" else first.cls if first else "unknown",
        "cause_kind": incident.cause_kind,
        "report": bool(alerts) and all(a.report for a in alerts),  # known from people only
        "known": spec is not None,
        "came_by": incident.came_by,
        **(values_of(alerts, s.rules.labels) if s.rules.labels else {}),
        **s.rules.ranker.moment(s.wall),
    }
    return found | _until(s, deadline)


def _until(s: State, deadline: Deadline | None) -> dict[str, Value]:
    """What there is to say of a deadline; one that does not exist is never near."""
    if deadline is None:
        return {"deadline": (), "deadline_hours": INFINITE}
    hours = (deadline.at - s.wall) / 3600.0
    return {"deadline": (deadline.id,), "deadline_hours": hours, DEADLINE_AT: deadline.at}


def _typical(s: State, incident: Incident) -> list[Alert]:
    """The first alerts of the incident and of what was linked to it: enough to judge a storm by."""
    found: list[Alert] = []
    for number in s.group(incident.number):
        for alert in s.members(number):
            found.append(alert)
            if len(found) >= _TYPICAL:
                return found
    return found


def _impact(s: State, incident: Incident) -> Impact:
    topology, cause = s.rules.topology, incident.cause
    if cause not in topology.nodes or cause is None:
        return topology.impact_of(w for w in incident.watches if topology.nodes[w].kind == "service")
    if incident.cause_kind == "local":
        return topology.impact_of((cause,))
    with_it = [p for p in topology.partners(cause) if why_down(s, p)]
    return topology.impact_of(topology.reach_of({cause, *with_it})) if with_it else topology.impact(cause)


def _above(one: Priority, other: Priority) -> bool:
    return PRIORITIES.index(one) < PRIORITIES.index(other)
