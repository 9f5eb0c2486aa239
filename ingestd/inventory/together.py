"""Which nodes went down together, how often, and how likely that is by chance.

Two nodes that failed on the same day fall within the spread of one another with a chance that their numbers of failures
on that day give; days are independent. That holds whatever days are bad days, so that a bad week links nothing. Where
failures keep certain hours, such coincidences are likelier, in the measure in which they do.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from heapq import nlargest, nsmallest
from itertools import islice

from msgspec import Struct

from ingestd.inventory.outages import SPREAD, History, Outage

DAY = 86400.0
MOST = 0.5  # more than this part of the failures of each were the other's too; else they have little in common
MOST_PARTNERS = 12  # of a node that are looked at closely: those it failed with most often, the steadiest first
MOST_PAIRS = 50_000  # … of all


class Pair(Struct, frozen=True, kw_only=True):
    """Two nodes and their failures; those that the topology explains, and storms, are not among them."""

    one: str
    other: str
    both: tuple[tuple[float, float], ...]  # when the one and the other went down together
    one_alone: int  # while the other was monitored, and up
    other_alone: int
    days: int  # on so many they went down together
    chance: float  # of so many days or more, had they nothing to do with one another

    def turned(self) -> "Pair":
        """The same, seen from the other."""
        return Pair(
            one=self.other,
            other=self.one,
            both=tuple((b, a) for a, b in self.both),
            one_alone=self.other_alone,
            other_alone=self.one_alone,
            days=self.days,
            chance=self.chance,
        )

    @property
    def share(self) -> float:
        """Which part of the failures of the one were the other's too."""
        return len(self.both) / (len(self.both) + self.one_alone)

    @property
    def moments(self) -> frozenset[float]:
        """When the one went down together with the other."""
        return frozenset(began for began, _ in self.both)


class Calendar:
    """The days and hours of a history, as the reader's clock shows them."""

    def __init__(self, history: History, zone: tzinfo | None) -> None:
        """``zone``: of the reader; None: of this machine."""
        self._zone = zone
        self._per_day = {
            node: Counter(self.day(one.began) for one in found) for node, found in history.roots_of.items()
        }
        hours = Counter(self.local(one.began).hour for one in history.roots)
        whole = sum(hours.values())
        self.crowding = 24 * sum((count / whole) ** 2 for count in hours.values()) if whole else 1.0

    def local(self, moment: float) -> datetime:
        """A moment as the reader's clock shows it."""
        return datetime.fromtimestamp(moment, self._zone)

    def day(self, moment: float) -> int:
        """The number of its day."""
        return self.local(moment).toordinal()

    def days(self, node: str) -> Mapping[int, int]:
        """How often it failed on each of its bad days."""
        return self._per_day.get(node, {})

    def coincidence(self, failures: float, seconds: float) -> float:
        """The chance that one of so many pairs of failures falls into so many seconds of a day."""
        return -math.expm1(-failures * seconds * self.crowding / DAY)


def pairs(history: History, calendar: Calendar, least: int, named: Iterable[frozenset[str]] = ()) -> Iterator[Pair]:
    """Those that failed together in most cases and so often, or are named; not what the topology links already."""
    hinted = set(named)
    spoken = frozenset(name for pair in hinted for name in pair)
    often = {node for node in history.roots_of if len(calendar.days(node)) >= least}
    counts = _counts([one for one in history.roots if one.node in often or one.node in spoken])
    wanted = {
        pair: count
        for pair, count in counts.items()
        if (count >= least or frozenset(pair) in hinted) and not history.related(*pair)
    }
    for count, one, other in nlargest(MOST_PAIRS, _telling(wanted, history)):
        if _mostly(history, one, other, count) and _mostly(history, other, one, count):
            pair = _pair(history, calendar, one, other)
            if pair.share > MOST and pair.turned().share > MOST:
                yield pair


def tail(chances: Iterable[float], least: int) -> float:
    """The probability that at least so many of independent things happen; exact also where it is tiny."""
    listed = list(chances)
    if not least or least == len(listed):
        return math.prod(listed[:least])
    states = [1.0] + [0.0] * least
    for chance in listed:
        for count in range(least, 0, -1):
            stays = states[count] if count == least else states[count] * (1 - chance)
            states[count] = stays + states[count - 1] * chance
        states[0] *= 1 - chance
    return min(1.0, states[least])


def _counts(outages: list[Outage]) -> dict[tuple[str, str], int]:
    """How often two went down within the spread; few are near one another, for crowds are left out."""
    counts: dict[tuple[str, str], int] = {}
    first = 0
    for i, one in enumerate(outages):
        while outages[first].began < one.began - SPREAD:
            first += 1
        for other in outages[first:i]:
            pair = (one.node, other.node) if one.node < other.node else (other.node, one.node)
            counts[pair] = counts.get(pair, 0) + 1
    return counts


def _telling(counts: Mapping[tuple[str, str], int], history: History) -> set[tuple[int, str, str]]:
    """Of each node the pairs that tell most: many failures together, and a partner that hardly fails otherwise."""
    partners: dict[str, list[tuple[int, int, str]]] = {}
    for (one, other), count in counts.items():
        partners.setdefault(one, []).append((-count, len(history.roots_of[other]), other))
        partners.setdefault(other, []).append((-count, len(history.roots_of[one]), one))
    return {
        (-count, min(one, other), max(one, other))
        for one, listed in partners.items()
        for count, _, other in nsmallest(MOST_PARTNERS, listed)
    }


def _mostly(history: History, node: str, other: str, together: int) -> bool:
    """Whether it did not fail alone as often as with the other; told early, for most pairs are no pairs."""
    if len(history.roots_of[node]) < 2 * together:
        return True
    return sum(1 for _ in islice(_lonely(history, node, other), together)) < together


def _pair(history: History, calendar: Calendar, one: str, other: str) -> Pair:
    both = _both(history.roots_of[one], history.roots_of[other])
    days = {calendar.day(began) for began, _ in both}
    mine, its = calendar.days(one), calendar.days(other)
    chances = [calendar.coincidence(mine[day] * its[day], 2 * SPREAD) for day in mine.keys() & its.keys()]
    return Pair(
        one=one,
        other=other,
        both=both,
        one_alone=_alone(history, one, other),
        other_alone=_alone(history, other, one),
        days=len(days),
        chance=tail(sorted(chances), len(days)),
    )


def _both(ones: list[Outage], others: list[Outage]) -> tuple[tuple[float, float], ...]:
    """The starts of outages that began within the spread; a node's own lie farther apart, each has one match."""
    starts = [other.began for other in others]
    found = []
    for one in ones:
        i = bisect_left(starts, one.began - SPREAD)
        if i < len(starts) and starts[i] <= one.began + SPREAD:
            found.append((one.began, starts[i]))
    return tuple(found)


def _alone(history: History, node: str, other: str) -> int:
    """How often it failed without the other."""
    return sum(1 for _ in _lonely(history, node, other))


def _lonely(history: History, node: str, other: str) -> Iterator[Outage]:
    """Its failures while the other was monitored, and was up before, then and after."""
    for one in history.roots_of[node]:
        if history.heard(other, one.began) and not history.down(other, one.began):
            yield one
