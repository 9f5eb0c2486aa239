"""The morning on which access switch 17 fails, from the first symptom to the last text."""

from ingestd.model import News
from tests.night import Night

TAXES = "Our finance machines have no network and the tax filing is due today, please help!"
DISK = "The disk of my PC makes terrible noises, I think it is broken. I need it NOW."


def the_morning() -> Night:
    night = Night()
    night.nagios(5, "sales-mail")
    night.nagios(18, "inventory-db.trading.example")
    night.nagios(31, "acc-sw-17")
    night.nagios(47, "HR-SERVER")
    night.nagios(300, "sales-mail")
    night.mail(240, "no network", TAXES, sender="mei@finance.trading.example")
    night.mail(300, "disk broken", DISK, sender="ola@legal.trading.example")
    return night


def test_one_urgent_incident_with_the_switch_as_cause_and_one_low_one() -> None:
    night = the_morning()
    urgent, low = night.incidents()
    assert (urgent.cause, urgent.cause_kind, urgent.priority) == ("acc-sw-17", "reported", "P1")
    assert urgent.impact.departments == ("finance", "hr", "logistics", "sales")
    assert (low.priority, low.team) == ("P4", "desktop")


def test_the_network_engineer_is_told_once_with_the_remedy() -> None:
    night = the_morning()
    night.until(350)
    assert night.told() == [(65, "lin", "open"), (360, "zhao", "open")][:1]
    facts = night.pages[0].notification.facts
    assert "NC-SPARE-2" in facts.remedy
    assert facts.team == "network"
    assert any("sales-mail" in line for line in facts.alerts)


def test_finance_is_listed_as_an_unsure_symptom() -> None:
    night = the_morning()
    report = night.alerts("mei@finance.trading.example")[0]
    assert night.world.incidents[report.incident].cause == "acc-sw-17"
    assert report.certainty == "unsure"


def test_nobody_acknowledges_so_more_skill_and_then_more_authority_is_brought_in() -> None:
    night = the_morning()
    night.until(1000)
    assert night.told("chen") == [(365, "chen", "functional")]
    assert night.told("wu") == [(965, "wu", "hierarchic")]


def test_after_an_acknowledgement_the_steps_stop_and_the_others_hear_of_it() -> None:
    night = the_morning()
    night.until(400)
    verdict = night.act(400, "lin", "ack", 1)
    assert verdict.ok
    night.until(900)
    assert night.told("chen") == [(365, "chen", "functional"), (400, "chen", "update")]
    assert night.told("wu") == []
    assert night.incident("acc-sw-17").owner == "lin"


def test_a_merged_number_still_leads_to_the_incident() -> None:
    night = the_morning()
    assert night.act(310, "lin", "ack", 3).incident == 1


def test_everybody_who_was_told_is_told_of_the_end_once() -> None:
    night = the_morning()
    night.act(400, "lin", "ack", 1)
    for second, host in enumerate(("acc-sw-17", "sales-mail", "hr-server", "inventory-db")):
        night.nagios(2500 + second, host, "UP", "PING OK")
    night.until(4000)
    assert [p for p in night.told() if p[2] == "end"] == [(2803, "lin", "end"), (2803, "chen", "end")]
    assert night.incident("acc-sw-17").state == "resolved"


def test_a_child_that_never_reports_back_does_not_delay_the_end_and_is_named() -> None:
    night = the_morning()
    for second, host in enumerate(("acc-sw-17", "sales-mail", "inventory-db")):
        night.nagios(2500 + second, host, "UP", "PING OK")
    night.until(4000)
    end = next(p for p in night.pages if p.kind == "end")
    assert end.at < 3200
    assert end.notification.facts.unheard == ("hr-server",)


def test_not_resolved_in_time_brings_in_more_skill_then_authority() -> None:
    night = the_morning()
    night.act(310, "lin", "ack", 1)
    night.until(310 + 3600 + 1800 + 10)
    assert night.told("chen") == [(3910, "chen", "functional")]
    assert night.told("wu") == [(5710, "wu", "hierarchic")]


def test_overdue_steps_end() -> None:
    night = the_morning()
    night.act(310, "lin", "ack", 1)
    night.until(6 * 3600)
    assert night.incident("acc-sw-17").resolve_at == 0.0
    assert len(night.told("wu")) == 1


def test_the_cause_may_come_first_or_last() -> None:
    for order in (("acc-sw-17", "sales-mail", "hr-server"), ("hr-server", "sales-mail", "acc-sw-17")):
        night = Night()
        for second, host in enumerate(order):
            night.nagios(second, host)
        assert [i.cause for i in night.incidents()] == ["acc-sw-17"]


def test_a_cause_found_after_the_page_is_one_update() -> None:
    night = Night()
    night.nagios(0, "sales-mail")
    night.until(100)
    assert night.told() == [(60, "chen", "open")]
    night.nagios(200, "acc-sw-17")
    night.until(220)
    assert night.told()[1:] == [(200, "chen", "update"), (200, "lin", "open")], "it is the network team's now"
    assert night.pages[1].notification.facts.news == (News("cause", "acc-sw-17"),)
    assert night.incident("acc-sw-17").number == 1


def test_a_silent_cause_is_inferred_and_said_to_be_so() -> None:
    night = Night()
    for second, host in enumerate(("sales-mail", "inventory-db", "hr-server")):
        night.nagios(second, host)
    night.until(100)
    assert [(i.cause, i.cause_kind) for i in night.incidents()] == [("acc-sw-17", "inferred")]
    assert night.incident("acc-sw-17").title == "acc-sw-17 is suspected to be down"
    night.nagios(120, "acc-sw-17")
    assert night.incident("acc-sw-17").cause_kind == "reported"


def test_a_suspicion_ends_when_its_children_are_back() -> None:
    night = Night()
    for second, host in enumerate(("sales-mail", "inventory-db", "hr-server")):
        night.nagios(second, host)
    night.nagios(600, "sales-mail", "UP")
    night.nagios(610, "inventory-db", "UP")
    night.until(2000)
    assert night.incidents()[0].state == "resolved"
    night.nagios(2000, "hr-server")
    assert [i.cause for i in night.incidents() if i.state != "resolved"] == ["hr-server"]


def test_a_redundant_router_alone_explains_nothing() -> None:
    night = Night()
    night.nagios(0, "core-rt-1")
    night.nagios(10, "acc-sw-18")
    assert sorted(i.cause or "" for i in night.incidents()) == ["acc-sw-18", "core-rt-1"]
    night.nagios(20, "core-rt-2")
    assert "acc-sw-18" not in [i.cause for i in night.incidents()]


def test_a_local_problem_never_joins_a_storm() -> None:
    night = the_morning()
    night.webhook(
        310,
        {"host": "hr-server", "check": "disk", "state": "firing", "summary": "disk usage 97 %", "severity": "warning"},
    )
    assert night.incidents()[-1].cause_kind == "local"


def test_flaps_rejoin_silently() -> None:
    night = Night()
    for round_ in range(5):
        night.nagios(round_ * 200, "acc-sw-18")
        night.nagios(round_ * 200 + 100, "acc-sw-18", "UP")
    night.until(3000)
    assert len(night.incidents()) == 1
    assert [p[2] for p in night.told("lin")] == ["open", "end"]


def test_a_recurrence_after_the_end_is_an_incident_of_its_own() -> None:
    night = Night()
    night.nagios(0, "acc-sw-18")
    night.nagios(100, "acc-sw-18", "UP")
    night.nagios(9000, "acc-sw-18")
    assert [i.state for i in night.incidents()] == ["triggered"]
    assert night.incidents()[0].number == 2
