"""What a site's rules put together where no topology can: one check on many hosts, one label.

A rule's alerts have one key; the first of them opens the incident that is found under it, later ones join as unsure.
"""

from msgspec import Struct

from ingestd.decide.classify import Classifier, CorrelateRules, GroupRule, union
from ingestd.decide.labels import labels_of
from ingestd.decide.topology import Topology
from ingestd.model import Alert

PLACES = ("site", "rack", "kind")


class Group(Struct, frozen=True):
    """What an alert shares with others, and for how long after the first they join."""

    key: str  # under which the incident is found
    rule: str
    shared: str  # in words
    within: float


class Grouping:
    """The group rules, compiled. ValueError on a bad pattern or something that can't be shared."""

    def __init__(self, rules: CorrelateRules, classifier: Classifier, topology: Topology) -> None:
        self._rules = [(rule, union(rule.id, rule.check), union(rule.id, rule.text)) for rule in rules.groups]
        self._classifier = classifier
        self._topology = topology
        for rule in rules.groups:
            wrong = [one for one in rule.same if one != "check" and one not in PLACES and not one.startswith("label:")]
            if wrong or not rule.same:
                raise ValueError(f"{rule.id}: same: expected check, label:NAME, {', '.join(PLACES)}; got {wrong}")

    def of(self, alert: Alert) -> Group | None:
        """The first group that an alert belongs to; None: none, or it lacks what would be shared."""
        for rule, check, text in self._rules:
            if check is not None and (alert.check is None or check.search(alert.check) is None):
                continue
            if text is not None and text.search(alert.summary) is None:
                continue
            shared = [(name, self._value(name, alert)) for name in rule.same]
            if all(value for _, value in shared):
                return _group(rule, shared)
        return None

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
