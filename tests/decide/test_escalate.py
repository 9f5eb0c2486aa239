"""Who is told, in which order, and what becomes of pages."""

from tests.decide.stories import Unclaimed, receipt
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
