"""Sets of row numbers under a key, and the same seen through the changes of a draft."""

from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
_NOTHING: frozenset[int] = frozenset()
_UNCHANGED: dict[Any, set[int]] = {}


class Index(Generic[K]):
    """key -> set of row numbers."""

    def __init__(self) -> None:
        self.sets: dict[K, set[int]] = {}

    def get(self, key: K) -> Collection[int]:
        """The rows under a key; not to be changed by the caller."""
        return self.sets.get(key, _NOTHING)

    def move(self, number: int, old: Iterable[K], new: Iterable[K]) -> None:
        """A row changed: take it from its old keys and put it under its new ones."""
        if old == new:
            return
        before, after = set(old), set(new)
        for key in before - after:
            members = self.sets[key]
            members.discard(number)
            if not members:
                del self.sets[key]
        for key in after - before:
            self.sets.setdefault(key, set()).add(number)


class IndexDraft(Generic[K]):
    """The same question over an index and the changes of a draft."""

    __slots__ = ("_added", "_base", "_gone")

    def __init__(self, base: Index[K]) -> None:
        self._base = base
        self._added: dict[K, set[int]] = _UNCHANGED  # most drafts change few indices
        self._gone: dict[K, set[int]] = _UNCHANGED

    def among(self, keys: Iterable[K]) -> list[K]:
        """Those of some keys under which there may be rows, the draft's changes included."""
        base, added = self._base.sets, self._added
        return [key for key in keys if (key in base or key in added) and self.get(key)]

    def get(self, key: K) -> Collection[int]:
        """The rows under a key, the draft's changes included."""
        base = self._base.sets.get(key, _NOTHING)
        if not self._added and not self._gone:
            return base
        added, gone = self._added.get(key), self._gone.get(key)
        if not added and not gone:
            return base
        return (set(base) - (gone or _NOTHING)) | (added or _NOTHING)

    def count(self, key: K) -> int:
        """How many rows there are under a key."""
        gone, added = self._gone.get(key, _NOTHING), self._added.get(key, _NOTHING)
        return len(self._base.get(key)) - len(gone) + len(added)

    def lazily(self, key: K) -> Iterator[int]:
        """The rows under a key, without copying a large set for the sake of the first one."""
        gone = self._gone.get(key, _NOTHING)
        yield from (n for n in self._base.get(key) if n not in gone)
        yield from self._added.get(key, _NOTHING)

    def move(self, number: int, old: Iterable[K], new: Iterable[K]) -> None:
        """As ``Index.move``, kept beside the base."""
        if old == new:
            return
        if self._added is _UNCHANGED:
            self._added, self._gone = {}, {}
        before, after = set(old), set(new)
        for key in before - after:
            self._change(key, number, self._added, self._gone, number in self._base.get(key))
        for key in after - before:
            self._change(key, number, self._gone, self._added, number not in self._base.get(key))

    @staticmethod
    def _change(key: K, number: int, undo: dict[K, set[int]], do: dict[K, set[int]], needed: bool) -> None:
        undo.get(key, set()).discard(number)
        if needed:
            do.setdefault(key, set()).add(number)
