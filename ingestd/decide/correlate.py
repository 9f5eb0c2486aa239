"""Explain upward, adopt downward: which incident an alert belongs to.

An alert is explained by state, not by a time window: it joins the incident of whatever holds its node down, or opens
its own and waits. A cause that reports later adopts what waits beneath it; a cause that never reports is inferred from
its children when the hold runs out. Local problems never join a storm.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from ingestd.decide import link
from ingestd.decide.explain import Because, explained, why_down
from ingestd.decide.state import State
from ingestd.model import Alert, Incident, Reason


def place(s: State, alert: Alert) -> None:
    """Put a newly firing alert (not yet of any incident) where it belongs, and let it adopt what it explains."""
    if alert.report:
        _place_report(s, alert)
    elif alert.cls == "local" or alert.guessed:
        _open(s, alert, cause_kind="local", watches=())
    elif not _joined_own(s, alert) and not _joined_cause(s, alert) and not _joined_maintenance(s, alert):
        watches = (alert.node,) if alert.known else ()
        _open(s, alert, cause_kind="reported", watches=watches)
    placed = s.alert(alert.id)
    if placed.down and placed.known and not placed.guessed:
        adopt(s, placed.node)


def adopt(s: State, node: str) -> None:
    """``node`` went down: link the incidents that waited beneath it and are now explained, unless much older."""
    horizon = s.at - s.rules.times.adopt_window
    for number in sorted(s.waiting(node)):
        incident = s.incident(number)
        if incident is None or incident.merged_into or incident.detected < horizon:
            continue
        because = _any_explained(s, incident.watches, themselves=not incident.cause_kind)
        if because is None:
            continue
        target = s.survivor(because.incident)
        alike = target.suppressed == incident.suppressed or target.silenced_by or incident.silenced_by
        if target.number != number and alike:
            link.merge(s, number, target.number, because.cause, f"{because.text()} explains it")


def infer(s: State, incident: Incident) -> bool:
    """Suspect a silent cause: most of a node's monitored, hard-dependent children went down within minutes."""
    best: tuple[float, int, str] | None = None
    for watched in incident.watches:
        for depth, candidate in enumerate(s.rules.topology.ancestors(watched)):
            ratio = _down_share(s, candidate, incident.detected)
            if ratio >= s.rules.correlate.infer_ratio and (best is None or (ratio, -depth) > best[:2]):
                best = (ratio, -depth, candidate)
    if best is None:
        return False
    ratio, _, node = best
    text = f"{node} is suspected: {ratio:.0%} of what hangs on it went down"
    s.put_mark(replace(s.mark(node), inferred_by=incident.number, inferred_at=s.at))
    link.set_cause(s, incident.number, node, "inferred", Reason("correlate", "silent-cause", text))
    adopt(s, node)
    return True


def still_gathering(s: State, incident: Incident) -> bool:
    """The hold is over: look for a silent cause, and hold on while unexplained roots keep pouring in."""
    times = s.rules.times
    if incident.cause_kind == "reported" and incident.watches:
        infer(s, incident)
    now = s.survivor(incident.number)
    if now.number != incident.number or not now.page_at:
        return True
    end = now.hold_from + times.hold_max
    if s.at >= end or now.cause_kind not in ("reported", "") or not _roots_since(s, now, s.at - times.hold_extend):
        return False
    s.put_incident(replace(now, page_at=min(end, s.at + times.hold_extend)))
    return True


# -- where a new alert may belong
def _joined_own(s: State, alert: Alert) -> bool:
    """Its node is in an open incident already: the node's own, or the one that explains the node's other symptoms."""
    for number in sorted(s.rooted(alert.node)):
        incident = s.survivor(number)
        if incident.state == "resolved" or incident.cause_kind in ("local", ""):
            continue
        if alert.cls == "unknown" and not _is_down(s, alert.node):
            continue
        _join(s, alert, incident.number, Reason("correlate", "same-node", f"{alert.node} is in this incident already"))
        return True
    return False


def _joined_cause(s: State, alert: Alert) -> bool:
    because = explained(s, alert.node)
    if because is None:
        return False
    _join(s, alert, because.incident, Reason("correlate", "explained", f"{because.text()}, which is down"))
    return True


def _joined_maintenance(s: State, alert: Alert) -> bool:
    """Covered by a maintenance window: recorded with the window's other alerts, not paged."""
    window = s.rules.topology.maintenance(alert.node, s.wall)
    if window is None:
        return False
    why = Reason("correlate", "maintenance", f"{window.target} is in maintenance: {window.summary or 'planned'}")
    for number in sorted(s.rooted(window.target)):
        incident = s.survivor(number)
        if incident.suppressed and incident.state != "resolved":
            _join(s, alert, incident.number, why)
            return True
    _open(s, alert, cause_kind="reported", watches=(), cause=window.target, why=why, suppressed=True)
    return True


def _place_report(s: State, alert: Alert) -> None:
    """A person's report is a weak symptom of what she names or her department uses."""
    because = _any_explained(s, alert.candidates, themselves=True)
    if because:
        why = Reason("correlate", "report", f"reported by {alert.sender or 'a caller'}; {because.text()} is down")
        _join(s, alert, because.incident, why, certainty="unsure")
    else:
        _open(s, alert, cause_kind="", watches=alert.candidates)


def _any_explained(s: State, nodes: Iterable[str], *, themselves: bool = False) -> Because | None:
    found = (why_down(s, node) if themselves else explained(s, node) for node in nodes)
    causes = [because for because in found if because]
    return min(causes, key=lambda b: (len(b.path), b.since), default=None)


# -- writing it down
def _join(s: State, alert: Alert, number: int, why: Reason, certainty: str = "sure") -> None:
    unsure = certainty == "unsure" or alert.cls == "unknown"
    s.put_alert(
        replace(alert, incident=number, certainty="unsure" if unsure else "sure", reasons=(*alert.reasons, why))
    )
    s.log(number, "joined", f"{_name(alert)}: {why.text}", rule=why.rule)
    s.touch(number)
    if alert.down and s.survivor(number).cause == alert.node:
        link.set_cause(s, number, alert.node, "reported", Reason("correlate", "confirmed", "it reported itself"))


def _open(
    s: State,
    alert: Alert,
    *,
    cause_kind: str,
    watches: tuple[str, ...],
    cause: str = "",
    why: Reason | None = None,
    suppressed: bool = False,
) -> None:
    """A new incident around this alert, held before anybody is paged."""
    times, number = s.rules.times, s.new_incident()
    settle = times.settle_local if cause_kind == "local" else times.settle_symptom
    window = s.rules.topology.maintenance(alert.node, s.wall)
    hidden = suppressed or (window is not None and window.target == alert.node)
    reason = why or Reason("correlate", "opened", f"nothing that {alert.node} depends on is known to be down")
    s.put_alert(replace(alert, incident=number, certainty="root", reasons=(*alert.reasons, reason)))
    incident = Incident(
        number=number,
        state="triggered",
        title=_title(alert),
        root=alert.node,
        watches=() if hidden else watches,
        cause=cause or (alert.node if cause_kind and _placed(alert) else None),
        cause_kind=cause_kind,  # type: ignore[arg-type]  # one of the literals, by the callers above
        began=alert.first_at,
        detected=s.at,
        hold_from=s.at,
        page_at=0.0 if hidden else s.at + settle,
        suppressed=hidden,
        department=alert.department,
        reporter=alert.sender,
        came_by="mail" if alert.report else "monitor",
        reasons=(*alert.reasons, reason),
    )
    s.put_incident(incident)
    s.log(number, "opened", incident.title, rule=reason.rule)
    s.touch(number)


def _title(alert: Alert) -> str:
    named = alert.check or alert.report or _placed(alert)
    return (f"{_name(alert)}: {alert.summary}" if named else alert.summary)[:200]


def _placed(alert: Alert) -> bool:
    """Whether anybody said where it is; else its node is only the source that spoke."""
    return alert.known or alert.host is not None


def _name(alert: Alert) -> str:
    where = alert.node if _placed(alert) or alert.report else ""
    return (
        f"{where} {alert.check}".strip()
        if alert.check and alert.check.casefold() != alert.node
        else where or alert.node
    )


# -- evidence
def _roots_since(s: State, incident: Incident, since: float) -> bool:
    """Whether other unexplained incidents opened lately under something this one depends on."""
    nearest = {parent for node in incident.watches for parent in s.rules.topology.parents(node)}
    others = (s.incident(n) for parent in nearest for n in s.waiting(parent) if n != incident.number)
    return any(o is not None and o.detected > since for o in others)


def _is_down(s: State, node: str) -> bool:
    return any(a.state == "firing" and a.cls == "reachability" for a in s.alerts_at(node))


def _down_share(s: State, node: str, since: float) -> float:
    """Which part of a node's monitored hard children is in unexplained trouble since about ``since``; 0 if too few."""
    if s.mark(node).up_at > since or why_down(s, node):
        return 0.0
    topology, rules = s.rules.topology, s.rules.correlate
    children = [
        c
        for c in topology.hard_children(node)
        if topology.nodes[c].kind not in rules.unmonitored_kinds and explained(s, c) is None
    ]
    heard = [c for c in children if _fresh(s, c, since - rules.times.infer_window)]
    return len(heard) / len(children) if len(heard) >= rules.infer_children else 0.0


def _fresh(s: State, node: str, since: float) -> bool:
    return any(a.state == "firing" and a.cls == "reachability" and a.first_at >= since for a in s.alerts_at(node))
