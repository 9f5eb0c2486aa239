"""What a site's rules put together where no topology can: one check on many hosts, one label.

A rule's alerts have one key; the first of them opens the incident that is found under it, later ones join as unsure.
"""

from msgspec import Struct

from ingestd.decide.classify import Classifier, CorrelateRules, GroupRule, place_facts
from ingestd.decide.labels import labels_of
from ingestd.decide.ruleset import RuleSet
from ingestd.decide.topology import Topology
from ingestd.decide.when import Situation
from ingestd.model import Alert

PLACES = ("site", "rack", "kind")


class Group(Struct, frozen=True):
    """What an alert shares with others, and for how long after the first they join."""

    key: str  # under which the incident is found
    rule: str
    shared: str  # in words
    within: float


class Grouping:
    """The group rules, compiled. ValueError on a bad condition or something that can't be shared."""

    def __init__(self, rules: CorrelateRules, classifier: Classifier, topology: Topology) -> None:
        self._rules = RuleSet(rules.groups)
        self._classifier = classifier
        self._topology = topology
        for rule in rules.groups:
            wrong = [one for one in rule.same if one != "check" and one not in PLACES and not one.startswith("label:")]
            if wrong or not rule.same:
                raise ValueError(f"{rule.id}: same: expected check, label:NAME, {', '.join(PLACES)}; got {wrong}")

    def of(self, alert: Alert) -> Group | None:
        """The first group that an alert belongs to; None: none, or it lacks what would be shared."""
        if not self._rules.rules:
            return None
        for rule in self._rules.matching(self._situation(alert)):
            shared = [(name, self._value(name, alert)) for name in rule.same]
            if all(value for _, value in shared):
                return _group(rule, shared)
        return None

    def _situation(self, alert: Alert) -> Situation:
        """The facts of ``vocabulary.GROUPED``."""
        return {
            **place_facts(alert.node, self._topology.nodes.get(alert.node)),
            "host": alert.host or "",
            "check": alert.check or "",
            "text": alert.summary,
            "host_check": alert.check is None,
            "severity": alert.severity,
            "source": alert.watchers[0].source if alert.watchers else "",
            "report": alert.report,
            "class": alert.cls,
            **{f"label.{name}": value for name, value in labels_of(alert).items()},
        }

    def _value(self, name: str, alert: Alert) -> str:
        if name == "check":
            return self._classifier.signal(alert.check)
        if name in PLACES:
            spec = self._topology.nodes.get(alert.node)
            return str(getattr(spec, name)) if spec else ""
        return labels_of(alert).get(name.removeprefix("label:"), "")


def _group(rule: GroupRule, shared: list[tuple[str, str]]) -> Group:
    words = ", ".join(f"{name.removeprefix('label:')} {value}" for name, value in shared)
    return Group(f"group {rule.id}: {words}", rule.id, words, rule.within)
