"""A flood from one sender slows that sender and nobody else, and never takes more memory than it was given.

A peer may hold so many connections and half of the memory at most. Where all places are taken, a peer with few of them
gets one from the peer with most: that of the connection that has brought nothing for longest. Mails that wait to be
committed take turns, one peer after the other, so that who sends one mail waits for one of each flood and not for all.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from typing import Protocol, Self

TURNS = 32  # mails that are committed at the same time; the store makes groups of them


class Turns:
    """So many at a time; who waits is served one peer after the other."""

    def __init__(self, most: int = TURNS) -> None:
        self._free = most
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    def turn(self, peer: str) -> "Turn":
        """``async with`` it: wait for a turn, and give it back at the end."""
        return Turn(self, peer)

    async def take(self, peer: str) -> None:
        """Wait for a turn."""
        if self._free:
            self._free -= 1
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(peer, deque()).append(granted)
        try:
            await granted
        except asyncio.CancelledError:
            if not granted.cancelled():  # the turn had just been given to it
                self.pass_on()
            raise

    def pass_on(self) -> None:
        """Give a turn back: to whoever is next."""
        while self._waiting:
            peer, queue = self._waiting.popitem(last=False)
            granted = queue.popleft()
            if queue:
                self._waiting[peer] = queue  # behind the other peers
            if not granted.done():
                granted.set_result(None)
                return
        self._free += 1


class Turn:
    """One turn of a peer. Of its own class, as a generator for each mail would cost more than the wait."""

    __slots__ = ("_peer", "_turns")

    def __init__(self, turns: Turns, peer: str) -> None:
        self._turns, self._peer = turns, peer

    async def __aenter__(self) -> None:
        await self._turns.take(self._peer)

    async def __aexit__(self, *_: object) -> None:
        self._turns.pass_on()


class Room:
    """The memory that one mail takes while it is read and committed; freed at the end of its ``with``."""

    __slots__ = ("_memory", "_peer", "octets")

    def __init__(self, memory: "Memory", peer: str) -> None:
        self._memory, self._peer = memory, peer
        self.octets = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def grow(self, octets: int) -> bool:
        """Take more; False: there is no more, and nothing was taken."""
        if octets and not self._memory.take(self._peer, octets):
            return False
        self.octets += octets
        return True

    def free(self) -> None:
        """Give back all of it."""
        if self.octets:
            self._memory.give(self._peer, self.octets)
            self.octets = 0


class Memory:
    """Octets of mail held at once, over all connections. One peer gets half of it, so that others find room."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used: dict[str, int] = {}
        self._total = 0

    def room(self, peer: str) -> Room:
        """A mail's room, empty as yet."""
        return Room(self, peer)

    def take(self, peer: str, octets: int) -> bool:
        """Count octets in; False: the peer may not hold so many more, and nothing was counted."""
        used = self._used.get(peer, 0) + octets
        if self._total + octets > self._limit or used > self._limit // 2:
            return False
        self._total += octets
        self._used[peer] = used
        return True

    def give(self, peer: str, octets: int) -> None:
        """Count them out again."""
        self._total -= octets
        self._used[peer] -= octets
        if not self._used[peer]:
            del self._used[peer]


class Guest(Protocol):
    """A connection, as far as its place is concerned."""

    peer: str
    since: float  # when it last brought something that was kept, else when it came

    @property
    def busy(self) -> bool:
        """What it brought is being kept, or it is leaving: it is not sent away."""
        ...

    def dismiss(self) -> None:
        """Send it away for a while."""
        ...


class Doors:
    """Connections of each peer."""

    def __init__(self, most: int, most_per_peer: int) -> None:
        self._most, self._most_per_peer = most, most_per_peer
        self._open: Counter[str] = Counter()
        self._total = 0

    def enter(self, peer: str) -> None:
        """A connection was made."""
        self._open[peer] += 1
        self._total += 1

    def leave(self, peer: str) -> None:
        """A connection is gone."""
        self._open[peer] -= 1
        self._total -= 1
        if not self._open[peer]:
            del self._open[peer]

    def make_room(self, peer: str, guests: Iterable[Guest]) -> bool:
        """Send away a connection of the peer with most of them, if it has more than this one; whether that was done."""
        greedy, many = self._open.most_common(1)[0]
        if self._open[peer] > self._most_per_peer or many <= self._open[peer]:
            return False
        idle = [one for one in guests if one.peer == greedy and not one.busy]
        if idle:
            min(idle, key=lambda one: one.since).dismiss()
        return bool(idle)

    def refusal(self, peer: str) -> str | None:
        """The reply to the connection of a peer that was counted in and is one too many, if it is."""
        if self._total > self._most:
            return "421 4.3.2 too many connections, try again later"
        if self._open[peer] > self._most_per_peer:
            return "421 4.7.0 too many connections from your address, try again later"
        return None
