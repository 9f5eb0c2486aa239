"""Ways out, one file each: a channel takes a rendered letter to one address."""

from typing import Protocol

from msgspec import Struct


class Letter(Struct, frozen=True, kw_only=True):
    """A notification as one person is to read it."""

    notification: int
    incident: int
    kind: str
    to: str  # an address of the channel's own kind
    subject: str
    text: str
    language: str
    date: float  # wall clock, epoch seconds
    message_id: str  # the same at every try
    thread: str = ""  # Message-ID of the incident's first letter to this person; "": this is it


class Sent(Struct, frozen=True):
    """The channel's far side has taken the letter. Handed over is not arrived."""

    detail: str = ""  # what the far side said


class ChannelError(Exception):
    """The letter was not taken. ``transient``: the same try may succeed later."""

    def __init__(self, text: str, *, transient: bool) -> None:
        super().__init__(text)
        self.transient = transient


class Channel(Protocol):
    """What the outbox needs of a way out."""

    async def send(self, letter: Letter) -> Sent:
        """Hand a letter over; ChannelError: it was not taken."""
        ...
