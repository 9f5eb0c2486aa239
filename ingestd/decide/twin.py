"""One signal seen by two monitors that call it by different names: "disk" here, "Free space C:" there.

What counts as the same signal is in rules/correlate.yaml ("signals"). Two alerts of one node are twins if their checks
mean the same signal, no source reports both, and they do not name different disks, mount points or interfaces. A twin
stays an alert of its own, listed in the incident of the first; it ends with it if its source never ends anything.
"""

import re
from collections.abc import Iterator

from ingestd.decide.dedup import recovers
from ingestd.decide.state import State
from ingestd.model import Alert

_PART = re.compile(
    r"(?<!\w)(?:/[a-z][\w./-]*|[a-z]:|(?:eth|ens|bond|sd|nvme|vlan)\d*[a-z]?\d*|[a-z]+\d+(?:/\d+)+)", re.I
)


def twin(s: State, alert: Alert) -> Alert | None:
    """The one firing alert that another monitor sent about the same; None if there is none, or more than one."""
    if alert.guessed or alert.report:
        return None
    found = list(_twins(s, alert))
    return found[0] if len(found) == 1 else None


def ended_with(s: State, alert: Alert) -> list[Alert]:
    """The twins of an alert that is over whose own sources never say so."""
    same = (a for a in _twins(s, alert) if s.survivor(a.incident).number == s.survivor(alert.incident).number)
    return [a for a in same if not any(recovers(s, w.source) for w in a.watchers if w.firing)]


def _twins(s: State, alert: Alert) -> Iterator[Alert]:
    signal, sources = _signal(s, alert), {w.source for w in alert.watchers}
    for other in s.alerts_at(alert.node):
        if other.id == alert.id or other.state != "firing" or other.guessed or other.report:
            continue
        apart = sources.isdisjoint(w.source for w in other.watchers)
        if apart and _signal(s, other) == signal and _compatible(_parts(alert), _parts(other)):
            yield other


def _signal(s: State, alert: Alert) -> str:
    return "host" if alert.down else s.rules.classifier.signal(alert.check)


def _parts(alert: Alert) -> frozenset[str]:
    """The disks, mount points and interfaces that an alert names."""
    return frozenset(part.casefold().rstrip("./:") for part in _PART.findall(f"{alert.check} {alert.summary}"[:400]))


def _compatible(one: frozenset[str], other: frozenset[str]) -> bool:
    return not one or not other or not one.isdisjoint(other)
