"""What labels say, as facts of rules."""

from msgspec.structs import replace

from ingestd.decide.labels import asked_of, values_of
from ingestd.decide.rank import Override, PriorityRules, Ranker
from ingestd.decide.route import EscalationRules, PolicySpec, RouteSpec
from ingestd.decide.state import Rulebook
from ingestd.overlay import overlay
from ingestd.yamltypes import load, read
from tests.decide.stories import ROW, alert
from tests.night import ROOT, Night, trading_company

DBA = RouteSpec(id="dba", when={"label.team": "DBA"}, policy="shop")
SHOPS = RouteSpec(id="shops", when={"label.app": "shop-*", "not": {"label.env": "~^test"}}, policy="shop")
BARE = RouteSpec(id="bare", when={"label.team": "", "label.app": ""}, policy="shop")


def night_with(*routes: RouteSpec, overrides: tuple[Override, ...] = ()) -> Night:
    """The sample site with routes of its own before it."""
    rules = trading_company(topology=ROW)
    first = PolicySpec(id="shop", steps=())
    escalation = EscalationRules(policies=(first, *rules.escalation.policies), routes=routes)
    priority = overlay(
        load(ROOT / "rules/priority.yaml", PriorityRules),
        read(ROOT / "config/rules/priority.yaml", PriorityRules),
    )
    ranker = Ranker(replace(priority, overrides=(*priority.overrides, *overrides)), "Asia/Shanghai")
    changed = {name: getattr(rules, name) for name in ("topology", "recognisers", "correlate", "people", "last_resort")}
    return Night(Rulebook(escalation=escalation, ranker=ranker, **changed))


def routed(night: Night, **labels: str) -> list[str]:
    """The policies of the incidents that one alert with these labels opens."""
    night.webhook(0, alert("web-1", "orders", summary="queue length 900", labels=labels))
    return [one.policy for one in night.incidents()]


def test_a_label_sends_an_incident_to_its_policy() -> None:
    assert routed(night_with(DBA), team="dba") == ["shop"]
    assert routed(night_with(DBA), team="network") == [""]
    assert routed(night_with(DBA)) == [""]


def test_globs_patterns_and_what_is_not_there() -> None:
    assert routed(night_with(SHOPS), app="shop-7", env="prod") == ["shop"]
    assert routed(night_with(SHOPS), app="shop-7") == ["shop"]
    assert routed(night_with(SHOPS), app="shop-7", env="test-2") == [""]
    assert routed(night_with(BARE)) == ["shop"]
    assert routed(night_with(BARE), app="x") == [""]


def test_a_label_ranks_and_the_trace_says_it() -> None:
    gold = Override(id="gold", when={"label.tier": ["gold", "platinum"]}, at_least="P1")
    night = night_with(overrides=(gold,))
    night.webhook(0, alert("web-1", "orders", summary="queue length 900", labels={"tier": "gold"}))
    (incident,) = night.incidents()
    assert incident.priority == "P1"
    assert any(one.rule == "gold" and one.text.endswith("label.tier gold") for one in incident.reasons)


def test_the_labels_of_an_incident_are_those_of_all_its_alerts() -> None:
    night = night_with(DBA)
    night.webhook(0, alert("sw", labels={"team": "shop"}))
    night.webhook(1, alert("srv-1", labels={"team": "dba", "env": "prod"}))
    alerts = [*night.alerts("sw"), *night.alerts("srv-1")]
    assert {one.incident for one in alerts} == {1}
    assert values_of(alerts, ("team", "node", "tier")) == {
        "label.team": ("shop", "dba"),
        "label.node": ("sw", "srv-1"),
        "label.tier": (),
    }
    assert [one.policy for one in night.incidents()] == ["shop"]


def test_rules_that_ask_no_label_pay_for_none() -> None:
    assert asked_of({"node", "label.b", "label.a.x"}) == ("a.x", "b")
    assert trading_company().labels == ()
    assert night_with(DBA, SHOPS).rules.labels == ("app", "env", "team")
