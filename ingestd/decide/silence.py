"""What people asked not to be told of for a while.

A silence hides an incident only while everything that fires in it is hidden: one alert more and it is paged. While it
is hidden, its clocks stand still; when a silence ends and something still fires, they go on.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

import re2
from msgspec.structs import replace

from ingestd.decide import silenced
from ingestd.decide.labels import labels_of
from ingestd.decide.match import compiled
from ingestd.decide.spans import active, next_start, span
from ingestd.decide.state import State
from ingestd.model import Alert, Incident, Matcher, Reason, Silence

MOST_MATCHERS = 50
CLOCKS = ("page_at", "step_at", "resolve_at")  # what stands still


def problem(silence: Silence) -> str:
    """Why a silence can't be accepted; empty: it can."""
    asked = len(silence.matchers) + len(silence.targets)
    if not 1 <= asked <= MOST_MATCHERS:
        return f"a silence needs 1 to {MOST_MATCHERS} matchers or nodes"
    if silence.weekly is not None and not silence.weekly.weekdays:
        return "a weekly silence needs a day of the week"
    if silence.ends_at <= silence.starts_at:
        return "a silence must end after it starts"
    wrong = next(filter(None, map(bad_pattern, silence.matchers)), "")
    if wrong:
        return wrong
    if not silence.targets and matches(silence, {}):
        return "at least one matcher must ask for something: these hide every alert without labels"
    return ""


def matches(silence: Silence, labels: Mapping[str, str]) -> bool:
    """Whether labels meet every matcher."""
    return all(meets(matcher, labels) for matcher in silence.matchers)


def meets(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    """Whether labels meet one matcher; a label that is not there counts as empty."""
    value = labels.get(matcher.name, "")
    hit = _pattern(matcher).search(value) is not None if matcher.regex else value == matcher.value
    return hit is matcher.equal


def bad_pattern(matcher: Matcher) -> str:
    """What is wrong with a matcher's pattern; empty: nothing."""
    try:
        _pattern(matcher)
    except re2.error:
        return f"not an RE2 pattern: {matcher.value!r}"
    return ""


def hides(s: State, silence: Silence, alert: Alert, labels: Mapping[str, str]) -> bool:
    """Whether a silence is about an alert with these labels."""
    topology, targets = s.rules.topology, silence.targets
    covered = not targets or alert.node in targets or any(alert.node in topology.reach(t) for t in targets)
    return covered and matches(silence, labels)


def put(s: State, silence: Silence) -> None:
    """Take over a silence, new or changed, and look again at what it hides, or hid before."""
    hidden = [a for a in s.every_alert() if a.state == "firing" and hides(s, silence, a, labels_of(a))]
    before = {n for a in s.every_alert() for n in (a.incident,) if silence.id in s.survivor(n).silenced_by}
    s.put_silence(silenced.rearm(s, silence, s.wall - s.at))
    for number in (*(alert.incident for alert in hidden), *sorted(before)):
        s.touch(number)


def end(s: State, one: Silence) -> None:
    """A silence ends now."""
    put(s, replace(one, starts_at=min(one.starts_at, s.wall), ends_at=s.wall, updated_at=s.wall))


def over_with(s: State, numbers: Collection[int]) -> None:
    """End the silences that were to last as long as an incident that is over."""
    for one in tuple(s.silences().values()):
        if one.until_end_of in numbers and one.ends_at > s.wall:
            end(s, one)


def consider(s: State, number: int) -> None:
    """Hide an incident of which everything that fires is silenced; bring back one of which something is not."""
    incident = s.survivor(number)
    silences = s.silences()
    if incident.state == "resolved" or not (silences or incident.silenced_by or incident.silent_until):
        return
    if incident.suppressed and not incident.silenced_by:
        return  # maintenance
    hiding = _hiding(s, incident, silences)
    if hiding:
        _hide(s, incident, hiding)
    elif incident.silenced_by and next(s.firing(number), None) is not None:
        _bring_back(s, incident)
    elif incident.silenced_by:
        s.put_incident(replace(incident, silent_until=0.0))  # over while it was hidden: nobody need hear of it
    _wait_for_start(s, number, silences)


def _hiding(s: State, incident: Incident, silences: Mapping[str, Silence]) -> tuple[Silence, ...]:
    """The silences that together hide all that fires; none if something is not hidden."""
    now = [silence for silence in silences.values() if active(silence, s.wall)]
    if not now:
        return ()
    hidden = {silence.id: silence for silence in now if silence.id in incident.silenced_by}
    firing = next(iter(s.firing(incident.number)), None)
    known = bool(hidden) and len(hidden) == len(incident.silenced_by) and firing is not None and not s.rearranged()
    found = hidden if known else {}
    for alert in _written(s, incident) if known else s.firing(incident.number):
        labels = labels_of(alert)
        hit = next((silence for silence in now if hides(s, silence, alert, labels)), None)
        if hit is None:
            return ()
        found[hit.id] = hit
    return tuple(found.values())


def _written(s: State, incident: Incident) -> Iterator[Alert]:
    """The firing alerts of an incident that are news in this step; the others were looked at before."""
    return (alert for alert in s.written(incident.number) if alert.state == "firing")


def _hide(s: State, incident: Incident, hiding: tuple[Silence, ...]) -> None:
    ids = tuple(silence.id for silence in hiding)
    until = min(now[1] for one in hiding if (now := span(one, s.wall))) - (s.wall - s.at)
    for one in hiding:
        if one.id not in incident.silenced_by:
            silenced.hides_anew(s, one, incident.number)
    if not incident.silenced_by:
        words = "; ".join(f"{one.by}: {one.comment}".rstrip(": ") for one in hiding)
        s.log(incident.number, "silenced", f"by {words}", rule=ids[0])
        why = Reason("silence", ids[0], f"silenced by {words}")
        incident = replace(incident, frozen_at=s.at, reasons=(*incident.reasons, why))
    s.put_incident(replace(incident, suppressed=True, silenced_by=ids, silent_until=until))


def _bring_back(s: State, incident: Incident) -> None:
    stood = s.at - incident.frozen_at
    clocks = {name: getattr(incident, name) + stood for name in CLOCKS if getattr(incident, name)}
    kept = tuple(reason for reason in incident.reasons if reason.stage != "silence")
    changed = replace(incident, suppressed=False, silenced_by=(), silent_until=0.0, frozen_at=0.0, reasons=kept)
    s.put_incident(replace(changed, **clocks))
    s.log(incident.number, "unsilenced", "something in it is no longer silenced", rule=incident.silenced_by[0])


def _wait_for_start(s: State, number: int, silences: Mapping[str, Silence]) -> None:
    """Look again when a silence that would hide some of it begins."""
    incident = s.survivor(number)
    if incident.silenced_by:
        return
    offset = s.wall - s.at
    later = [one for one in silences.values() if next_start(one, s.wall)]
    before = s.before(number)
    waits = before is not None and not before.silenced_by and not 0 < before.silent_until <= s.at
    known = waits and not s.rearranged()  # then only what this step wrote is news
    alerts = [(a, labels_of(a)) for a in (_written(s, incident) if known else s.firing(number))] if later else []
    awaited = (one for one in later if any(hides(s, one, alert, labels) for alert, labels in alerts))
    starts = [next_start(one, s.wall) - offset for one in awaited]
    if known and incident.silent_until > s.at:
        starts.append(incident.silent_until)
    at = min(starts, default=0.0)
    if at != incident.silent_until:
        s.put_incident(replace(incident, silent_until=at))


@lru_cache(maxsize=1000)
def _pattern(matcher: Matcher) -> "re2._Regexp[str]":
    return compiled(rf"\A(?:{matcher.value})\z" if matcher.regex else "")
