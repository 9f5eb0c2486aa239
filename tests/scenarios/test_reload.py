"""What other rules change for what is open: nobody is paged because of a reload alone, unless a priority really rose."""

from ingestd.decide.state import Rulebook
from ingestd.model import Message
from tests.decide.stories import ROW
from tests.night import Night, trading_company

OTHER_TEAM = ROW.replace("depends_on: [sw], owner: systems", "depends_on: [sw], owner: network")
CRITICAL = (
    ROW
    + """\
  - {id: shop, kind: service, class: critical, depends_on: [srv-1]}
departments:
  - {id: sales, people: 80, uses: [shop]}
"""
)


def night() -> Night:
    """A server is down, and Chen has been told."""
    one = Night(trading_company(topology=ROW))
    one.nagios(0, "srv-1")
    one.until(100)
    assert [(who, kind) for _, who, kind in one.told()] == [("chen", "open")]
    return one


def reload(one: Night, topology: str, at: float = 100) -> Rulebook:
    """As the daemon does: the reload, and behind it the look at what is open."""
    rules = trading_company(topology=topology)
    one.message(at, Message(kind="reload", source="engine"))
    one.trial.reload(rules)
    one.message(at, Message(kind="rerank", source="engine"))
    return rules


def test_rules_that_change_nothing_say_nothing() -> None:
    one = night()
    reload(one, ROW)
    one.until(200)
    assert len(one.told()) == 1


def test_another_team_is_the_incidents_from_now_on_and_nobody_is_paged_for_it() -> None:
    one = night()
    reload(one, OTHER_TEAM)
    one.until(200)
    assert len(one.told()) == 1
    assert one.incidents()[0].team == "network"


def test_a_priority_that_rises_is_told_and_one_that_falls_is_not() -> None:
    one = night()
    before = one.incidents()[0].priority
    reload(one, CRITICAL)
    one.until(110)
    assert one.incidents()[0].priority < before
    assert ("chen", "update") in [(who, kind) for _, who, kind in one.told()]
    told = len(one.told())
    reload(one, ROW, 110)
    one.until(115)
    assert len(one.told()) == told


def test_what_is_held_or_over_is_ranked_and_left_alone() -> None:
    one = Night(trading_company(topology=ROW))
    one.nagios(0, "srv-1")
    one.nagios(1, "srv-2")
    one.nagios(5, "srv-2", "UP")
    reload(one, CRITICAL, 10)
    assert one.told() == []
    assert one.incidents()[0].impact.departments == ("sales",)
    one.nagios(20, "srv-1", "UP")
    one.until(1000)
    reload(one, ROW, 1000)
    assert {incident.state for incident in one.incidents()} == {"resolved"}


def test_a_reload_ends_the_complaint_about_one_that_was_refused() -> None:
    one = Night(trading_company(topology=ROW))
    text = "people.yaml:1:2: unknown key\nrules/priority.yaml:3:1: a tab"
    one.message(0, Message(kind="trouble", source="ingestd:configuration", body=text.encode()))
    assert "people.yaml:1:2: unknown key (and 1 more)" in one.incidents()[0].title
    reload(one, ROW, 50)
    assert one.alerts("ingestd:configuration")[0].state == "resolved"
    reload(one, ROW, 60)
    assert len(one.alerts("ingestd:configuration")) == 1
