"""How often a person is told: one letter a minute, ten an hour, then lists; P1 always at once."""

from collections import Counter
from itertools import pairwise

import pytest
from msgspec.structs import replace

from ingestd.decide import budget, escalate, receipts, telling
from ingestd.model import Answers, Batch, Message, News, Owed, Receipt, Silence
from ingestd.world import Draft
from tests.decide.stories import Unclaimed, alert, receipt
from tests.drills.contract import BOUNCE
from tests.night import Night, trading_company

MINUTE, HOUR = 60.0, 3600.0
NODES = "nodes:\n" + "".join(f"  - {{id: n{n}, owner: systems}}\n" for n in range(40))


def disks(night: Night, at: float, *nodes: int, state: str = "firing") -> None:
    """Disks fill up: local problems, told after a short hold, each an incident of its own."""
    for n in nodes:
        night.webhook(at, alert(f"n{n}", "disk", state, summary="disk full", severity="critical"))


def letters(night: Night, person: str = "chen") -> list[tuple[int, str, tuple[int, ...]]]:
    """(seconds, kind, incidents) of every letter to a person."""
    found = {p.notification.id: p.notification for p in night.pages if p.person == person}
    return [
        (round(one.at - night.begin), one.kind, tuple(o.incident for o in one.facts.listed) or (one.incident,))
        for one in found.values()
    ]


def reply(night: Night, at: float, letter: int, words: str, person: str = "chen") -> None:
    raw = f"From: x@y.example\r\nSubject: Re: a\r\nIn-Reply-To: <b@c>\r\n\r\n{words}\r\n".encode()
    night.message(at, Message(kind="mail", source="smtp", body=raw, actor=person, answers=Answers(0, letter)))


@pytest.fixture
def night() -> Night:
    return Night(trading_company(topology=NODES))


def urgent(night: Night, at: float, *numbers: int) -> None:
    """Somebody says that these are P2, which insists on an answer."""
    for number in numbers:
        assert night.act(at, "zhao", "priority", number, priority="P2", text="the shop is open").ok


def last(night: Night) -> int:
    """The id of the last letter."""
    return night.pages[-1].notification.id


def test_the_first_is_told_at_once_and_the_others_as_one_list_a_minute_later(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(3 * MINUTE)
    assert letters(night) == [(15, "open", (1,)), (75, "list", (2, 3))]
    assert [(kind, person) for _, person, kind in night.told("chen")] == [("open", "chen")] * 3


def test_the_fuller_the_hour_the_longer_a_list_is_gathered(night: Night) -> None:
    for n in range(40):
        disks(night, n * 100, n)
    night.until(HOUR + 20 * MINUTE)
    times = [at for at, _, _ in letters(night) if at < HOUR]
    gaps = [later - one for one, later in pairwise(times)]
    assert len(times) <= 10
    assert gaps[:4] == [100, 120, 180, 180] and all(gap == 600 for gap in gaps[4:])


def test_more_than_the_hour_allows_waits_until_the_first_is_an_hour_ago() -> None:
    rules = trading_company(topology=NODES)
    rules.escalation = replace(rules.escalation, pages_an_hour=3)
    night = Night(rules)
    for n in range(30):
        disks(night, n * 60, n)
    night.until(HOUR)
    assert len(letters(night)) == 3
    night.until(HOUR + MINUTE)
    assert letters(night)[-1][:2] == (HOUR + 15, "list")


def test_a_site_may_want_every_page_by_itself() -> None:
    rules = trading_company(topology=NODES)
    rules.escalation = replace(rules.escalation, pages_an_hour=0)
    night = Night(rules)
    disks(night, 0, *range(30))
    night.until(MINUTE)
    assert Counter(kind for _, kind, _ in letters(night)) == {"open": 30}
    assert night.world.budgets == {}


def test_p1_is_told_at_once_whatever_else_was(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(20)
    assert night.act(30, "zhao", "priority", 3, priority="P1", text="the till is on it").ok
    assert letters(night)[-1] == (30, "open", (3,))  # she asked for it to be hers, and is asked now
    night.until(2 * MINUTE)
    assert letters(night)[-1] == (75, "open", (2,))


def test_what_is_over_before_her_letter_is_not_told(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    disks(night, 20, 2, 3, state="resolved")
    night.until(HOUR)
    assert [(kind, about) for _, kind, about in letters(night)] == [("open", (1,))]


def test_what_somebody_has_taken_she_is_not_asked(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(20)
    assert night.act(30, "lin", "ack", 2).ok
    night.until(2 * MINUTE)
    assert letters(night) == [(15, "open", (1,)), (75, "open", (3,))]
    assert [t.person for t in night.world.incidents[2].told] == []


def test_ends_and_news_are_lines_too(night: Night) -> None:
    disks(night, 0, 1, 2, 3, 4)
    night.until(80)
    assert night.act(90, "lin", "ack", 1).ok
    disks(night, 95, 2, state="resolved")
    night.until(20 * MINUTE)
    assert [(kind, about) for _, kind, about in letters(night)][:2] == [("open", (1,)), ("list", (2, 3, 4))]
    news = next(p for p in night.pages if p.person == "chen" and p.kind == "update" and p.incident == 1)
    assert [one.what for one in news.notification.facts.news] == ["taken"]
    ends = [p for p in night.pages if p.person == "chen" and p.kind == "end"]
    assert [p.incident for p in ends] == [2]


def three_ends_in_one_list() -> tuple[Night, int]:
    """Chen has taken 1 to 4; all recover, and the ends of three of them come to her in one letter, whose id is given."""
    night = Night(trading_company(topology=NODES))
    disks(night, 0, 1, 2, 3, 4)
    night.until(80)
    reply(night, 90, last(night), "ack")
    assert night.act(91, "chen", "ack", 1).ok
    disks(night, 95, 1, 2, 3, 4, state="resolved")
    night.until(20 * MINUTE)
    letter = night.pages[-1].notification
    assert (letter.kind, [one.kind for one in letter.facts.listed]) == ("list", ["end"] * 3)
    return night, letter.id


def asked_about(night: Night) -> list[int]:
    """The incidents of which chen's letters ask what fixed them."""
    told = [p.notification for p in night.pages if p.person == "chen"]
    lines = [(o.incident, o.news) for one in told for o in one.facts.listed if o.kind == "end"]
    lines += [(one.incident, one.facts.news) for one in told if one.kind == "end"]
    return sorted({number for number, news in lines if News("what_fixed") in news})


def test_its_owner_is_asked_what_fixed_it_in_a_list_too() -> None:
    night, _ = three_ends_in_one_list()
    assert asked_about(night) == [1, 2, 3, 4]


def test_an_answer_to_a_list_says_which_it_means_a_line_for_each() -> None:
    night, letter = three_ends_in_one_list()
    reply(night, 21 * MINUTE, letter, "#2 fixed: emptied the trash, 10 min\n#3: worked 5m\n#9 ack\n#4 thank you all")
    assert night.world.incidents[2].fixed_by == "emptied the trash"
    assert [one.minutes for n in (2, 3) for one in night.world.incidents[n].worked] == [10.0, 5.0]
    (confirmed,) = [p for p in night.pages if p.kind == "confirm" and p.at > 20 * MINUTE]
    verdict = confirmed.notification.facts.verdict
    assert verdict is not None and not verdict.ok
    assert verdict.text == "kept with incident 2; kept with incident 3; that letter does not tell of #9"
    assert [r.text for s in night.journal for r in s.changes.timeline if r.what == "note"] == ["thank you all"]


def test_what_fixed_it_may_be_said_when_all_of_a_list_is_closed() -> None:
    night, letter = three_ends_in_one_list()
    night.until(4 * HOUR)
    assert night.incidents() == []
    reply(night, 5 * HOUR, letter, "#3 处理：清理了日志 15分钟\n#2 assign lin")
    fixed = [r for s in night.journal for r in s.changes.timeline if r.what == "fixed"]
    assert [(row.incident, row.text) for row in fixed] == [(3, "清理了日志; worked 15 min")]
    confirmed = night.pages[-1].notification
    assert (confirmed.kind, confirmed.incident) == ("confirm", 3)


def test_a_reply_that_means_nothing_in_a_list_is_not_answered() -> None:
    night, letter = three_ends_in_one_list()
    count = len(night.pages)
    reply(night, 21 * MINUTE, letter, "#2 thank you")
    reply(night, 21 * MINUTE, 999, "#2 ack")
    assert len(night.pages) == count


def test_who_has_said_what_fixed_it_meanwhile_is_not_asked() -> None:
    night = Night(trading_company(topology=NODES))
    disks(night, 0, 1, 2, 3, 4)
    night.until(80)
    reply(night, 90, last(night), "ack")
    assert night.act(91, "chen", "ack", 1).ok
    disks(night, 95, 1, 2, 3, 4, state="resolved")
    night.until(95 + 5 * MINUTE)
    ended = {n for n, i in night.world.incidents.items() if i.state == "resolved"}
    assert ended == {1, 2, 3, 4} and 3 in {one.incident for one in night.world.budgets["chen"].owed}
    assert night.act(95 + 5 * MINUTE, "chen", "fixed", 3, text="emptied the trash").ok
    night.until(20 * MINUTE)
    assert asked_about(night) == [1, 2, 4]


def test_the_end_of_what_is_closed_by_then_asks_as_well(night: Night) -> None:
    draft = Draft(night.world, night.begin)
    line = Owed(incident=99, kind="end", priority="P3", title="n1", news=(News("what_fixed"),))
    budget.owe(draft, "chen", line, night.begin)
    budget.send(draft, "chen")
    (page,) = draft.changes().notifications
    assert page.facts.news == line.news


def test_two_news_of_one_incident_are_one_line(night: Night) -> None:
    draft = Draft(night.world, night.begin)
    for what in ("taken", "joined"):
        news = (News(what, "x"),)
        budget.owe(
            draft, "chen", Owed(incident=1, kind="update", priority="P3", title="t", news=news), night.begin + 60
        )
    (line,) = draft.budget("chen").owed
    assert [one.what for one in line.news] == ["taken", "joined"]


def test_news_of_what_she_has_not_been_asked_yet_change_the_line_and_not_the_kind(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(20)
    assert night.act(30, "lin", "priority", 2, priority="P3", text="only a test machine").ok
    night.until(2 * MINUTE)
    (line,) = [o for p in night.pages[-1:] for o in p.notification.facts.listed if o.incident == 2]
    assert (line.kind, line.priority) == ("open", "P3")


def test_who_hears_that_her_shift_begins_by_a_letter_that_overtakes_her_list_is_told_of_the_end(night: Night) -> None:
    disks(night, 0, 1)
    night.until(20)
    draft = Draft(night.world, night.begin + 20)
    draft.put_budget(replace(draft.budget("zhao"), sent=(draft.at - 5,)))
    telling.update(draft, 1, "zhao", News("shift_begins", who="Chen Yu"))
    assert [one.kind for one in draft.budget("zhao").owed] == ["update"]
    draft.put_incident(replace(draft.numbered(1), priority="P1"))
    telling.news(draft, 1, News("priority", "P3 -> P1"), only=("zhao",))
    (letter,) = draft.changes().notifications
    assert [one.what for one in letter.facts.news] == ["shift_begins", "priority"]
    assert not draft.budget("zhao").owed
    claim = Receipt(notification=letter.id, incident=1, person="zhao", kind="update", outcome="claimed")
    receipts.received(draft, claim)
    draft.put_incident(replace(draft.numbered(1), state="resolved"))
    telling.end(draft, 1)
    assert ("zhao", "end") in [(one.person, one.kind) for one in draft.changes().notifications]


def test_news_that_a_letter_overtakes_are_in_it(night: Night) -> None:
    disks(night, 0, 1)
    night.until(20)
    draft = Draft(night.world, night.begin + 20)
    telling.news(draft, 1, News("joined", "n2 disk"))
    draft.put_incident(replace(draft.numbered(1), priority="P1"))
    telling.news(draft, 1, News("priority", "P3 -> P1"))
    (letter,) = draft.changes().notifications
    assert [one.what for one in letter.facts.news] == ["joined", "priority"]


def test_the_wait_for_the_next_step_starts_with_her_letter(night: Night) -> None:
    disks(night, 0, 1, 2)
    night.until(80)
    one, two = night.world.incidents[1], night.world.incidents[2]
    assert round(two.step_at - one.step_at) == 60


def test_the_last_resort_is_repeated_from_her_letter_on(night: Night) -> None:
    disks(night, 0, 1, 2)
    draft = Draft(night.world, night.begin + 1)
    for number in (1, 2):
        draft.put_incident(replace(draft.numbered(number), policy="nobody's"))
        escalate.advance(draft, number)
    repeat = night.rules.escalation.repeat_last_resort
    assert [draft.numbered(n).step_at - night.begin - 1 for n in (1, 2)] == [repeat, repeat + 60]
    assert [one.kind for one in draft.budget("wu").owed] == ["last_resort"]


def test_what_is_hidden_waits_until_it_is_not() -> None:
    night = Night(trading_company(topology=NODES))
    disks(night, 0, 1, 2, 3)
    night.until(20)
    wall = night.begin + 20
    asked = Silence(id="s", matchers=(), targets=("n2",), starts_at=wall, ends_at=wall + 300, by="")
    assert night.act(20, "lin", "silence", silence=asked).ok
    night.until(4 * MINUTE)
    assert [about for _, _, about in letters(night)] == [(1,), (3,)]
    night.until(20 * MINUTE)
    assert (2,) in [about for _, _, about in letters(night)]


def test_a_list_that_is_not_delivered_moves_on_with_every_line(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    urgent(night, 5, 1, 2, 3)
    night.until(20)
    night.fates["chen"] = "fails"
    night.until(20 * MINUTE)
    others = {p.incident for p in night.pages if p.person != "chen" and p.kind in ("functional", "hierarchic")}
    assert {2, 3} <= others


def test_a_list_that_bounces_is_told_by_her_other_ways(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(80)
    bounce = BOUNCE % night.rules.people.persons["chen"].ways()[0].address.encode()
    answers = Answers(0, last(night))
    night.message(90, Message(kind="mail", source="smtp", body=bounce, actor="chen", answers=answers))
    night.until(100)
    rows = [r for s in night.journal for r in s.changes.timeline if r.rule == "bounce"]
    assert {row.incident for row in rows} == {2, 3}


def test_an_end_that_comes_between_the_list_and_its_claim_is_told() -> None:
    night = Unclaimed(trading_company(topology=NODES))
    disks(night, 0, 1, 2, 3)
    night.until(80)
    page = next(p for p in night.pages if p.notification.kind == "list")
    disks(night, 85, 2, state="resolved")
    night.until(10 * MINUTE)
    assert page.notification.id not in night.cancelled  # it tells of another one, too
    page.incident = 0
    receipt(night, 601, page, "claimed")
    night.until(30 * MINUTE)
    assert [p.incident for p in night.pages if p.kind == "end"] == [2]


def test_one_word_takes_the_whole_list(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(80)
    reply(night, 90, last(night), "ack")
    assert [night.world.incidents[n].owner for n in (1, 2, 3)] == ["", "chen", "chen"]
    (confirmed,) = [p for p in night.pages if p.kind == "confirm"]
    assert confirmed.notification.facts.verdict is not None
    assert confirmed.notification.facts.verdict.text == "yours: #2, #3"


def test_what_one_word_can_not_mean_is_said(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(80)
    reply(night, 90, last(night), "resolved")
    (confirmed,) = [p for p in night.pages if p.kind == "confirm"]
    verdict = confirmed.notification.facts.verdict
    assert verdict is not None and not verdict.ok and "lists several" in verdict.text


@pytest.mark.parametrize(("letter", "words"), [(0, "thank you"), (999, "ack")])
def test_other_words_and_other_letters_do_nothing(night: Night, letter: int, words: str) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(80)
    reply(night, 90, letter or last(night), words)
    assert all(not i.owner for i in night.world.incidents.values())
    assert not [p for p in night.pages if p.kind == "confirm"]


def test_a_list_of_what_is_all_taken_says_whose_it_is(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(80)
    assert night.act(85, "lin", "ack", 2).ok and night.act(85, "lin", "ack", 3).ok
    reply(night, 90, last(night), "ack")
    (confirmed,) = [p for p in night.pages if p.kind == "confirm" and p.person == "chen"]
    assert confirmed.notification.facts.verdict is not None


def test_only_the_last_lists_are_remembered(night: Night) -> None:
    for n in range(36):
        disks(night, n * 150, n)
    night.until(3 * HOUR)
    known = night.world.budgets["chen"].batches
    assert len(known) <= budget.MOST_BATCHES and all(isinstance(one, Batch) for one in known)


def test_an_end_is_told_though_the_incident_is_closed_by_then(night: Night) -> None:
    draft = Draft(night.world, night.begin)
    budget.owe(draft, "chen", Owed(incident=99, kind="end", priority="P3", title="n1 disk: disk full"), night.begin)
    budget.send(draft, "chen")
    (page,) = draft.changes().notifications
    assert (page.kind, page.incident, page.facts.title, page.facts.state) == (
        "end",
        99,
        "n1 disk: disk full",
        "resolved",
    )


def test_what_is_closed_or_was_merged_is_a_line_as_it_was(night: Night) -> None:
    disks(night, 0, 1, 2)
    assert night.act(5, "lin", "merge", 2, into=1).ok
    draft = Draft(night.world, night.begin + 9)
    for number in (2, 99):
        line = Owed(incident=number, kind="end", priority="P3", title=f"once {number}")
        budget.owe(draft, "chen", line, night.begin)
    budget.owe(draft, "chen", Owed(incident=98, kind="update", priority="P3", title="gone"), night.begin)
    budget.send(draft, "chen")
    (page,) = draft.changes().notifications
    assert [one.title for one in page.facts.listed] == ["once 2", "once 99"]


def test_what_was_merged_meanwhile_is_told_by_its_old_number_if_at_all(night: Night) -> None:
    disks(night, 0, 1, 2, 3)
    night.until(20)
    assert night.act(30, "lin", "merge", 3, into=2).ok
    night.until(5 * MINUTE)
    assert [about for _, _, about in letters(night)] == [(1,), (2,)]


def test_a_storm_of_two_hundred_incidents_is_a_handful_of_letters() -> None:
    racks = "".join(
        f"  - {{id: sw{n}, kind: switch, owner: network}}\n"
        + "".join(f"  - {{id: h{n}-{m}, depends_on: [sw{n}], owner: systems}}\n" for m in range(5))
        for n in range(200)
    )
    night = Night(trading_company(topology=f"nodes:\n{racks}"))
    for n in range(200):
        at = n * 3.0
        for m in range(5):
            night.webhook(at, alert(f"h{n}-{m}"))
        night.webhook(at + 1, alert(f"sw{n}"))
    night.until(10 * MINUTE)
    besides = [at for person in ("lin", "chen", "zhao", "wu") for at in _besides(night, person)]
    assert all(len(_besides(night, person)) <= 5 for person in ("lin", "chen", "zhao", "wu")), besides
    night.until(25 * MINUTE)
    causes = {i.cause for i in night.incidents()}
    assert causes == {f"sw{n}" for n in range(200)}
    told = {p.incident for p in night.pages if p.person == "lin"}
    assert told == {i.number for i in night.incidents()}


def _besides(night: Night, person: str) -> set[int]:
    """The letters to a person that are not about a P1."""
    return {p.notification.id for p in night.pages if p.person == person and p.notification.facts.priority != "P1"}
