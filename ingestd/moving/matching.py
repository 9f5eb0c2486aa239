"""Matchers of Alertmanager: read as they are written, and said as conditions of routes where these can ask the same.

Routes ask alertname as ``check``, severity as a level where the words are ours, and every other label as
``label.NAME``. Patterns match a whole label in both; they are RE2 in both. Grammar: pkg/labels and matcher/parse of
Alertmanager.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import re2

from ingestd.decide.labels import FAMILY
from ingestd.decide.match import compiled
from ingestd.model import SEVERITIES, Matcher
from ingestd.moving.source import Part
from ingestd.sources.shared import SEVERITIES as WORDS
from ingestd.sources.shared import severity

_ONE = re.compile(
    r'\s*("(?:[^"\\]|\\.)*"|[^\s=!~"{},]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,"]*?)\s*(?:,|\Z)', re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WORDS = re.compile(r"(?:[\w @/:-]|\\[.-])+(?:\|(?:[\w @/:-]|\\[.-])+)*")
_SPECIAL = re.compile(r"[*?~<>=!≥≤≠]|\.\.")
FACTS: Mapping[str, str] = {"alertname": "check"}  # labels that are facts by other names
_LEVELS = frozenset(SEVERITIES) - {"unknown"}
MOST = 100  # matchers of a route or silence


class BadMatcher(ValueError):  # noqa: N818  (it is what the source has)
    """A matcher that can't be read; the text says which."""


class NotAsked(Exception):  # noqa: N818  (what happened, as the caller sees it)
    """What routes can't ask."""


# -- reading


def of_route(part: Part) -> tuple[Matcher, ...]:
    """The matchers of a route or an inhibition, old and new spellings; BadMatcher."""
    found = [one for text in part.texts("matchers") for one in parsed(text)]
    for key, regex in (("match", False), ("match_re", True)):
        inner = part.get(key)
        found += [Matcher(name, inner.text(name), regex) for name in inner.written()]
    return tuple(dict.fromkeys(found))[:MOST]


def parsed(text: str) -> Iterator[Matcher]:
    """``{foo="bar", baz=~"a|b"}``, with or without braces and quotes; BadMatcher."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1].strip()
    place = 0
    while place < len(inner):
        found = _ONE.match(inner, place)
        if found is None:
            raise BadMatcher(f"no matcher: {inner[place : place + 80]!r}")
        yield Matcher(_bare(found[1]), _bare(found[3]), "~" in found[2], not found[2].startswith("!"))
        place = found.end()


def _bare(text: str) -> str:
    if not text.startswith('"'):
        return text
    return _ESCAPE.sub(lambda one: {"n": "\n"}.get(one[1], one[1]), text[1:-1])


# -- asking


def contradict(matchers: Iterable[Matcher]) -> bool:
    """Whether two of them want another value of the same label."""
    wanted: dict[str, str] = {}
    plain = (one for one in matchers if one.equal and not one.regex)
    return any(wanted.setdefault(one.name, one.value) != one.value for one in plain)


def speaks_levels(matchers: Iterable[Matcher]) -> bool:
    """Whether no matcher tells words for a severity apart that are one level of ours, or none."""
    return all(_levels(one) is not None for one in matchers if one.name == "severity")


def condition(matchers: Sequence[Matcher], *, by_level: bool = True) -> dict[str, Any]:
    """The ``when`` of a route; NotAsked says what it can't ask. ``by_level``: severities as levels, else as labels."""
    lost: list[str] = []
    asked: list[dict[str, Any]] = []
    for matcher in matchers:
        try:
            asked.append(_asked(matcher, by_level=by_level))
        except NotAsked as why:
            lost.append(str(why))
    if lost:
        raise NotAsked("; ".join(dict.fromkeys(lost)))
    return _together(asked)


def _together(asked: Sequence[dict[str, Any]]) -> dict[str, Any]:
    keys = [key for one in asked for key in one]
    if len(set(keys)) == len(keys):
        return {key: value for one in asked for key, value in one.items()}
    return {"all": list(asked)}


def _asked(matcher: Matcher, *, by_level: bool) -> dict[str, Any]:
    name = matcher.name
    if not name:
        raise NotAsked("a label without a name")
    if matcher.regex:
        _compiles(matcher.value)
    if name == "severity" and by_level and (levels := _levels(matcher)):
        one = {name: _one_of(levels)}
    elif name == "severity":
        one = {f"{FAMILY}{name}": _one_of(_texts(matcher)), **_worst(matcher)}
    else:
        one = {FACTS.get(name, f"{FAMILY}{name}"): _one_of(_texts(matcher))}
    return one if matcher.equal else {"not": one}


def _one_of(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _worst(matcher: Matcher) -> dict[str, Any]:
    """Of several alerts in an incident the worst decides, whatever their words are."""
    levels = {severity(word) for word in literals(matcher) or ("",)}
    return {} if "unknown" in levels else {"severity": _one_of([level for level in SEVERITIES if level in levels])}


def _compiles(pattern: str) -> None:
    if re2_error(pattern):
        raise NotAsked(f"not a pattern that is understood: {pattern!r}")


def _levels(matcher: Matcher) -> list[str] | None:
    """The levels that a matcher takes; None: it takes other words, or all."""
    listed = literals(matcher)
    words = [word for word in WORDS if _fits(matcher.value, word)] if listed is None else listed
    levels, own = {severity(word) for word in words}, {word.casefold() for word in words}
    same = levels == own if listed is not None else levels <= own
    return [level for level in SEVERITIES if level in levels] if same and levels and levels < _LEVELS else None


def _fits(pattern: str, word: str) -> bool:
    return not re2_error(pattern) and compiled(rf"\A(?:{pattern})\z").search(word) is not None


def _texts(matcher: Matcher) -> list[str]:
    words = literals(matcher)
    return [rf"~(?-i)^(?:{matcher.value})$"] if words is None else [literal(word) for word in words]


def literals(matcher: Matcher) -> list[str] | None:
    """The texts that a matcher takes, if it is no more than a list of them."""
    if not matcher.regex:
        return [matcher.value]
    bare = matcher.value.removeprefix("^").removesuffix("$")
    bare = bare[1:-1] if bare.startswith("(") and bare.endswith(")") else bare
    return [part.replace("\\", "") for part in bare.split("|")] if _WORDS.fullmatch(bare) else None


def literal(text: str) -> str:
    """A text as a condition that no sign in it turns into something else."""
    return rf"~(?-i)^{re2.escape(text)}$" if _SPECIAL.search(text) or text != text.strip() else text


def kept(matchers: Iterable[Matcher]) -> Mapping[str, str]:
    """Those that silences on the command line can't say, by name, and why."""
    wrong = {}
    for one in matchers:
        if not re.fullmatch(r"[A-Za-z_][\w.]*", one.name):
            wrong[one.name] = "a label of such a name"
        elif one.value != one.value.strip().strip('"'):
            wrong[one.name] = "blanks or quotes at the ends of a value"
        elif one.regex and re2_error(one.value):
            wrong[one.name] = f"not a pattern that is understood: {one.value!r}"
    return wrong


def re2_error(pattern: str) -> bool:
    """Whether RE2 does not take it."""
    try:
        compiled(pattern)
    except re2.error:
        return True
    return False
