"""Two incidents become one: numbers stay valid, unclaimed pages are withdrawn."""

from tests.decide.stories import Unclaimed
from tests.night import Night, trading_company


def two_told(night: Night) -> Night:
    """The mail server's page is out, the personnel server's too, and only then does their switch report."""
    night.nagios(0, "sales-mail")
    night.nagios(400, "hr-server")
    night.until(470)
    assert {p.incident for p in night.pages} == {1, 2}
    night.nagios(500, "acc-sw-17")
    return night


def test_the_unclaimed_page_of_the_number_that_goes_is_withdrawn() -> None:
    night = two_told(Unclaimed())
    survivor = night.incident("acc-sw-17").number
    opened = {p.incident: p.notification.id for p in night.pages if p.kind == "open"}
    assert survivor == 1
    assert night.cancelled == {opened[2]}


def test_who_was_told_of_the_number_that_goes_is_told_of_the_end() -> None:
    night = two_told(Night())
    survivor = night.incident("acc-sw-17")
    assert {t.person for t in survivor.told} == {p.person for p in night.pages}
    for host in ("acc-sw-17", "sales-mail", "hr-server"):
        night.nagios(600, host, "UP")
    night.until(2000)
    ends = [p.person for p in night.pages if p.kind == "end"]
    assert sorted(ends) == sorted({p.person for p in night.pages})


def test_an_acknowledged_number_survives_an_older_one_that_was_told() -> None:
    night = Night()
    night.nagios(0, "hr-server")
    night.nagios(400, "sales-mail")
    night.act(410, "chen", "ack", 2)
    night.nagios(500, "acc-sw-17")
    assert [(i.number, i.cause) for i in night.incidents()] == [(2, "acc-sw-17")]


def test_a_storm_keeps_the_first_reasons_only() -> None:
    names = [f"srv-{n}" for n in range(60)]
    nodes = "".join(f"  - {{id: {name}, depends_on: [sw]}}\n" for name in names)
    night = Night(trading_company(topology=f"nodes:\n  - {{id: sw, kind: switch}}\n{nodes}"))
    for second, name in enumerate([*names, "sw"]):
        night.nagios(second / 10, name)
    (incident,) = night.incidents()
    assert len(night.world.incidents) == 61
    assert len(incident.reasons) < 50
