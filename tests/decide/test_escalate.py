"""Who is told, in which order, and what becomes of pages."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ingestd.decide.route import EscalationRules, Router
from ingestd.model import TimelineRow
from ingestd.yamltypes import loads
from tests.decide.stories import Unclaimed, alert, receipt
from tests.night import Night, trading_company

PAIR = """
people:
  - {id: lin, mail: lin@trading.example, manager: wu}
  - {id: chen, mail: chen@trading.example, manager: wu}
  - {id: kim, mail: kim@trading.example, manager: wu}
  - {id: wu, mail: wu@trading.example}
teams:
  - {id: network, members: [lin, chen, kim], rota: {people: [lin]}}
  - {id: systems, members: [chen], rota: {people: [chen]}}
"""


def test_a_page_that_nobody_claimed_is_withdrawn_at_the_end_instead_of_followed_by_one() -> None:
    night = Unclaimed()
    night.nagios(0, "acc-sw-18")
    night.until(60)
    night.nagios(100, "acc-sw-18", "UP")
    night.until(1000)
    assert [p.kind for p in night.pages if p.person == "lin"] == ["open"]
    assert night.pages[0].notification.id in night.cancelled


def test_who_was_told_hears_of_the_end_and_whose_page_failed_does_not() -> None:
    night = Night(broken={"lin"})
    night.nagios(0, "acc-sw-18")
    night.nagios(100, "acc-sw-18", "UP")
    night.until(1000)
    assert [p[1] for p in night.told() if p[2] == "end"] == ["chen"]


def test_a_failure_of_a_page_that_is_not_known_changes_nothing() -> None:
    night = Unclaimed()
    night.nagios(0, "acc-sw-18")
    night.until(60)
    stray = night.pages[0]
    stray.notification = stray.notification.__class__(
        id=77, incident=1, person="lin", kind="open", at=0.0, facts=stray.notification.facts
    )
    before = night.world.incidents[1]
    receipt(night, 70, stray, "failed")
    assert night.world.incidents[1] == before


def test_one_of_two_pages_failed_so_the_other_gets_her_time() -> None:
    night = Night(trading_company(people=PAIR), broken={"chen"})
    night.nagios(0, "acc-sw-17")
    night.until(1000)
    assert night.told() == [
        (60, "lin", "open"),
        (360, "chen", "functional"),
        (360, "kim", "functional"),
        (960, "wu", "hierarchic"),
    ]


def test_a_wait_starts_when_the_page_is_handed_over() -> None:
    night = Unclaimed()
    night.nagios(0, "acc-sw-17")
    night.until(60)
    receipt(night, 200, night.pages[0], "claimed")
    receipt(night, 230, night.pages[0], "handed_over")
    night.until(529)
    assert night.told() == [(60, "lin", "open")]
    night.until(530)
    assert night.told()[1:] == [(530, "chen", "functional")]


# -- the hours of policies
OFFICE = """
nodes:
  - {id: r1, kind: router, owner: network}
  - {id: books-1, kind: server, depends_on: [r1], owner: network}
  - {id: shop, kind: service, class: critical, depends_on: [r1], owner: network}
"""


SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


def by(policy: str, begin: str) -> Night:
    """A night in which everything follows one policy: ``hours``, steps to the owner and then to wu."""
    rules = trading_company(topology=OFFICE, people=PAIR)
    written = loads(f"{{policies: [{policy}], routes: [{{id: all, policy: it}}]}}", EscalationRules, "escalation")
    rules.escalation, rules.router = written, Router(written)
    return Night(rules, begin=at(begin))


def when(night: Night) -> list[tuple[str, str]]:
    """Who was told when, by the clocks of the site."""
    local = ((datetime.fromtimestamp(night.begin + page.at, SHANGHAI), page.person) for page in night.pages)
    return [(f"{moment:%a %H:%M}", person) for moment, person in local]


WORKING = (
    "{id: it, hours: working-time, clock: working-time, roll: true, resolve_within: {P1: 1h, P2: 1h, P3: 1h, P4: 1h}, "
    "unresolved: [{tell: [manager], wait: 1h}], "
    "steps: [{tell: [owner], wait: 1h}, {tell: [manager], wait: 1h, kind: hierarchic}]}"
)


def test_a_page_waits_for_the_hours_of_its_policy() -> None:
    night = by(WORKING, "2026-11-20T17:00")  # a Friday; working hours end at half past five
    night.webhook(3600, alert("books-1"))
    night.webhook(3720, alert("r1"))  # it is more than it seemed, and by the same policy waits no less
    night.until(2 * 86400)
    assert night.told() == []
    assert [(i.cause, i.priority, i.page_at) for i in night.incidents()] == [("r1", "P1", at("2026-11-23T08:30"))]
    night.until(at("2026-11-23T12:00") - night.begin)
    assert when(night)[:2] == [("Mon 08:30", "lin"), ("Mon 09:30", "wu")]
    assert [(row.incident, row.text) for row in waiting(night)] == [(1, "waits for working-time")] * 2


def test_a_step_that_is_due_after_hours_waits_for_the_morning() -> None:
    night = by(WORKING.replace("clock: working-time, ", ""), "2026-11-20T17:00")
    night.webhook(0, alert("books-1"))
    night.until(4 * 86400)
    assert [one for one in when(night) if one[1] in ("lin", "wu")][:2] == [("Fri 17:01", "lin"), ("Mon 08:30", "wu")]
    assert [row.text for row in waiting(night)] == [
        "step 2 waits for working-time",
        "the last resort waits for working-time",
    ]


def waiting(night: Night) -> list[TimelineRow]:
    return [row for step in night.journal for row in step.changes.timeline if row.what == "waits"]


def test_what_is_taken_and_not_over_in_time_is_asked_for_in_the_morning() -> None:
    night = by(WORKING.replace("clock: working-time, roll: true, ", ""), "2026-11-20T17:00")
    night.webhook(0, alert("books-1"))
    night.act(120, "lin", "ack", 1)
    night.until(4 * 86400)
    assert when(night)[:2] == [("Fri 17:01", "lin"), ("Mon 08:30", "wu")]


def test_a_last_resort_that_nobody_could_be_reached_by_is_tried_again() -> None:
    """A policy that does not insist tells once, and goes on only as long as nobody was told."""
    night = Night(trading_company(), broken={"wu", "lin", "chen"})
    night.webhook(0, alert("ghost", check="disk", severity="critical"))
    night.until(3600)
    kinds = [kind for _, who, kind in night.told() if who == "wu"]
    assert kinds.count("last_resort") >= 3


TWO_WAYS = """
people:
  - {id: lin, manager: wu, contacts: [{channel: mail, address: lin@x.example}, {channel: sms, address: "1"}]}
  - {id: chen, mail: chen@x.example, manager: wu}
  - {id: wu, mail: wu@x.example}
teams:
  - {id: network, members: [lin]}
  - {id: systems, members: [chen]}
"""


def test_an_urgent_page_goes_by_another_channel_while_the_mail_server_is_behind_the_dead_switch() -> None:
    rules = trading_company(people=TWO_WAYS, channels={"mail": ("sales-mail",)})
    night = Night(rules)
    night.nagios(0, "acc-sw-17")
    night.nagios(10, "sales-mail")
    night.until(70)
    (page,) = night.pages
    assert (page.person, page.notification.doubtful) == ("lin", ("mail",))
    (told,) = night.incident("acc-sw-17").told
    assert told.claimed
    delivered = [r.text for s in night.journal for r in s.changes.timeline if r.what == "delivered"]
    assert delivered == ["lin: handed over by sms"]


def test_what_was_mailed_before_the_cause_was_known_is_said_again_by_another_channel() -> None:
    night = Night(trading_company(people=TWO_WAYS, channels={"mail": ("sales-mail",), "sms": ()}))
    night.nagios(0, "hr-server")
    night.until(120)
    assert [(p.kind, p.notification.doubtful) for p in night.pages if p.person == "chen"] == [("open", ())]
    night.nagios(130, "acc-sw-17")  # on which the mail server hangs, too: that letter may never have left the house
    night.until(200)
    said = [(p.kind, p.notification.doubtful) for p in night.pages if p.person == "chen"]
    assert said[1] == ("update", ("mail",))


def test_while_all_is_well_or_can_wait_the_usual_channel_will_do() -> None:
    rules = trading_company(people=TWO_WAYS, channels={"mail": ("sales-mail",), "sms": ()})
    night = Night(rules)
    night.nagios(0, "acc-sw-18")
    night.until(70)
    assert [page.notification.doubtful for page in night.pages] == [()]
    night.nagios(100, "sales-mail")
    night.webhook(110, alert("hr-server", check="disk", severity="warning"))
    night.until(200)
    lesser = [page for page in night.pages if page.notification.facts.priority in ("P3", "P4")]
    assert all(page.notification.doubtful == () for page in lesser)
