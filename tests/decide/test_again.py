"""What follows a page and did not arrive: an update or the end is told by another address, or later, until it arrives."""

import pytest
from msgspec.structs import replace

from ingestd.decide import again
from ingestd.model import Answers, Message, Notification, Word
from ingestd.world import Draft, World
from tests.decide.stories import ROW, alert, receipt
from tests.decide.test_answered import BOUNCE
from tests.night import Night, Page, trading_company
from tests.rows import rows

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
OLD, NEW, PHONE = "lin@old.example", "lin@new.example", "lin@phone.example"
STAFF = f"""
people:
  - id: lin
    manager: wu
    contacts: [{{address: {OLD}}}, {{address: {NEW}}}, {{address: {PHONE}}}]
  - {{id: chen, mail: chen@trading.example}}
  - {{id: wu, mail: wu@trading.example}}
teams:
  - {{id: network, members: [lin]}}
  - {{id: systems, members: [chen]}}
"""
NODES = ROW + "".join(f"  - {{id: n{n}, owner: network}}\n" for n in range(9))


def paged(begin: float = 0.0) -> Night:
    """The switch is down, and Lin, who has three addresses, knows."""
    night = Night(trading_company(topology=NODES, people=STAFF))
    night.webhook(begin, alert("sw"))
    night.until(begin + 2 * MINUTE)
    return night


def over(night: Night, at: float = 5 * MINUTE) -> Page:
    """It recovers; the letter of its end to Lin."""
    night.webhook(at, alert("sw", state="resolved"))
    night.until(at + 10 * MINUTE)
    return next(p for p in reversed(night.pages) if p.person == "lin" and p.kind == "end")


def bounce(night: Night, at: float, letter: Notification, to: str, action: str = "failed") -> None:
    raw = BOUNCE.format(to=to, action=action, status="5.1.1").encode()
    answers = Answers(letter.incident, letter.id)
    night.message(at, Message(kind="mail", source="smtp", body=raw, actor=letter.person, answers=answers))


def to_lin(night: Night, kind: str) -> list[Notification]:
    """The letters of a kind to Lin, each as often as it went out."""
    return [p.notification for p in night.pages if p.person == "lin" and p.notification.kind == kind]


def logged(night: Night, what: str) -> list[str]:
    return [r.text for s in night.journal for r in s.changes.timeline if r.what == what]


def fails(night: Night, at: float, page: Page) -> None:
    receipt(night, at, page, "claimed")
    receipt(night, at, page, "failed")


def later() -> Draft:
    """Ten minutes after Lin's page."""
    world = paged().world
    return Draft(world, world.at + 10 * MINUTE)


# -- what came back


def test_an_end_that_comes_back_goes_out_by_each_other_address_once() -> None:
    night = paged()
    end = over(night).notification
    for minutes, address in ((20, OLD), (30, NEW), (40, PHONE)):
        bounce(night, minutes * MINUTE, end, address.upper())
    assert [(one.id, one.at, one.again, one.without) for one in to_lin(night, "end")] == [
        (end.id, end.at, False, ()),
        (end.id, end.at, True, (OLD,)),
        (end.id, end.at, True, (OLD, NEW)),
    ]
    assert [text for text in logged(night, "paged") if "again" in text] == [
        f"lin: end, again, not to {OLD}",
        f"lin: end, again, not to {OLD}, {NEW}",
    ]
    assert logged(night, "given_up") == ["lin: end, no other address is left"]
    night.until(3 * HOUR)
    assert night.incidents() == []


def test_what_is_said_twice_of_one_address_is_acted_on_once() -> None:
    night = paged()
    end = over(night).notification
    for minutes in (20, 21, 22):
        bounce(night, minutes * MINUTE, end, OLD)
    assert len(to_lin(night, "end")) == 2
    assert len([text for text in logged(night, "undelivered") if OLD in text]) == 3


def test_a_delayed_end_is_waited_for() -> None:
    night = paged()
    bounce(night, 20 * MINUTE, over(night).notification, OLD, action="delayed")
    assert len(to_lin(night, "end")) == 1


def test_an_update_that_comes_back_says_the_same_by_the_next_address() -> None:
    night = paged()
    night.act(3 * MINUTE, "wu", "priority", 1, priority="P2", text="a Sunday")
    (update,) = to_lin(night, "update")
    bounce(night, 4 * MINUTE, update, OLD)
    once, twice = to_lin(night, "update")
    assert twice == replace(once, again=True, without=(OLD,), facts=twice.facts)
    assert twice.facts.news == once.facts.news
    assert over(night).notification.without == (OLD,), "the end knows of it"


def test_an_update_that_comes_back_when_all_is_over_is_not_said_again() -> None:
    night = paged()
    night.act(3 * MINUTE, "wu", "priority", 1, priority="P2", text="a Sunday")
    (update,) = to_lin(night, "update")
    end = over(night).notification
    bounce(night, 20 * MINUTE, update, OLD)
    assert len(to_lin(night, "update")) == 1 and len(to_lin(night, "end")) == 1
    bounce(night, 21 * MINUTE, end, OLD)
    assert to_lin(night, "end")[-1].without == (OLD,)


def test_a_page_that_comes_back_when_all_is_over_is_remembered_for_the_end() -> None:
    night = paged()
    page = night.pages[0].notification
    end = over(night).notification
    bounce(night, 20 * MINUTE, page, NEW)
    bounce(night, 21 * MINUTE, end, OLD)
    assert to_lin(night, "end")[-1].without == (NEW, OLD)


def test_a_report_that_names_no_address_moves_to_nobody() -> None:
    night = paged()
    bounce(night, 20 * MINUTE, over(night).notification, "")
    assert len(to_lin(night, "end")) == 1
    assert logged(night, "given_up") == ["lin: end, no other address is left"]


def test_who_asked_for_no_more_updates_is_not_told_one_again() -> None:
    night = paged()
    night.act(3 * MINUTE, "wu", "priority", 1, priority="P2", text="a Sunday")
    (update,) = to_lin(night, "update")
    assert night.act(4 * MINUTE, "lin", "stop", 1).ok
    bounce(night, 5 * MINUTE, update, OLD)
    assert len(to_lin(night, "update")) == 1


def disks(night: Night, at: float, *numbers: int, state: str = "firing") -> None:
    for n in numbers:
        night.webhook(at, alert(f"n{n}", "disk", state, summary="disk full", severity="critical"))


def test_a_list_that_comes_back_goes_out_as_one_list_again() -> None:
    night = Night(trading_company(topology=NODES, people=STAFF))
    disks(night, 0, 1, 2, 3, 4)
    night.until(80)
    disks(night, 95, 1, 2, state="resolved")
    night.until(30 * MINUTE)
    opened = next(p.notification for p in night.pages if p.notification.kind == "list")
    bounce(night, 30 * MINUTE, opened, OLD)
    night.until(31 * MINUTE)
    again_told = night.pages[-1].notification
    assert (again_told.kind, again_told.without) == ("list", (OLD,))
    assert sorted(one.incident for one in again_told.facts.listed) == [3, 4], "what is over is not asked again"


def test_the_ends_of_a_list_that_comes_back_are_told_in_one_letter() -> None:
    night = Night(trading_company(topology=NODES, people=STAFF))
    disks(night, 0, 1, 2, 3, 4)
    night.until(80)
    disks(night, 95, 1, 2, 3, 4, state="resolved")
    night.until(30 * MINUTE)
    listed = night.pages[-1].notification
    assert [one.kind for one in listed.facts.listed] == ["end"] * 3
    bounce(night, 31 * MINUTE, listed, OLD)
    night.until(32 * MINUTE)
    repeated = night.pages[-1].notification
    assert (repeated.kind, repeated.again, repeated.without) == ("list", False, (OLD,))
    assert [one.incident for one in repeated.facts.listed] == [one.incident for one in listed.facts.listed]


def test_what_is_hers_from_now_on_is_told_by_another_address_and_later_until_she_knows() -> None:
    night = Night(trading_company(topology=ROW, people=STAFF))
    night.webhook(0, alert("srv-1", "disk", summary="disk full"))
    night.until(2 * MINUTE)
    assert night.act(3 * MINUTE, "chen", "assign", 1, person="lin", text="it is the uplink").ok
    (handed,) = to_lin(night, "open")
    bounce(night, 4 * MINUTE, handed, OLD)
    twice = to_lin(night, "open")[-1]
    assert (twice.again, twice.without, twice.facts.news) == (True, (OLD,), handed.facts.news)
    assert night.act(5 * MINUTE, "chen", "take", 1).ok
    bounce(night, 6 * MINUTE, handed, NEW)
    assert len(to_lin(night, "open")) == 2, "it is hers no more"


def test_a_page_that_comes_back_when_somebody_has_taken_it_asks_nobody() -> None:
    night = paged()
    assert night.act(3 * MINUTE, "chen", "ack", 1).ok
    bounce(night, 4 * MINUTE, night.pages[0].notification, OLD)
    assert len(to_lin(night, "open")) == 1
    night.until(9 * MINUTE)
    assert not [p for p in night.pages if p.kind in ("functional", "hierarchic")]


# -- what no channel took


def test_an_end_that_no_channel_takes_is_tried_until_one_does() -> None:
    """The relay is down for two hours from before the end: it is told when the relay is back, and only then forgotten."""
    night = paged()
    night.fates["lin"] = "fails"
    first = over(night).notification
    night.until(5 * MINUTE + 2 * HOUR)
    failed = to_lin(night, "end")
    assert len(failed) == 7 and {one.id for one in failed} == {first.id}
    assert night.incidents(), "it is not forgotten while somebody is to hear of it"
    del night.fates["lin"]
    night.until(8 * HOUR)
    assert len(to_lin(night, "end")) == 8
    assert night.incidents() == []


def test_a_day_of_failures_is_enough() -> None:
    night = paged()
    night.fates["lin"] = "fails"
    over(night)
    night.until(2 * DAY)
    assert len(to_lin(night, "end")) == again.MOST_TRIES + 1
    assert logged(night, "given_up") == ["lin: end, tried for a day"]
    assert night.incidents() == []


def test_a_restart_does_not_forget_what_is_to_be_told_again() -> None:
    night = paged()
    night.fates["lin"] = "fails"
    over(night)
    del night.fates["lin"]
    world = World(night.rules, rows(night.journal, night.world.at))
    world.position = night.world.position
    night.world = night.trial.world = world
    night.until(HOUR)
    assert [one.again for one in to_lin(night, "end")][-1]
    assert night.world.incidents[1].words[0].arrived


def test_what_failed_is_told_with_what_comes_next() -> None:
    night = paged()
    night.fates["lin"] = "fails"
    night.act(3 * MINUTE, "wu", "priority", 1, priority="P2", text="a Sunday")
    del night.fates["lin"]
    night.act(3 * MINUTE + 20, "chen", "ack", 1)
    night.until(30 * MINUTE)
    assert [[one.what for one in letter.facts.news] for letter in to_lin(night, "update")] == [
        ["priority"],
        ["priority", "taken"],
    ]


def test_an_update_is_not_tried_any_more_when_all_is_over() -> None:
    night = paged()
    night.fates["lin"] = "fails"
    night.act(3 * MINUTE, "wu", "priority", 1, priority="P2", text="a Sunday")
    (update,) = [p for p in night.pages if p.notification.kind == "update" and p.person == "lin"]
    assert night.act(3 * MINUTE + 30, "wu", "resolve", 1, text="a spare").ok
    receipt(night, 4 * MINUTE, update, "failed")
    night.until(5 * MINUTE)
    assert len(to_lin(night, "update")) == 1


def test_a_pause_that_ends_when_she_asked_for_quiet_ends_in_nothing() -> None:
    night = paged()
    night.fates["lin"] = "fails"
    night.act(3 * MINUTE, "wu", "priority", 1, priority="P2", text="a Sunday")
    assert night.act(3 * MINUTE + 30, "lin", "stop", 1).ok
    night.until(30 * MINUTE)
    assert len(to_lin(night, "update")) == 1 and not night.world.incidents[1].again_at


def test_an_end_that_waits_alone_for_her_next_letter_goes_out_under_its_own_name() -> None:
    draft = later()
    word = Word(person="lin", kind="end", at=draft.at - 300, notification=7, own=7, over=True, due_at=draft.at - 1)
    incident = replace(draft.numbered(1), state="resolved", resolved_at=draft.at - 300, priority="P3", words=(word,))
    draft.put_incident(incident)
    draft.put_budget(replace(draft.budget("lin"), sent=(draft.at - 5,)))
    again.due(draft, 1)
    again.budget.send(draft, "lin")
    (letter,) = draft.changes().notifications
    assert (letter.id, letter.kind, letter.again, letter.at) == (7, "end", True, word.at)
    assert draft.numbered(1).words[0].notification == 7


def test_two_of_different_pauses_are_each_tried_in_their_time() -> None:
    draft = later()
    early = Word(person="lin", kind="end", at=0.0, notification=7, own=7, over=True, due_at=draft.at)
    late = replace(early, person="wu", notification=8, own=8, due_at=draft.at + 60)
    draft.put_incident(replace(draft.numbered(1), state="resolved", words=(early, late)))
    again.due(draft, 1)
    assert [one.id for one in draft.changes().notifications] == [7]
    assert draft.numbered(1).again_at == late.due_at


@pytest.mark.parametrize("state", ["handed_over", "failed"])
def test_who_is_hit_hears_by_another_address_too(state: str) -> None:
    draft = later()
    word = Word(person="lin", kind="affected", at=0.0, notification=9, own=9, arrived=state == "handed_over")
    draft.put_incident(replace(draft.numbered(1), words=(word,)))
    assert again.sent_back(draft, draft.numbered(1), "lin", 9, OLD, listed=False)
    (letter,) = draft.changes().notifications
    assert (letter.id, letter.kind, letter.without) == (9, "affected", (OLD,))


def test_what_she_was_told_of_an_incident_that_is_over_is_not_said_again() -> None:
    draft = later()
    word = Word(person="lin", kind="update", at=0.0, notification=9, own=9)
    draft.put_incident(replace(draft.numbered(1), state="resolved", words=(word,)))
    assert again.sent_back(draft, draft.numbered(1), "lin", 9, OLD, listed=False)
    assert draft.changes().notifications == ()
