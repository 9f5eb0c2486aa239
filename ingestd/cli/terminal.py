"""What commands print: tables for a terminal, JSON lines for a pipe, errors to the other stream."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestd.yamltypes import Duration


class CommandError(Exception):
    """A command that can't do what was asked; the text is for the person at the keyboard."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def say(text: str) -> None:
    """One or more lines of output."""
    sys.stdout.write(text + "\n")


def complain(text: str) -> None:
    """One or more lines of complaint."""
    sys.stderr.write(text + "\n")


def lines(values: Iterable[msgspec.Struct]) -> None:
    """Values as JSON lines."""
    for value in values:
        say(msgspec.json.encode(value).decode())


def is_terminal() -> bool:
    """Whether a person is looking."""
    return sys.stdout.isatty()


def is_conversation() -> bool:
    """Whether a person is looking and can answer."""
    return sys.stdout.isatty() and sys.stdin.isatty()


def prompt(question: str) -> str:
    """What the person answers; nothing where she ends the input."""
    try:
        return input(question).strip()
    except EOFError:
        return ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table as wide as the terminal."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        drawn.add_column(heading)
    for row in rows:
        drawn.add_row(*map(escape, row))
    Console(file=sys.stdout).print(drawn)


def seconds(text: str) -> int:
    """What ``--since`` says: 24h, 7d."""
    try:
        return round(Duration.from_yaml(text))
    except ValueError as error:
        raise CommandError(f"--since: {error}") from error


def local(at: float, offset: float) -> str:
    """A time of the engine's clock as the reader's clock shows it; "" for never."""
    return datetime.fromtimestamp(at + offset).astimezone().strftime("%Y-%m-%d %H:%M:%S") if at else ""
