"""What conditions may ask, and that the page of it is true."""

from pathlib import Path

import pytest

from ingestd.decide import vocabulary
from ingestd.decide.classify import Classifier, ClassRule, CorrelateRules, GroupRule, SignalRule, TimesOverride
from ingestd.decide.grouping import Grouping
from ingestd.decide.heartbeat import HeartbeatSpec
from ingestd.decide.rank import LevelRule, Override, PriorityRules
from ingestd.decide.route import RouteSpec
from ingestd.decide.ruleset import RuleSet
from ingestd.decide.timing import Timing
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.decide.vocabulary import Fact, Facts, fact_of
from ingestd.yamltypes import loads
from tests.decide.stories import alert
from tests.night import Night

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "rules.md").read_text("utf-8")
SECTIONS = {
    "Facts of an incident": (vocabulary.INCIDENT, (LevelRule, Override, RouteSpec)),
    "Facts of an alert": (vocabulary.ALERT, (ClassRule,)),
    "Facts of a group": (vocabulary.GROUPED, (GroupRule,)),
    "Facts of a check": (vocabulary.CHECK, (SignalRule,)),
    "Facts of a node": (vocabulary.NODE, (TimesOverride,)),
    "Facts of a mail": (vocabulary.MAIL, ()),
    "Facts of a sign of life": (vocabulary.SIGN_OF_LIFE, (HeartbeatSpec,)),
}
TYPES = {"truth": "true/false"}


def row(name: str, fact: Fact) -> str:
    kind = TYPES.get(fact.kind, fact.kind) + ("s" if fact.several else "")
    words = f": {', '.join(fact.words)}" if fact.words else ""
    return f"| `{name}` | {kind} | {fact.means}{words} |"


@pytest.mark.parametrize("title", SECTIONS)
def test_the_page_lists_exactly_the_facts_there_are(title: str) -> None:
    facts, _ = SECTIONS[title]
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("| `")] == [row(n, f) for n, f in facts.items()]


@pytest.mark.parametrize(("facts", "kinds"), SECTIONS.values())
def test_every_rule_names_its_facts(facts: Facts, kinds: tuple[type, ...]) -> None:
    assert all(kind.FACTS is facts for kind in kinds)


def test_a_family_of_facts_takes_any_name_but_none() -> None:
    found = fact_of(vocabulary.ALERT, "label.app.kubernetes.io/name")
    assert found is vocabulary.ALERT["label.NAME"]
    assert fact_of(vocabulary.ALERT, "label.") is None
    assert fact_of(vocabulary.ALERT, "label") is None
    assert fact_of(vocabulary.INCIDENT, "label.app") is vocabulary.INCIDENT["label.NAME"]
    assert fact_of(vocabulary.NODE, "label.app") is None


def test_an_incident_can_tell_every_fact_that_may_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []
    night = Night()
    router = night.rules.router
    route = router.route
    monkeypatch.setattr(router, "route", lambda facts, to: (asked.append(dict(facts)), route(facts, to))[1])
    night.webhook(0, alert("acc-sw-17"))
    assert set(asked[0]) == set(vocabulary.INCIDENT) - {"label.NAME"}  # told if a rule asks for one
    several = {name for name, value in asked[0].items() if isinstance(value, tuple)}
    assert several == {name for name, fact in vocabulary.INCIDENT.items() if fact.several} - {"label.NAME"}
    numbers = {name for name, value in asked[0].items() if isinstance(value, float)}
    assert numbers == {name for name, fact in vocabulary.INCIDENT.items() if fact.kind in ("number", "time")}


def examples(page: str) -> str:
    text = (DOCS / page).read_text("utf-8")
    return text.split("```yaml\n")[1].split("```")[0]


def test_the_examples_of_the_pages_are_rules() -> None:
    priority = loads(examples("rules.md"), PriorityRules, "rules.md")
    assert RuleSet(priority.impact).first({"services": ("payroll",), "calendar": ("month-end",)}) is priority.impact[0]
    plant = {"class": "reachability", "time": 120.0, "site": "Plant"}
    assert RuleSet(priority.urgency).first(plant) is priority.urgency[0]
    assert RuleSet(priority.urgency).first({**plant, "kind": "printer"}) is None
    correlate = loads(examples("correlation.md"), CorrelateRules, "correlation.md")
    classifier, nowhere = Classifier(correlate), Topology(TopologyFile())
    assert Grouping(correlate, classifier, nowhere)
    assert Timing(correlate, nowhere)
    assert classifier.signal("Mail queue of mx-1") == "mail-queue"
