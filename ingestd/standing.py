"""The alerts that fire, as the store has them: fed by its commits, for those who ask again and again.

An answer about one host must not read 100,000 rows. Labels that somebody filters by are indexed from the first time on.
Looking at many alerts is done in slices, so that a large answer holds up nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

from ingestd.decide.labels import shown_labels
from ingestd.model import Alert, Matcher, Stepped

SLICE = 200  # alerts looked at before others have their turn: about a millisecond


class Standing:
    """Every alert that fires; on one event loop."""

    def __init__(self) -> None:
        self._alerts: dict[int, Alert] = {}
        self._indexes: dict[str, _Index] = {}

    def load(self, alerts: Iterable[Alert]) -> None:
        """Those that fired when the store was opened."""
        self._alerts = {alert.id: alert for alert in alerts if alert.state == "firing"}

    def committed(self, batch: Sequence[Stepped]) -> None:
        """What was decided and is durable."""
        for stepped in batch:
            for alert in stepped.changes.alerts:
                self._put(alert)

    async def find(self, wanted: Sequence[Matcher] = ()) -> AsyncIterator[Alert]:
        """Those that may meet all matchers, oldest first: of the labels asked for by value the rarest is looked up."""
        plain = [one for one in wanted if one.equal and not one.regex and one.value]
        sets = [(await self._index(one.name)).ids(one.value) for one in plain]
        async for alert in self._in_slices(sorted(min(sets, key=len) if sets else self._alerts)):
            yield alert

    async def _in_slices(self, numbers: Sequence[int]) -> AsyncIterator[Alert]:
        """Those of them that still fire when their turn comes."""
        for place, number in enumerate(numbers):
            if place % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            if (alert := self._alerts.get(number)) is not None:
                yield alert

    def _put(self, alert: Alert) -> None:
        before = self._alerts.pop(alert.id, None)
        if alert.state == "firing":
            self._alerts[alert.id] = alert
        if not self._indexes:
            return
        old = shown_labels(before) if before is not None else {}
        new = shown_labels(alert) if alert.state == "firing" else {}
        for name, index in self._indexes.items():
            index.move(alert.id, old.get(name, ""), new.get(name, ""))

    async def _index(self, name: str) -> "_Index":
        """The index of a label; what is committed while it is made goes into it as well."""
        if (found := self._indexes.get(name)) is not None:
            await found.ready.wait()
            return found
        index = self._indexes[name] = _Index()
        async for alert in self._in_slices(list(self._alerts)):
            index.move(alert.id, "", shown_labels(alert).get(name, ""))
        index.ready.set()
        return index


class _Index:
    """Value -> alerts. Most values of some labels are of one alert, for which a set would take much room."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self._one: dict[str, int] = {}
        self._more: dict[str, set[int]] = {}

    def move(self, number: int, old: str, new: str) -> None:
        """An alert has another value than before; "": none, which nobody can ask for."""
        if old and old != new:
            self._drop(number, old)
        if new in self._more:
            self._more[new].add(number)
        elif new and self._one.setdefault(new, number) != number:
            self._more[new] = {self._one.pop(new), number}

    def _drop(self, number: int, value: str) -> None:
        if self._one.get(value) == number:
            del self._one[value]
        elif value in self._more:
            self._more[value].discard(number)
            if not self._more[value]:
                del self._more[value]

    def ids(self, value: str) -> frozenset[int]:
        """A copy: it changes while others have their turn."""
        one = self._one.get(value)
        return frozenset(self._more.get(value, ())) if one is None else frozenset((one,))
