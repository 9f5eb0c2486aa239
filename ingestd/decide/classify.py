"""What kind of trouble an alert is: a node out of reach, or a problem inside one.

The words live in rules/correlate.yaml, in several languages; the first rule that matches decides. The types of that
file are here.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec import Struct

from ingestd.decide.ruleset import RuleSet
from ingestd.decide.topology import NodeSpec
from ingestd.decide.vocabulary import ALERT, CHECK, GROUPED, NODE, Facts
from ingestd.decide.when import Situation, Value
from ingestd.model import AlertClass, Event
from ingestd.yamltypes import Duration


class ClassRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"class_": "class"}):
    """``when`` these facts hold, an alert is of this class; the first rule that matches counts."""

    FACTS: ClassVar[Facts] = ALERT

    id: str
    when: dict[str, Any] = {}
    class_: AlertClass
    down: bool = False  # it says that the node itself is gone


class SignalRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names under which monitors know one and the same signal; the first rule that matches counts."""

    FACTS: ClassVar[Facts] = CHECK

    id: str
    when: dict[str, Any]


class Times(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long things are waited for."""

    settle_symptom: Duration = Duration(60.0)
    settle_local: Duration = Duration(15.0)
    hold_extend: Duration = Duration(20.0)  # while unexplained roots keep coming
    hold_max: Duration = Duration(150.0)
    adopt_window: Duration = Duration(900.0)  # how much older than its cause a symptom may be
    infer_spread: Duration = Duration(75.0)  # within which what one failure takes down is reported …
    infer_window: Duration = Duration(150.0)  # … or this, where three or more leave little room for chance
    cooling: Duration = Duration(300.0)  # flaps rejoin silently
    flap_half_life: Duration = Duration(1200.0)  # in which the penalty for coming back halves
    flap_start: float = 2.5  # returns, less what has decayed, from which an alert flaps …
    flap_stop: float = 1.0  # … until so little is left
    flap_longest: Duration = Duration(1800.0)  # for which an incident waits for that at most
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

    FACTS: ClassVar[Facts] = GROUPED
    IN_TURN: ClassVar[bool] = True  # an alert that lacks what would be shared is left to the next

    id: str
    when: dict[str, Any] = {}  # only such alerts
    same: tuple[str, ...]
    within: Duration = Duration(300.0)  # after the first


class TimesOverride(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different at some nodes: any of the times, and what a suspicion needs. All that match apply in turn."""

    FACTS: ClassVar[Facts] = NODE
    IN_TURN: ClassVar[bool] = True

    id: str
    when: dict[str, Any] = {}
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


#: What the class of an alert depends on with most rules: its texts, which a storm repeats.
_USUAL = frozenset({"report", "check", "host_check", "text"})
_NOWHERE: Mapping[str, NodeSpec] = {}


class Classifier:
    """The class and signal rules, compiled. BadCondition on a condition that can't be read."""

    def __init__(self, rules: CorrelateRules, nodes: Mapping[str, NodeSpec] = _NOWHERE) -> None:
        self._nodes = nodes
        self._rules, self._signals = RuleSet(rules.classes), RuleSet(rules.signals)
        self._unusual = bool(self._rules.asked - _USUAL)
        self._known: dict[tuple[bool, str | None, str], Classified] = {}
        self._signal: dict[str, str] = {}

    def classify(self, event: Event, node: str = "", source: str = "") -> Classified:
        """Class of an event about a node; remembered by what it depends on, since storms repeat the same few texts."""
        if self._unusual:
            return self._decide(self._situation(event, node, source))
        key = (event.report, event.check, event.summary)
        found = self._known.get(key)
        if found is None:
            if len(self._known) > 10_000:
                self._known.clear()
            found = self._known[key] = self._decide(_texts(event))
        return found

    def signal(self, check: str | None) -> str:
        """What a check watches, whatever it is called: the id of a signal rule, "host", or its own name."""
        if not check:
            return "host"
        found = self._signal.get(check)
        if found is None:
            if len(self._signal) > 10_000:
                self._signal.clear()
            rule = self._signals.first({"check": check})
            found = self._signal[check] = rule.id if rule else check.casefold()
        return found

    def _decide(self, situation: Situation) -> Classified:
        rule = self._rules.first(situation)
        return Classified(rule.class_, rule.down, rule.id) if rule else Classified("unknown", False, "default")

    def _situation(self, event: Event, node: str, source: str) -> Situation:
        """The facts of ``vocabulary.ALERT``."""
        return {
            **place_facts(node, self._nodes.get(node)),
            **_texts(event),
            "host": event.host or "",
            "severity": event.severity,
            "source": source,
            **{f"label.{name}": value for name, value in event.labels},
        }


def place_facts(node: str, spec: NodeSpec | None) -> dict[str, Value]:
    """The facts of ``vocabulary.NODE``; ``spec``: None for a node that the topology does not know."""
    if spec is None:
        return {"node": node}
    return {"node": node, "kind": spec.kind, "site": spec.site, "rack": spec.rack, "department": spec.department}


def _texts(event: Event) -> dict[str, Value]:
    return {
        "check": event.check or "",
        "text": event.summary,
        "host_check": event.check is None,
        "report": event.report,
    }
