"""What a text may say, frozen when it was decided."""

from tests.decide.stories import alert
from tests.night import Night


def test_a_page_names_cause_symptoms_remedy_and_who_is_hit() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    night.nagios(5, "hr-server")
    night.webhook(10, alert("hr-server", "odd", summary="something is strange"))
    night.until(60)
    facts = night.pages[0].notification.facts
    assert facts.alerts == ("acc-sw-17: CRITICAL - Host unreachable", "hr-server: CRITICAL - Host unreachable")
    assert facts.unsure == ("hr-server odd: something is strange",)
    assert facts.departments == ("Finance", "Human resources", "Logistics", "Sales")
    assert (facts.held, facts.team, facts.alert_count) == (60.0, "network", 3)


def test_repeats_are_counted_and_long_texts_cut() -> None:
    night = Night()
    for minute in range(3):
        night.webhook(minute, alert("hr-server", "disk", summary="disk usage " + "9" * 300))
    night.until(60)
    assert night.pages[0].notification.facts.alert_count == 3
    assert len(night.pages[0].notification.facts.alerts[0]) == 160
    night.webhook(100, alert("mon-1", "disk", summary="97 %"))
    night.webhook(101, alert("mon-1", "disk", summary="97 %"))
    night.until(200)
    assert night.pages[-1].notification.facts.alerts == ("mon-1 disk: 97 % (x2)",)


def test_an_end_names_what_was_not_heard_back() -> None:
    night = Night()
    night.nagios(0, "acc-sw-17")
    night.nagios(5, "hr-server")
    night.nagios(600, "acc-sw-17", "UP")
    night.until(2000)
    assert night.pages[-1].kind == "end"
    assert night.pages[-1].notification.facts.unheard == ("hr-server",)
