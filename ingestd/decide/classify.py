"""What kind of trouble an alert is: a node out of reach, or a problem inside one.

The words live in rules/correlate.yaml, in several languages; the first rule that matches decides.
"""

import re2
from msgspec import Struct

from ingestd.model import AlertClass, Event
from ingestd.yamltypes import Duration


class ClassRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"class_": "class"}):
    """An alert that has any of these is of this class. Patterns are RE2, without case."""

    id: str
    class_: AlertClass
    down: bool = False  # it says that the node itself is gone
    host_check: bool | None = None  # True: only alerts about the host itself
    check: tuple[str, ...] = ()  # patterns on the check's name
    text: tuple[str, ...] = ()  # patterns on the summary
    reports: bool | None = None  # True: only reports by people


class SignalRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names under which monitors know one and the same signal: patterns on the check's name. RE2, without case."""

    id: str
    check: tuple[str, ...]


class Times(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long things are waited for."""

    settle_symptom: Duration = Duration(60.0)
    settle_local: Duration = Duration(15.0)
    hold_extend: Duration = Duration(20.0)  # while unexplained roots keep coming
    hold_max: Duration = Duration(150.0)
    adopt_window: Duration = Duration(900.0)  # how much older than its cause a symptom may be
    infer_spread: Duration = Duration(75.0)  # within which what one failure takes down is reported …
    infer_window: Duration = Duration(300.0)  # … or this, where three or more leave little room for chance
    cooling: Duration = Duration(300.0)  # flaps rejoin silently
    linger: Duration = Duration(120.0)  # a node that came back still explains late symptoms
    leftover: Duration = Duration(600.0)  # what does not report back after its cause returned
    silent_intervals: int = 3  # a source silent for this many of its own intervals no longer counts …
    silent_least: Duration = Duration(900.0)  # … but never sooner than this …
    silent_alone: Duration = Duration(43_200.0)  # … or this, if nobody says that it is over …
    silent_known: Duration = Duration(172_800.0)  # … or this, if it is known to say when something is over


class GroupRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alerts of several hosts that belong together though nothing in the topology says so; they join as unsure.

    They agree in what ``same`` names: ``check`` (by its signal), ``label:NAME``, ``site``, ``rack``, ``kind``.
    """

    id: str
    same: tuple[str, ...]
    check: tuple[str, ...] = ()  # only such checks: RE2, without case
    text: tuple[str, ...] = ()  # only such texts
    within: Duration = Duration(300.0)  # after the first


class TimesOverride(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different at a site, or with a kind of node: any of the times, and what a suspicion needs."""

    id: str
    site: str = ""  # empty: everywhere
    kind: str = ""
    times: dict[str, Duration] = {}
    infer_ratio: float | None = None
    infer_children: int | None = None


class CorrelateRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """rules/correlate.yaml."""

    version: int = 1
    times: Times = Times()
    overrides: tuple[TimesOverride, ...] = ()
    groups: tuple[GroupRule, ...] = ()
    infer_ratio: float = 0.6
    infer_children: int = 2
    unmonitored_kinds: tuple[str, ...] = ("pc",)
    classes: tuple[ClassRule, ...] = ()
    signals: tuple[SignalRule, ...] = ()


class Classified(Struct, frozen=True):
    """The class of an alert and the rule that said so."""

    cls: AlertClass
    down: bool
    rule: str


class Classifier:
    """The class rules, compiled. ValueError on a bad pattern."""

    def __init__(self, rules: CorrelateRules) -> None:
        self._rules = [(r, union(r.id, r.check), union(r.id, r.text)) for r in rules.classes]
        self._known: dict[tuple[bool, str | None, str], Classified] = {}
        self._signals = [(r.id, union(r.id, r.check)) for r in rules.signals]
        self._signal: dict[str, str] = {}

    def classify(self, event: Event) -> Classified:
        """Class of an event; remembered by what it depends on, since storms repeat the same few texts."""
        key = (event.report, event.check, event.summary)
        found = self._known.get(key)
        if found is None:
            if len(self._known) > 10_000:
                self._known.clear()
            found = self._known[key] = self._decide(event)
        return found

    def signal(self, check: str | None) -> str:
        """What a check watches, whatever it is called: the id of a signal rule, "host", or its own name."""
        if not check:
            return "host"
        found = self._signal.get(check)
        if found is None:
            if len(self._signal) > 10_000:
                self._signal.clear()
            hit = next((name for name, pattern in self._signals if pattern and pattern.search(check)), None)
            found = self._signal[check] = hit or check.casefold()
        return found

    def _decide(self, event: Event) -> Classified:
        for rule, check, text in self._rules:
            if rule.host_check is not None and rule.host_check != (event.check is None):
                continue
            if rule.reports is not None and rule.reports != event.report:
                continue
            by_check = check is not None and event.check is not None and check.search(event.check) is not None
            by_text = text is not None and text.search(event.summary) is not None
            if by_check or by_text or (check is None and text is None):
                return Classified(rule.class_, rule.down, rule.id)
        return Classified("unknown", False, "default")


def union(rule: str, patterns: tuple[str, ...]) -> "re2._Regexp[str] | None":
    """Several patterns as one, without case; None if there is none. ValueError names the rule and the bad one."""
    if not patterns:
        return None
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    for pattern in patterns:
        try:
            re2.compile(pattern, options)
        except re2.error as bad:
            raise ValueError(f"{rule}: bad pattern {pattern!r}: {bad.args[0].decode()}") from None
    return re2.compile("|".join(f"(?:{p})" for p in patterns), options)
