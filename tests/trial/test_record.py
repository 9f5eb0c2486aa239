"""What a run leaves behind for comparison."""

from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ingestd.model import Changes, Entry, Incident, Message, Stepped
from ingestd.trial.moments import Stamp, Start
from ingestd.trial.record import Record

START = Start.of(Stamp("2027-01-13 10:00"), ZoneInfo("UTC"))


def stepped(at: float, **changes: object) -> Stepped:
    entry = Entry(0, Message(kind="webhook", source="x"))
    return Stepped(entry=entry, position=1, at=START.epoch + at, changes=Changes(**changes))  # type: ignore[arg-type]


def test_what_was_set_aside_is_kept_and_shown() -> None:
    record = Record(START)
    record.stepped(stepped(5, shunted="ValueError: boom"))
    assert record.shunted == ["ValueError: boom"]
    assert [(line.at, line.text) for line in record.lines] == [(5, "set aside: ValueError: boom")]


def test_an_incident_that_fires_again_has_not_ended() -> None:
    record = Record(START)
    over = Incident(number=1, state="resolved")
    record.stepped(stepped(10, incidents=(over,)))
    record.stepped(stepped(20, incidents=(over,)))
    assert record.ended == {1: 10}
    record.stepped(stepped(30, incidents=(replace(over, state="triggered"),)))
    assert (record.ended, record.opened) == ({}, {1: 10})
