"""Which of many rules match a situation, at a cost that hardly grows with their number.

A rule's condition is put into ways: each a list of terms that must all hold. A way is one bit. For every fact a column
knows which ways each of its values satisfies, as the bits of an integer; the columns of a situation and-ed together
leave the ways that hold, the lowest bit the first rule. Patterns (RE2 sets, one pass for all those of a fact) are
looked at only if a way that asks for them is still left; what fits no column (``not``, a second term on a fact) is
tried at the end.
"""

import itertools
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from ingestd.decide.match import PatternSet, glob_pattern
from ingestd.decide.vocabulary import Facts
from ingestd.decide.when import (
    Condition,
    Every,
    Not,
    Scalar,
    Seen,
    Situation,
    Some,
    Span,
    Term,
    Test,
    fold,
    holds,
    number_of,
    parse,
)

MOST_WAYS = 16  # of one rule; a condition with more is tried as a whole
REMEMBERED = 4096  # values of a fact …
REMEMBERED_BYTES = 1024 * 1024  # … but no more than this, which counts with thousands of rules …
SHORT = 200  # … and no texts with more characters


class Rule(Protocol):
    """What those types of a rule file have that match by ``when``."""

    @property
    def FACTS(self) -> Facts:  # noqa: N802  (a constant of the type)
        """What its condition may ask."""

    @property
    def id(self) -> str:
        """Its name in its list."""

    @property
    def when(self) -> Mapping[str, Any]:
        """Its condition."""


R = TypeVar("R", bound=Rule)


class Way(Struct, frozen=True):
    """One way in which a condition holds: these terms and what else there is."""

    terms: tuple[Term, ...] = ()
    rest: tuple[Condition, ...] = ()


class RuleLists:
    """Lists of rules over the same facts, compiled together: what they ask of a situation is looked up once for all."""

    def __init__(self, *lists: Iterable[Rule]) -> None:
        numbered = [(part, place, rule) for part, rules in enumerate(lists) for place, rule in enumerate(rules)]
        parsed = [parse(rule.when, rule.FACTS, rule.id) for _, _, rule in numbered]
        self.asked = frozenset(itertools.chain.from_iterable(map(facts_of, parsed)))
        ways = [(n, way) for n, condition in enumerate(parsed) for way in ways_of(condition)]
        self.places = [numbered[n][1] for n, _ in ways]
        self.parts = [_bits(bit for bit, (n, _) in enumerate(ways) if numbered[n][0] == p) for p in range(len(lists))]
        self.rests: list[Test | None] = []
        columns: dict[str, list[tuple[int, Term]]] = {}
        for bit, (_, way) in enumerate(ways):
            first = {term.fact: term for term in reversed(way.terms)}
            others = [term for term in way.terms if term is not first[term.fact]]
            self.rests.append(holds(Every((*others, *way.rest))) if others or way.rest else None)
            for fact, term in first.items():
                columns.setdefault(fact, []).append((bit, term))
        self._all = (1 << len(ways)) - 1
        made = [_Column(fact, terms, self._all) for fact, terms in columns.items()]
        self._quick = [(column.fact, column.quick) for column in made if column.rules_out]
        self._slow = [column for column in made if column.slow]

    def look(self, situation: Situation) -> "Found":
        """What matches a situation."""
        left = self._all
        for fact, known in self._quick:
            value = situation.get(fact, "")
            left &= known.over(value) if isinstance(value, tuple) else known[value]
            if not left:
                break
        return Found(self, situation, left, [column for column in self._slow if column.slow & left])


class Found:
    """The rules that match one situation, worked out as far as it is asked for."""

    __slots__ = ("_left", "_rules", "_situation", "_slow")

    def __init__(self, rules: RuleLists, situation: Situation, left: int, slow: "list[_Column]") -> None:
        self._rules, self._situation, self._left, self._slow = rules, situation, left, slow

    def places(self, part: int = 0) -> Iterator[int]:
        """The places in a list of the rules that match, in order, each once."""
        mine, last = self._rules.parts[part], -1
        while left := self._left & mine:
            lowest = left & -left
            asked = [column for column in self._slow if column.slow & lowest]
            for column in asked:
                self._slow.remove(column)
                value = self._situation.get(column.fact, "")
                self._left &= column.exact.over(value) if isinstance(value, tuple) else column.exact[value]
            if asked:
                continue
            bit = lowest.bit_length() - 1
            mine ^= lowest
            rest, place = self._rules.rests[bit], self._rules.places[bit]
            if place != last and (rest is None or rest(Seen(self._situation))):
                last = place
                yield place


class RuleSet(Generic[R]):
    """A list of rules, compiled. BadCondition names the rule and the place of a condition that can't be read."""

    def __init__(self, rules: Iterable[R]) -> None:
        self.rules = tuple(rules)
        self._lists = RuleLists(self.rules)
        self.asked = self._lists.asked

    def first(self, situation: Situation) -> R | None:
        """The first rule that matches; None if no one does."""
        place = next(self._lists.look(situation).places(), None)
        return None if place is None else self.rules[place]

    def matching(self, situation: Situation) -> Iterator[R]:
        """Every rule that matches, in order, each once."""
        return (self.rules[place] for place in self._lists.look(situation).places())


class _Column:
    """What the ways ask of one fact: for each value the ways that it satisfies, as bits.

    Values are remembered, since storms repeat the same few.
    """

    def __init__(self, fact: str, terms: Sequence[tuple[int, Term]], everything: int) -> None:
        self.fact = fact
        asked = _bits(bit for bit, _ in terms)
        self.slow = _bits(bit for bit, term in terms if term.patterns or term.globs)
        self.rules_out = asked != self.slow  # something, before its patterns are looked at
        free = everything & ~asked  # the ways that don't ask
        plain = [look for made in (_texts(terms), _numbers(terms)) for look in made]
        deep = [look for made in (_patterns(terms), _globs(terms)) for look in made]
        most = min(REMEMBERED, REMEMBERED_BYTES // (everything.bit_length() // 8 + 100))
        #: The ways that may hold: those with a pattern or a glob are not ruled out.
        self.quick = _Memory(free | self.slow, plain, most)
        #: The ways that hold.
        self.exact = _Memory(free, [*plain, *deep], most)


Look = Callable[[Scalar], int]  # the ways for a value


def _texts(terms: Sequence[tuple[int, Term]]) -> Iterator[Look]:
    literals = _table((literal, bit) for bit, term in terms for literal in term.literals)
    unlike = _bits(bit for bit, term in terms if term.unlike)
    only = _table((next(iter(term.unlike)), bit) for bit, term in terms if len(term.unlike) == 1)

    def look(value: Scalar) -> int:
        text = fold(str(value))
        return literals.get(text, 0) | (unlike & ~only.get(text, 0))

    if literals or unlike:
        yield look


def _numbers(terms: Sequence[tuple[int, Term]]) -> Iterator[Look]:
    """Between each two points where that changes, the ways that a number satisfies."""
    changes: dict[float, int] = {}
    for bit, term in terms:
        for low, high in merged(term.spans):
            for point in (low, math.nextafter(high, math.inf)):
                changes[point] = changes.get(point, 0) ^ (1 << bit)
    points = sorted(changes)
    ways = list(itertools.accumulate((changes[point] for point in points), int.__xor__))

    def look(value: Scalar) -> int:
        number = number_of(value)
        place = bisect_right(points, number) if number is not None else 0
        return ways[place - 1] if place else 0

    if points:
        yield look


def _patterns(terms: Sequence[tuple[int, Term]]) -> Iterator[Look]:
    patterns = _table((one, bit) for bit, term in terms for one in term.patterns)
    found, ways = PatternSet(list(patterns), fold=True), list(patterns.values())
    if patterns:
        yield lambda value: _union(ways[index] for index in found.hits(str(value)))


def _globs(terms: Sequence[tuple[int, Term]]) -> Iterator[Look]:
    globs = _table((glob_pattern(one), bit) for bit, term in terms for one in term.globs)
    found, ways = PatternSet(list(globs)), list(globs.values())
    if globs:
        yield lambda value: _union(ways[index] for index in found.hits(fold(str(value))))


def _union(bits: Iterable[int]) -> int:
    found = 0
    for one in bits:
        found |= one
    return found


class _Memory(dict[Scalar, int]):
    """The ways by value; a value that is not there yet is worked out, and kept if it is short."""

    def __init__(self, free: int, looks: Sequence[Look], most: int) -> None:
        super().__init__()
        self._free, self._looks, self._most = free, looks, most

    def over(self, values: tuple[str, ...]) -> int:
        """The ways for several values, or for none."""
        return _union(map(self.__getitem__, values or ("",)))

    def __missing__(self, value: Scalar) -> int:
        found = self._free
        for look in self._looks:
            found |= look(value)
        if not isinstance(value, str) or len(value) <= SHORT:
            if len(self) >= self._most:
                self.clear()
            self[value] = found
        return found


def _bits(bits: Iterable[int]) -> int:
    found = bytearray()
    for bit in bits:
        if bit // 8 >= len(found):
            found.extend(bytes(bit // 8 + 1 - len(found)))
        found[bit // 8] |= 1 << bit % 8
    return int.from_bytes(found, "little")


def _table(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text, bit in pairs:
        found[text] = found.get(text, 0) | (1 << bit)
    return found


# -- conditions


def ways_of(condition: Condition) -> tuple[Way, ...]:
    """The ways in which a condition holds, one of which is enough; one way with the whole of it if they are many."""
    if isinstance(condition, Term):
        return (Way((condition,)),)
    if isinstance(condition, Not):
        return (Way((), (condition,)),)
    inner = [ways_of(one) for one in condition.of]
    if isinstance(condition, Some):
        return tuple(itertools.chain(*inner)) if sum(map(len, inner)) <= MOST_WAYS else (Way((), (condition,)),)
    if math.prod(map(len, inner)) > MOST_WAYS:
        inner = [ways if len(ways) == 1 else (Way((), (one,)),) for one, ways in zip(condition.of, inner, strict=True)]
    return tuple(
        Way(tuple(t for way in chosen for t in way.terms), tuple(r for way in chosen for r in way.rest))
        for chosen in itertools.product(*inner)
    )


def facts_of(condition: Condition) -> Iterator[str]:
    """The facts that a condition asks."""
    for term in terms_of(condition):
        yield term.fact


def terms_of(condition: Condition) -> Iterator[Term]:
    """Every term of a condition, in whatever it stands."""
    if isinstance(condition, Term):
        yield condition
        return
    for one in (condition.of,) if isinstance(condition, Not) else condition.of:
        yield from terms_of(one)


def weight(condition: Condition) -> int:
    """How much a condition asks: the number of facts that it needs at least."""
    if isinstance(condition, Term | Not):
        return 1
    inner = [weight(one) for one in condition.of]
    return sum(inner) if isinstance(condition, Every) else min(inner)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans without overlaps, from low to high."""
    found: list[Span] = []
    for low, high in sorted(spans):
        if found and low <= math.nextafter(found[-1][1], math.inf):
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found
