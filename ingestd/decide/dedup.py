"""Is this the alert we already have? Fingerprints, occurrences, and who still says that it fires."""

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.spelled import own_name
from ingestd.decide.state import Rulebook, State
from ingestd.decide.topology import normal_name
from ingestd.model import SEVERITIES, Alert, Event, NodeMark, Watcher

_SOURCE = "source:"  # what a source is remembered under


class Place(Struct, frozen=True):
    """What an event is about."""

    node: str
    known: bool
    own_service: bool  # the check is a service node of the topology
    fingerprint: str


def locate(rules: Rulebook, event: Event, source: str) -> Place:
    """The node and the fingerprint of an event.

    The fingerprint is what the source says identifies the alert; else (node, check) after the host name was resolved.
    A person's report is identified by who says what.
    """
    if event.report:
        said = event.identity or f"report|{event.sender}|{event.summary.casefold()}"
        return Place(event.sender or source, False, False, said)
    host = rules.topology.resolve(event.host)
    service = None if event.guessed else rules.topology.service_on(event.check, host)
    node = service or host or own_name(normal_name(event.host)) or source
    known = node in rules.topology.nodes
    check = "" if service else (event.check or "").casefold()
    identity = event.identity or f"{node}|{check}"  # no source in it: one signal by two ways is one alert
    return Place(node, known, service is not None, ("guessed:" if event.guessed else "") + identity)


def occurrence(s: State, alert: Alert, event: Event, source: str) -> Alert:
    """The alert after it was reported once more, in the words of now."""
    watchers = _heard(alert.watchers, source, firing=True, at=s.at)
    worse = min(alert.severity, event.severity, key=SEVERITIES.index) if event.severity != "unknown" else alert.severity
    return replace(
        alert,
        state="firing",
        count=alert.count + 1,
        last_at=s.at,
        ended_at=0.0,
        severity=worse,
        summary=event.summary,
        watchers=watchers,
        due_at=due_at(s, event, watchers),
    )


def heard_recovery(s: State, alert: Alert, source: str) -> Alert:
    """The alert after a source said that it is over: it fires on while another source still says so."""
    watchers = _heard(alert.watchers, source, firing=False, at=s.at)
    if any(w.firing and not _lapsed(s, w) for w in watchers):
        due = heard_until(s, watchers) if alert.ends.how == "recovery" else alert.due_at
        return replace(alert, watchers=watchers, due_at=due)
    return replace(alert, watchers=watchers, state="resolved", ended_at=s.at, due_at=0.0)


def first_watcher(s: State, source: str) -> tuple[Watcher, ...]:
    """The view of the source that reported an alert first."""
    return (Watcher(source, True, s.at),)


def due_at(s: State, event: Event, watchers: tuple[Watcher, ...]) -> float:
    """When an alert ends without a recovery: the time its source names, or silence of one that had repeated it."""
    if event.ends.how == "ends_at":
        return event.ends.at + (s.at - s.wall)
    if event.ends.how == "unheard":
        return s.at + event.ends.after
    return heard_until(s, watchers) if event.ends.how == "recovery" else 0.0


def heard_until(s: State, watchers: tuple[Watcher, ...]) -> float:
    """Until when an alert is believed without being said again; 0 = for good.

    A source that was never heard to end anything has little say against one that just did.
    """
    firing = [w for w in watchers if w.firing]
    over_at = max((w.last_at for w in watchers if not w.firing), default=0.0)
    times = s.rules.times
    if over_at and all(w.last_at <= over_at and not recovers(s, w.source) for w in firing):
        intervals = max((w.interval for w in firing), default=0.0)
        return over_at + min(max(times.cooling, times.silent_intervals * intervals), times.leftover)
    silences = [_silence(s, w, _alone(s, w)) for w in firing]
    return (
        max(w.last_at + silent for w, silent in zip(firing, silences, strict=True)) if firing and all(silences) else 0.0
    )


def ends_things(s: State, source: str) -> None:
    """Remember that a source says when something is over: its silence is no such word."""
    if not recovers(s, source):
        s.put_mark(NodeMark(node=_SOURCE + source, recovers=True))


def recovers(s: State, source: str) -> bool:
    """Whether a source was ever heard to say that something is over."""
    return s.mark(_SOURCE + source).recovers


def _heard(watchers: tuple[Watcher, ...], source: str, *, firing: bool, at: float) -> tuple[Watcher, ...]:
    mine = next((w for w in watchers if w.source == source), None)
    interval, repeats = (mine.interval, mine.repeats) if mine else (0.0, 0)
    if mine and mine.firing and firing:
        # the longest gap heard: a burst of redeliveries must not shorten what counts as silence
        interval, repeats = max(interval, at - mine.last_at), repeats + 1
    heard = Watcher(source, firing, at, interval, repeats)
    return (*(w for w in watchers if w.source != source), heard)


def _lapsed(s: State, watcher: Watcher) -> bool:
    """A source silent for three of its intervals no longer counts against one that says it is over."""
    silence = _silence(s, watcher, s.rules.times.silent_least)
    return bool(silence) and s.at - watcher.last_at > silence


def _alone(s: State, watcher: Watcher) -> float:
    """The least silence that is taken for an end though nobody says so."""
    times = s.rules.times
    return times.silent_known if recovers(s, watcher.source) else times.silent_alone


def _silence(s: State, watcher: Watcher, least: float) -> float:
    """How long a source is silent when it has nothing more to say; 0 = it has not shown how often it repeats."""
    return max(s.rules.times.silent_intervals * watcher.interval, least) if watcher.repeats >= 2 else 0.0
