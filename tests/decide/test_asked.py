"""What a line asks for, and what only sounds like it."""

import pytest

from ingestd.decide.asked import Asked, asked, named, priority, span, worked


@pytest.mark.parametrize(
    ("text", "action", "rest"),
    [
        ("ack", "ack", ""),
        ("  ACK.  ", "ack", ""),
        ("I’ll take it!", "ack", ""),
        ("ack, on my way", "ack", "on my way"),
        ("接单", "ack", ""),
        ("我来处理。", "ack", ""),
        ("接单 正在赶过去", "ack", "正在赶过去"),
        ("ＡＣＫ", "ack", ""),
        ("resolve", "resolve", ""),
        ("Resolved: port 48 was off\nand is on again", "resolve", "port 48 was off\nand is on again"),
        ("fixed\nchanged the fan", "resolve", "changed the fan"),
        ("已解决：换了电源", "resolve", "换了电源"),
        ("assign Chen Yu", "assign", "Chen Yu"),
        ("hand over to chen", "assign", "chen"),
        ("转交给 陈宇", "assign", "陈宇"),
        ("note: looks like the uplink\nsecond line", "note", "looks like the uplink\nsecond line"),
        ("备注 机房有人", "note", "机房有人"),
        ("snooze 30m", "snooze", "30m"),
        ("暂停30分钟", "snooze", "30分钟"),
        ("priority P2 only the lab", "priority", "P2 only the lab"),
        ("stop", "stop", ""),
        ("退订", "stop", ""),
        ("not the same", "apart", ""),
        ("还是不行", "apart", ""),
        ("restored", "restore", ""),
        ("Restored: by-pass over sw-18", "restore", "by-pass over sw-18"),
        ("restored by a detour\nover the old line", "restore", "a detour\nover the old line"),
        ("已恢复", "restore", ""),
        ("临时恢复：旁路", "restore", "旁路"),
        ("fixed: power supply changed, 40 min", "resolve", "power supply changed, 40 min"),
        ("root cause: a full log", "fixed", "a full log"),
        ("处理：换了电源 40分钟", "fixed", "换了电源 40分钟"),
        ("worked 40m", "worked", "40m"),
        ("用时：40分钟。", "worked", "40分钟。"),
        ("assign chen: mind the dog", "assign", "chen: mind the dog"),
        ("take over", "take", ""),
        ("take over, you are busy", "take", "you are busy"),
        ("由我接管", "take", ""),
        ("add Chen Yu", "add", "Chen Yu"),
        ("help chen", "add", "chen"),
        ("请协助 陈宇", "add", "陈宇"),
        ("release", "release", ""),
        ("放弃", "release", ""),
        ("?", "help", ""),
        ("help", "help", ""),
    ],
)
def test_a_line_asks(text: str, action: str, rest: str) -> None:
    assert asked(text) == Asked(action, rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \n",
        "I am out of the office until Monday.",
        "acknowledging nothing of the kind",
        "Thanks!",
        "We stopped the service yesterday",
        "note",
        "snooze",
        "assign",
        "resolver is broken",
        "x" * 600,
        "stop by at my desk",
        "我不在办公室",
        "已恢复了吗？",
        "已恢复正常吗",
        "restored?",
        "原因不明",
        "处理中",
        "root cause unknown",
        "root cause:",
        "worked on it all night",
        "worked 2 days on it and found nothing",
        "add",
        "add more memory to this machine, please, or it will happen again",
        "help me with this please, I do not know what to do now",
        "take over the world some day, when there is more time than there is today, say",
    ],
)
def test_what_only_sounds_like_a_command_is_none(text: str) -> None:
    assert asked(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30m", 1800), ("30", 1800), ("2 h", 7200), ("30分钟", 1800), ("1小时", 3600), ("1 day", 86400)],
)
def test_spans(text: str, seconds: float) -> None:
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0m", "3 parsecs", "-5m"])
def test_no_spans(text: str) -> None:
    assert span(text) is None


def test_priorities() -> None:
    assert priority("p2: only the lab") == ("P2", "only the lab")
    assert priority("P9 x") is None


@pytest.mark.parametrize(
    ("text", "what", "minutes"),
    [
        ("power supply changed, 40 min", "power supply changed", 40.0),
        ("power supply changed; worked 2h.", "power supply changed", 120.0),
        ("换了电源 40分钟", "换了电源", 40.0),
        ("换了电源、用时:1小时", "换了电源", 60.0),
        ("changed the fan\n40m", "changed the fan", 40.0),
        ("40 min", "", 40.0),
        ("rebooted in 40 min", "rebooted in 40 min", 0.0),
        ("moved to rack 3, 12 units", "moved to rack 3, 12 units", 0.0),
        ("x" * 5000 + ", 5 min", "x" * 5000, 5.0),
        ("", "", 0.0),
    ],
)
def test_the_minutes_worked_stand_at_the_end(text: str, what: str, minutes: float) -> None:
    assert worked(text) == (what, minutes)


@pytest.mark.parametrize(
    ("text", "name", "note"),
    [
        ("chen", "chen", ""),
        ("Chen Yu: it is the uplink", "Chen Yu", "it is the uplink"),
        ("chen, please look", "chen", "please look"),
        ("chen yu please look", "chen yu", "please look"),
        ("nobody at all", "nobody at all", ""),
        ("", "", ""),
    ],
)
def test_a_name_and_a_note_behind_it(text: str, name: str, note: str) -> None:
    people = {"chen": "chen", "chen yu": "chen"}
    assert named(text, lambda said: people.get(said.strip().casefold(), "")) == (name, note)
