"""Alerts that wait to be stepped: the first of them in memory, the others in the store, where they are already.

However far the pipeline is behind, nobody is refused for it, and it takes no more memory: what does not fit is only
counted here, and read from the store again, in the order it came, as soon as there is room.
"""

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from ingestd.decide.state import Rulebook
from ingestd.model import Entry

MOST = 20_000  # entries in memory
MOST_OCTETS = 64 * 1024 * 1024  # of their bodies


class Waiting(Struct, frozen=True):
    """An entry and when it arrived, by the engine's clock."""

    entry: Entry
    arrived: float
    rules: Rulebook | None = None  # of a reload


class Backlog:
    """First in, first out."""

    def __init__(self, most: int = MOST, octets: int = MOST_OCTETS) -> None:
        self.left = 0  # entries that are in the store only; at least so many
        self.newest = 0  # the last entry that is, or was, in memory
        self._most, self._most_octets = most, octets
        self._line: deque[Waiting] = deque()
        self._octets = 0
        self._left_from = 0.0  # when the first of those left arrived

    def __len__(self) -> int:
        return len(self._line) + self.left

    def __iter__(self) -> Iterator[Waiting]:
        """Those in memory, first the first."""
        return iter(self._line)

    @property
    def ready(self) -> bool:
        """Whether there is one in memory."""
        return bool(self._line)

    @property
    def oldest(self) -> float:
        """When the first one arrived; to be asked while there is one."""
        return self._line[0].arrived if self._line else self._left_from

    @property
    def wants_more(self) -> bool:
        """Whether some are in the store only, and half of the room is free."""
        return self.left > 0 and len(self._line) <= self._most // 2 and self._octets <= self._most_octets // 2

    def add(self, waiting: Waiting) -> bool:
        """Take one at the end; False: it is left in the store, behind those that are."""
        if self.left or len(self._line) >= self._most or self._octets >= self._most_octets:
            self.leave(1, waiting.arrived)
            return False
        self.take(waiting)
        return True

    def take(self, waiting: Waiting) -> None:
        """One that comes next, whether or not others were left: read from the store, or put back."""
        self._line.append(waiting)
        self._octets += len(waiting.entry.message.body)
        self.newest = max(self.newest, waiting.entry.id)

    def put_back(self, waiting: Waiting) -> None:
        """It comes first again."""
        self._line.appendleft(waiting)
        self._octets += len(waiting.entry.message.body)

    def pop(self) -> Waiting:
        """The first one."""
        waiting = self._line.popleft()
        self._octets -= len(waiting.entry.message.body)
        return waiting

    def leave(self, count: int, arrived: float) -> None:
        """So many more are in the store only, the first of which arrived at a time."""
        self._left_from = self._left_from if self.left else arrived
        self.left += count

    def found(self, last: int, count: int, before: int) -> None:
        """So many were read, up to an id, where ``before`` were left; none: only those that came since are."""
        self.newest = max(self.newest, last)
        self.left = max(1, self.left - count) if count else self.left - before

    def clear(self) -> None:
        """Begin anew."""
        self._line.clear()
        self._octets = self.left = self.newest = 0
