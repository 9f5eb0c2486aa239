"""A channel that keeps failing becomes an incident itself, told by whatever other channel people have.

The outbox says how each letter fared on each channel. Some in a row that were not taken are a ``trouble`` in the inbox,
as a mailbox has them; the first that is taken ends it. Letters about a channel's own trouble say nothing against it:
what they can't reach is known already. What was told before a restart stands in the world.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from ingestd.model import Notification

PREFIX = "channel:"  # and its name: the source of such a trouble, and the node it is about
EVERY = 30.0  # seconds between looks at what has been failing for long
REMEMBERED = 1000  # incidents of which it is known which channels they are about

Trouble = Callable[[str, str], None]  # source, text; "" = all is well again
About = Callable[[int], frozenset[str]]  # incident -> the nodes of its alerts
Count = Callable[[str, bool | None, int], None]  # channel; a letter was taken, was not, or None; failed in a row


class Patience(Struct, frozen=True):
    """How much failing is a trouble."""

    letters: int = 3  # in a row
    seconds: float = 300.0  # or for so long …
    least: int = 2  # … with so many


class Failing(Struct, frozen=True):
    """Letters in a row that a channel did not take."""

    since: float
    count: int
    words: str  # what it said last


class ChannelWatch:
    """Fed by the outbox. ``now``: seconds that never go back."""

    def __init__(
        self,
        trouble: Trouble,
        about: About,
        now: Callable[[], float],
        *,
        count: Count = lambda _channel, _ok, _failing: None,
        patience: Patience | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._trouble, self._about, self._now, self._count = trouble, about, now, count
        self._patience, self._pause = patience or Patience(), pause
        self._names: frozenset[str] = frozenset()
        self._failing: dict[str, Failing] = {}
        self._told: set[str] = set()
        self._own: dict[int, frozenset[str]] = {}  # incident -> the channels whose trouble it is about

    def use(self, names: Iterable[str], firing: Iterable[str] = ()) -> None:
        """These are the channels of now. ``firing``: nodes with troubles that were told before; a start names them.

        The trouble of a channel that is no longer there is over.
        """
        self._names = frozenset(names)
        self._told |= {node.removeprefix(PREFIX) for node in firing if node.startswith(PREFIX)}
        for name in (self._told | set(self._failing)) - self._names:
            self._over(name)
            self._count(name, None, 0)

    def tried(self, channel: str, ok: bool, words: str, notification: Notification) -> None:
        """A letter was taken by a channel, or not, whatever it says of itself in ``words``."""
        if channel not in self._names:
            return
        if ok:
            self._over(channel)
        elif channel not in self._channels_of(notification.incident):
            before = self._failing.get(channel) or Failing(self._now(), 0, "")
            self._failing[channel] = replace(before, count=before.count + 1, words=words)
        self._count(channel, ok, self._failing[channel].count if channel in self._failing else 0)
        self.look()

    def look(self) -> None:
        """Tell of what has been failing for too long, once."""
        for name, failing in self._failing.items():
            if name not in self._told and self._is_trouble(failing):
                self._told.add(name)
                text = f"{failing.count} letters in a row were not taken, the last: {failing.words}"
                self._trouble(PREFIX + name, text)

    async def run(self) -> None:
        """Look until cancelled: time passes without letters, too."""
        while True:
            await self._pause(EVERY)
            self.look()

    def _is_trouble(self, failing: Failing) -> bool:
        bounds, lasted = self._patience, self._now() - failing.since
        return failing.count >= bounds.letters or (failing.count >= bounds.least and lasted >= bounds.seconds)

    def _over(self, name: str) -> None:
        self._failing.pop(name, None)
        if name in self._told:
            self._told.discard(name)
            self._trouble(PREFIX + name, "")

    def _channels_of(self, incident: int) -> frozenset[str]:
        """The channels whose trouble an incident is about, remembered beyond its end."""
        found = {node.removeprefix(PREFIX) for node in self._about(incident) if node.startswith(PREFIX)}
        known = self._own.get(incident, frozenset()) | found
        if known:
            self._own[incident] = known
            if len(self._own) > REMEMBERED:
                del self._own[next(iter(self._own))]
        return known
