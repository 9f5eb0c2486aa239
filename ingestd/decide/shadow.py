"""Rules that can never be the first to match, because an earlier one matches whenever they do.

Rules whose type says ``IN_TURN`` hide none: a match does not keep the next one from its turn. What is named is sure;
not all of them are found. A condition implies another if each of its ways (``any`` in ``any``) has, for all that the
other asks, a term that allows no more.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from ingestd.decide.ruleset import Rule, merged, terms_of
from ingestd.decide.when import Condition, Every, Not, Some, Span, Term, parse


def shadowed(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """(the rule that never matches first, the earlier one that is why); BadCondition if a condition can't be read."""
    earlier = _Earlier()
    for rule in rules:
        condition = parse(rule.when, rule.FACTS, rule.id)
        found = next((name for name, other in earlier.like(condition) if implies(condition, other)), None)
        if found is not None:
            yield rule.id, found
        if not getattr(rule, "IN_TURN", False):
            earlier.add(rule.id, condition)


class _Earlier:
    """The rules so far. One that needs one of some texts can only shadow a rule that names one of them."""

    def __init__(self) -> None:
        self._rules: list[tuple[str, Condition]] = []
        self._by_text: dict[tuple[str, str], list[int]] = {}
        self._others: list[int] = []

    def add(self, name: str, condition: Condition) -> None:
        place = len(self._rules)
        self._rules.append((name, condition))
        needed = next((term for term in _needed(condition) if _is_plain(term)), None)
        if needed is None:
            self._others.append(place)
            return
        for text in needed.literals:
            self._by_text.setdefault((needed.fact, text), []).append(place)

    def like(self, condition: Condition) -> Iterator[tuple[str, Condition]]:
        """Those that may shadow a condition, the first first."""
        named = {(term.fact, text) for term in terms_of(condition) for text in term.literals}
        places = {place for pair in named for place in self._by_text.get(pair, ())}
        yield from (self._rules[place] for place in sorted(places.union(self._others)))


def _needed(condition: Condition) -> Iterator[Term]:
    """Terms without which a condition does not hold."""
    if isinstance(condition, Term):
        yield condition
    elif isinstance(condition, Every):
        for one in condition.of:
            yield from _needed(one)


def _is_plain(term: Term) -> bool:
    return bool(term.literals) and not (term.unlike or term.globs or term.patterns or term.spans)


@lru_cache(maxsize=4096)  # nested conditions ask the same again and again
def implies(one: Condition, other: Condition) -> bool:
    """Whether ``other`` holds in every situation in which ``one`` does; False also if that can't be told."""
    if isinstance(other, Every):
        return all(implies(one, part) for part in other.of)
    if isinstance(one, Some):
        return all(implies(part, other) for part in one.of)
    if isinstance(other, Some) and any(implies(one, part) for part in other.of):
        return True
    if isinstance(one, Every):
        return any(implies(part, other) for part in one.of)
    if isinstance(one, Not) and isinstance(other, Not):
        return implies(other.of, one.of)
    return isinstance(one, Term) and isinstance(other, Term) and _allows(other, one)


def _allows(wide: Term, narrow: Term) -> bool:
    """Whether every value that ``narrow`` allows is one that ``wide`` allows."""
    return wide.fact == narrow.fact and (
        "*" in wide.globs
        or (
            all(_allows_text(wide, text) for text in narrow.literals)
            and all(glob in wide.globs or _begins(wide, glob) for glob in narrow.globs)
            and narrow.patterns <= wide.patterns
            and narrow.unlike <= wide.unlike
            and all(_covers(wide.spans, span) for span in narrow.spans)
        )
    )


def _allows_text(wide: Term, text: str) -> bool:
    return text in wide.literals or any(text != other for other in wide.unlike) or _begins(wide, text)


def _begins(wide: Term, text: str) -> bool:
    """Whether a glob such as ``acc-*`` allows all that begins like this text or glob."""
    return any(text.startswith(prefix) for prefix in _prefixes(wide.globs))


def _prefixes(globs: Iterable[str]) -> Iterator[str]:
    return (glob[:-1] for glob in globs if glob.endswith("*") and not set(glob[:-1]) & {"*", "?"})


def _covers(wide: tuple[Span, ...], narrow: Span) -> bool:
    return any(low <= narrow[0] and narrow[1] <= high for low, high in merged(wide))
