"""Swallowing shows: what joins an incident that people were told of already is said, if they would act on it.

Said is what joined unsure, what is worse than all before, and what hits a critical service that was not known to be
hit. One update gathers what comes within half a minute; the next one waits ten, whatever pours in.
"""

from msgspec.structs import replace

from ingestd.decide import telling
from ingestd.decide.facts import line_of
from ingestd.decide.state import State
from ingestd.model import SEVERITIES, Alert, Incident, News, NewsKind

_GATHER, _PAUSE = 30.0, 600.0
_SHOWN = 5  # lines in one update
_MOST = 100  # joined alerts that are remembered for one


def consider(s: State, number: int) -> None:
    """Arrange an update if something that people should know of joined in this step."""
    incident = s.survivor(number)
    before = s.before(incident.number)
    if before is None or not before.told or incident.suppressed or incident.state == "resolved":
        return  # the first page itself says what is there
    joined = [a.id for a in s.written(incident.number) if _joined(s, a) and _why(s, incident, a)]
    if joined:
        due = incident.update_at or max(s.at + _GATHER, incident.updated_at + _PAUSE)
        s.put_incident(replace(incident, update_at=due, joined=(*incident.joined, *joined)[:_MOST]))


def tell(s: State, number: int) -> None:
    """The update is due: what joined since the last one, the most telling first."""
    incident = s.survivor(number)
    s.put_incident(replace(incident, update_at=0.0, updated_at=s.at, joined=()))
    joined = [a for n in incident.joined if (a := s.open_alert(n)) is not None and _still(s, incident, a)]
    found = [(why, alert) for alert in joined if (why := _why(s, incident, alert))]
    news = [News(why, line_of(alert)) for why, alert in found[:_SHOWN]]
    if len(found) > _SHOWN:
        news.append(News("more", str(len(found) - _SHOWN)))
    if news:
        telling.news(s, number, *news)


def _still(s: State, incident: Incident, alert: Alert) -> bool:
    return alert.state == "firing" and s.survivor(alert.incident).number == incident.number


def _joined(s: State, alert: Alert) -> bool:
    """Whether an alert is new, or has just become an unsure part of its incident."""
    before = s.alert_before(alert.id)
    return before is None or (alert.certainty == "unsure" and before.certainty != "unsure")


def _why(s: State, incident: Incident, alert: Alert) -> NewsKind | None:
    """What makes a joined alert worth telling; a person's report has an answer of its own."""
    if alert.report or alert.certainty == "root" or alert.node == incident.cause:
        return None
    if alert.certainty == "unsure":
        return "joined"
    spec = s.rules.topology.nodes.get(alert.node)
    if spec is not None and spec.class_ == "critical" and spec.id not in incident.impact.services:
        return "joined"
    return "worse" if _is_worst(s, incident, alert) else None


def _is_worst(s: State, incident: Incident, alert: Alert) -> bool:
    """Whether it is more severe than all that came before it."""
    rank = SEVERITIES.index(alert.severity)
    others = (a for n in s.group(incident.number) for a in s.members(n) if a.first_at < alert.first_at)
    return all(SEVERITIES.index(other.severity) > rank for other in others)
