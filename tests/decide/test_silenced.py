"""What became of a silence: what it hid, a word before it ends, its report at the end."""

from typing import Any

from ingestd import pipeline
from ingestd.decide import silenced
from ingestd.model import Matcher, Message, Notice, Silence, Verdict, Weekly
from tests.decide.stories import ROW, alert
from tests.night import MORNING, Night, trading_company

HOST = Matcher("instance", "srv-1")


def row(**more: Any) -> Night:
    return Night(trading_company(topology=ROW, **more))


def quiet(night: Night, at: float, until: float, *matchers: Matcher, actor: str = "lin", **more: Any) -> Verdict:
    asked = Silence(
        id=more.pop("id", "s1"),
        matchers=matchers,
        starts_at=more.pop("start", MORNING + at),
        ends_at=MORNING + until,
        by="",
        comment="new disks",
        **more,
    )
    return night.act(at, actor, "silence", silence=asked)


def notices(night: Night) -> list[tuple[float, str, Notice]]:
    found = []
    for page in night.pages:
        notice = page.notification.facts.notice
        if notice is not None:
            found.append((page.at, page.person, notice))
    return found


def summed(night: Night) -> list[tuple[int, str, str, int, int]]:
    return [(round(at), who, n.what, n.count, len(n.still)) for at, who, n in notices(night)]


def test_its_maker_hears_before_the_end_what_still_fires_and_at_the_end_what_it_hid() -> None:
    night = row()
    quiet(night, 0, 3600, HOST)
    night.webhook(10, alert("srv-1"))
    night.until(4000)
    assert summed(night) == [(2700, "lin", "silence_ends", 1, 1), (3600, "lin", "silence_over", 1, 1)]
    _, _, last = notices(night)[-1]
    assert (last.text, last.until, last.lines) == ("new disks", MORNING + 3600, ("#1 srv-1: host unreachable",))


def test_what_is_over_by_then_is_told_at_the_end_only() -> None:
    night = row()
    quiet(night, 0, 3600, HOST)
    night.webhook(10, alert("srv-1"))
    night.webhook(60, alert("srv-1", state="resolved"))
    night.until(4000)
    assert summed(night) == [(3600, "lin", "silence_over", 1, 0)]


def test_one_that_hid_nothing_says_nothing_and_a_short_one_gives_no_warning() -> None:
    night = row()
    quiet(night, 0, 1800, HOST)
    quiet(night, 0, 3600, Matcher("instance", "srv-2"), id="s2")
    night.webhook(10, alert("srv-1"))
    night.until(4000)
    assert summed(night) == [(1800, "lin", "silence_over", 1, 1)]


def test_ended_by_hand_it_reports_at_once() -> None:
    night = row()
    quiet(night, 0, 36000, HOST)
    night.webhook(10, alert("srv-1"))
    night.act(100, "chen", "expire", text="s1")
    night.until(120)
    assert summed(night) == [(100, "lin", "silence_over", 1, 1)]


def test_a_maker_who_left_is_stood_in_for_by_the_last_resort() -> None:
    night = row()
    quiet(night, 0, 1800, HOST, actor="zhao")
    night.webhook(10, alert("srv-1"))
    del night.world.rules.people.persons["zhao"]
    night.until(2000)
    assert [who for _, who, _ in notices(night)] == ["wu"]


def test_a_node_in_maintenance_hides_what_depends_on_it() -> None:
    night = row()
    assert quiet(night, 0, 7200, targets=("SW",)).ok
    for second, host in enumerate(("srv-1", "sw", "srv-2")):
        night.webhook(10 + second, alert(host))
    night.until(1000)
    assert night.told() == []
    assert night.world.silences["s1"].targets == ("sw",)
    assert {i.suppressed for i in night.incidents() if not i.merged_into} == {True}


def test_a_node_nobody_knows_or_an_incident_that_is_not_open_is_refused() -> None:
    night = row()
    assert quiet(night, 0, 60, targets=("srv-11",)).text == "nobody knows a node 'srv-11': did you mean 'srv-1'?"
    assert quiet(night, 0, 60, HOST, until_end_of=7).text == "incident 7 is not open"
    night.webhook(10, alert("stranger"))
    assert quiet(night, 20, 60, targets=("stranger",)).ok


def test_it_ends_with_the_incident_that_it_was_made_for() -> None:
    night = row()
    night.webhook(0, alert("srv-1"))
    assert quiet(night, 70, 360000, Matcher("instance", "srv-2"), until_end_of=1).ok
    night.webhook(100, alert("srv-2"))
    night.webhook(200, alert("srv-1", state="resolved"))
    night.until(1000)
    assert night.world.silences["s1"].ends_at < MORNING + 1000
    assert summed(night) == [(500, "lin", "silence_over", 1, 1)]
    assert {kind for _, _, kind in night.told() if kind == "open"}


def test_every_week_it_reports_once() -> None:
    weekly = Weekly(weekdays=(2,), from_minute=9 * 60, to_minute=10 * 60, zone="Asia/Shanghai")  # Wednesdays
    night = row()
    quiet(night, 0, 30 * 86400.0, HOST, weekly=weekly)
    night.webhook(10, alert("srv-1"))
    night.webhook(20, alert("srv-1", state="resolved"))
    night.until(7 * 86400.0)
    night.webhook(7 * 86400.0 + 10, alert("srv-1"))
    night.until(8 * 86400.0)
    week = 7 * 86400
    assert summed(night) == [
        (3600, "lin", "silence_over", 1, 0),
        (week + 2700, "lin", "silence_ends", 1, 1),
        (week + 3600, "lin", "silence_over", 1, 1),
    ]


def test_a_clock_that_jumps_moves_its_end() -> None:
    night = row()
    quiet(night, 0, 36000, HOST)
    night.webhook(10, alert("srv-1"))
    jump = night.world.wall_offset + 30000
    night.message(20, Message(kind="clock", source="engine", body=b"%f" % jump))
    night.until(6100)
    assert [(at, what) for at, _, what, _, _ in summed(night)] == [(5100, "silence_ends"), (6000, "silence_over")]


def test_one_that_hides_nothing_for_a_week_is_forgotten() -> None:
    day = 86400.0
    idle = Silence(id="s", starts_at=0.0, ends_at=100 * day, by="lin", updated_at=0.0, hid_at=10 * day)
    assert [silenced.forgotten(idle, wall * day) for wall in (16, 18, 101)] == [False, True, False]


def test_a_long_list_names_the_last_and_counts_all() -> None:
    night = row()
    quiet(night, 0, 3600, Matcher("severity", "critical"))
    for number in range(40):
        night.webhook(10 + number, alert(f"host-{number}"))
    night.until(2800)
    (_, _, notice), *_ = notices(night)
    assert (notice.count, len(notice.lines), notice.lines[-1]) == (40, 30, "#40 host-39: host unreachable")


def test_an_incident_that_it_hides_again_counts_once() -> None:
    night = row()
    quiet(night, 0, 3600, HOST)
    night.webhook(10, alert("srv-1"))
    night.webhook(20, alert("sw"))
    night.webhook(30, alert("sw", state="resolved"))
    night.until(4000)
    assert [n.count for _, _, n in notices(night)] == [1]


def test_a_timer_of_a_silence_that_fails_is_tried_again() -> None:
    night = row()
    quiet(night, 0, 3600, HOST)
    night.webhook(10, alert("srv-1"))
    changes = pipeline.put_off(night.world, night.world.at, pipeline.timer_message("silence", "s1"), "odd")
    assert changes.silences[0].due_at == night.world.at + 300


def test_a_week_without_days_is_refused() -> None:
    assert "needs a day" in quiet(row(), 0, 60, HOST, weekly=Weekly(weekdays=())).text
