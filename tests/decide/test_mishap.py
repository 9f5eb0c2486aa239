"""What goes wrong on our own side."""

from ingestd.model import Message
from tests.decide.stories import alert
from tests.night import Night


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
