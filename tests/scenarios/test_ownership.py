"""Whose it is until it is over: restored and cured, handed over and taken over, shifts that end, what is learnt."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingestd import pipeline
from ingestd.decide.oncall import People, PeopleFile
from ingestd.decide.state import Rulebook
from ingestd.model import Answers, Before, Incident, Message, News, Notification
from ingestd.worker import pages
from ingestd.world import World, combine
from ingestd.yamltypes import loads
from tests.decide.stories import ROW, alert
from tests.desk import Clock, opened
from tests.night import Night, Page, trading_company
from tests.rows import rows

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
SHANGHAI = ZoneInfo("Asia/Shanghai")
STAFF = """
people:
  - {id: lin, name: Lin Hao, mail: lin@trading.example, manager: wu}
  - {id: chen, name: Chen Yu, mail: chen@trading.example, manager: wu}
  - {id: zhao, mail: zhao@trading.example}
  - {id: wu, mail: wu@trading.example}
teams:
  - {id: network, members: [lin, chen], rota: {people: [lin, chen], every: day, start: "2026-11-25", handover: "09:30"}}
  - {id: systems, members: [chen]}
  - {id: desktop, members: [zhao]}
"""
#: Lin's turn begins at 09:30; Chen's was before.
LINS = "2026-11-25T10:00"


def rules_of(people: str) -> Rulebook:
    rules = trading_company(topology=ROW)
    rules.people = People(loads(people, PeopleFile, "people"), SHANGHAI.key)
    return rules


def switch_down(people: str = STAFF, begin: str = LINS, priority: str = "P1") -> Night:
    """The switch is down; who is on call was paged after a minute."""
    start = datetime.fromisoformat(begin).replace(tzinfo=SHANGHAI).timestamp()
    night = Night(rules_of(people), begin=start)
    night.webhook(0, alert("sw"))
    night.until(MINUTE)
    night.act(MINUTE, "wu", "priority", 1, priority=priority, text="so it is")
    return night


def reply(night: Night, at: float, page: Page, text: str) -> None:
    body = f"From: x@y.example\r\nSubject: Re: a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
    letter = Answers(page.incident, page.notification.id)
    night.message(
        at, Message(kind="mail", source="smtp", body=body, sender="x@y.example", actor=page.person, answers=letter)
    )


def now(night: Night, number: int = 1) -> Incident:
    return next(i for i in night.incidents() if i.number == number)


def news(night: Night, person: str, kind: str = "update") -> list[News]:
    return [one for p in night.pages if (p.person, p.kind) == (person, kind) for one in p.notification.facts.news]


def logged(night: Night, what: str) -> list[str]:
    return [row.text for s in night.journal for row in s.changes.timeline if row.what == what]


def holds(night: Night) -> bool:
    """Whether the rows make the same world, and the journal decides the same again."""
    return World(night.rules, rows(night.journal, night.world.at)).facts() == night.world.facts() and _again(night)


def _again(night: Night) -> bool:
    again = World(night.rules)
    again.at = night.begin
    for stepped in night.journal:
        parts = []
        for changes in pipeline.step(again, stepped.entry, stepped.at):
            again.apply(changes)
            parts.append(changes)
        again.at = stepped.at
        if combine(parts) != stepped.changes:
            return False
    return again.facts() == night.world.facts()


# -- restored


def test_a_workaround_stops_the_clocks_and_not_the_incident() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "chen", "ack", 1)
    assert now(night).resolve_at
    assert night.act(9 * MINUTE, "chen", "restore", 1, text="by-pass over sw-18").ok
    one = now(night)
    assert (one.state, one.owner, one.workaround, one.resolve_at) == ("acknowledged", "chen", "by-pass over sw-18", 0.0)
    assert news(night, "lin")[-1] == News("restored", "by-pass over sw-18", "Chen Yu")
    assert night.pages[-1].notification.facts.workaround == "by-pass over sw-18"
    night.until(8 * DAY)
    assert [kind for _, _, kind in night.told() if kind in ("functional", "hierarchic", "last_resort")] == []
    assert "open_for" in [one.what for one in news(night, "lin")]
    night.webhook(8 * DAY, alert("sw", state="resolved"))
    night.until(8 * DAY + HOUR / 2)
    one = now(night)
    assert one.state == "resolved" and one.resolved_at - one.restored_at == 8 * DAY - 9 * MINUTE
    assert night.told("lin")[-1][2] == "end"
    assert holds(night)


def test_what_fires_anew_is_not_restored() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "ack", 1)
    night.act(9 * MINUTE, "lin", "restore", 1)
    night.webhook(10 * MINUTE, alert("sw"))  # it was said before
    assert now(night).restored_at
    night.webhook(20 * MINUTE, alert("srv-1"))
    one = now(night)
    assert (one.restored_at, one.state, one.owner) == (0.0, "acknowledged", "lin")
    assert one.resolve_at == night.begin + 20 * MINUTE + HOUR
    assert news(night, "lin")[-1] == News("back_again", "srv-1")
    assert logged(night, "unrestored") == ["srv-1 fires anew: the workaround does not hold"]
    night.act(30 * MINUTE, "lin", "restore", 1, text="by-pass")
    night.webhook(31 * MINUTE, alert("srv-1", state="resolved"))
    night.webhook(32 * MINUTE, alert("srv-1"))
    assert not now(night).restored_at
    assert "by-pass does not hold" in logged(night, "unrestored")[-1]
    assert holds(night)


def test_what_is_merged_into_what_was_restored_takes_it_back_if_it_fires() -> None:
    night = switch_down()
    night.webhook(2 * MINUTE, alert("other", "disk"))
    night.act(3 * MINUTE, "lin", "restore", 1)
    night.act(3 * MINUTE, "chen", "ack", 2)
    night.act(4 * MINUTE, "lin", "merge", 2, into=1)
    assert now(night).ask_at and not night.world.incidents[2].ask_at  # its owner is asked about what it is now
    assert logged(night, "unrestored") == ["other fires anew: the workaround does not hold"]


def test_more_that_went_before_does_not_count() -> None:
    night = switch_down()
    night.webhook(2 * MINUTE, alert("srv-1", "disk"))
    night.act(3 * MINUTE, "lin", "merge", 2, into=1)
    night.act(4 * MINUTE, "lin", "restore", 1)
    night.webhook(5 * MINUTE, alert("srv-1", "disk", state="resolved"))
    assert now(night).restored_at


def test_a_workaround_of_what_is_nobodys_takes_it() -> None:
    night = switch_down()
    assert night.act(2 * MINUTE, "chen", "restore", 1, text="by-pass").text.startswith("incident 1 is restored")
    one = now(night)
    assert (one.state, one.owner, one.resolve_at, one.step_at) == ("acknowledged", "chen", 0.0, 0.0)
    assert night.act(3 * MINUTE, "chen", "restore", 1).text == "incident 1 is restored already"
    assert "other means" in night.act(4 * MINUTE, "chen", "restore", 1, text="another cable").text
    night.act(5 * MINUTE, "lin", "assign", 1, person="lin")
    assert now(night).resolve_at == 0.0  # whoever has it: nobody is chased
    assert now(night).restored_at == night.begin + 2 * MINUTE


@pytest.mark.parametrize(
    ("words", "workaround"),
    [
        ("restored: by-pass over sw-18", "by-pass over sw-18"),
        ("已恢复：旁路", "旁路"),
        ("临时恢复", ""),
        ("restored", ""),
    ],
)
def test_restored_by_mail(words: str, workaround: str) -> None:
    night = switch_down()
    reply(night, 2 * MINUTE, night.pages[0], words)
    assert (now(night).restored_at, now(night).workaround) == (night.begin + 2 * MINUTE, workaround)
    assert night.pages[-1].kind == "confirm"


# -- what fixed it, and the next time


def test_a_resolution_by_mail_without_a_word_is_asked_for_one() -> None:
    night = switch_down()
    reply(night, 2 * MINUTE, night.pages[0], "resolved")
    asked = night.pages[-1]
    assert asked.kind == "confirm" and asked.notification.facts.news == (News("what_fixed"),)
    reply(night, 3 * MINUTE, asked, "fixed: port 48 was off, 40 min")
    assert (now(night).fixed_by, now(night).worked[-1].minutes) == ("port 48 was off", 40.0)
    assert night.pages[-1].notification.facts.news == ()
    reply(night, 4 * MINUTE, asked, "worked 20m")
    assert [one.minutes for one in now(night).worked] == [40.0, 20.0]


def test_its_owner_is_asked_when_it_ended_by_itself_and_may_answer_for_a_week() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "ack", 1)
    night.webhook(10 * MINUTE, alert("sw", state="resolved"))
    night.until(4 * HOUR)
    ends = {p.person: p for p in night.pages if p.kind == "end"}
    assert ends["lin"].notification.facts.news == (News("what_fixed"),)
    assert night.incidents() == []  # it has left the world
    reply(night, DAY, ends["lin"], "处理：换了电源 40分钟")
    assert logged(night, "fixed") == ["换了电源; worked 40 min"]
    done = night.pages[-1].notification
    assert (done.kind, done.facts.number, done.facts.title) == ("confirm", 1, "sw: host unreachable")
    assert done.facts.verdict is not None and done.facts.verdict.ok
    assert night.act(DAY + 1, "chen", "fixed", 1, minutes=5).ok
    assert not night.act(DAY + 2, "stranger", "fixed", 1, minutes=5).ok
    assert night.act(DAY + 3, "lin", "resolve", 1).text == "incident 1 is not open"
    assert night.act(8 * DAY, "lin", "fixed", 1, text="too late").text == "incident 1 is not open"
    count = len(night.pages)
    reply(night, 8 * DAY, ends["lin"], "fixed: too late")
    reply(night, 8 * DAY, ends["lin"], "thanks")
    assert len(night.pages) == count
    assert holds(night)


def test_who_took_it_although_no_page_told_her_hears_what_changes_and_is_asked_at_the_end() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "zhao", "take", 1)
    night.act(3 * MINUTE, "wu", "priority", 1, priority="P1", text="month end")
    night.webhook(10 * MINUTE, alert("sw", state="resolved"))
    night.until(HOUR)
    assert [kind for _, _, kind in night.told("zhao")] == ["update", "end"]
    asked = {p.person for p in night.pages if p.kind == "end" and p.notification.facts.news == (News("what_fixed"),)}
    assert asked == {"zhao"}
    assert holds(night)


def test_who_took_it_untold_and_ended_it_herself_needs_no_letter() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "zhao", "take", 1)
    night.act(3 * MINUTE, "zhao", "resolve", 1, text="new fan")
    night.until(HOUR)
    assert night.told("zhao") == [] and [kind for _, _, kind in night.told("lin")][-1] == "end"


def test_two_machines_do_not_talk_for_ever_about_what_is_over() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "resolve", 1, text="so")
    night.until(4 * HOUR)
    letter = next(p for p in night.pages if p.kind == "end")
    for n in range(50):
        reply(night, 4 * HOUR + n, letter, "worked 1m")
    assert len([p for p in night.pages if p.kind == "confirm"]) == 30


def failures(night: Night, count: int, begin: float = 0.0) -> Iterator[tuple[float, tuple[Before, ...]]]:
    """The switch fails again and again; each time what the first page said of the times before."""
    for n in range(count):
        at = begin + n * DAY
        night.webhook(at, alert("sw"))
        night.until(at + 2 * MINUTE)
        page: Notification = next(p.notification for p in reversed(night.pages) if p.kind == "open")
        yield at, page.facts.before


def test_the_next_page_says_how_the_last_three_ended() -> None:
    night = Night(rules_of(STAFF))
    told = []
    for n, (at, before) in enumerate(failures(night, 5)):
        told.append([(one.number, one.name, one.fixed, one.lasted) for one in before])
        if n == 1:
            night.act(at + 3 * MINUTE, "lin", "resolve", night.incidents()[-1].number, text="new fan", minutes=5)
            night.webhook(at + 4 * MINUTE, alert("sw", state="resolved"))
        else:
            night.webhook(at + 5 * MINUTE, alert("sw", state="resolved"))
    assert told[:3] == [
        [],
        [(1, "", "", 300.0)],
        [(2, "Lin Hao", "new fan", 180.0), (1, "", "", 300.0)],
    ]
    assert [number for number, *_ in told[4]] == [4, 3, 2]
    night.until(6 * DAY)
    assert holds(night)


def test_of_what_nobody_heard_nothing_is_learnt() -> None:
    night = Night(rules_of(STAFF))
    night.webhook(0, alert("sw"))
    night.webhook(20, alert("sw", state="resolved"))
    night.until(2 * HOUR)
    assert night.told() == [] and night.world.known == {}


def test_of_what_a_person_ended_before_anybody_heard_it_is_learnt() -> None:
    night = Night(rules_of(STAFF))
    night.webhook(0, alert("sw"))
    night.act(5, "chen", "resolve", 1, text="it was me, testing")
    (known,) = night.world.known.values()
    assert (known.times[0].name, known.times[0].fixed) == ("Chen Yu", "it was me, testing")


def test_what_nobody_heard_of_may_be_spoken_of_while_it_is_remembered() -> None:
    night = Night(rules_of(STAFF))
    night.webhook(0, alert("sw"))
    night.webhook(20, alert("sw", state="resolved"))
    night.until(30 * MINUTE)
    assert now(night).state == "resolved"
    assert night.act(31 * MINUTE, "chen", "fixed", 1, text="it was me").ok
    assert now(night).fixed_by == "it was me" and night.world.known == {}


def test_another_check_of_the_same_host_is_another_thing() -> None:
    night = Night(rules_of(STAFF))
    for n, check in enumerate(("disk", "backup", "disk")):
        at = n * DAY
        night.webhook(at, alert("srv-1", check))
        night.until(at + HOUR)
        night.webhook(at + HOUR, alert("srv-1", check, state="resolved"))
        night.until(at + 4 * HOUR)
    assert sorted(len(one.times) for one in night.world.known.values()) == [1, 2]


def test_what_fixes_it_may_be_said_before_its_end() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "ack", 1)
    assert not night.act(3 * MINUTE, "lin", "fixed", 1).ok
    reply(night, 4 * MINUTE, night.pages[0], "原因：电源坏了")
    night.webhook(5 * MINUTE, alert("sw", state="resolved"))
    night.until(2 * HOUR)
    (known,) = night.world.known.values()
    assert (known.times[0].fixed, known.times[0].name) == ("电源坏了", "Lin Hao")
    assert news(night, "lin", "end") == []


# -- shifts


def test_an_owner_whose_shift_ends_is_asked_and_who_comes_on_is_told() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "ack", 1)
    night.act(3 * MINUTE, "lin", "restore", 1)  # nobody is chased meanwhile
    ends = 23.5 * HOUR
    night.until(ends + HOUR)
    lin = [(p.at, p.notification.facts.news) for p in night.pages if p.person == "lin" and p.kind == "update"]
    assert lin[-1] == (pytest.approx(ends - 15 * MINUTE, abs=0.1), (News("shift_ends", "Chen Yu", "chen"),))
    chen = [(p.at, p.notification.facts.news) for p in night.pages if p.person == "chen"]
    assert chen == [(pytest.approx(ends, abs=0.1), (News("shift_begins", who="Lin Hao"),))]
    assert now(night).owner == "lin"
    night.webhook(ends + 2 * HOUR, alert("sw", state="resolved"))
    night.until(ends + 3 * HOUR)
    assert night.told("chen")[-1][2] == "end"  # told of it, told of its end
    assert holds(night)


def test_who_hands_it_over_when_asked_keeps_nothing() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "restore", 1)
    night.until(23.4 * HOUR)
    reply(night, 23.4 * HOUR, night.pages[-1], "assign chen: the spare is in locker 7")
    night.until(24 * HOUR)
    assert news(night, "chen", "open") == [News("handed_over", "the spare is in locker 7", "Lin Hao")]
    assert news(night, "chen") == []
    night.until(2 * DAY)
    assert news(night, "chen") == [News("shift_ends", "Lin Hao", "lin")]  # now that shift ends, too


def test_a_shift_change_of_what_is_not_urgent_tells_nobody_new() -> None:
    night = switch_down(priority="P3")
    night.act(2 * MINUTE, "lin", "restore", 1)
    night.until(24 * HOUR)
    assert news(night, "lin")[-1].what == "shift_ends"
    assert night.told("chen") == []


def test_nobody_comes_after_her() -> None:
    alone = STAFF.replace("people: [lin, chen], every", "people: [lin], restrict: {from: '09:00', to: '18:00'}, every")
    night = switch_down(alone)
    night.act(2 * MINUTE, "lin", "restore", 1)
    night.until(9 * HOUR)
    assert news(night, "lin")[-1] == News("shift_ends", "", "")
    assert now(night).owner == "lin"


def test_one_who_took_it_in_nobodys_shift_is_not_asked() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "wu", "ack", 1)
    assert (now(night).ask_at, now(night).shift_team) == (0.0, "")


def test_a_turn_that_goes_on_for_weeks_is_looked_at_again() -> None:
    night = switch_down(STAFF.replace("people: [lin, chen], every", "people: [lin], every"), priority="P4")
    night.act(2 * MINUTE, "lin", "restore", 1)
    night.until(30 * DAY)
    assert [one.what for one in news(night, "lin") if one.what.startswith("shift")] == []
    assert now(night).ask_at > night.world.at


AWAY = STAFF.replace("id: lin,", "id: lin, away: [{from: 2026-11-26, to: 2026-11-30}],")


def test_an_owner_who_goes_away_loses_it_to_her_team() -> None:
    night = switch_down(AWAY)
    night.act(2 * MINUTE, "lin", "restore", 1)
    night.until(22 * HOUR)
    assert (now(night).state, now(night).owner) == ("triggered", "")
    assert "Lin Hao is away" in logged(night, "lapsed")[0]
    assert night.told("chen") == [(21 * 3600, "chen", "open")]  # in the hours of the policy
    night.act(22 * HOUR, "chen", "ack", 1)
    assert now(night).owner == "chen"
    assert holds(night)


def test_what_fires_anew_when_nobody_has_it_starts_no_owners_clock() -> None:
    night = switch_down(AWAY)
    night.act(2 * MINUTE, "lin", "restore", 1)
    night.webhook(16 * HOUR, alert("srv-1"))
    assert (now(night).restored_at, now(night).resolve_at, now(night).state) == (0.0, 0.0, "triggered")


def test_who_takes_it_although_she_is_away_has_it() -> None:
    night = switch_down(AWAY, begin="2026-11-27T10:00")
    night.act(2 * MINUTE, "lin", "restore", 1)
    night.message(3 * MINUTE, Message(kind="reload", source="engine"))
    night.until(DAY)
    assert (now(night).owner, now(night).state) == ("lin", "acknowledged")
    verdict = night.act(DAY, "chen", "assign", 1, person="lin")
    assert (verdict.ok, verdict.text) == (False, "lin is away; choose somebody who is there")


@pytest.mark.parametrize(
    "change", [("id: lin,", "id: lina,"), ("id: lin,", "id: lin, away: [{from: 2026-11-25, to: 2026-11-30}],")]
)
def test_a_reload_without_her_gives_it_to_the_team_also_to_who_was_told_before(change: tuple[str, str]) -> None:
    night = switch_down()
    night.until(6 * MINUTE)
    assert "chen" in {p.person for p in night.pages}
    night.act(7 * MINUTE, "lin", "ack", 1)
    changed = STAFF.replace(*change).replace("[lin,", "[lina," if "lina" in change[1] else "[lin,")
    night.world.reload(rules_of(changed))
    night.message(8 * MINUTE, Message(kind="reload", source="engine"))
    night.until(9 * MINUTE)
    assert (now(night).state, now(night).owner) == ("triggered", "")
    assert [who for at, who, _ in night.told() if at >= 8 * MINUTE] == ["chen" if "away" in change[1] else "lina"]


def test_where_nobody_is_left_of_the_team_the_last_resort_is_told() -> None:
    night = switch_down(AWAY.replace("people: [lin, chen], every", "people: [lin], every"), priority="P4")
    night.act(2 * MINUTE, "lin", "ack", 1)
    night.until(2 * DAY)
    assert (now(night).state, now(night).owner) == ("triggered", "")
    assert "last_resort" in [kind for _, _, kind in night.told("wu")]


def test_who_was_told_before_is_asked_anew_in_the_hours_of_the_policy() -> None:
    night = switch_down(AWAY)
    night.until(6 * MINUTE)
    assert "chen" in {p.person for p in night.pages}
    night.act(7 * MINUTE, "lin", "restore", 1)
    night.until(DAY)
    assert [(at, kind) for at, _, kind in night.told("chen")][-1] == (21 * 3600, "open")


def test_a_rota_that_changes_changes_when_she_is_asked() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "restore", 1)
    night.world.reload(rules_of(STAFF.replace('handover: "09:30"', 'handover: "11:00"').replace("11-25", "11-24")))
    night.message(3 * MINUTE, Message(kind="start", source="engine"))
    night.until(HOUR)
    assert news(night, "lin")[-1].what == "shift_ends"  # at eleven


# -- hands


def test_a_take_over_tells_who_had_it() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "wu", "ack", 1)
    verdict = night.act(3 * MINUTE, "chen", "take", 1, text="you are busy")
    assert verdict.text == "incident 1 is yours, wu's until now"
    assert now(night).owner == "chen"
    assert news(night, "wu") == [News("taken_over", "you are busy", "Chen Yu")]
    assert news(night, "lin")[-1] == News("owner", who="Chen Yu")
    assert night.act(4 * MINUTE, "chen", "take", 1).text == "incident 1 is yours already"
    reply(night, 5 * MINUTE, night.pages[0], "接管")
    assert now(night).owner == "lin"


def test_a_take_of_what_nobody_has_takes_it() -> None:
    night = switch_down()
    assert night.act(2 * MINUTE, "chen", "take", 1).text == "incident 1 is yours"
    assert news(night, "lin")[-1] == News("taken", who="Chen Yu")


def test_who_takes_a_lapsed_one_owns_it() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "snooze", 1, seconds=60.0)
    night.until(4 * MINUTE)
    night.act(5 * MINUTE, "chen", "ack", 1)
    assert now(night).owner == "chen"


def test_nothing_can_be_dropped() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "ack", 1)
    reply(night, 3 * MINUTE, night.pages[0], "release")
    verdict = night.pages[-1].notification.facts.verdict
    assert verdict is not None and not verdict.ok
    assert verdict.text == "nothing can be dropped: assign incident 1 to somebody (assign NAME)"
    assert now(night).owner == "lin"
    assert night.act(4 * MINUTE, "lin", "release", 1, person="zhao").ok
    assert now(night).owner == "zhao"


def test_whoever_helps_hears_what_changes_and_the_end() -> None:
    night = switch_down()
    assert night.act(2 * MINUTE, "lin", "add", 1, person="zhao").text.startswith("incident 1 is nobody's yet")
    night.act(2 * MINUTE, "lin", "ack", 1)
    reply(night, 3 * MINUTE, night.pages[0], "add zhao: bring a ladder")
    assert now(night).helpers == ("zhao",)
    assert news(night, "zhao") == [News("helps", "bring a ladder", "Lin Hao")]
    assert night.act(4 * MINUTE, "lin", "add", 1, person="zhao").text == "zhao works on incident 1 already"
    assert night.act(4 * MINUTE, "lin", "add", 1, person="lin").text == "lin works on incident 1 already"
    assert not night.act(4 * MINUTE, "lin", "add", 1, person="nobody").ok
    assert night.act(4 * MINUTE, "chen", "add", 1, person="chen").ok  # she offers herself
    assert night.told("chen") == []
    night.act(5 * MINUTE, "lin", "restore", 1)
    assert news(night, "zhao")[-1].what == "restored"
    night.act(6 * MINUTE, "lin", "assign", 1, person="zhao")
    assert now(night).helpers == ("chen",)
    night.act(7 * MINUTE, "zhao", "resolve", 1, text="so")
    assert night.told("zhao")[-1][2] == "end"
    assert holds(night)


def test_a_hand_over_by_somebody_else_tells_who_had_it() -> None:
    night = switch_down()
    night.act(2 * MINUTE, "lin", "ack", 1)
    night.act(3 * MINUTE, "wu", "assign", 1, person="chen", text="Lin is ill")
    assert news(night, "lin")[-1] == News("taken_over", "", "Chen Yu")
    assert "wu hands it over to chen: Lin is ill" in logged(night, "assigned")


# -- on a real store


async def test_what_is_learnt_and_whose_it_is_outlive_the_process(store_url: str) -> None:
    clock = Clock()
    async with opened(store_url, clock) as desk:
        desk.start()
        await desk.host("acc-sw-17")
        await desk.later(61)
        assert (await desk.act("chen", "take", 1)).ok
        assert (await desk.act("chen", "add", 1, person="zhao")).ok
        assert (await desk.act("chen", "restore", 1, text="by-pass")).ok
        facts = desk.engine.world.facts()
    clock.at += 30
    async with opened(store_url, clock) as desk:
        desk.start()
        assert desk.engine.world.facts() == facts
        assert (await desk.act("chen", "resolve", 1, text="new switch", minutes=9)).ok
        await desk.quiet()
        await desk.later(2 * HOUR)
        assert desk.engine.world.incidents == {}
        assert (await desk.act("chen", "fixed", 1, text="new switch, port 48")).ok
        await desk.quiet()
        known = await desk.store.queries.known("down acc-sw-17")
        assert known is not None
        assert [(one.name, one.fixed, one.worked) for one in known.times] == [("Chen Yu", "new switch, port 48", 9.0)]
        assert (known.times[0].workaround, known.times[0].by_person) == ("by-pass", True)
        await desk.host("acc-sw-17")
        await desk.later(61)
        assert [one.number for page in pages(desk.committed)[-1:] for one in page.facts.before] == [1]
        assert desk.rebuilt().facts() == desk.engine.world.facts()
