"""From an event to its alert: the open one it belongs to, a new one, one that fires again, one that is over."""

from ingestd.decide import correlate, dedup, ending, flapping, report
from ingestd.decide.dedup import Place
from ingestd.decide.explain import why_down
from ingestd.decide.labels import kept_labels
from ingestd.decide.route import tags
from ingestd.decide.state import State
from ingestd.model import Alert, Event, Message, Reading, Reason


def open_alert(s: State, place: Place) -> Alert | None:
    """The alert with this fingerprint, unless its incident is over."""
    known = s.alert_by(place.fingerprint)
    return known if known is not None and s.survivor(known.incident).state != "resolved" else None


def new(s: State, place: Place, event: Event, message: Message, reading: Reading, *, department: str = "") -> Alert:
    """An alert of an event that was not known; not of any incident yet. ``department``: of a person's report."""
    classified = s.rules.classifier.classify(event, place.node, message.source)
    before = s.alert_by(place.fingerprint)
    department = department or report.department(s.rules, event.sender)
    watchers = dedup.first_watcher(s, message.source)
    reasons = (
        *reading.reasons,
        Reason("fingerprint", "identity" if event.identity else "node-check", place.fingerprint),
        Reason("classify", classified.rule, classified.cls),
    )
    alert = Alert(
        id=s.new_alert(),
        fingerprint=place.fingerprint,
        node=place.node,
        check=None if place.own_service else event.check,
        host=event.host,
        cls=classified.cls,
        down=classified.down or (place.own_service and classified.cls == "reachability"),
        state="firing",
        severity=event.severity,
        summary=event.summary,
        incident=0,
        certainty="root",
        first_at=s.at,
        last_at=s.at,
        watchers=watchers,
        known=place.known,
        guessed=event.guessed,
        report=event.report,
        sender=event.sender,
        department=department if event.report else "",
        candidates=report.candidates(s.rules, event, department, classified.cls) if event.report else (),
        external_id=event.external_id,
        url=event.url,
        labels=kept_labels(event),
        recogniser=reading.recogniser,
        policy=next((tag for tag in tags(message) if tag in s.rules.router.policies), ""),
        ends=event.ends,
        due_at=dedup.due_at(s, event, watchers),
        reasons=reasons,
    )
    return flapping.returned(s, alert, before) if before is not None else alert


def again(s: State, known: Alert, event: Event, source: str) -> None:
    """A repeat: counted; ranked anew if it got worse."""
    repeated = dedup.occurrence(s, known, event, source)
    s.put_alert(repeated)
    if repeated.severity != known.severity:
        s.touch(s.survivor(known.incident).number)


def rejoins(s: State, alert: Alert) -> bool:
    """Whether an alert that fires again belongs where it was: the incident is cooling, or explains it still."""
    incident = s.survivor(alert.incident)
    because = why_down(s, alert.node) if alert.known and alert.cls != "local" else None
    return bool(incident.end_at) or (because is not None and s.survivor(because.incident).number == incident.number)


def fires_again(s: State, alert: Alert, event: Event, source: str) -> None:
    """It is back: the same alert, the same incident, no page."""
    back = flapping.returned(s, dedup.occurrence(s, alert, event, source), alert)
    s.put_alert(back)
    number = s.survivor(alert.incident).number
    name = f"{alert.node} {alert.check or ''}".strip()
    s.log(number, "again", f"{name} fires again", rule="cooling")
    if back.flapping and not alert.flapping:
        s.log(number, "flapping", f"{name} goes up and down: open until it is calm", rule="flapping")
    s.touch(number)
    if alert.down and alert.known and not alert.guessed:
        correlate.adopt(s, alert.node)


def over(s: State, known: Alert | None, place: Place, event: Event, source: str) -> None:
    """A recovery: of the alert we have, or at least proof that the node is alive."""
    dedup.ends_things(s, source)
    if known is None or known.state == "resolved":
        if place.known and not event.guessed and s.rules.classifier.classify(event, place.node, source).down:
            ending.prove_up(s, place.node)
        return
    heard = dedup.heard_recovery(s, known, source)
    if heard.state == "resolved":
        ending.recovered(s, heard, event.summary)
    else:
        s.put_alert(heard)
