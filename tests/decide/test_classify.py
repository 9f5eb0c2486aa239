"""What kind of trouble: the first class that matches decides."""

import pytest

from ingestd.decide.classify import Classifier, ClassRule, CorrelateRules, SignalRule
from ingestd.decide.topology import NodeSpec
from ingestd.model import Event
from tests.night import trading_company

SHIPPED = trading_company().classifier


def event(summary: str, check: str | None = None, *, report: bool = False) -> Event:
    return Event(state="firing", summary=summary, check=check, report=report)


@pytest.mark.parametrize(
    ("what", "cls", "down"),
    [
        (event("host unreachable"), "reachability", True),
        (event("主机不可达"), "reachability", True),
        (event("CRITICAL", "hostalive"), "reachability", True),
        (event("connection refused", "ssh"), "reachability", False),
        (event("dead link", "disk /var"), "local", False),
        (event("磁盘使用率 95%"), "local", False),
        (event("97 % used", "something"), "local", False),
        (event("timed out", "something"), "reachability", False),
        (event("all is strange"), "unknown", False),
        (event("all is strange", "odd"), "unknown", False),
        (event("no network in our room", report=True), "reachability", False),
        (event("the disk of my PC is broken", report=True), "local", False),
        (event("printer is jammed", report=True), "local", False),
        (event("down", "ingestd: timer"), "local", False),
    ],
)
def test_the_shipped_classes(what: Event, cls: str, down: bool) -> None:
    found = SHIPPED.classify(what)
    assert (found.cls, found.down) == (cls, down)


def test_the_rule_that_decided_is_named() -> None:
    assert SHIPPED.classify(event("no network", report=True)).rule == "report-network"
    assert SHIPPED.classify(event("all is strange", "odd")).rule == "default"


def test_a_bad_pattern_is_named_with_its_rule() -> None:
    with pytest.raises(ValueError, match=r"odd: not an RE2 pattern \(missing \)"):
        Classifier(CorrelateRules(classes=(ClassRule(id="odd", class_="local", when={"text": ["~fine", "~(x"]}),)))


def test_what_is_remembered_is_bounded_and_the_answers_stay() -> None:
    classifier = Classifier(CorrelateRules(classes=(ClassRule(id="even", class_="local", when={"text": "~[02468]$"}),)))
    classes = [classifier.classify(event(f"job {n}")).cls for n in range(10_003)]
    assert classes == ["local" if n % 2 == 0 else "unknown" for n in range(10_003)]
    assert len(classifier._known) < 10_000


def test_a_signal_is_what_a_check_watches_whatever_it_is_called() -> None:
    rules = CorrelateRules(signals=(SignalRule(id="disk", when={"check": ["~free space", r"~\bdisk\b"]}),))
    classifier = Classifier(rules)
    assert [classifier.signal(check) for check in (None, "Free Space C:", "disk /", "SSH")] == [
        "host",
        "disk",
        "disk",
        "ssh",
    ]
    assert len({classifier.signal(f"job {n}") for n in range(10_003)}) == 10_003
    assert len(classifier._signal) < 10_000


def test_a_rule_may_ask_for_the_place_the_source_and_a_label() -> None:
    rules = (
        ClassRule(id="lab", class_="local", when={"site": "lab", "kind": "!= switch"}),
        ClassRule(id="drill", class_="unknown", when={"source": "drills", "severity": "<= warning"}),
        ClassRule(id="edge", class_="reachability", when={"label.tier": "edge*", "host": "~^fw"}),
    )
    nodes = {"rig": NodeSpec(id="rig", site="lab"), "lab-sw": NodeSpec(id="lab-sw", site="lab", kind="switch")}
    classifier = Classifier(CorrelateRules(classes=rules), nodes)
    plain = Event(state="firing", summary="odd", severity="warning")
    edge = Event(state="firing", summary="odd", host="fw-1", labels=(("tier", "EDGE-2"),))
    found = [
        classifier.classify(plain, "rig").rule,
        classifier.classify(plain, "lab-sw").rule,
        classifier.classify(plain, "lab-sw", "drills").rule,
        classifier.classify(edge, "elsewhere", "prod").rule,
    ]
    assert found == ["lab", "default", "drill", "edge"]


def test_of_two_names_of_a_signal_the_first_rule_counts() -> None:
    signals = (
        SignalRule(id="web", when={"check": ["http*", "~^tcp.?443$"]}),
        SignalRule(id="tls", when={"check": "~443"}),
    )
    classifier = Classifier(CorrelateRules(signals=signals))
    assert [classifier.signal(check) for check in ("HTTPS", "tcp 443", "port 443")] == ["web", "web", "tls"]
