"""When a maintenance is over: what still fires then is placed anew, like any other alert, and paged.

An incident that a window hides looks again when the window ends. What recovered meanwhile nobody hears of.
"""

from msgspec.structs import replace

from ingestd.decide import correlate, ending
from ingestd.decide.state import State
from ingestd.model import Alert


def consider(s: State, number: int) -> None:
    """Look again at an incident that a window hides, when it ends or when other rules are in force."""
    incident = s.survivor(number)
    if incident.state == "resolved" or not incident.suppressed or incident.silenced_by:
        return
    known = incident.silent_until > s.at and not s.reloaded  # then only what this step wrote is news
    written = (a for a in s.written(incident.number) if a.state == "firing") if known else s.firing(incident.number)
    alerts = list(written)
    ends = {alert.id: _until(s, alert) for alert in alerts}
    left = [alert for alert in alerts if not ends[alert.id]]
    due = min((at for at in (*ends.values(), incident.silent_until if known else 0.0) if at), default=0.0)
    if due != incident.silent_until:
        s.put_incident(replace(incident, silent_until=due))
    if left:
        _leave(s, incident.number, left)


def _until(s: State, alert: Alert) -> float:
    """When the window ends that hides an alert, by the engine's clock; 0: none does."""
    window = s.rules.topology.maintenance(alert.node, s.wall)
    return window.ends(s.wall) - s.wall + s.at if window is not None else 0.0


def _leave(s: State, number: int, alerts: list[Alert]) -> None:
    for alert in alerts:
        s.put_alert(replace(alert, state="unconfirmed", due_at=0.0))
        s.log(number, "left", f"{alert.node} still fires although its maintenance is over", rule="maintenance")
    if next(s.firing(number), None) is None:
        ending.resolve(s, number, "the maintenance is over")
    correlate.place_together(s, [ending.anew(s, alert) for alert in alerts])
