"""``ingestd queue``: the open incidents as one worklist."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from time import time as clock

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ingestd.cli.client import Client
from ingestd.cli.terminal import is_terminal, lines, say
from ingestd.decide.queue import Line
from ingestd.web.queue import Queue

MINUTE, HOUR, DAY = 60, 3600, 86400
WEEK = 6 * DAY  # for which a weekday says which one
INDENT = 5


def show(client: Client, args: Namespace) -> int:
    """What comes first, by when, and who should take it."""
    asked = {"person": args.person} if args.person else {}
    found = client.get("/queue", Queue, **asked)
    if args.json or not is_terminal():
        lines(found.queue)
        return 0
    if not found.queue:
        say(f"nothing for {args.person}" if args.person else "nothing is open")
    now = clock()
    console = Console(file=sys.stdout, highlight=False)
    for line in found.queue:
        title = Text(f"{line.place:>{INDENT - 2}}. ") + Text(line.priority, style="bold")
        console.print(title + f" #{line.number} {line.title}", no_wrap=True, overflow="ellipsis")
        console.print(Padding(Text("; ".join(_words(line, found.wall_offset, now))), (0, 0, 0, INDENT)))
    return 0


def _words(line: Line, offset: float, now: float) -> Iterator[str]:
    """Who should take it and why; how hard, since when, by when."""
    yield f"{line.offer.person}: {line.offer.why}" if line.offer.person else line.offer.why
    if line.difficulty != "normal":
        yield f"looks {line.difficulty}"
    yield f"began {_span(now - line.began - offset)}"
    if line.restored:
        yield f"restored {_span(now - line.restored - offset)}, to be cured"
    if line.due:
        due = _moment(line.due + offset, now)
        words = f"deadline {line.deadline} {due}" if line.deadline else f"to be over by {due}"
        yield words if line.due + offset >= now else f"{words}, which has passed"
    if line.waits_until:
        yield f"told from {_moment(line.waits_until + offset, now)} on"


def _moment(wall: float, now: float) -> str:
    near = abs(wall - now) < WEEK
    return datetime.fromtimestamp(wall).astimezone().strftime("%a %H:%M" if near else "%Y-%m-%d %H:%M")


def _span(seconds: float) -> str:
    for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= unit:
            return f"{int(seconds // unit)}{letter} ago"
    return "just now"
