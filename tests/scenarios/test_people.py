"""What people ask for, and what they are told."""

import pytest

from ingestd.model import News
from tests.night import Night, trading_company

NOBODY = "people:\n  - {id: wu, mail: wu@trading.example}\n"
COLLEAGUE = """
people:
  - {id: lin, mail: lin@trading.example}
  - {id: mei, mail: mei@trading.example, department: finance}
teams:
  - {id: network, members: [lin]}
"""


def switch_down() -> Night:
    night = Night()
    night.nagios(0, "acc-sw-17")
    night.until(70)
    return night


def test_a_call_about_something_unknown_is_its_takers() -> None:
    night = Night()
    verdict = night.act(0, "zhao", "open", person="ola", department="legal", text="the printer is jammed")
    assert verdict.text == "opened incident 1; it is yours"
    incident = night.incidents()[0]
    assert (incident.owner, incident.state, incident.came_by, incident.on_behalf_of) == (
        "zhao",
        "acknowledged",
        "phone",
        "ola",
    )
    night.until(4000)
    assert night.told() == []


def test_a_call_about_what_is_down_joins_it() -> None:
    night = switch_down()
    verdict = night.act(80, "zhao", "open", person="mei", department="finance", text="no network since nine")
    assert verdict.incident == 1
    assert "joined incident 1" in verdict.text


def test_the_same_call_twice_is_one() -> None:
    night = Night()
    night.act(0, "zhao", "open", person="ola", text="the printer is jammed")
    assert (
        night.act(5, "zhao", "open", person="ola", text="the printer is jammed").text == "known already as incident 1"
    )


def test_an_early_call_waits_to_be_joined() -> None:
    night = Night()
    night.act(0, "zhao", "open", person="mei", department="finance", text="no network since nine")
    night.nagios(30, "acc-sw-17")
    assert [i.cause for i in night.incidents()] == ["acc-sw-17"]


@pytest.mark.parametrize(
    ("actor", "action", "number", "more", "answer"),
    [
        ("lin", "ack", 9, {}, "incident 9 is not open"),
        ("stranger", "ack", 1, {}, "nobody called 'stranger' is in people.yaml"),
        ("stranger", "open", 0, {"text": "x"}, "nobody called 'stranger' is in people.yaml"),
        ("lin", "open", 0, {}, "an incident needs a text: what the caller said"),
        ("lin", "note", 1, {}, "a note needs a text"),
        ("lin", "assign", 1, {"person": "li"}, "nobody called 'li' is in people.yaml; known: chen, lin, wu, zhao"),
        ("lin", "priority", 1, {"priority": "P1"}, "a priority needs one of P1, P2, P3, P4 and a reason"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(
    actor: str, action: str, number: int, more: dict[str, str], answer: str
) -> None:
    verdict = switch_down().act(80, actor, action, number, **more)
    assert not verdict.ok
    assert verdict.text == answer


def test_the_first_to_acknowledge_owns_it() -> None:
    night = switch_down()
    assert night.act(80, "lin", "ack", 1).ok
    assert night.act(90, "lin", "ack", 1).text == "incident 1 is yours already"
    assert night.act(95, "chen", "ack", 1).text == "incident 1 is taken by lin already"


def test_a_hand_over_tells_the_new_owner() -> None:
    night = switch_down()
    assert night.act(80, "lin", "assign", 1, person="chen", text="you know it better").ok
    assert night.told("chen") == [(80, "chen", "open")]
    assert night.incidents()[0].owner == "chen"
    night.act(90, "chen", "assign", 1, person="lin")
    assert night.told("lin")[-1] == (90, "lin", "update")


def test_a_resolution_by_a_person_ends_it_for_everybody() -> None:
    night = switch_down()
    night.act(80, "lin", "ack", 1, text="on my way")
    assert night.act(900, "lin", "resolve", 1, text="spare switch installed", minutes=14).ok
    incident = night.incidents()[0]
    assert (incident.state, incident.fixed_by, incident.worked[0].minutes) == ("resolved", "spare switch installed", 14)
    assert night.told("lin")[-1] == (900, "lin", "end")
    assert night.act(910, "lin", "ack", 1).text == "incident 1 is resolved already"
    assert night.act(915, "lin", "note", 1, text="label was wrong", minutes=3).ok
    assert [w.minutes for w in night.incidents()[0].worked] == [14, 3]
    assert night.act(916, "lin", "resolve", 1).ok is False
    night.until(9000)
    assert night.incidents() == []


def test_a_persons_priority_stands() -> None:
    night = switch_down()
    night.act(70, "wu", "priority", 1, priority="P3", text="nobody is in today")
    night.nagios(80, "sales-mail")
    assert night.incidents()[0].priority == "P3"
    assert night.incidents()[0].priority_by == "wu"


def test_a_colleague_who_reports_gets_one_answer_and_the_end() -> None:
    night = Night(trading_company(people=COLLEAGUE))
    night.nagios(0, "acc-sw-17")
    night.mail(100, "no network", "no network in our room", sender="mei@trading.example")
    assert night.told("mei") == [(100, "mei", "answer")]
    assert night.pages[-1].notification.facts.cause == "acc-sw-17"
    night.mail(160, "still no network", "no network in our room, still", sender="mei@trading.example")
    night.nagios(200, "acc-sw-17", "UP")
    night.until(900)
    assert [p[2] for p in night.told("mei")] == ["answer", "end"]


def test_a_stranger_gets_no_answer() -> None:
    night = switch_down()
    night.mail(100, "no network", "no network in our room", sender="mei@finance.trading.example")
    assert [p for p in night.told() if p[2] == "answer"] == []


def test_nobody_is_responsible_so_the_last_resort_is_told_until_somebody_takes_it() -> None:
    night = Night(
        trading_company(topology="nodes: [{id: lonely, kind: switch}]", last_resort=("team:systems", "person:wu"))
    )
    night.webhook(0, {"host": "lonely", "state": "firing", "summary": "host unreachable", "severity": "critical"})
    night.act(1, "wu", "priority", 1, priority="P1", text="it is the only one")
    night.until(3000)
    kinds = {(p.person, p.kind) for p in night.pages}
    assert ("chen", "functional") in kinds
    assert ("wu", "last_resort") in kinds
    repeats = [p.at for p in night.pages if p.person == "wu" and p.kind == "last_resort"]
    assert len(repeats) >= 2
    night.act(3000, "wu", "ack", 1)
    night.until(9000)
    assert [p.at for p in night.pages if p.kind == "last_resort" and p.at > 3000] == []


def test_a_site_without_teams_tells_its_last_resort_at_once() -> None:
    night = Night(trading_company(topology="nodes: []", people=NOBODY))
    night.webhook(0, {"host": "box", "state": "firing", "summary": "host unreachable", "severity": "critical"})
    night.until(90)
    assert night.told() == [(60, "wu", "open")]


def test_a_page_that_fails_moves_on_to_the_next_step_at_once() -> None:
    night = Night(broken={"lin"})
    night.nagios(0, "acc-sw-17")
    night.until(61)
    assert night.told() == [(60, "lin", "open"), (60, "chen", "functional")]


def test_an_acknowledgement_lapses_when_it_gets_worse_and_the_right_team_is_told() -> None:
    night = Night()
    night.webhook(
        0, {"host": "mon-1", "check": "http", "state": "firing", "summary": "timed out", "severity": "critical"}
    )
    night.until(100)
    assert night.act(110, "chen", "ack", 1).ok
    night.nagios(120, "acc-sw-18")
    incident = night.incident("acc-sw-18")
    assert (incident.number, incident.state, incident.team) == (1, "triggered", "network")
    assert night.told("lin") == [(120, "lin", "open")]


def test_what_becomes_urgent_after_it_was_told_goes_to_those_who_can_mend_it() -> None:
    night = Night()
    night.nagios(0, "pc-finance-01")
    night.until(100)
    assert night.told() == [(60, "zhao", "open")]
    night.nagios(200, "acc-sw-17")
    assert night.told()[1:] == [(200, "zhao", "update"), (200, "lin", "open")]
    assert night.incident("acc-sw-17").policy == "urgent"


def test_redundant_routers_that_are_both_down_take_the_company_with_them() -> None:
    night = Night()
    night.nagios(0, "core-rt-1")
    assert night.incident("core-rt-1").impact.nodes == 1
    night.nagios(5, "core-rt-2")
    night.nagios(9, "sales-mail")
    for router in ("core-rt-1", "core-rt-2"):
        assert night.incident(router).priority == "P1"
        assert "mail" in night.incident(router).impact.services


def test_a_repeat_that_is_worse_ranks_anew() -> None:
    night = Night()
    disk = {"host": "inventory-db", "check": "disk", "state": "firing", "summary": "disk usage", "severity": "warning"}
    night.webhook(0, disk)
    assert night.incidents()[0].urgency == "low"
    night.webhook(5, disk | {"severity": "critical"})
    assert night.incidents()[0].urgency == "medium"


def test_an_escalation_that_does_not_arrive_moves_on_at_once() -> None:
    night = Night(broken={"chen"})
    night.nagios(0, "acc-sw-17")
    night.until(365)
    assert night.told() == [(60, "lin", "open"), (360, "chen", "functional"), (360, "wu", "hierarchic")]


def test_it_is_said_when_something_is_open_for_a_week() -> None:
    night = Night()
    night.mail(0, "disk broken", "the disk of my PC is broken", sender="ola@legal.trading.example")
    night.until(8 * 86400)
    assert [p[2] for p in night.told("zhao")] == ["open", "update"]
    assert night.pages[-1].notification.facts.news == (News("open_for", "7"),)
