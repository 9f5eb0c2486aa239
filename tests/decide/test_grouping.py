"""What a site's rules put together where no topology can."""

import msgspec
import pytest

from ingestd.decide.classify import Classifier, CorrelateRules, GroupRule
from ingestd.decide.grouping import Grouping
from ingestd.decide.state import Rulebook
from ingestd.decide.topology import Topology, TopologyFile
from tests.decide.stories import ROW, alert
from tests.night import Night, trading_company

APP = GroupRule(id="one-app", same=("label:app",))
CERTS = GroupRule(id="certificates", same=("check", "site"), when={"check": "~cert", "text": "~expire"})


def night_with(*groups: GroupRule, topology: str = ROW) -> Night:
    rules = trading_company(topology=topology)
    correlate = msgspec.structs.replace(rules.correlate, groups=groups)
    changed = {name: getattr(rules, name) for name in ("topology", "recognisers", "ranker", "escalation", "people")}
    return Night(Rulebook(correlate=correlate, last_resort=rules.last_resort, **changed))


def broken(host: str, app: str = "shop", **more: object) -> dict[str, object]:
    return alert(host, "orders", summary="queue length 900", labels={"app": app}, **more)


def test_one_label_on_many_hosts_is_one_incident_unsure_and_said_why() -> None:
    night = night_with(APP)
    for second, host in enumerate(("web-1", "web-2", "web-3")):
        night.webhook(second, broken(host))
    night.webhook(9, broken("web-9", app="crm"))
    assert [(i.number, i.group) for i in night.incidents()] == [
        (1, "group one-app: app shop"),
        (4 - 2, "group one-app: app crm"),
    ]
    second = night.alerts("web-2")[0]
    assert (second.certainty, second.reasons[-1].text) == ("unsure", "shares app shop with #1")


def test_only_for_a_while_after_the_first() -> None:
    night = night_with(APP)
    night.webhook(0, broken("web-1"))
    night.webhook(301, broken("web-2"))
    assert len(night.incidents()) == 2


def test_what_is_over_or_was_taken_apart_gathers_nothing() -> None:
    night = night_with(APP)
    night.webhook(0, broken("web-1"))
    night.act(5, "lin", "resolve", 1)
    night.webhook(10, broken("web-2"))
    assert [i.state for i in night.incidents()] == ["resolved", "triggered"]


def test_a_rule_may_ask_for_checks_and_texts_and_for_a_place() -> None:
    sites = "nodes: [{id: a, site: hq}, {id: b, site: hq}, {id: c, site: sea}, {id: d}]"
    night = night_with(CERTS, topology=sites)
    for second, host in enumerate("abcd"):
        night.webhook(second, alert(host, "ssl cert", summary="certificate expires in 3 days"))
    night.webhook(5, alert("b", "TLS certificate of mail", summary="handshake failed"))
    assert [i.group for i in night.incidents()] == [
        "group certificates: check certificate, site hq",
        "group certificates: check certificate, site sea",
        "",
        "",
    ]
    night.webhook(6, alert("b", summary="no check at all"))
    assert len(night.incidents()) == 5


@pytest.mark.parametrize("same", [(), ("colour",)])
def test_what_can_not_be_shared_is_refused(same: tuple[str, ...]) -> None:
    rules = CorrelateRules(groups=(GroupRule(id="odd", same=same),))
    with pytest.raises(ValueError, match="odd: same: expected check, label:NAME"):
        Grouping(rules, Classifier(rules), Topology(TopologyFile()))


def test_a_rule_may_ask_for_class_label_source_and_department() -> None:
    rule = GroupRule(
        id="shop",
        same=("label:app",),
        when={"label.env": "prod", "class": "unknown", "department": "sales", "source": "prod", "kind": "vm"},
    )
    row = "nodes: [{id: a, kind: vm, department: sales}, {id: b, kind: vm, department: sales}, {id: c}]"
    night = night_with(rule, topology=row)
    for second, host in enumerate("abc"):
        night.webhook(second, alert(host, "orders", summary="odd", labels={"app": "shop", "env": "Prod"}))
    night.webhook(5, alert("b", "queue", summary="odd", labels={"app": "shop", "env": "test"}))
    assert [i.group for i in night.incidents()] == ["group shop: app shop", "", ""]
