"""What goes wrong on our own side."""

import pytest

from ingestd import pipeline
from ingestd.decide import mishap
from ingestd.model import Entry, Message
from tests.decide.stories import alert
from tests.night import Night, trading_company


def test_deafness_moves_only_deadlines_about_silence() -> None:
    night = Night()
    night.webhook(0, alert("silent", ends_after=600))
    night.webhook(0, alert("named", ends_at=night.begin + 600))
    night.webhook(0, alert("open", ends="person"))
    night.message(300, Message(kind="gap", source="engine", body=b"7200.0"))
    due = {a.node: a.due_at and a.due_at - night.begin for a in night.world.alerts.values()}
    assert due == {"silent": 7800.0, "named": 600.0, "open": 0.0}


def test_an_unreadable_message_is_shown_by_its_first_line_that_says_something() -> None:
    night = Night()
    body = b"\n \nsomething odd\nmore of it"
    night.message(0, Message(kind="command", source="prod", body=body))
    (found,) = night.alerts("prod")
    assert found.summary.startswith("a message from prod can't be understood (DecodeError: ")
    assert found.summary.endswith(": something odd")


def test_an_empty_unreadable_message_is_shown_too() -> None:
    night = Night()
    night.message(0, Message(kind="command", source="prod"))
    assert night.alerts("prod")[0].summary.startswith("a message from prod can't be understood (DecodeError: ")


@pytest.mark.parametrize(
    ("source", "fires", "over", "check"),
    [
        (
            "calendar:the rota of quay",
            "the iCalendar of the rota of quay can't be fetched: 421",
            "the iCalendar of the rota of quay is fetched again",
            "calendar the rota of quay",
        ),
        ("channel:mail", "channel mail takes no letters: 421", "channel mail takes letters again", "channel mail"),
        ("auditor", "something in ingestd is stuck: 421", "nothing in ingestd is stuck any more", "auditor"),
        ("desk", "mailbox desk can't be read: 421", "mailbox desk is read again", "mailbox desk"),
    ],
)
def test_what_does_not_work_here_is_said_and_ends(source: str, fires: str, over: str, check: str) -> None:
    said = [mishap.trouble(Message(kind="trouble", source=source, body=body)) for body in (b"421", b"")]
    assert [(event.state, event.summary) for event in said] == [("firing", fires), ("resolved", over)]
    assert {event.check for event in said} == {f"ingestd: {check}"}


def test_a_heartbeat_s_timer_that_fails_is_put_off_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(trading_company(heartbeats="heartbeats: [{id: job, every: 10m}]"))
    night.until(0)

    def broken(*_: object) -> None:
        raise RuntimeError("no calendar")

    with monkeypatch.context() as patched:
        patched.setattr(pipeline.heartbeat, "missed", broken)
        night.until(600)
    assert night.world.heartbeats["job"].due_at == night.begin + 900
    assert [a.check for a in night.world.alerts.values()] == ["ingestd: timer"]
    night.until(900)
    assert night.world.heartbeats["job"].missed == 1


def test_a_heartbeat_that_can_not_even_be_planned_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(trading_company(heartbeats="heartbeats: [{id: job, every: 10m}]"))

    def broken(*_: object) -> None:
        raise RuntimeError("no calendar")

    with monkeypatch.context() as patched:
        patched.setattr(pipeline.heartbeat, "plan", broken)
        night.until(0)
    assert night.world.heartbeats["job"].due_at == night.begin + 300


def test_a_mailbox_that_can_not_be_read_is_an_alert_until_it_can() -> None:
    night = Night()
    for at, text in ((0, b"no answer"), (10, b"")):
        night.message(at, Message(kind="trouble", source="box", body=text))
    (alert,) = night.world.alerts.values()
    assert (alert.check, alert.state, alert.summary) == (
        "ingestd: mailbox box",
        "resolved",
        "mailbox box can't be read: no answer",
    )


def test_deafness_is_no_reason_to_plan_what_was_never_planned() -> None:
    night = Night(trading_company(heartbeats="heartbeats: [{id: job, every: 10m}]"))
    night.rules.heartbeats.names["other"] = night.rules.heartbeats.names["job"]
    night.trial._step(Entry(0, Message(kind="gap", source="engine", body=b"400.0")), night.begin)
    assert set(night.world.heartbeats) <= {"job"}
