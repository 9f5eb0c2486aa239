"""YAML text -> frozen types, strictly: every mistake is named as file:line:column and what was expected.

Plain scalars follow YAML 1.2: ``22:00``, ``no`` and ``on`` are text, only ``true`` and ``false`` are truth values.
A type of its own (``Duration``, ``Clock``) is a class with ``from_yaml``, called with the plain value.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, Union, get_args, get_origin

import msgspec
import yaml

T = TypeVar("T")
Plain = Any  # None, bool, int, float, str, list or dict: what YAML can say
Place = tuple[str | int, ...]  # the keys and list indices that lead to a value


class Problem(msgspec.Struct, frozen=True):
    """One mistake in a file; line and column count from 1."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class ConfigError(Exception):
    """Files that can't be used, with everything that is wrong in them."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


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
        raise ValueError(f"expected a duration such as 90s, 5m, 2h, 1d or 1h30m, got {value!r}")


class Clock(int):
    """A time of day in minutes after midnight, written ``06:00``; ``24:00`` is the end of the day."""

    @classmethod
    def from_yaml(cls, value: Plain) -> Self:
        """Read a time of day; ValueError if it is none."""
        found = re.fullmatch(r"(\d{1,2}):(\d\d)", value) if isinstance(value, str) else None
        minutes = int(found[1]) * 60 + int(found[2]) if found else -1
        if found is None or int(found[2]) > 59 or not 0 <= minutes <= 1440:
            raise ValueError(f"expected a time of day such as 06:00, got {value!r}")
        return cls(minutes)


class Document(msgspec.Struct, Generic[T], frozen=True):
    """A file that was read: its value, its text, and where each part of it stands."""

    name: str
    text: str
    value: T
    node: yaml.Node | None

    def problem(self, place: Place, text: str, *, key: bool = False) -> Problem:
        """A problem at the value (or its key) that ``place`` leads to, or at the nearest part that exists."""
        found = self.node
        spot = found
        for step in place:
            pair = _child(found, step)
            if pair is None:
                break
            spot, found = (pair[0] if key else pair[1]), pair[1]
        return _problem(self.name, spot, text)


def load(path: Path, kind: type[T]) -> T:
    """Read a file as ``kind``; ConfigError names all that is wrong, also a file that can't be read."""
    return read(path, kind).value


def loads(text: str | bytes, kind: type[T], name: str) -> T:
    """Read text as ``kind``; ``name`` stands for the file in errors."""
    return reads(text, kind, name).value


def read(path: Path, kind: type[T]) -> Document[T]:
    """Read a file as ``kind`` and keep the positions."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(Problem(str(path), 1, 1, f"can't be read: {error.strerror or error}")) from error
    return reads(raw, kind, str(path))


def reads(text: str | bytes, kind: type[T], name: str) -> Document[T]:
    """Read text as ``kind`` and keep the positions."""
    clean = _decoded(text, name) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    node = _composed(clean, name)
    twice = list(_broken_keys(name, node, ()))
    if twice:
        raise ConfigError(*twice)
    try:
        value = _convert({} if node is None else _plain(node), kind)
    except msgspec.ValidationError as error:
        found = tuple(_problems(name, node, kind))
        raise ConfigError(*(found or (_problem(name, node, _words(str(error))),))) from error
    return Document(name, clean, value, node)


# text -> nodes


def _decoded(raw: bytes, name: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(Problem(name, 1, 1, "this is UTF-16: save the file as UTF-8"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        raise ConfigError(_at_offset(name, before, len(before), "not UTF-8: save the file as UTF-8")) from error


def _at_offset(name: str, text: str, offset: int, words: str) -> Problem:
    before = text[:offset]
    return Problem(name, before.count("\n") + 1, offset - before.rfind("\n"), words)


class _Loader(yaml.CSafeLoader):
    """Composes nodes with the resolver of YAML 1.2's core schema."""


_Loader.yaml_implicit_resolvers = {}

_INT, _FLOAT, _BOOL, _NULL = (f"tag:yaml.org,2002:{word}" for word in ("int", "float", "bool", "null"))
for _tag, _pattern, _first in (
    (_BOOL, r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (_NULL, r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (_INT, r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (_FLOAT, r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), list(_first))


def _composed(text: str, name: str) -> yaml.Node | None:
    odd = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if odd:
        raise ConfigError(_at_offset(name, text, odd.start(), f"a control character ({odd[0]!r}): remove it"))
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_syntax(name, text, error)) from error
    finally:
        loader.dispose()
    return node


def _syntax(name: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    if line < len(lines) and "\t" in lines[line][: column + 1]:
        return Problem(name, line + 1, lines[line].index("\t") + 1, "a tab: indent with spaces")
    words = ", ".join(part for part in (error.context, error.problem) if part)
    return Problem(name, line + 1, column + 1, f"not YAML: {words}")


# nodes -> plain values


def _pairs(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    """Keys and values with ``<<`` merged in; what is written out wins."""
    own = [(k, v) for k, v in node.value if k.value != "<<"]
    names = {k.value for k, _ in own if isinstance(k.value, str)}
    for key, value in node.value:
        if key.value == "<<":
            sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for source in sources:
                if isinstance(source, yaml.MappingNode):
                    fresh = [(k, v) for k, v in _pairs(source) if k.value not in names]
                    names.update(k.value for k, _ in fresh)
                    own += fresh
    return own


def _broken_keys(name: str, node: yaml.Node | None, above: tuple[int, ...]) -> Iterator[Problem]:
    """Keys written twice, keys that are no scalars, and anchors that contain themselves."""
    if isinstance(node, yaml.ScalarNode) or node is None:
        return
    if id(node) in above:
        yield _problem(name, node, "this anchor contains itself")
        return
    inside = (*above, id(node))
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _broken_keys(name, child, inside)
        return
    seen: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            yield _problem(name, key, "expected a plain key")
        elif key.value in seen:
            first = seen[key.value].start_mark.line + 1
            yield _problem(name, key, f"{key.value!r} is written twice (first in line {first})")
        else:
            seen[key.value] = key
        yield from _broken_keys(name, value, inside)


def _scalar(node: yaml.ScalarNode) -> Plain:
    text = node.value
    if node.tag == _NULL:
        return None
    if node.tag == _BOOL:
        return text.lower() == "true"
    if node.tag == _INT:
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text.removeprefix("0o"), 8) if base == 8 else int(text, base)
    return float(text) if node.tag == _FLOAT else text


def _plain(node: yaml.Node) -> Plain:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child) for child in node.value]
    if isinstance(node, yaml.MappingNode):
        return {_plain(key): _plain(value) for key, value in _pairs(node)}
    return None  # pragma: no cover  (YAML has no fourth shape)


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((k, v) for k, v in _pairs(node) if k.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step], node.value[step]
    return None


# plain values -> types, and what is wrong with them


def _hook(kind: type, value: Plain) -> Any:
    make = getattr(kind, "from_yaml", None)
    if make is None:
        raise NotImplementedError(f"{kind} can't be read from YAML: it has no from_yaml")
    return make(value)


def _convert(value: Plain, kind: Any) -> Any:
    return msgspec.convert(value, kind, strict=True, dec_hook=_hook)


def _problem(name: str, node: yaml.Node | None, text: str) -> Problem:
    mark = node.start_mark if node is not None else None
    return Problem(name, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, text)


def _problems(name: str, node: yaml.Node | None, kind: Any) -> Iterator[Problem]:
    """Everything wrong below ``node``: the deepest parts that don't fit while all of theirs do."""
    kind = _chosen(node, kind)
    before = 0
    for problem in _inner(name, node, kind):
        before += 1
        yield problem
    if before:
        return
    try:
        _convert({} if node is None else _plain(node), kind)
    except msgspec.ValidationError as error:
        yield _problem(name, node, _choices(node, kind) or _words(str(error), node))


def _choices(node: yaml.Node | None, kind: Any) -> str:
    """What may stand here, where only a few words may."""
    members = (kind, *get_args(kind)) if get_origin(kind) in (Union, UnionType) else (kind,)
    words = tuple(str(word) for member in members if get_origin(member) is Literal for word in get_args(member))
    if not words or not isinstance(node, yaml.ScalarNode):
        return ""
    return f"expected {', '.join(words[:-1])}{' or ' if words[:-1] else ''}{words[-1]}, got {node.value!r}"


def _inner(name: str, node: yaml.Node | None, kind: Any) -> Iterator[Problem]:
    origin, args = get_origin(kind), get_args(kind)
    if _is_struct(kind) and (node is None or isinstance(node, yaml.MappingNode)):
        yield from _struct(name, node, origin or kind)
    elif isinstance(node, yaml.SequenceNode) and origin in (tuple, list, frozenset, set):
        kinds = [args[0]] * len(node.value) if origin is not tuple or args[1:] == (...,) else list(args)
        for child, wanted in zip(node.value, kinds, strict=False):
            yield from _problems(name, child, wanted)
    elif isinstance(node, yaml.MappingNode) and isinstance(origin, type) and issubclass(origin, Mapping):
        for key, value in _pairs(node):
            yield from _problems(name, key, args[0])
            yield from _problems(name, value, args[1])


def _struct(name: str, node: yaml.MappingNode | None, kind: Any) -> Iterator[Problem]:
    config = kind.__struct_config__
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    pairs = _pairs(node) if node is not None else []
    for key, value in pairs:
        if key.value in fields:
            yield from _problems(name, value, fields[key.value].type)
        elif config.forbid_unknown_fields and key.value != config.tag_field:
            yield _problem(name, key, _unknown(str(key.value), tuple(fields)))
    given = {key.value for key, _ in pairs}
    for field in fields.values():
        if field.required and field.encode_name not in given:
            yield _problem(name, node, f"{field.encode_name!r} is missing")


def _unknown(key: str, known: tuple[str, ...]) -> str:
    return f"unknown key {key!r}{did_you_mean(key, known)}"


MOST_KNOWN = 20  # names that an error lists


def did_you_mean(word: str, known: tuple[str, ...]) -> str:
    """The end of an error text: the nearest known word, else what there is."""
    near = get_close_matches(word, known, n=1)
    if near:
        return f": did you mean {near[0]!r}?"
    more = f" and {len(known) - MOST_KNOWN} more" if len(known) > MOST_KNOWN else ""
    return f": known are {', '.join(sorted(known)[:MOST_KNOWN])}{more}" if known else ""


def _is_struct(kind: Any) -> bool:
    base = get_origin(kind) or kind
    return isinstance(base, type) and issubclass(base, msgspec.Struct)


def _chosen(node: yaml.Node | None, kind: Any) -> Any:
    """The member of a union that the node's shape (and tag) asks for; the kind itself if none does."""
    if get_origin(kind) is Annotated and (_is_struct(get_args(kind)[0]) or get_origin(get_args(kind)[0]) is not None):
        return _chosen(node, get_args(kind)[0])
    if get_origin(kind) not in (Union, UnionType):
        return kind
    members = [member for member in get_args(kind) if member is not NoneType]
    fitting = [member for member in members if _fits(node, member)]
    return fitting[0] if len(fitting) == 1 else kind


def _fits(node: yaml.Node | None, kind: Any) -> bool:
    origin = get_origin(kind) or kind
    if isinstance(node, yaml.MappingNode):
        return _tagged(node, origin) if _is_struct(kind) else isinstance(origin, type) and issubclass(origin, Mapping)
    return isinstance(node, yaml.SequenceNode) and origin in (tuple, list, frozenset, set)


def _tagged(node: yaml.MappingNode, kind: Any) -> bool:
    config = kind.__struct_config__
    if config.tag is None:
        return True
    said: Hashable = next((value.value for key, value in node.value if key.value == config.tag_field), None)
    return said == str(config.tag)


_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "keys and values",
    "null": "nothing",
}
_EXPECTED = re.compile(r"^Expected `([^`]+)`, got `([^`]+)`")
_ADVICE: Mapping[tuple[str, str], Literal["", ": put it in quotes"]] = {
    (wanted, got): ": put it in quotes" for wanted in ("str", "str | null") for got in ("int", "float", "bool")
}


def _words(error: str, node: yaml.Node | None = None) -> str:
    """The converter's message in our words, without its path (the position says it better)."""
    text = re.sub(r" - at `[^`]*`$", "", error)
    found = _EXPECTED.match(text)
    if not found:
        return text
    wanted = " or ".join(_KINDS.get(word, word) for word in found[1].split(" | "))
    said = f" {node.value!r}" if isinstance(node, yaml.ScalarNode) and node.value else ""
    return f"expected {wanted}, got {_KINDS.get(found[2], found[2])}{said}{_ADVICE.get((found[1], found[2]), '')}"
