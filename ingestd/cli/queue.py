"""``ingestd queue``: the open incidents as one worklist."""

from argparse import Namespace
from datetime import datetime

from ingestd.cli.client import Client
from ingestd.cli.terminal import is_terminal, lines, say, table
from ingestd.decide.queue import Line
from ingestd.web.queue import Queue

MINUTE, HOUR, DAY = 60, 3600, 86400


def show(client: Client, args: Namespace) -> int:
    """What comes first, by when, and who should take it."""
    asked = {"person": args.person} if args.person else {}
    found = client.get("/queue", Queue, **asked)
    if args.json or not is_terminal():
        lines(found.queue)
        return 0
    if not found.queue:
        say("nothing is open")
        return 0
    now = datetime.now().timestamp()
    rows = [_row(line, found.wall_offset, now) for line in found.queue]
    table(("", "NUMBER", "PRIORITY", "DUE", "AGE", "WHO", "WHY", "LOOKS", "TITLE"), rows)
    return 0


def _row(line: Line, offset: float, now: float) -> tuple[str, ...]:
    waits = f" (waits until {_moment(line.waits_until + offset)})" if line.waits_until else ""
    due = _moment(line.due + offset) if line.due else ""
    return (
        str(line.place),
        f"{line.number}",
        line.priority,
        f"{line.deadline} {due}".strip() if line.deadline else due,
        _span(now - line.began - offset),
        line.offer.person or "?",
        line.offer.why,
        line.difficulty,
        f"{line.title}{waits}",
    )


def _moment(wall: float) -> str:
    return datetime.fromtimestamp(wall).astimezone().strftime("%a %H:%M")


def _span(seconds: float) -> str:
    for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= unit:
            return f"{int(seconds // unit)}{letter}"
    return "now"
