"""What expressions of Icinga 2 mean before anything runs: a value, or ``UNKNOWN``.

Unknown spreads, except where the other side decides alone: ``false && unknown`` is false.
"""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

import re2

from ingestd.inventory.icingalang import (
    Array,
    Body,
    Call,
    Expression,
    Literal,
    Member,
    Name,
    Operation,
    Statement,
)


class Unknown:
    """What can't be decided here."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()
Value = Any  # None, bool, float, str, list, dict or UNKNOWN
Scope = Mapping[str, Value]


def value_of(expression: Expression, scope: Scope) -> Value:
    """What an expression is worth; a name that nothing defines is unknown, an attribute that is not set is null."""
    match expression:
        case Literal(value):
            return value
        case Name(name):
            return scope.get(name, UNKNOWN)
        case Member(of, key):
            return _member(value_of(of, scope), value_of(key, scope))
        case Array(parts):
            return [value_of(part, scope) for part in parts]
        case Body():
            made: dict[str, Value] = {}
            run(expression, made, scope)
            return made
        case Operation(operator, left, None):
            return _single(operator, value_of(left, scope))
        case Operation():
            return _chain(expression, scope)
        case Call(function, arguments):
            return _called(function, arguments, scope)
    return UNKNOWN


def run(body: Body, attributes: dict[str, Value], scope: Scope) -> list[Statement]:
    """Do the assignments of a body; the statements that are none of them come back."""
    left = []
    for statement in body.statements:
        own: Scope = {**scope, **attributes}
        path = _path(statement.target, own) if statement.target is not None else None
        if path is None:
            left.append(statement)
        else:
            _assign(attributes, path, statement.word, value_of(statement.value, own))
    return left


def truth(value: Value) -> bool | None:
    """Whether it counts as true; None if unknown."""
    return None if value is UNKNOWN else bool(value)


def _path(target: Expression, scope: Scope) -> list[str] | None:
    keys: list[str] = []
    while isinstance(target, Member):
        key = value_of(target.key, scope)
        if not isinstance(key, str):
            return None
        keys.append(key)
        target = target.of
    return [target.name, *reversed(keys)] if isinstance(target, Name) else None


def _assign(attributes: dict[str, Value], path: list[str], word: str, value: Value) -> None:
    *above, last = path
    for key in above:
        inner = attributes.get(key)
        if not isinstance(inner, dict):
            if inner is UNKNOWN:
                return
            inner = attributes[key] = {}
        attributes = inner
    if word == "=":
        attributes[last] = value
    elif word == "+=":
        attributes[last] = _added(attributes.get(last), value)
    elif word == "-=" and isinstance(attributes.get(last), list) and isinstance(value, list):
        attributes[last] = [one for one in attributes[last] if one not in value]
    else:
        attributes[last] = UNKNOWN


def _member(of: Value, key: Value) -> Value:
    if of is UNKNOWN or key is UNKNOWN:
        return UNKNOWN
    if isinstance(of, dict) and isinstance(key, str):
        return of.get(key)
    if isinstance(of, list) and isinstance(key, float):
        return of[int(key)] if 0 <= key < len(of) else None
    return None if of is None else UNKNOWN


def _single(operator: str, value: Value) -> Value:
    if value is UNKNOWN:
        return UNKNOWN
    if operator == "!":
        return not value
    if operator == "-" and isinstance(value, float):
        return -value
    return UNKNOWN


def _chain(expression: Expression, scope: Scope) -> Value:
    """``a || b || c …``, however long: from the left, without going deeper."""
    steps = []
    while isinstance(expression, Operation) and expression.right is not None:
        steps.append((expression.operator, expression.right))
        expression = expression.left
    value = value_of(expression, scope)
    for operator, right in reversed(steps):
        value = _double(operator, value, value_of(right, scope))
    return value


def _double(operator: str, a: Value, b: Value) -> Value:
    if operator in ("&&", "||"):
        deciding = operator == "||"
        if truth(a) is deciding or truth(b) is deciding:
            return deciding
        return UNKNOWN if UNKNOWN in (a, b) else not deciding
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    found = OPERATORS.get(operator)
    return found(a, b) if found else UNKNOWN


def _added(a: Value, b: Value) -> Value:
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, dict) and isinstance(b, dict):
        return {**a, **b}
    if isinstance(a, str) or isinstance(b, str):
        return _text(a) + _text(b)
    return a + b if type(a) is type(b) and isinstance(a, float | list) else UNKNOWN


def _text(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _within(a: Value, b: Value) -> Value:
    return a in b if isinstance(b, list | dict) else (False if b is None else UNKNOWN)


def _outside(a: Value, b: Value) -> Value:
    found = _within(a, b)
    return UNKNOWN if found is UNKNOWN else not found


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Value], Value]:
    def answer(a: Value, b: Value) -> Value:
        return compare(a, b) if type(a) is type(b) and isinstance(a, float | str) else UNKNOWN

    return answer


OPERATORS: Mapping[str, Callable[[Value, Value], Value]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "in": _within,
    "!in": _outside,
    "+": _added,
    "<": _ordered(lambda a, b: a < b),
    ">": _ordered(lambda a, b: a > b),
    "<=": _ordered(lambda a, b: a <= b),
    ">=": _ordered(lambda a, b: a >= b),
}


# -- functions


def _called(function: Expression, arguments: tuple[Expression, ...], scope: Scope) -> Value:
    values = [value_of(argument, scope) for argument in arguments]
    if UNKNOWN in values:
        return UNKNOWN
    if isinstance(function, Name):
        known = FUNCTIONS.get((function.name, len(values)))
        return known(*values) if known else UNKNOWN
    if isinstance(function, Member):
        of, name = value_of(function.of, scope), value_of(function.key, scope)
        known = FUNCTIONS.get((str(name), len(values) + 1)) if of is not UNKNOWN else None
        return known(of, *values) if known else UNKNOWN
    return UNKNOWN


def glob(pattern: Value, text: Value) -> Value:
    """Icinga's ``match``: ``*`` and ``?``, whatever the case; of a list, all must match."""
    if isinstance(text, list):
        return bool(text) and all(glob(pattern, one) is True for one in text)
    if not isinstance(pattern, str):
        return UNKNOWN
    letters = (".*" if c == "*" else "." if c == "?" else re2.escape(c) for c in pattern)
    return bool(re2.fullmatch("(?is)" + "".join(letters), _text(text)))


def _regex(pattern: Value, text: Value) -> Value:
    if not isinstance(pattern, str) or isinstance(text, list | dict):
        return UNKNOWN
    try:
        return bool(re2.search(pattern, _text(text)))
    except re2.error:
        return UNKNOWN


def _cidr(network: Value, address: Value) -> Value:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except (ValueError, TypeError):
        return False


def _length(value: Value) -> Value:
    return float(len(value)) if isinstance(value, str | list | dict) else 0.0


def _contains(of: Value, what: Value) -> Value:
    return what in of if isinstance(of, list | dict) or (isinstance(of, str) and isinstance(what, str)) else UNKNOWN


FUNCTIONS: Mapping[tuple[str, int], Callable[..., Value]] = {
    ("match", 2): glob,
    ("regex", 2): _regex,
    ("cidr_match", 2): _cidr,
    ("len", 1): _length,
    ("string", 1): _text,
    ("lower", 1): lambda text: _text(text).lower(),
    ("upper", 1): lambda text: _text(text).upper(),
    ("contains", 2): _contains,
    ("split", 2): lambda of, marks: _text(of).split(_text(marks) or None),
}
