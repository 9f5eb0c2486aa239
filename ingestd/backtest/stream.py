"""What arrived in a period, in the order in which it was stepped, from a store that is only read."""

from collections.abc import Iterator
from typing import Protocol

import msgspec
from msgspec import Struct

from ingestd.model import Command, EntryKind, Message
from ingestd.store import Journalled

#: What came from outside. Timers go off anew, receipts come from the delivery model, and the rules are those of a run.
OUTSIDE: frozenset[EntryKind] = frozenset({"mail", "webhook", "command", "refusal", "trouble", "gap", "clock"})
READ: frozenset[EntryKind] = frozenset({"mail", "webhook"})


class Heard(Struct, frozen=True):
    """A message and when it was stepped, by the clock of the run."""

    at: float
    message: Message
    about: tuple[str, ...] = ()  # a command: fingerprints of alerts of its incident, by which another run finds it


class Journal(Protocol):
    """What is asked of a store."""

    def entries(self, from_position: int = 1, to_position: int | None = None) -> Iterator[Journalled]:
        """The journal, in its order."""
        ...

    def position_at(self, at: float) -> int:
        """The first position at or after a time of the engine's clock."""
        ...

    def fingerprints_of(self, number: int, limit: int = 20) -> tuple[str, ...]:
        """Of the alerts of an incident, the oldest first."""
        ...


def from_store(journal: Journal, since: float) -> Iterator[Heard]:
    """What came from outside since a time of the engine's clock."""
    for entry in journal.entries(journal.position_at(since)):
        message = entry.entry.message
        if message.kind in OUTSIDE:
            yield Heard(entry.at, message, _about(journal, message))


def _about(journal: Journal, message: Message) -> tuple[str, ...]:
    if message.kind != "command":
        return ()
    command = msgspec.json.decode(message.body, type=Command)
    if command.fingerprint:
        return (command.fingerprint,)
    return journal.fingerprints_of(command.incident) if command.incident else ()
