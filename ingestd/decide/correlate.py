"""Explain upward, adopt downward: which incident an alert belongs to.

An alert is explained by state, not by a time window: it joins the incident of whatever holds its node down
(``explain``), or opens its own and waits. A cause that reports later adopts what waits beneath it. When the hold runs
out, what is still unexplained is asked whether a silent cause (``suspect``) or a link that the topology lacks
(``nearby``) is behind it. Local problems never join a storm; what two monitors say of one signal belongs together
(``twin``).
"""

from collections import deque
from collections.abc import Callable, Iterable
from heapq import nlargest
from itertools import islice

from msgspec.structs import replace

from ingestd.decide import link, nearby, suspect, twin
from ingestd.decide.classify import Times
from ingestd.decide.explain import Because, explained, why_down
from ingestd.decide.nearby import Probably
from ingestd.decide.spelled import KEY, spelled
from ingestd.decide.state import State
from ingestd.decide.suspect import Suspect
from ingestd.model import FAILURES, Alert, Incident, Reason

_SUSPECTS = 20  # so many silent causes may come to light at one moment
_TELLING = 3  # alerts of an adopted incident that carry the path; its others were explained by these
_SOME, _STORM = 3, 9  # unexplained incidents under one node that make waiting worth while: lately, within a hold


def place(s: State, alert: Alert) -> None:
    """Put a newly firing alert (not yet of any incident) where it belongs, and let it adopt what it explains."""
    if alert.report:
        _place_report(s, alert)
    elif alert.cls == "local" or alert.guessed:
        if not any(joined(s, alert) for joined in (_joined_twin, _joined_group)):
            _open(s, alert, cause_kind="local", watches=())
    elif not any(joined(s, alert) for joined in _HOMES):
        _open(s, alert, cause_kind="reported", watches=(alert.node,) if alert.known else ())
    placed = s.alert(alert.id)
    if placed.down and placed.known and not placed.guessed:
        adopt(s, placed.node)
        for number in (n for partner in s.rules.topology.partners(placed.node) for n in s.rooted(partner)):
            s.touch(number)  # without this one, its failure weighs more
        if s.survivor(placed.incident).told:  # it has no hold of its own at the end of which to ask
            reconsider(s, placed.incident)


def place_together(s: State, alerts: list[Alert]) -> None:
    """Place what left an incident for one reason: what nothing explains is one case, not as many as it has nodes."""
    first = 0
    for alert in alerts:
        if not first or explained(s, alert.node):
            place(s, alert)
            first = first or s.alert(alert.id).incident
        else:
            why = Reason("correlate", "reexplained", f"left with #{first}")
            _join(s, alert, first, why, certainty="unsure")


def adopt(s: State, node: str) -> None:
    """``node`` went down: link the incidents that waited beneath it and are now explained, unless much older."""
    queue = deque(sorted(s.waiting(node)))
    while queue:
        number = queue.popleft()
        into = _adopt(s, number)
        if into and into in s.waiting(node):  # what it was linked to may be explained in its turn
            queue.append(into)


def _adopt(s: State, number: int) -> int:
    """Link one incident to what explains it; the number of the survivor, 0 if nothing does."""
    incident = s.incident(number)
    if incident is None or incident.merged_into or incident.detected < s.at - _times(s, incident).adopt_window:
        return 0
    because = _explanation(s, incident)
    if because is None or (because.suspected and _failed_before(s, incident, because.since)):
        return 0
    target = s.survivor(because.incident)
    alike = target.suppressed == incident.suppressed or target.silenced_by or incident.silenced_by
    if target.number == number or not alike:
        return 0
    cause = target.cause if target.cause_kind in FAILURES else None  # what explains may be a link
    path = because.told(s)
    link.merge(s, number, target.number, cause or because.cause, f"{path}, explains it")
    _tell_why(s, incident, path)
    return s.survivor(number).number


def _failed_before(s: State, incident: Incident, since: float) -> bool:
    """Whether the cause of an incident was said to be down before anything spoke for a suspect."""
    said = [a.first_at for a in s.alerts_at(incident.cause or "") if a.down and a.state == "firing"]
    return bool(said) and min(said) < since - _times(s, incident).infer_spread


def _times(s: State, incident: Incident) -> Times:
    return s.rules.timing.at(incident.cause or incident.root).times


def _tell_why(s: State, incident: Incident, path: str) -> None:
    """The alerts that an incident came with say by which path it was explained."""
    why = Reason("correlate", "adopted", path)
    for alert in islice(s.members(incident.number), _TELLING):
        s.put_alert(replace(alert, reasons=(*alert.reasons, why)))


def reconsider(s: State, number: int) -> None:
    """Ask what may be behind an incident that nothing known explains: a lacking link, a silent cause, a move."""
    _guess_links(s, number, nearby.in_the_rack)
    for found in islice(iter(lambda: suspect.suspected(s, s.survivor(number)), None), _SUSPECTS):
        _suspect(s, found)
    _guess_links(s, number, nearby.in_the_rack)
    _guess_links(s, number, nearby.moved_to)
    _gather(s, number)


def still_gathering(s: State, incident: Incident) -> bool:
    """The hold is over: look for a silent cause, and hold on while unexplained roots keep pouring in."""
    times = _times(s, incident)
    end = incident.hold_from + times.hold_max
    if s.at < end and incident.cause_kind in ("reported", "") and _more_to_come(s, incident):
        s.put_incident(replace(incident, page_at=min(end, s.at + times.hold_extend)))
        return True
    reconsider(s, incident.number)
    now = s.survivor(incident.number)
    return now.number != incident.number or not now.page_at


def _suspect(s: State, found: Suspect) -> None:
    """Believe in a silent cause until something better explains what speaks for it."""
    first = min(found.down, key=lambda node: (suspect.root_since(s, node), node))
    number = suspect.roots(s, first)[0].number
    text = f"{found.node} is suspected: {found.share():.0%} of what hangs on it went down"
    s.put_mark(replace(s.mark(found.node), inferred_by=number, inferred_at=s.at))
    link.set_cause(s, number, found.node, "inferred", Reason("correlate", "silent-cause", text))
    s.put_incident(replace(s.survivor(number), watches=(found.node, *found.down)))
    adopt(s, found.node)


def _guess_links(s: State, number: int, guess: Callable[[State, str], Probably | None]) -> None:
    """Join what an incident probably belongs to, and what probably belongs to it: unsure, and shown as such."""
    for node in dict.fromkeys((s.survivor(number).root, s.survivor(number).cause or "")):
        _join_probably(s, node, guess(s, node))
    cause = s.survivor(number).cause or ""
    for node in s.rooted_among(s.rules.topology.rack_of(cause)) if suspect.root_since(s, cause) else ():
        found = guess(s, node) if node != cause else None
        if found is not None and found.cause == cause:
            _join_probably(s, node, found)


def _gather(s: State, number: int) -> None:
    """Hosts that no topology knows: put together what went down together in one place."""
    found = nearby.in_one_place(s, s.survivor(number))
    for node in found.nodes if found else ():
        if found and suspect.root_since(s, node):
            _join_probably(s, node, Probably(found.cause, found.why))


def _join_probably(s: State, node: str, found: Probably | None) -> None:
    if found is None:
        return
    mine, target = suspect.roots(s, node)[0], suspect.roots(s, found.cause)[0]
    why = Reason("correlate", "probable", f"probably: {found.why}")
    for alert in [a for n in s.group(mine.number) for a in s.members(n)]:
        s.put_alert(replace(alert, certainty="unsure", reasons=(*alert.reasons, why)))
    link.merge(s, mine.number, target.number, found.cause, why.text)


# -- where a new alert may belong
def _joined_own(s: State, alert: Alert) -> bool:
    """Its node is in an open incident already: the node's own, or the one that explains the node's other symptoms."""
    for number in sorted(s.rooted(alert.node)):
        incident = s.survivor(number)
        if incident.state == "resolved" or incident.cause_kind in ("local", ""):
            continue
        if incident.suppressed and not incident.silenced_by and not s.rules.topology.maintenance(alert.node, s.wall):
            continue  # what a maintenance hides does not hide what comes after it
        if (alert.cls == "unknown" and not _is_down(s, alert.node)) or _left(s, alert.node, incident.number):
            continue
        _join(s, alert, incident.number, Reason("correlate", "same-node", f"{alert.node} is in this incident already"))
        return True
    return False


def _left(s: State, node: str, number: int) -> bool:
    """Whether all that an incident had of a node was found not to belong to it."""
    had = [a.state for a in s.alerts_at(node) if s.survivor(a.incident).number == number]
    return bool(had) and all(state == "unconfirmed" for state in had)


def _joined_twin(s: State, alert: Alert) -> bool:
    """Another monitor has said the same, in its own words."""
    other = twin.twin(s, alert)
    if other is None or s.survivor(other.incident).state == "resolved":
        return False
    name = other.check or "host"
    why = Reason("correlate", "same-signal", f"{other.watchers[0].source} has it as {name} on {other.node}")
    _join(s, alert, other.incident, why, certainty="sure" if alert.check == other.check else "unsure")
    return True


def _joined_group(s: State, alert: Alert) -> bool:
    """A rule of the site puts it with others."""
    group = s.rules.grouping.of(alert)
    if group is None:
        return False
    for number in sorted(s.rooted(group.key)):
        incident = s.survivor(number)
        open_here = incident.state != "resolved" and not incident.apart and not incident.suppressed
        if open_here and s.at <= incident.detected + group.within:
            why = Reason("correlate", group.rule, f"shares {group.shared} with #{incident.number}")
            _join(s, alert, incident.number, why, certainty="unsure")
            return True
    return False


def _joined_cause(s: State, alert: Alert) -> bool:
    because = explained(s, alert.node)
    if because is None:
        return False
    _join(s, alert, because.incident, Reason("correlate", "explained", because.told(s)))
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


_HOMES = (_joined_own, _joined_cause, _joined_maintenance, _joined_twin, _joined_group)


def _explanation(s: State, incident: Incident) -> Because | None:
    """What explains an incident. A suspicion falls when all that spoke for it is explained without it."""
    if incident.cause_kind != "inferred":
        return _any_explained(s, incident.watches, themselves=not incident.cause_kind)
    node, *spoke = incident.watches
    without = [explained(s, child, frozenset({node})) for child in spoke]
    outside = next((b for b in without if b and s.survivor(b.incident).number != incident.number), None)
    if outside is None or not all(without):
        return explained(s, node)
    s.put_mark(replace(s.mark(node), inferred_by=0))
    s.log(incident.number, "cause", f"{node} is no longer suspected: {outside.text()} explains it", rule="silent-cause")
    return outside


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
    times, number = s.rules.timing.at(alert.node).times, s.new_incident()
    group = s.rules.grouping.of(alert)
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
        group="" if hidden else group.key if group else _place(alert, cause_kind),
        department=alert.department,
        reporter=alert.sender,
        came_by="mail" if alert.report else "monitor",
        reasons=(*alert.reasons, reason),
    )
    s.put_incident(incident)
    s.log(number, "opened", incident.title, rule=reason.rule)
    s.touch(number)


def _place(alert: Alert, cause_kind: str) -> str:
    """Where a host that no topology knows stands by its name, if it is out of reach."""
    said = spelled(alert.node) if cause_kind == "reported" and not alert.known and alert.host else None
    return KEY + said.place if said and said.place else ""


def opened_by_hand(s: State, alert: Alert, why: Reason) -> int:
    """An incident of its own for an alert that a person took out of another; judgement leaves it alone."""
    _open(s, alert, cause_kind="local" if alert.cls == "local" else "reported", watches=(), why=why)
    number = s.alert(alert.id).incident
    s.put_incident(replace(s.numbered(number), apart=True, page_at=0.0))
    return number


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
def _more_to_come(s: State, incident: Incident) -> bool:
    """Whether unexplained incidents that no suspect accounts for still open: one close by, some in reach, a storm."""
    topology, times, found = s.rules.topology, _times(s, incident), suspect.suspected(s, incident)
    if incident.group.startswith(KEY) and any(
        s.numbered(n).detected > s.at - times.hold_extend for n in s.rooted(incident.group) if n != incident.number
    ):
        return True
    nearest = {parent for node in incident.watches for parent in topology.parents(node)}
    for ancestor in dict.fromkeys(a for node in incident.watches for a in topology.ancestors(node)):
        newest = [s.numbered(n) for n in nlargest(_STORM, s.waiting(ancestor)) if n != incident.number]
        others = [one.detected for one in newest if found is None or one.cause not in found.down]
        lately = sum(detected > s.at - times.hold_extend for detected in others)
        if lately >= (1 if ancestor in nearest else _SOME):
            return True
        if len(others) >= _STORM - 1 and others[-1] > s.at - times.hold_max and _could_be(s, ancestor, incident):
            return True
    return False


def _could_be(s: State, ancestor: str, incident: Incident) -> bool:
    """Whether one failure of an ancestor would be enough."""
    return not s.rules.topology.reach(ancestor).isdisjoint(incident.watches)


def _is_down(s: State, node: str) -> bool:
    return any(a.state == "firing" and a.cls == "reachability" for a in s.alerts_at(node))
