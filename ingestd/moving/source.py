"""What another product wrote, as a tree whose parts know where they stand: YAML, JSON, folders of it.

Nothing is expected of a part: what is not there, or is of another type, is empty. Text is cleaned of what no file of
ours may hold.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from ingestd.inventory.files import Text, read_text, texts
from ingestd.problem import ConfigError, Place, Problem
from ingestd.yamlnodes import NULL, composed, pairs

LONGEST = 2000  # characters of a text that are taken over
SHOWN = 12  # keys that are named at once
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]+")

Places = Mapping[Place, tuple[int, int]]  # path -> line and column


class Spot(Struct, frozen=True):
    """Where something stands in the source. Line and column count from 1; 0: only the path is known."""

    file: str
    path: str = ""  # route.routes[2].group_wait
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path}" if self.path else where


class Part:
    """A value of the source, and where it stands."""

    def __init__(self, value: Any, file: str, place: Place = (), places: Places | None = None) -> None:
        self.value, self.file, self.place, self._places = value, file, place, places or {}

    @property
    def spot(self) -> Spot:
        """Where it stands; what is not there, where it lacks."""
        around = (self.place[:n] for n in range(len(self.place), -1, -1))
        line, column = next((self._places[place] for place in around if place in self._places), (0, 0))
        return Spot(self.file, _path(self.place), line, column)

    def get(self, *keys: str) -> "Part":
        """What a key leads to, or the first of several that is there; one without a value if none is."""
        found = self.value if isinstance(self.value, dict) else {}
        key = next((key for key in keys if found.get(key) is not None), keys[0])
        return Part(found.get(key), self.file, (*self.place, key), self._places)

    def parts(self, *keys: str) -> "list[Part]":
        """The entries of a list; of what is none, nothing."""
        found = self.get(*keys) if keys else self
        listed = found.value if isinstance(found.value, list) else []
        return [Part(one, self.file, (*found.place, i), self._places) for i, one in enumerate(listed)]

    def written(self) -> tuple[str, ...]:
        """The keys of a mapping that have a value."""
        found = self.value if isinstance(self.value, dict) else {}
        return tuple(str(key) for key, value in found.items() if value is not None)

    def text(self, *keys: str) -> str:
        """A scalar as text, without line breaks; "" for anything else."""
        value = self.get(*keys).value if keys else self.value
        if isinstance(value, bool):
            return "true" if value else "false"
        return clean(str(value)) if isinstance(value, str | int | float) else ""

    def texts(self, *keys: str) -> tuple[str, ...]:
        """A list of scalars, or one of them, as texts."""
        found = self.get(*keys) if keys else self
        listed = tuple(one.text() for one in found.parts()) if isinstance(found.value, list) else (found.text(),)
        return tuple(one for one in listed if one)

    def number(self, *keys: str, otherwise: float = 0.0) -> float:
        """A number, also one that is written as text."""
        try:
            found = float(self.text(*keys))
        except ValueError:
            return otherwise
        return found if abs(found) < 1e12 else otherwise

    def flag(self, *keys: str, otherwise: bool = False) -> bool:
        """A truth value."""
        return {"true": True, "false": False, "1": True, "0": False}.get(self.text(*keys).casefold(), otherwise)

    def __bool__(self) -> bool:
        return self.value not in (None, "", [], {})


def clean(text: str) -> str:
    """Text on one line, without what is no character."""
    return _ODD.sub(" ", text[:LONGEST]).strip()


def words(text: str) -> frozenset[str]:
    """The words of a text, for tables of keys."""
    return frozenset(text.split())


def unknown(part: Part, known: Iterable[str]) -> str:
    """The keys of a part that nobody knows, as one text; "": none."""
    found = [clean(key) for key in part.written() if key not in known]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more


# -- files


def yaml_part(path: Path) -> Part:
    """A YAML file; ConfigError names what can't be read, by line and column."""
    read = read_text(path)
    _, found = composed(read.text, read.name)
    if found.problems:
        raise ConfigError(*found.problems)
    places: dict[Place, tuple[int, int]] = {}
    return Part(_plain(found.node, (), places), read.name, (), places)


def json_parts(paths: Sequence[Path]) -> Iterator[Part]:
    """JSON files, and all in folders; ConfigError names what can't be read, by line and column."""
    found = False
    for read in texts(paths, (".json",)):
        found = True
        yield Part(_json(read), read.name)
    if not found:
        raise ConfigError(Problem(str(paths[0]), 1, 1, "no JSON file in it"))


def _json(read: Text) -> Any:
    try:
        return json.loads(read.text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise ConfigError(Problem(read.name, error.lineno, error.colno, f"not JSON: {error.msg}")) from error
    except RecursionError as error:
        raise ConfigError(Problem(read.name, 1, 1, "not read: nested too deeply")) from error
    except ValueError as error:  # a number of thousands of digits
        raise ConfigError(Problem(read.name, 1, 1, f"not read: {error}")) from error


def _plain(node: yaml.Node | None, place: Place, places: dict[Place, tuple[int, int]]) -> Any:
    """Mappings, lists and texts; the reader of nodes has bounded how deep they are nested, and how many they are."""
    if node is None:
        return None
    places[place] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        keyed = [(str(key.value), value) for key, value in pairs(node) if isinstance(key, yaml.ScalarNode)]
        return {key: _plain(value, (*place, key), places) for key, value in keyed}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, (*place, i), places) for i, one in enumerate(node.value)]
    return None if node.tag == NULL else str(node.value)


def _path(place: Place) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{clean(step)}" for step in place)
    return "".join(steps).removeprefix(".")
