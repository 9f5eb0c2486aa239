"""What a line asks for, and what only sounds like it."""

import pytest

from ingestd.decide.asked import Asked, asked, priority, span


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
