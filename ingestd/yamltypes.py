"""YAML text -> frozen types, strictly: every mistake is named as file:line:column and what was expected.

Plain scalars follow YAML 1.2: ``22:00``, ``no`` and ``on`` are text, only ``true`` and ``false`` are truth values.
A type of its own (``Duration``, ``Clock``) is a class with ``from_yaml``, called with the plain value.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import msgspec
import yaml

from ingestd.problem import ConfigError, Place, Problem, Refused, Said, Severity, said
from ingestd.yamlmistakes import Plain, convert, did_you_mean, mended, mistakes, near_to
from ingestd.yamlnodes import MOST_BYTES, Composed, at, child, composed

__all__ = [
    "Clock",
    "ConfigError",
    "Document",
    "Duration",
    "Place",
    "Plain",
    "Problem",
    "Said",
    "Salvaged",
    "did_you_mean",
    "load",
    "loads",
    "near_to",
    "node_at",
    "read",
    "reads",
    "said",
    "salvage",
]

T = TypeVar("T")


class Duration(float):
    """Seconds; written ``90s``, ``5m``, ``2h``, ``1d``, ``1h30m``, or as a bare number of seconds."""

    UNITS: Mapping[str, float] = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    WHOLE = re.compile(r"(?:\s*\d+(?:\.\d+)?\s*(?:ms|[smhdw]))+\s*")
    PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[smhdw])")

    @classmethod
    def from_yaml(cls, value: Plain) -> Self:
        """Read a duration; ValueError if it is none or negative."""
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
            return cls(value)
        if isinstance(value, str) and cls.WHOLE.fullmatch(value):
            return cls(sum(float(number) * cls.UNITS[unit] for number, unit in cls.PART.findall(value)))
        raise Refused("expected a duration such as 90s, 5m, 2h, 1d or 1h30m, got {got!r}", got=value)


class Clock(int):
    """A time of day in minutes after midnight, written ``06:00``; ``24:00`` is the end of the day."""

    @classmethod
    def from_yaml(cls, value: Plain) -> Self:
        """Read a time of day; ValueError if it is none."""
        found = re.fullmatch(r"(\d{1,2}):(\d\d)", value) if isinstance(value, str) else None
        minutes = int(found[1]) * 60 + int(found[2]) if found else -1
        if found is None or int(found[2]) > 59 or not 0 <= minutes <= 1440:
            raise Refused("expected a time of day such as 06:00, got {got!r}", got=value)
        return cls(minutes)


class Document(msgspec.Struct, Generic[T], frozen=True):
    """A file that was read: its value, its text, and where each part of it stands."""

    name: str
    text: str
    value: T
    node: yaml.Node | None
    whole: bool = True  # False: some of the text can't be read, so nobody knows what it says
    written: yaml.Node | None = None  # with the parts that don't fit; None: all of them fit

    def problem(self, place: Place, words: Said | str, *, key: bool = False, severity: Severity = "error") -> Problem:
        """A problem at the value (or its key) that ``place`` leads to, or at the nearest part that exists."""
        spot = found = self.node
        for step in place:
            pair = child(found, step)
            if pair is None:
                break
            spot, found = (pair[0] if key else pair[1]), pair[1]
        return Problem(*at(self.name, spot), words, severity)

    def warning(self, place: Place, words: Said | str, *, key: bool = False) -> Problem:
        """Something that works, though hardly as it is meant."""
        return self.problem(place, words, key=key, severity="warning")

    def writes(self, key: str) -> bool:
        """Whether a key is written at the top, also if its value does not fit."""
        return child(self.written or self.node, key) is not None

    def keys(self, *path: str) -> frozenset[str]:
        """The keys of the mapping at ``path``, also of values that don't fit."""
        node = self.written or self.node
        for step in path:
            pair = child(node, step)
            node = pair[1] if pair is not None else None
        return frozenset(str(key.value) for key, _ in node.value) if isinstance(node, yaml.MappingNode) else frozenset()

    def words(self, *path: str) -> frozenset[str]:
        """The scalars at ``path``, a ``*`` standing for every entry of a list: also of parts that don't fit."""
        nodes: list[yaml.Node | None] = [self.written or self.node]
        for step in path:
            if step == "*":
                nodes = [part for node in nodes if isinstance(node, yaml.SequenceNode) for part in node.value]
            else:
                nodes = [pair[1] for node in nodes if (pair := child(node, step)) is not None]
        return frozenset(node.value for node in nodes if isinstance(node, yaml.ScalarNode))


def node_at(document: Document[Any], place: Place) -> yaml.Node | None:
    """The node that ``place`` leads to; None if nothing is written there."""
    node = document.node
    for step in place:
        pair = child(node, step)
        if pair is None:
            return None
        node = pair[1]
    return node


class Salvaged(msgspec.Struct, Generic[T], frozen=True):
    """What could be read of a file, and everything that could not; no document if nothing could."""

    document: Document[T] | None
    problems: tuple[Problem, ...] = ()


def load(path: Path, kind: type[T]) -> T:
    """Read a file as ``kind``; ConfigError names all that is wrong, also a file that can't be read."""
    return read(path, kind).value


def loads(text: str | bytes, kind: type[T], name: str) -> T:
    """Read text as ``kind``; ``name`` stands for the file in errors."""
    return reads(text, kind, name).value


def read(path: Path, kind: type[T]) -> Document[T]:
    """Read a file as ``kind`` and keep the positions."""
    return _strict(salvage(path, kind))


def reads(text: str | bytes, kind: type[T], name: str) -> Document[T]:
    """Read text as ``kind`` and keep the positions."""
    return _strict(_salvaged(text, kind, name))


def salvage(path: Path, kind: type[T]) -> Salvaged[T]:
    """Read what can be read of a file, with every problem of the rest."""
    raw = contents(path)
    return Salvaged(None, (raw,)) if isinstance(raw, Problem) else _salvaged(raw, kind, str(path))


def contents(path: Path) -> bytes | Problem:
    """The bytes of a file, or why there are none."""
    try:
        if path.exists() and not path.is_file():
            return Problem(str(path), 1, 1, said("can't be read: it is no file"))
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        return Problem(str(path), 1, 1, said("can't be read: {why}", why=error.strerror or str(error)))


def _strict(found: Salvaged[T]) -> Document[T]:
    if found.problems or found.document is None:
        raise ConfigError(*found.problems)
    return found.document


def _salvaged(raw: str | bytes, kind: type[T], name: str) -> Salvaged[T]:
    text, found = composed(raw, name)
    try:
        return Salvaged(Document(name, text, convert(found.node, kind), found.node, found.whole), found.problems)
    except msgspec.ValidationError as error:
        problems = (*found.problems, *_mistakes(name, found, kind, str(error)))
    left = mended(found.node, kind)
    whole = found.whole and left is not None
    try:
        return Salvaged(Document(name, text, convert(left, kind), left, whole, found.node), problems)
    except msgspec.ValidationError:
        return Salvaged(None, problems)


def _mistakes(name: str, found: Composed, kind: Any, error: str) -> tuple[Problem, ...]:
    wrong = tuple(mistakes(name, found.node, kind, found.cut))
    return wrong or (() if found.problems else (Problem(*at(name, found.node), error),))
