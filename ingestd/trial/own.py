"""What a rule test writes instead of its site's files, and what is wrong with that."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from ingestd.check.conditions import rule_problems
from ingestd.check.people import person_problems
from ingestd.check.rotas import rota_problems, without_broken_rotas
from ingestd.check.values import priority_problems
from ingestd.decide.classify import Classifier, CorrelateRules
from ingestd.decide.grouping import Grouping
from ingestd.decide.heartbeat import HeartbeatFile, Heartbeats
from ingestd.decide.oncall import People, PeopleFile
from ingestd.decide.rank import Ranker
from ingestd.decide.route import EscalationRules
from ingestd.decide.ruleset import RuleSet
from ingestd.decide.timing import Timing
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.inventory.check import topology_problems
from ingestd.inventory.windows import window_problems
from ingestd.references import Names, escalation_problems, last_resort_problems, people_problems, unknown
from ingestd.settings import CHANNELS
from ingestd.trial.spec import RulesSpec, TestFile
from ingestd.yamltypes import Document, Problem, node_at

T = TypeVar("T")
Make = Callable[[str], Callable[[Any], object]]  # by the name of the time zone


def part(document: Document[TestFile], name: str) -> Document[Any] | None:
    """The rules of one kind that a test writes, as a document of their own; None: it writes none."""
    found = getattr(document.value.rules, name) if document.value.rules else None
    if found is None:
        return None
    return Document(document.name, document.text, found, node_at(document, ("rules", name)))


def problems(
    document: Document[TestFile], people: PeopleFile, nodes: frozenset[str], rules: RulesSpec, timezone: str
) -> Iterator[Problem]:
    """Everything that is wrong with it; ``people``, ``nodes`` and ``rules`` are the site's, or the test's instead."""
    test = document.value
    names = _names(people, rules.escalation or EscalationRules())
    yield from _people(document, names)
    yield from _topology(document, nodes, names)
    for index, words in last_resort_problems(
        People(without_broken_rotas(people), timezone), test.last_resort or (), names
    ):
        yield document.problem(("last_resort", index), words)
    yield from _rules(document, rules, names, timezone)
    beats = HeartbeatFile(heartbeats=test.heartbeats or ())
    yield from rule_problems((_whole(document, beats),), beats, lambda value: Heartbeats(value, timezone))


def _whole(document: Document[TestFile], value: T) -> Document[T]:
    """What stands in a test under the same keys as in a file of its own."""
    return Document(document.name, document.text, value, document.node)


def _people(document: Document[TestFile], names: Names) -> Iterator[Problem]:
    test = document.value
    written = _whole(document, PeopleFile(people=test.people or (), teams=test.teams or ()))
    yield from people_problems(written, names)
    yield from person_problems(written)
    yield from rota_problems(written)


def _topology(document: Document[TestFile], nodes: frozenset[str], names: Names) -> Iterator[Problem]:
    test = document.value
    if test.topology is not None:
        own = Document(document.name, document.text, test.topology, node_at(document, ("topology",)))
        yield from (one for one in topology_problems(own, names.teams) if one.severity == "error")
    for i, window in enumerate(test.maintenance):
        for j, name in enumerate(window.targets):
            if name not in nodes:
                yield document.problem(("maintenance", i, "targets", j), unknown("node", name, nodes))
        yield from (
            one for one in window_problems(document, ("maintenance", i), window, None) if one.severity == "error"
        )


def _rules(document: Document[TestFile], rules: RulesSpec, names: Names, timezone: str) -> Iterator[Problem]:
    """Conditions that can't be read, and names that nothing defines."""
    escalation, priority = part(document, "escalation"), part(document, "priority")
    yield from escalation_problems(escalation, names) if escalation else ()
    yield from priority_problems(priority) if priority else ()
    for name, make in _COMPILED.items():
        found = part(document, name)
        if found is not None:
            yield from rule_problems((found,), getattr(rules, name), make(timezone))


def _names(people: PeopleFile, escalation: EscalationRules) -> Names:
    return Names(
        people=frozenset(person.id for person in people.people),
        teams=frozenset(team.id for team in people.teams),
        policies=frozenset(policy.id for policy in escalation.policies),
        channels=frozenset(CHANNELS),
    )


def _correlation(rules: CorrelateRules) -> object:
    nowhere = Topology(TopologyFile())
    return Grouping(rules, Classifier(rules), nowhere), Timing(rules, nowhere)


#: What compiles each kind of rules; ValueError if one of them is wrong.
_COMPILED: Mapping[str, Make] = {
    "correlate": lambda _zone: _correlation,
    "priority": lambda zone: lambda rules: Ranker(rules, zone),
    "escalation": lambda _zone: lambda rules: RuleSet(rules.routes),
}
