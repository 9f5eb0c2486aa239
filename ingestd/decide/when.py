"""The small matching language of the rule files: ``when:`` mappings over the facts of a situation.

A value is compared by equality without case; ``*`` makes it a glob, a leading ``~`` an RE2 pattern, a leading
``>= <= > < !=`` a comparison; a list means any of. Of a fact with several values one match is enough.
``any:`` and ``all:`` take lists of mappings, ``not:`` a mapping. All keys of one mapping must hold.
"""

import fnmatch
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import re2

Value = str | float | bool | tuple[str, ...]
Situation = Mapping[str, Value]
Test = Callable[[Situation], bool]

_COMPARE: tuple[tuple[str, Callable[[Any, Any], bool]], ...] = (
    (">=", operator.ge),
    ("<=", operator.le),
    ("!=", operator.ne),
    (">", operator.gt),
    ("<", operator.lt),
)


def compile_when(mapping: Mapping[str, Any], facts: Sequence[str]) -> Test:
    """A test for a ``when:`` mapping; ValueError names an unknown fact or a bad pattern."""
    tests = [_clause(key, wanted, facts) for key, wanted in mapping.items()]
    return lambda situation: all(test(situation) for test in tests)


def _clause(key: str, wanted: Any, facts: Sequence[str]) -> Test:
    if key in ("any", "all"):
        if not isinstance(wanted, list):
            raise ValueError(f"{key}: expected a list of conditions")
        inner = [compile_when(w, facts) for w in wanted]
        combine = any if key == "any" else all
        return lambda situation: combine(test(situation) for test in inner)
    if key == "not":
        negated = compile_when(wanted, facts)
        return lambda situation: not negated(situation)
    if key not in facts:
        raise ValueError(f"unknown condition {key!r}; known: {', '.join(sorted(facts))}, any, all, not")
    accept = _accept(wanted)
    return lambda situation: accept(situation.get(key, ""))


def _accept(wanted: Any) -> Callable[[Value], bool]:
    if isinstance(wanted, list):
        options = [_accept(w) for w in wanted]
        return lambda value: any(option(value) for option in options)
    one = _one(wanted)
    return lambda value: any(map(one, value)) if isinstance(value, tuple) else one(value)


def _one(wanted: Any) -> Callable[[Any], bool]:
    if isinstance(wanted, bool):
        return lambda value: bool(value) is wanted
    if isinstance(wanted, int | float):
        return lambda value: value == wanted
    if not isinstance(wanted, str):
        raise ValueError(f"expected a text, a number, true/false or a list of these, not {wanted!r}")
    for sign, compare in _COMPARE:
        if wanted.startswith(sign):
            return _comparison(wanted, compare, wanted[len(sign) :].strip())
    if wanted.startswith("~"):
        return _pattern(wanted[1:])
    if "*" in wanted:
        return lambda value: fnmatch.fnmatchcase(str(value).casefold(), wanted.casefold())
    return lambda value: str(value).casefold() == wanted.casefold()


def _comparison(wanted: str, compare: Callable[[Any, Any], bool], bound: str) -> Callable[[Any], bool]:
    try:
        limit = float(bound)
    except ValueError:
        if compare is not operator.ne:
            raise ValueError(f"{wanted!r}: expected a number after the comparison") from None
        return lambda value: str(value).casefold() != bound.casefold()
    return lambda value: isinstance(value, int | float) and compare(value, limit)


def _pattern(pattern: str) -> Callable[[Any], bool]:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as bad:
        raise ValueError(f"bad pattern {pattern!r}: {bad.args[0].decode()}") from None
    return lambda value: compiled.search(str(value)) is not None
