"""What fires, is over, and fires again: a penalty that decays says whether an alert flaps.

As routers damp a route (RFC 2439): each return adds one to the penalty, which halves every ``flap_half_life``. From
``flap_start`` on the alert flaps, until the penalty is below ``flap_stop``. While it flaps its incident stays open: one
that goes up and down all night is one incident with one page and one end, not a page an hour.
"""

from math import exp2, log2

from msgspec.structs import replace

from ingestd.decide.classify import Times
from ingestd.decide.state import State
from ingestd.model import Alert


def returned(s: State, alert: Alert, before: Alert) -> Alert:
    """The alert that fires again; ``before``: as it was when it was over, here or in an incident that has ended."""
    times = _times(s, alert)
    left = _left(before, s.at, times)
    flaps = left + 1 >= times.flap_start or (before.flapping and left >= times.flap_stop)
    return replace(alert, penalty=left + 1, penalty_at=s.at, flapping=flaps)


def calm_at(s: State, alert: Alert) -> float:
    """When an alert that is over does not flap any more; 0: it does not now."""
    if not alert.flapping:
        return 0.0
    times = _times(s, alert)
    left = _left(alert, s.at, times)
    if left <= times.flap_stop:
        return 0.0
    return s.at + min(log2(left / times.flap_stop) * times.flap_half_life, times.flap_longest)


def _left(alert: Alert, at: float, times: Times) -> float:
    """What is left of the penalty."""
    return alert.penalty * exp2((alert.penalty_at - at) / times.flap_half_life)


def _times(s: State, alert: Alert) -> Times:
    return s.rules.timing.at(alert.node).times
