"""Pings of what is expected to show that it lives; ``intake/heartbeat.py`` hands them over.

The query says which heartbeat and ``ok`` or ``fail``; the body, if any, is what the job printed. A ping ends the alert
about the silence, or about a failure, of its heartbeat.
"""

from urllib.parse import parse_qs

from ingestd.model import Ends, Event, Message, Reading
from ingestd.sources.shared import SourceError, reading

LONGEST = 300


def read(message: Message) -> Reading:
    """One event; SourceError without an id."""
    given = {name: values[0] for name, values in parse_qs(message.query).items()}
    name = given.get("id", "")
    if not name:
        raise SourceError("id: expected the name of a heartbeat in the query")
    failed = given.get("state") == "fail"
    said = next(
        (line.strip() for line in message.body[:4000].decode("utf-8", "replace").splitlines() if line.strip()), ""
    )
    event = Event(
        state="firing" if failed else "resolved",
        summary=f"{name} failed: {said}"[:LONGEST].rstrip(": ") if failed else f"{name} is alive",
        check=f"heartbeat {name}",
        severity="error" if failed else "info",
        external_id=name,
        identity=f"heartbeat:{name}",
        ends=Ends("recovery"),
    )
    return reading("heartbeat", (event,), f"a ping of {name}")
