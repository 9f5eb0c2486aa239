"""The rules' conditions: what can't be read, names that nothing defines, rules that never get their turn."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import fields, replace

from ingestd.decide.ruleset import Rule
from ingestd.decide.shadow import shadowed
from ingestd.decide.when import BadCondition, problems
from ingestd.yamltypes import Document, Place, Problem, Said, near_to, said

#: Lists of which every rule that matches applies in turn: none takes another's place.
IN_TURN = frozenset({"overrides"})
Make = Callable[[Any], object]


class Known(Struct, frozen=True, kw_only=True):
    """What conditions may name, by fact; None: nobody knows, as a file can't be read."""

    names: Mapping[str, frozenset[str] | None]
    sure: frozenset[str]  # facts of which another name is an error: it can only be a mistake


def rule_problems(documents: Sequence[Document[Any]], whole: Any, make: Make) -> Iterator[Problem]:
    """Everything that keeps ``make`` from compiling the rules, each rule on its own; ``whole`` are all of them.

    Of a rule with a bad condition every mistake is told, of another one the first.
    """
    for document in documents:
        for name, rules in _lists(document.value):
            yield from _twice(document, name, rules)
    try:
        make(whole)
    except ValueError as error:
        without = _without(whole)
        wrong = _refusal(make, without)
        of_all = wrong or error
        compiled: Make = _nothing if wrong else make
        found = list(itertools.chain.from_iterable(_each(document, whole, compiled) for document in documents))
        written = next((one for one in documents if one.node is not None), documents[-1])
        if wrong or not found:
            found.append(written.problem((str(of_all).partition(":")[0],), plain_words(of_all)))
        yield from found


def _each(document: Document[Any], whole: Any, make: Make) -> Iterator[Problem]:
    for name, rules in _lists(document.value):
        for i, rule in enumerate(rules):
            if hasattr(rule, "when"):
                place: Place = (_encoded(document.value, name), i)
                yield from _rule(document, place, rule, _alone(whole, name, rule), make)


def name_problems(document: Document[Any], known: Known) -> Iterator[Problem]:
    """Names in conditions that nothing defines: such a condition never holds."""
    for name, rules in _lists(document.value):
        for i, rule in enumerate(rules):
            when = getattr(rule, "when", None)
            if isinstance(when, Mapping):
                yield from _named(document, (_encoded(document.value, name), i, "when"), when, known)


def shadow_problems(documents: Sequence[Document[Any]], whole: Any) -> Iterator[Problem]:
    """The site's rules that never match first, as one before them matches whenever they do."""
    for name, rules in _lists(whole):
        if name not in IN_TURN and rules and all(isinstance(getattr(r, "when", None), Mapping) for r in rules):
            yield from _shadowed(documents, name, rules)


def _shadowed(documents: Sequence[Document[Any]], name: str, rules: tuple[Rule, ...]) -> Iterator[Problem]:
    for later, earlier in shadowed(rules):
        for document in documents[:-1]:  # a site that puts its own before shipped ones means to
            place = _place(document, name, later)
            if place is not None:
                words = said("rule {later} never gets its turn: {earlier} matches first", later=later, earlier=earlier)
                yield document.warning(place, words)
                break


def plain_words(error: ValueError) -> Said | str:
    """The words of a mistake, without the rule's id before them."""
    if isinstance(error, BadCondition):
        return error.said
    rule, colon, text = str(error).partition(": ")
    return text if colon and " " not in rule else str(error)


def condition_problems(document: Document[Any], place: Place, when: Any, facts: Any) -> Iterator[Problem]:
    """Every mistake of one condition, at its value."""
    for inner, text in problems(when, facts):
        yield document.problem((*place, *inner), text, key=text.template.startswith("unknown fact"))


def _rule(document: Document[Any], place: Place, rule: Any, alone: Any, make: Make) -> Iterator[Problem]:
    conditions = list(condition_problems(document, (*place, "when"), rule.when, rule.FACTS))
    yield from conditions
    wrong = None if conditions else _refusal(make, alone)
    if wrong is not None:
        yield document.problem(place, plain_words(wrong))


def _nothing(_rules: Any) -> None:
    """Where rules can't be compiled for another reason, only their conditions are looked at."""


def _refusal(make: Make, rules: Any) -> ValueError | None:
    try:
        make(rules)
    except ValueError as error:
        return error
    return None


def _lists(value: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for field in fields(value):
        listed = getattr(value, field.name)
        if isinstance(listed, tuple) and listed and all(hasattr(one, "id") for one in listed):
            yield field.name, listed


def _encoded(value: Any, name: str) -> str:
    return next(field.encode_name for field in fields(value) if field.name == name)


def _alone(whole: Any, name: str, rule: Any) -> Any:
    """All of the rules' settings, with one rule only."""
    return replace(_without(whole), **{name: (rule,)})


def _without(whole: Any) -> Any:
    """All of the rules' settings, and no rule that has a condition."""
    lists: dict[str, Any] = {n: () for n, listed in _lists(whole) if all(hasattr(one, "when") for one in listed)}
    return replace(whole, **lists)


def _twice(document: Document[Any], name: str, rules: tuple[Any, ...]) -> Iterator[Problem]:
    """Ids that two rules of one list have: only one of them would count."""
    first: dict[str, int] = {}
    key = _encoded(document.value, name)
    for i, rule in enumerate(rules):
        if rule.id in first:
            line = document.problem((key, first[rule.id]), "").line
            words = said("{name!r} is written twice (first in line {line})", name=rule.id, line=line)
            yield document.problem((key, i, "id"), words)
        first.setdefault(rule.id, i)


def _place(document: Document[Any], name: str, rule: str) -> Place | None:
    for i, one in enumerate(getattr(document.value, name)):
        if one.id == rule:
            return _encoded(document.value, name), i
    return None


def _named(document: Document[Any], place: Place, when: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    for key, wanted in when.items():
        if key == "not" and isinstance(wanted, Mapping):
            yield from _named(document, (*place, key), wanted, known)
        elif key in ("any", "all") and isinstance(wanted, list):
            for i, one in enumerate(wanted):
                if isinstance(one, Mapping):
                    yield from _named(document, (*place, key, i), one, known)
        elif known.names.get(key) is not None:
            listed: Iterable[tuple[int | None, Any]] = (
                enumerate(wanted) if isinstance(wanted, list) else [(None, wanted)]
            )
            for at, one in listed:
                spot = (*place, key) if at is None else (*place, key, at)
                yield from _strange(document, spot, key, one, known)


def _strange(document: Document[Any], place: Place, fact: str, wanted: Any, known: Known) -> Iterator[Problem]:
    names = known.names[fact] or frozenset()
    if not isinstance(wanted, str) or not wanted or wanted[0] in "~!<>=" or set(wanted) & set("*?"):
        return
    if wanted.casefold() not in {name.casefold() for name in names}:
        kind = said(_KINDS.get(fact, fact))
        words = said("unknown {kind} {name!r}{hint}", kind=kind, name=wanted, hint=near_to(wanted, names))
        yield document.problem(place, words, severity="error" if fact in known.sure else "warning")


#: What the names of a fact are called.
_KINDS: Mapping[str, str] = {"departments": "department", "services": "service"}
