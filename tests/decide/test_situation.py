"""Rank and route follow what an incident becomes; those who were told hear what they would act on."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.decide.stories import alert
from tests.night import Night, trading_company

BRANCH = """
nodes:
  - {id: r1, kind: router, owner: network}
  - {id: sw, kind: switch, depends_on: [r1], owner: network}
  - {id: shop, kind: service, class: critical, depends_on: [r1], owner: systems}
  - {id: pc, depends_on: [sw], owner: desktop}
"""


def test_a_cause_that_makes_it_more_important_is_one_update_with_both() -> None:
    night = Night()
    night.nagios(0, "pc-finance-01")
    night.until(100)
    assert [(i.priority, i.team) for i in night.incidents()] == [("P3", "desktop")]
    night.nagios(200, "acc-sw-17")
    assert [(i.priority, i.team) for i in night.incidents()] == [("P1", "network")]
    news = [p.notification.facts.news for p in night.pages if p.kind == "update" and p.person == "zhao"]
    assert [[(n.what, n.text) for n in told] for told in news] == [[("cause", "acc-sw-17"), ("priority", "P3 -> P1")]]


def of_two(first: str, second: str) -> Night:
    """A local problem of a switch and what hangs on it are both told; then it is the switch that is down."""
    night = Night(trading_company(topology=BRANCH))
    night.webhook(0, alert("sw", "http", severity=first))
    night.webhook(400, alert("pc", severity=second))
    night.until(500)
    assert [i.cause for i in night.incidents()] == ["sw", "pc"]
    night.webhook(600, alert("sw"))
    night.until(700)
    return night


def test_who_was_told_of_what_now_belongs_to_a_cause_that_others_knew_hears_it_once() -> None:
    night = of_two("critical", "critical")
    assert [(i.number, i.cause) for i in night.incidents()] == [(1, "sw")]
    heard = [(p.person, p.kind, [n.what for n in p.notification.facts.news]) for p in night.pages if p.at > 599]
    assert heard == [("zhao", "update", ["cause"])]


def test_who_was_told_of_what_now_belongs_to_what_somebody_took_untold_hears_the_cause() -> None:
    night = Night(trading_company(topology=BRANCH))
    night.webhook(0, alert("pc"))
    night.until(100)
    night.webhook(200, alert("shop"))
    night.act(201, "wu", "ack", 2)
    night.webhook(300, alert("r1"))
    night.until(301)
    assert [(i.number, i.cause) for i in night.incidents()] == [(2, "r1")]
    told = [
        (p.person, p.incident, [n.text for n in p.notification.facts.news]) for p in night.pages if p.kind == "update"
    ]
    assert told[0] == ("zhao", 2, ["r1"])


def storm() -> Night:
    """Sixty ports of one switch."""
    night = Night(trading_company(topology=BRANCH))
    night.webhook(0, {"alerts": [alert("sw", f"port {n}", severity="warning") for n in range(60)]})
    assert [(i.number, i.priority) for i in night.incidents()] == [(1, "P2")]
    return night


def test_one_more_alert_of_a_storm_is_kept_and_ranks_nothing_anew() -> None:
    night = storm()
    night.webhook(5, alert("sw", "port 60"))
    changes = night.journal[-1].changes
    assert [a.incident for a in changes.alerts] == [1]
    assert changes.incidents == ()


def test_a_storm_that_finds_its_cause_is_ranked_anew() -> None:
    night = storm()
    night.webhook(10, alert("r1"))
    assert [(i.number, i.cause, i.priority) for i in night.incidents()] == [(1, "r1", "P1")]


HALL = """
nodes:
  - {id: press-1, kind: server, owner: network, department: hall}
  - {id: printer-1, kind: printer, owner: systems}
departments:
  - {id: hall, name: Hall, people: 30, uses: [], deadlines: [{id: shipping, calendar: month-end, at: "17:00"}]}
"""


def at_month_end(clock: str) -> Night:
    """The last day of November."""
    begin = datetime.fromisoformat(f"2026-11-30T{clock}").replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    return Night(trading_company(topology=HALL), begin=begin)


def test_a_deadline_that_comes_near_is_told_and_one_that_has_passed_is_not() -> None:
    night = at_month_end("12:00")
    night.webhook(0, alert("press-1"))
    night.until(60)
    (incident,) = night.incidents()
    assert incident.deadline == "shipping"
    due = night.begin + 5 * 3600
    assert incident.deadline_at == due
    night.until(5 * 3600 + 60)
    assert night.world.incidents[1].deadline_at > due
