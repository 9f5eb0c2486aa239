"""Ways out, one file each: a channel takes a rendered letter to one address.

``mail`` and ``maildir`` have keys of their own in ingestd.yaml. Every other one is a file of this folder with a
``SETTINGS`` type (its ``tag`` is the ``type`` that a site writes under ``channels``) and ``build(settings)``, found by
scanning; ``problem(settings)``, if there is one, says what starting would refuse. To add one, copy the nearest
neighbour. What several share is in ``post.py`` (HTTP), ``robot.py`` (group robots) and ``brief.py`` (small screens).
"""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Protocol, TypeAlias

from msgspec import Struct

from ingestd.model import Facts
from ingestd.problem import Said

Wrong: TypeAlias = tuple[str, Said | str] | None  # the key of a setting, and what is wrong with it


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
    message_id: str  # the same at every try; by it the person can answer, so that it goes nowhere but into her mail
    thread: str = ""  # Message-ID of the incident's first letter to this person; "": this is it
    html: str = ""  # the same text for who reads mail with colours; "": there is none
    title: str = ""  # one line for small screens: priority, what is down, who is hit, since when
    person: str = ""  # whom it is for, by id
    link: str = ""  # by which the person takes it; "": none
    decided: float = 0.0  # when, by the engine's clock
    facts: Facts | None = None  # what the text was made of, for programs


class Sent(Struct, frozen=True):
    """The channel's far side has taken the letter. Handed over is not arrived."""

    detail: str = ""  # what the far side said


class ChannelError(Exception):
    """The letter was not taken. ``transient``: the same try may succeed later."""

    def __init__(self, text: str, *, transient: bool) -> None:
        super().__init__(text)
        self.transient = transient


class Channel(Protocol):
    """What the outbox needs of a way out.

    One whose ``group`` is true posts where many read: nobody's receipt. One with ``async def probe() -> str`` can be
    tried without sending anything; ChannelError: no letter would get out.
    """

    async def send(self, letter: Letter) -> Sent:
        """Hand a letter over; ChannelError: it was not taken."""
        ...


class ChannelSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """One entry of ``channels``: what every type of channel has."""

    group: bool = False  # many read it: a post is nobody's receipt, and the person's next channel follows at once
    depends_on: tuple[str, ...] = ()  # nodes that must be up for a letter to get out


def delivery(letter: Letter) -> str:
    """What names a notification to a program, the same at every try. It holds no token."""
    domain = letter.message_id.rpartition("@")[2].strip("<>")
    return f"ingestd.{letter.incident}.{letter.notification}.{int(letter.decided)}@{domain}"


def is_group(channel: Channel | None) -> bool:
    """Whether what the channel (None: there is none) takes is read by many, so that it says nothing of one person."""
    return bool(getattr(channel, "group", False))


# -- what there is


@cache
def _modules() -> Mapping[str, ModuleType]:
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {str(one.SETTINGS.__struct_config__.tag): one for one in modules if hasattr(one, "build")}


def types() -> tuple[str, ...]:
    """What ``type`` may be, in alphabetical order."""
    return tuple(sorted(_modules()))


def settings_types() -> tuple[type[ChannelSettings], ...]:
    """The settings of every type of channel."""
    return tuple(_modules()[name].SETTINGS for name in types())


def build(settings: ChannelSettings) -> Channel:
    """A channel by its settings, with absolute paths and secrets filled in; ValueError: they can't be used."""
    channel: Channel = _module(settings).build(settings)
    return channel


def problem(settings: ChannelSettings) -> Wrong:
    """What ``build`` would refuse, or what could never send; None: nothing."""
    found = getattr(_module(settings), "problem", None)
    wrong: Wrong = found(settings) if found is not None else None
    return wrong


def _module(settings: ChannelSettings) -> ModuleType:
    return _modules()[str(settings.__struct_config__.tag)]
