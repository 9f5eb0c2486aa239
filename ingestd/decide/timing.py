"""How long things are waited for at a node: the times of correlate.yaml, with its overrides for some nodes."""

from functools import reduce

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.classify import CorrelateRules, Times, TimesOverride, place_facts
from ingestd.decide.ruleset import RuleSet
from ingestd.decide.topology import Topology
from ingestd.decide.when import Value
from ingestd.yamltypes import Duration

#: What an override can't change: these belong to a source, not to a place …
OF_SOURCES = frozenset({"silent_intervals", "silent_least", "silent_alone", "silent_known"})
#: … and these are no times.
NUMBERS = frozenset({"flap_start", "flap_stop"})


class Waits(Struct, frozen=True):
    """What counts at one node."""

    times: Times
    infer_ratio: float
    infer_children: int


class Timing:
    """Answers by node; remembers by what the overrides ask. ValueError: a bad condition, a time that is none."""

    def __init__(self, rules: CorrelateRules, topology: Topology) -> None:
        self._everywhere = Waits(rules.times, rules.infer_ratio, rules.infer_children)
        self._overrides = RuleSet(rules.overrides)
        self._asked = sorted(self._overrides.asked)
        self._topology = topology
        self._known: dict[tuple[Value, ...], Waits] = {}
        for override in rules.overrides:
            _overridden(self._everywhere, override)

    def at(self, node: str | None) -> Waits:
        """The waits at a node; the usual ones where the topology does not know it."""
        spec = self._topology.nodes.get(node or "")
        if spec is None or not self._overrides.rules:
            return self._everywhere
        situation = place_facts(spec.id, spec)
        key = tuple(situation[fact] for fact in self._asked)
        if key not in self._known:
            self._known[key] = reduce(_overridden, self._overrides.matching(situation), self._everywhere)
        return self._known[key]


def _overridden(waits: Waits, override: TimesOverride) -> Waits:
    known = {name for name in Times.__struct_fields__ if name not in OF_SOURCES | NUMBERS}
    strange = sorted(set(override.times) - known)
    if strange:
        raise ValueError(f"{override.id}: no such time: {', '.join(strange)}; known: {', '.join(sorted(known))}")
    times: dict[str, Duration] = override.times
    return Waits(
        replace(waits.times, **times),
        waits.infer_ratio if override.infer_ratio is None else override.infer_ratio,
        waits.infer_children if override.infer_children is None else override.infer_children,
    )
