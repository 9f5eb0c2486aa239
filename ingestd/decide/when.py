"""The small matching language of all rule files: ``when:`` mappings over the facts of a situation.

    fact: value         equality; case, full or half width and blanks around a text do not count
    fact: [a, b]        any of these
    fact: 'acc-*'       a glob: ``*`` any text, ``?`` one character
    fact: '~^link'      an RE2 pattern that occurs; without case
    fact: '>= 3'        a comparison (>= <= > < !=) of a number, a time, a date or a level; != of a text as well
    fact: '3..7'        a stretch, both ends included; of a time ``22:00-06:00``, without its end
    any: [{…}, {…}]     one of these mappings holds; ``all`` every one, ``not: {…}`` this one does not

All keys of one mapping must hold. Of a fact with several values one match is enough; one without a value counts as an
empty text. ``vocabulary.py`` says which facts there are, ``ruleset.py`` finds the rules that match a situation.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import re2
from msgspec import Struct

from ingestd.decide.match import LONGEST, compiled, glob_pattern, normalized
from ingestd.decide.vocabulary import WEEKDAYS, Fact, Facts, Kind, fact_of
from ingestd.yamltypes import Place, Said, did_you_mean, said

Scalar = str | float | bool
Value = Scalar | tuple[str, ...]
Situation = Mapping[str, Value]
Span = tuple[float, float]  # both ends included

DEEPEST = 16  # mappings in one another
COMPARED = 1000  # characters of a text that are compared; patterns look at more
INFINITE = float("inf")
_SIGNS = ((">=", ">="), ("<=", "<="), ("!=", "!="), ("≥", ">="), ("≤", "<="), ("≠", "!="), (">", ">"), ("<", "<"))
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, as YAML's escapes can say it; RE2 takes none
_GLOB = re.compile(r"[*?]")
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,9})?")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS: Mapping[str, int] = {
    name: index for names in (WEEKDAYS, _LONG_DAYS) for index, name in enumerate(names)
}  # fmt: skip


class Term(Struct, frozen=True):
    """A fact, and what one of its values must be: any of all these."""

    fact: str
    literals: frozenset[str] = frozenset()  # folded
    unlike: frozenset[str] = frozenset()  # folded: a value other than this
    globs: frozenset[str] = frozenset()  # folded
    patterns: frozenset[str] = frozenset()  # RE2, without case, as they are written
    spans: tuple[Span, ...] = ()


class Every(Struct, frozen=True):
    """All of these hold."""

    of: "tuple[Condition, ...]"


class Some(Struct, frozen=True):
    """One of these holds."""

    of: "tuple[Condition, ...]"


class Not(Struct, frozen=True):
    """This does not hold."""

    of: "Condition"


Condition = Term | Every | Some | Not
Test = Callable[["Seen"], bool]


class BadCondition(ValueError):  # noqa: N818  (it is what the rule has)
    """A condition that can't be read. ``place`` leads from the rule's ``when`` to the wrong value."""

    def __init__(self, rule: str, place: Place, said: Said) -> None:
        self.rule, self.place, self.said = rule, place, said
        super().__init__(f"{rule}: {said}" if rule else str(said))

    @property
    def text(self) -> str:
        """What is wrong, without the rule."""
        return str(self.said)

    def within(self, *steps: str | int) -> "BadCondition":
        """The same of a condition that is itself a part: ``steps`` lead to it."""
        return BadCondition(self.rule, (*steps, *self.place), self.said)


# -- from YAML


def parse(when: Any, facts: Facts, rule: str = "") -> Condition:
    """The condition of a ``when`` mapping; BadCondition names the first mistake, and the rule."""
    reader = _Reader(facts)
    condition = reader.mapping(when, (), 1)
    if reader.mistakes:
        raise BadCondition(rule, reader.mistakes[0].place, reader.mistakes[0].said)
    return condition


def problems(when: Any, facts: Facts) -> Iterator[tuple[Place, Said]]:
    """Every mistake in a ``when`` mapping: where, from the mapping on, and what was expected."""
    reader = _Reader(facts)
    reader.mapping(when, (), 1)
    yield from ((found.place, found.said) for found in reader.mistakes)


class _Reader:
    """Reads one mapping and keeps every mistake; what can't be read never matches."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.mistakes: list[BadCondition] = []

    def mapping(self, when: Any, place: Place, depth: int) -> Condition:
        if not isinstance(when, Mapping):
            return self._wrong(place, said("expected a mapping of facts, got {got}", got=_shown(when)))
        if depth > DEEPEST:
            text = said("nested too deeply: expected at most {most} conditions in one another", most=DEEPEST)
            return self._wrong(place, text)
        return Every(tuple(self._key(str(key), wanted, (*place, key), depth) for key, wanted in when.items()))

    def _key(self, key: str, wanted: Any, place: Place, depth: int) -> Condition:
        if key == "not":
            return Not(self.mapping(wanted, place, depth + 1))
        if key in ("any", "all"):
            if not isinstance(wanted, list) or not wanted:
                return self._wrong(place, said("{name}: expected a list of conditions", name=key))
            inner = tuple(self.mapping(one, (*place, i), depth + 1) for i, one in enumerate(wanted))
            return Some(inner) if key == "any" else Every(inner)
        fact = fact_of(self._facts, key)
        if fact is None:
            near = did_you_mean(key, (*self._facts, *_JOINED))
            return self._wrong(place, said("unknown fact {name!r}{near}", name=key, near=near))
        if not isinstance(wanted, list):
            return self._one(key, fact, wanted, place)
        if not wanted:
            return self._wrong(place, said("expected at least one value"))
        return _any_of(key, [self._one(key, fact, one, (*place, i)) for i, one in enumerate(wanted)])

    def _one(self, name: str, fact: Fact, wanted: Any, place: Place) -> Term:
        try:
            if isinstance(wanted, str) and (half := _SURROGATE.search(wanted)):
                raise _bad(said("a control character ({char!r}): remove it", char=half[0]))
            return _READ[fact.kind](name, fact, wanted)
        except BadCondition as wrong:
            self.mistakes.append(wrong.within(*place))
            return Term(name)

    def _wrong(self, place: Place, text: Said) -> Condition:
        self.mistakes.append(BadCondition("", place, text))
        return Some(())


_JOINED = ("any", "all", "not")


def _any_of(fact: str, terms: Sequence[Term]) -> Term:
    return Term(
        fact,
        frozenset[str]().union(*(term.literals for term in terms)),
        frozenset[str]().union(*(term.unlike for term in terms)),
        frozenset[str]().union(*(term.globs for term in terms)),
        frozenset[str]().union(*(term.patterns for term in terms)),
        tuple(span for term in terms for span in term.spans),
    )


def _bad(text: Said) -> BadCondition:
    return BadCondition("", (), text)


def _shown(value: Any) -> Said | str:
    if value is None:
        return said("nothing")
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _sign(text: str) -> tuple[str, str]:
    """The comparison that a text begins with ("" if none), and what stands behind it."""
    found = next(((sign, written) for written, sign in _SIGNS if text.startswith(written)), ("", ""))
    return found[0], text[len(found[1]) :].strip()


def _text(name: str, fact: Fact, wanted: Any) -> Term:
    if not isinstance(wanted, str):
        raise _bad(said("expected a text, got {got}: put it in quotes", got=_shown(wanted)))
    sign, rest = _sign(wanted)
    if sign == "!=":
        return Term(name, unlike=frozenset((_word(fact, rest),)))
    if sign:
        text = said("{name} is a text: {sign} compares numbers, times, dates and levels", name=name, sign=sign)
        raise _bad(text)
    if wanted.startswith("~"):
        return Term(name, patterns=frozenset((_pattern(wanted[1:]),)))
    if _GLOB.search(wanted):
        return Term(name, globs=frozenset((fold(wanted),)))
    return Term(name, literals=frozenset((_word(fact, wanted),)))


def _word(fact: Fact, wanted: str) -> str:
    """A text, folded; one of the words of the fact, if these are all that it can be."""
    folded = fold(wanted)
    known = {fold(word): word for word in fact.words}
    if known and folded and folded not in known:
        raise _no_word(fact, wanted)
    return folded


def _no_word(fact: Fact, wanted: str) -> BadCondition:
    return _bad(said("expected one of {words}, got {got}", words=", ".join(fact.words), got=_shown(wanted)))


def _level(name: str, fact: Fact, wanted: Any) -> Term:
    """A word of a scale: a comparison stands for all the words that it holds for."""
    sign, rest = _sign(wanted) if isinstance(wanted, str) else ("", "")
    if not sign or sign == "!=":
        return _text(name, fact, wanted)
    scale = tuple(map(fold, fact.words))
    word = _word(fact, rest)
    if not word:
        raise _no_word(fact, rest)
    (span,) = _compared(sign, float(scale.index(word)))
    return Term(name, literals=frozenset(one for i, one in enumerate(scale) if span[0] <= i <= span[1]))


def _pattern(text: str) -> str:
    if not text:
        raise _bad(said("expected a pattern behind the ~"))
    try:
        compiled(text, fold=True)
    except re2.error as bad:
        why = bad.args[0].decode("utf-8", "replace") if bad.args else "?"
        raise _bad(said("not an RE2 pattern ({why}): {pattern}", why=why, pattern=text)) from None
    return text


def _truth(name: str, _fact: Fact, wanted: Any) -> Term:
    if not isinstance(wanted, bool):
        raise _bad(said("expected true or false, got {got}", got=_shown(wanted)))
    return Term(name, literals=frozenset(("true",) if wanted else ("false", "")))


def _weekday(name: str, _fact: Fact, wanted: Any) -> Term:
    first, dash, last = fold(wanted).partition("-") if isinstance(wanted, str) else ("", "", "")
    start, end = _DAYS.get(first.strip()), _DAYS.get(last.strip() if dash else first.strip())
    if start is None or end is None:
        text = said(
            "expected mon, tue, wed, thu, fri, sat, sun or a stretch such as mon-fri, got {got}", got=_shown(wanted)
        )
        raise _bad(text)
    return Term(name, literals=frozenset(WEEKDAYS[(start + n) % 7] for n in range((end - start) % 7 + 1)))


def _number(name: str, _fact: Fact, wanted: Any) -> Term:
    given = wanted
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        wanted = str(float(wanted))
    expected = said(
        "expected a number, a stretch such as 3..7 or a comparison such as '>= 3', got {got}", got=_shown(given)
    )
    return Term(name, spans=_measured(wanted, expected, _as_number))


def _date(name: str, _fact: Fact, wanted: Any) -> Term:
    if isinstance(wanted, str) and _GLOB.search(wanted) and not re.sub(r"[-\d*?]", "", wanted):
        return Term(name, globs=frozenset((wanted,)))
    expected = said(
        "expected a date such as 2027-01-31, a stretch 2027-01-24..2027-01-31 or a comparison, got {got}",
        got=_shown(wanted),
    )
    return Term(name, spans=_measured(wanted, expected, _as_date))


def _time(name: str, _fact: Fact, wanted: Any) -> Term:
    """Minutes after midnight; the end of a stretch is not in it, and one that ends before it begins is a night."""
    expected = said(
        "expected a stretch of the day such as 22:00-06:00 or a comparison such as '>= 18:00', got {got}",
        got=_shown(wanted),
    )
    first, dash, last = _plain(wanted).partition("-")
    if _sign(first)[0]:
        return Term(name, spans=_measured(wanted, expected, _as_time))
    start, end = _as_time(first.strip()), _as_time(last.strip())
    if not dash or start is None or end is None or start == end:
        raise _bad(expected)
    parts = ((start, end),) if start < end else ((start, 1440.0), (0.0, end))
    return Term(name, spans=tuple((low, _below(high)) for low, high in parts if low < high))


def _plain(wanted: Any) -> str:
    return normalized(wanted).strip() if isinstance(wanted, str) else ""


def _measured(wanted: Any, expected: Said, measure: Callable[[str], float | None]) -> tuple[Span, ...]:
    """A value, a stretch of values or a comparison with one, as spans."""
    sign, rest = _sign(_plain(wanted))
    first, dots, last = rest.partition("..")
    low, high = measure(first.strip()), measure((last if dots else first).strip())
    if low is None or high is None or low > high or (sign and dots):
        raise _bad(expected)
    return _compared(sign, low) if sign else ((low, high),)


def _compared(sign: str, bound: float) -> tuple[Span, ...]:
    """What a comparison with ``bound`` holds for."""
    above, below = (_above(bound), INFINITE), (-INFINITE, _below(bound))
    spans: Mapping[str, tuple[Span, ...]] = {
        ">=": ((bound, INFINITE),),
        "<=": ((-INFINITE, bound),),
        ">": (above,),
        "<": (below,),
        "!=": (below, above),
    }
    return spans[sign]


def _above(bound: float) -> float:
    return math.nextafter(bound, INFINITE)


def _below(bound: float) -> float:
    return math.nextafter(bound, -INFINITE)


def _as_number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _as_time(text: str) -> float | None:
    found = _CLOCK.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    return float(minutes) if found and int(found[2]) < 60 and minutes <= 1440 else None


def _as_date(text: str) -> float | None:
    """The day's number, so that days compare as numbers."""
    try:
        return float(date.fromisoformat(text).toordinal()) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


_READ: Mapping[Kind, Callable[[str, Fact, Any], Term]] = {
    "text": _text,
    "level": _level,
    "number": _number,
    "truth": _truth,
    "time": _time,
    "date": _date,
    "weekday": _weekday,
}


# -- a situation


def fold(text: str) -> str:
    """A text without what does not count: case, width, blanks around it."""
    text = text[:COMPARED]
    if text.isascii():
        return text.strip().lower()
    return normalized(normalized(text).casefold()).strip()


class Seen:
    """A situation while one condition is tried: each text is folded once, when first asked for."""

    __slots__ = ("_folded", "_situation")

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._folded: dict[str, tuple[str, ...]] = {}

    def texts(self, fact: str) -> tuple[str, ...]:
        """The values as they came; one empty text if there is none."""
        value = self._situation.get(fact, "")
        if isinstance(value, str):
            return (value,)
        return (value or ("",)) if isinstance(value, tuple) else (str(value),)

    def folded(self, fact: str) -> tuple[str, ...]:
        """The values without what does not count."""
        found = self._folded.get(fact)
        if found is None:
            found = self._folded[fact] = tuple(map(fold, self.texts(fact)))
        return found

    def number(self, fact: str) -> float | None:
        """A number, a date as the day's number; None if it is neither."""
        value = self._situation.get(fact, "")
        return None if isinstance(value, tuple) else number_of(value)


def number_of(value: Scalar) -> float | None:
    """A number, a date as the day's number; None if it is neither."""
    return _as_date(value) if isinstance(value, str) else value


# -- one condition alone


def holds(condition: Condition) -> Test:
    """Whether a condition holds."""
    if isinstance(condition, Term):
        return _term_holds(condition)
    if isinstance(condition, Not):
        inner = holds(condition.of)
        return lambda seen: not inner(seen)
    tests = tuple(map(holds, condition.of))
    if isinstance(condition, Every):
        return lambda seen: all(one(seen) for one in tests)
    return lambda seen: any(one(seen) for one in tests)


def _term_holds(term: Term) -> Test:
    fact, ways = term.fact, list[Test]()
    literals, spans = term.literals, term.spans
    globs = [compiled(glob_pattern(glob)) for glob in term.globs]
    patterns = [compiled(pattern, fold=True) for pattern in term.patterns]
    if literals:
        ways.append(lambda seen: not literals.isdisjoint(seen.folded(fact)))
    if spans:
        ways.append(lambda seen: _within(spans, seen.number(fact)))
    for unlike in term.unlike:
        ways.append(lambda seen, unlike=unlike: any(text != unlike for text in seen.folded(fact)))  # type: ignore[misc]
    if globs:
        ways.append(lambda seen: any(glob.search(text) for glob in globs for text in seen.folded(fact)))
    if patterns:
        ways.append(lambda seen: any(one.search(text[:LONGEST]) for one in patterns for text in seen.texts(fact)))
    return ways[0] if len(ways) == 1 else lambda seen: any(way(seen) for way in ways)


def _within(spans: tuple[Span, ...], value: float | None) -> bool:
    return value is not None and any(low <= value <= high for low, high in spans)
