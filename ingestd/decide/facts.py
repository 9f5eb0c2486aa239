"""What a text may say about an incident, frozen at the moment of the decision."""

from ingestd.decide import knowledge
from ingestd.decide.state import State
from ingestd.model import Alert, Facts, Incident, News

_TOLD = frozenset({"correlate", "rank", "route", "person"})  # stages whose reasons a sleepy person can use
_SHOWN = 12  # alerts in one text: a phone's screenful


def facts_of(s: State, incident: Incident, *, news: tuple[News, ...] = (), step: int = 0) -> Facts:
    """Everything that the templates may use."""
    alerts = [a for n in s.group(incident.number) for a in s.members(n)]
    alerts.sort(key=lambda a: (a.certainty == "unsure", a.node != incident.cause, a.certainty != "root", a.id))
    spec = s.rules.topology.nodes.get(incident.cause or "")
    return Facts(
        number=incident.number,
        priority=incident.priority,
        title=incident.title,
        state=incident.state,
        cause=incident.cause,
        cause_kind=incident.cause_kind,
        since=incident.began,
        held=max(0.0, (incident.waits_from or incident.told_at or s.at) - incident.detected),
        waits_from=incident.waits_from,
        departments=tuple(_department(s, d) for d in incident.impact.departments),
        services=incident.impact.services,
        people=incident.impact.people,
        alerts=tuple(line_of(a) for a in alerts if a.certainty != "unsure")[:_SHOWN],
        unsure=tuple(line_of(a) for a in alerts if a.certainty == "unsure")[:_SHOWN],
        alert_count=sum(a.count for a in alerts),
        remedy=spec.remedy if spec else "",
        before=knowledge.before(s, incident),
        owner=incident.owner,
        restored_at=incident.restored_at,
        workaround=incident.workaround if incident.restored_at else "",
        team=incident.team,
        step=step,
        policy=incident.policy,
        news=news,
        unheard=tuple(a.node for a in alerts if a.state == "unconfirmed" and not a.report),
        reasons=tuple(r for r in incident.reasons if r.stage in _TOLD)[-12:],
        wall_offset=s.wall - s.at,
    )


def _department(s: State, department: str) -> str:
    return s.rules.topology.departments[department].name or department


def line_of(alert: Alert) -> str:
    """An alert in one line of a text."""
    name = f"{alert.node} {alert.check}" if alert.check else alert.node
    times = f" (x{alert.count})" if alert.count > 1 else ""
    return f"{name}: {alert.summary}{times}"[:160]
