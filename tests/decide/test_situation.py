"""Rank and route follow what an incident becomes; those who were told hear what they would act on."""

from tests.decide.stories import alert
from tests.night import Night


def test_a_cause_that_makes_it_more_important_is_one_update_with_both() -> None:
    night = Night()
    night.nagios(0, "pc-finance-01")
    night.until(100)
    assert [(i.priority, i.team) for i in night.incidents()] == [("P3", "desktop")]
    night.nagios(200, "acc-sw-17")
    assert [(i.priority, i.team) for i in night.incidents()] == [("P1", "network")]
    news = [p.notification.facts.news for p in night.pages if p.kind == "update" and p.person == "zhao"]
    assert [[(n.what, n.text) for n in told] for told in news] == [[("cause", "acc-sw-17"), ("priority", "P3 -> P1")]]


def test_a_storm_is_judged_by_its_first_fifty_alerts() -> None:
    night = Night()
    night.webhook(0, {"alerts": [alert("acc-sw-18", f"port {n}", severity="warning") for n in range(60)]})
    first = night.alerts("acc-sw-18")[0].incident
    assert len([a for a in night.alerts("acc-sw-18") if a.incident == first]) == 60
    worst = {"alerts": [alert("acc-sw-18", f"port {n}", severity="critical") for n in range(60, 62)]}
    night.webhook(5, worst)
    assert night.world.incidents[first].priority == "P2", "the same as before: the network is out, whatever a port says"
