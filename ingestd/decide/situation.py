"""What rules may ask about an incident, and its rank and route by them."""

from msgspec.structs import replace

from ingestd.decide import escalate
from ingestd.decide.explain import why_down
from ingestd.decide.rank import Ranking
from ingestd.decide.state import State
from ingestd.decide.when import Value
from ingestd.model import PRIORITIES, SEVERITIES, Alert, Impact, Incident, News, Priority

_TYPICAL = 50  # so many alerts tell what an incident is about


def settle(s: State, number: int) -> None:
    """Rank and route an incident again after something in it changed; say so to those who were told."""
    incident = s.survivor(number)
    if incident.state == "resolved" or _tells_nothing(s, incident):
        return
    impact = _impact(s, incident)
    situation = facts(s, incident, impact)
    ranking = s.rules.ranker.rank(situation)
    priority = _priority(incident, ranking)
    addressed = next((alert.policy for alert in _typical(s, incident) if alert.policy), "")
    route = s.rules.router.route({**situation, "priority": priority}, addressed)
    other_team = route.team != incident.team and not s.reloaded  # nobody is paged because of a reload alone
    anew = bool(incident.told) and not incident.suppressed and (_rises(incident, priority) or other_team)
    kept = tuple(r for r in incident.reasons if r.stage not in ("rank", "route"))
    s.put_incident(
        replace(
            incident,
            impact=impact,
            urgency=ranking.urgency,
            priority=priority,
            policy=route.policy.id if anew or not incident.told else incident.policy,
            team=route.team,
            page_at=s.at if ranking.page_at_once and incident.page_at else incident.page_at,
            reasons=(*kept, *ranking.reasons, route.reason),
        )
    )
    _tell_news(s, number, ranking)
    if anew:
        escalate.start_anew(s, number, f"priority {incident.priority} -> {priority}, team {route.team or 'nobody'}")


def _tells_nothing(s: State, incident: Incident) -> bool:
    """Whether it is one more of many alerts, which tells the rules nothing new."""
    same = incident is s.before(incident.number) and not s.reloaded
    return same and s.size(incident.number, _TYPICAL) >= _TYPICAL


def _tell_news(s: State, number: int, ranking: Ranking) -> None:
    """What a receiver would act on: the cause was found, the priority rose."""
    before, now = s.before(number), s.survivor(number)
    if before is None:
        return
    if now.priority != before.priority:
        s.log(number, "priority", f"{before.priority} -> {now.priority}", rule=ranking.reasons[-1].rule)
    if not before.told:
        return
    news = []
    if now.cause != before.cause and now.cause:
        news.append(News("cause" if now.cause_kind == "reported" else "suspected", now.cause))
    if _rises(before, now.priority):
        news.append(News("priority", f"{before.priority} -> {now.priority}"))
    if news:
        escalate.news(s, number, *news)


def facts(s: State, incident: Incident, impact: Impact) -> dict[str, Value]:
    """The facts of ``vocabulary.INCIDENT`` for an incident."""
    alerts = _typical(s, incident)
    spec = s.rules.topology.nodes.get(incident.cause or incident.root)
    first = alerts[0] if alerts else None
    return {
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
        "nodes": float(impact.nodes),
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
        **s.rules.ranker.moment(s.wall),
    }


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


def _priority(incident: Incident, ranking: Ranking) -> Priority:
    """A person's word stands; what people were told goes up at once and down only with a new cause."""
    if incident.priority_by:
        return incident.priority
    if incident.told:
        return min(incident.priority, ranking.priority, key=PRIORITIES.index)
    return ranking.priority


def _rises(incident: Incident, priority: Priority) -> bool:
    return PRIORITIES.index(priority) < PRIORITIES.index(incident.priority)
