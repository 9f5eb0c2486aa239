"""Messages, batches and incidents for the store's tests."""

from typing import Any

from ingestd.model import (
    Alert,
    Changes,
    Entry,
    Facts,
    Incident,
    Message,
    NodeMark,
    Notification,
    Stepped,
    TimelineRow,
)


def mail(text: str = "disk full", **more: Any) -> Message:
    return Message(kind="mail", source="smtp", body=text.encode(), received=100.0, sender="mon@shop.example", **more)


def tick() -> Entry:
    return Entry(0, Message(kind="tick", source="engine"))


def alert(number: int, incident: int, **more: Any) -> Alert:
    fields: dict[str, Any] = {
        "id": number,
        "fingerprint": f"f{number}",
        "node": "srv-a",
        "check": None,
        "host": "srv-a",
        "cls": "local",
        "down": True,
        "state": "firing",
        "severity": "error",
        "summary": "down",
        "incident": incident,
        "certainty": "root",
        "first_at": 1.0,
        "last_at": 1.0,
    }
    return Alert(**(fields | more))


def incident(number: int, **more: Any) -> Incident:
    return Incident(number=number, state=more.pop("state", "triggered"), **more)


def page(number: int, incident: int = 1, person: str = "lin", **more: Any) -> Notification:
    facts = Facts(number=incident, priority="P1", title="switch down", state="triggered")
    kind = more.pop("kind", "open")
    return Notification(id=number, incident=incident, person=person, kind=kind, at=5.0, facts=facts, **more)


def line(incident: int, text: str = "opened") -> TimelineRow:
    return TimelineRow(incident=incident, at=1.0, what="opened", text=text)


def mark(node: str, **more: Any) -> NodeMark:
    return NodeMark(node=node, **more)


def step(entry: Entry, position: int, **changes: Any) -> Stepped:
    return Stepped(entry=entry, position=position, at=float(position), changes=Changes(**changes))
