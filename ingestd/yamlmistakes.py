"""Nodes that do not fit a type: everything that is wrong with them, and what is left without it.

``mistakes`` names the deepest parts that don't fit; ``mended`` leaves them out, so that one misspelt key hides nothing
that can be said of the rest.
"""

import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
import yaml

from ingestd.problem import Problem, Refused, Said, said
from ingestd.yamlnodes import BOOL, FLOAT, INT, NULL, at, pairs

Plain = Any  # None, bool, int, float, str, list or dict: what YAML can say
MOST_KNOWN = 20  # names that an error lists
MOST_GUESSED = 500  # known names among which the nearest is looked for letter by letter
LONGEST_NAME = 200  # that is compared
LONGEST_SHOWN = 60


def plain(node: Any) -> Plain:
    """What a node says, without where it says it; no node is an empty mapping."""
    if node is None:
        return {}
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [plain(part) for part in node.value]
    return {plain(key): plain(value) for key, value in pairs(node)}


def convert(node: yaml.Node | None, kind: Any) -> Any:
    """The value of a type; msgspec.ValidationError if it does not fit."""
    return msgspec.convert(plain(node), kind, strict=True, dec_hook=_hook)


def mistakes(name: str, node: yaml.Node | None, kind: Any, cut: Collection[int] = ()) -> Iterator[Problem]:
    """Everything wrong below ``node``. Nothing is missing from those whose ``id`` is in ``cut``: they were cut off."""
    kind = _chosen(node, kind)
    if (wrong := _tag_problem(name, node, kind)) is not None:
        yield wrong
        return
    before = 0
    for problem in _inner(name, node, kind, cut):
        before += 1
        yield problem
    if before or id(node) in cut:
        return
    error = _refusal(node, kind)
    if error is not None:
        yield Problem(*at(name, node), _choices(node, kind) or _words(error, node))


def mended(node: yaml.Node | None, kind: Any) -> yaml.Node | None:
    """The node without the parts that don't fit; None if nothing is left that fits."""
    kind = _chosen(node, kind)
    if _refusal(node, kind) is None:
        return node
    origin, args = get_origin(kind) or kind, get_args(kind)
    left: list[Any]
    if _is_struct(kind) and isinstance(node, yaml.MappingNode):
        types = {field.encode_name: field.type for field in msgspec.structs.fields(origin)}
        tag = origin.__struct_config__.tag_field
        left = [
            (key, part)
            for key, value in pairs(node)
            if (part := value if key.value == tag else _field(value, types.get(key.value))) is not None
        ]
    elif isinstance(node, yaml.SequenceNode) and origin in (tuple, list, frozenset, set) and args[1:] in ((...,), ()):
        left = [part for value in node.value if (part := mended(value, args[0])) is not None]
    elif isinstance(node, yaml.MappingNode) and isinstance(origin, type) and issubclass(origin, Mapping):
        left = [(key, part) for key, value in pairs(node) if (part := _entry(key, value, args)) is not None]
    else:
        return None
    smaller: yaml.Node = type(node)(node.tag, left, node.start_mark, node.end_mark, node.flow_style)
    return smaller if _refusal(smaller, kind) is None else None


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The end of an error text: the nearest known word, else what there is."""
    return str(near_to(word, known))


def near_to(word: str, known: Collection[str]) -> Said | str:
    """The same, for a text that is put into other languages."""
    near = _nearest(word, known)
    if near:
        return said(": did you mean {near!r}?", near=near)
    if not known:
        return ""
    names = ", ".join(sorted(known)[:MOST_KNOWN])
    more = len(known) - MOST_KNOWN
    return said(": known are {names} and {more} more", names=names, more=more) if more > 0 else _known(names)


def _known(names: str) -> Said:
    return said(": known are {names}", names=names)


def _nearest(word: str, known: Collection[str]) -> str:
    """Of many names only those that begin alike are compared."""
    if len(word) > LONGEST_NAME:
        return ""
    folded = word.casefold()
    same = next((name for name in known if name.casefold() == folded), None)
    if same is not None:
        return same
    if len(known) > MOST_GUESSED:
        known = [name for name in known if name[:2] == word[:2]][:MOST_GUESSED]
    return next(iter(get_close_matches(word, known, n=1)), "")


# -- values


def _scalar(node: yaml.ScalarNode) -> Plain:
    text: str = node.value
    read = _SCALARS.get(node.tag)
    return text if read is None else read(text)


def _int(text: str) -> int | float:
    if text.startswith(("0o", "0x")):
        return int(text, 0) if len(text) < 1000 else float("inf")
    return int(text) if len(text) < 1000 else float("inf")


_SCALARS: Mapping[str, Callable[[str], Plain]] = {
    NULL: lambda _: None,
    BOOL: lambda text: text.lower() == "true",
    INT: _int,
    FLOAT: float,
}


def _hook(kind: type, value: Plain) -> Any:
    make = getattr(kind, "from_yaml", None)
    if make is None:
        raise NotImplementedError(f"{kind} can't be read from YAML: it has no from_yaml")
    return make(value)


def _refusal(node: yaml.Node | None, kind: Any) -> msgspec.ValidationError | None:
    try:
        convert(node, kind)
    except msgspec.ValidationError as error:
        return error
    return None


# -- what is wrong


def _inner(name: str, node: yaml.Node | None, kind: Any, cut: Collection[int]) -> Iterator[Problem]:
    origin, args = get_origin(kind), get_args(kind)
    if _is_struct(kind) and (node is None or isinstance(node, yaml.MappingNode)):
        yield from _struct(name, node, origin or kind, cut)
    elif isinstance(node, yaml.SequenceNode) and origin in (tuple, list, frozenset, set):
        kinds = [args[0]] * len(node.value) if origin is not tuple or args[1:] == (...,) else list(args)
        for part, wanted in zip(node.value, kinds, strict=False):
            yield from mistakes(name, part, wanted, cut)
    elif isinstance(node, yaml.MappingNode) and isinstance(origin, type) and issubclass(origin, Mapping):
        for key, value in pairs(node):
            yield from mistakes(name, key, args[0], cut)
            yield from mistakes(name, value, args[1], cut)


def _struct(name: str, node: yaml.MappingNode | None, kind: Any, cut: Collection[int]) -> Iterator[Problem]:
    config = kind.__struct_config__
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    written = pairs(node) if node is not None else []
    for key, value in written:
        if key.value in fields:
            yield from mistakes(name, value, fields[key.value].type, cut)
        elif config.forbid_unknown_fields and key.value != config.tag_field:
            hint = near_to(str(key.value), tuple(fields))
            yield Problem(*at(name, key), said("unknown key {key!r}{hint}", key=key.value, hint=hint))
    given = {key.value for key, _ in written}
    for field in fields.values():
        if field.required and field.encode_name not in given and id(node) not in cut:
            yield Problem(*at(name, node), said("{key!r} is missing", key=field.encode_name))


def _field(value: yaml.Node, kind: Any) -> yaml.Node | None:
    return None if kind is None else mended(value, kind)


def _entry(key: yaml.Node, value: yaml.Node, kinds: tuple[Any, ...]) -> yaml.Node | None:
    return mended(value, kinds[1]) if _refusal(key, kinds[0]) is None else None


def _is_struct(kind: Any) -> bool:
    base = get_origin(kind) or kind
    return isinstance(base, type) and issubclass(base, msgspec.Struct)


def _members(kind: Any) -> tuple[Any, ...]:
    return tuple(m for m in get_args(kind) if m is not NoneType) if get_origin(kind) in (Union, UnionType) else (kind,)


def _chosen(node: yaml.Node | None, kind: Any) -> Any:
    """The member of a union that the node's shape (and tag) asks for; the kind itself if none does."""
    if get_origin(kind) is Annotated and (_is_struct(get_args(kind)[0]) or get_origin(get_args(kind)[0]) is not None):
        return _chosen(node, get_args(kind)[0])
    if get_origin(kind) not in (Union, UnionType):
        return kind
    fitting = [member for member in _members(kind) if _fits(node, member)]
    return fitting[0] if len(fitting) == 1 else kind


def _fits(node: yaml.Node | None, kind: Any) -> bool:
    origin = get_origin(kind) or kind
    if isinstance(node, yaml.MappingNode):
        return _tagged(node, origin) if _is_struct(kind) else isinstance(origin, type) and issubclass(origin, Mapping)
    return isinstance(node, yaml.SequenceNode) and origin in (tuple, list, frozenset, set)


def _tag_problem(name: str, node: yaml.Node | None, kind: Any) -> Problem | None:
    """What is wrong with the key that tells the members of a union apart; None: nothing, or there is none."""
    tags = [member.__struct_config__ for member in _members(kind) if _is_struct(member)]
    if not isinstance(node, yaml.MappingNode) or len(tags) < 2 or any(one.tag is None for one in tags):
        return None
    field = str(tags[0].tag_field)
    found = next((value for key, value in pairs(node) if key.value == field), None)
    if found is None:
        return Problem(*at(name, node), said("{key!r} is missing", key=field))
    hint = near_to(str(found.value), tuple(str(one.tag) for one in tags))
    return Problem(*at(name, found), said("unknown {kind} {name!r}{hint}", kind=field, name=found.value, hint=hint))


def _tagged(node: yaml.MappingNode, kind: Any) -> bool:
    config = kind.__struct_config__
    if config.tag is None:
        return True
    named: Hashable = next((value.value for key, value in node.value if key.value == config.tag_field), None)
    return named == str(config.tag)


# -- words


def _choices(node: yaml.Node | None, kind: Any) -> Said | None:
    """What may stand here, where only a few words may."""
    words = tuple(str(word) for one in _members(kind) if get_origin(one) is Literal for word in get_args(one))
    if not words or not isinstance(node, yaml.ScalarNode):
        return None
    if not words[:-1]:
        return said("expected {last}, got {got!r}", last=words[-1], got=node.value)
    return said("expected {first} or {last}, got {got!r}", first=", ".join(words[:-1]), last=words[-1], got=node.value)


_KINDS: Mapping[str, Said] = {
    "str": said("text"),
    "int": said("a whole number"),
    "float": said("a number"),
    "bool": said("true or false"),
    "array": said("a list"),
    "object": said("keys and values"),
    "null": said("nothing"),
    "datetime": said("a date and time such as 2027-01-10T20:00:00Z"),
    "date": said("a date such as 2027-01-31"),
}
_EXPECTED = re.compile(r"^Expected `([^`]+)`, got `([^`]+)`")
_LENGTH = re.compile(r"^Expected `array` of (?:at least |at most )?length (\d+)(?:, got (\d+))?")
_DATE = re.compile(r"^Invalid (?:RFC3339|ISO8601) encoded (datetime|date)")
#: (expected, got): what is usually meant.
_ADVICE: Mapping[tuple[str, str], Said] = {
    **{(w, g): said(": put it in quotes") for w in ("str", "str | null") for g in ("int", "float", "bool")},
    ("array", "str"): said(": write it as a list, [ ]"),
    ("bool", "str"): said(": only true and false are truth values"),
    ("str", "null"): said(": write the value behind the colon"),
    ("array", "null"): said(": write [] for none"),
}


def _words(error: msgspec.ValidationError, node: yaml.Node | None) -> Said | str:
    """The converter's message in our words, without its path (the position says it better)."""
    if isinstance(error.__cause__, Refused):
        return error.__cause__.said
    text = re.sub(r" - at `[^`]*`$", "", str(error))
    if found := _EXPECTED.match(text):
        return _other_type(found[1], found[2], node)
    if found := _LENGTH.match(text):
        return said("expected a list of {wanted}, got {got}", wanted=found[1], got=found[2] or "another number")
    if found := _DATE.match(text):
        got = node.value if isinstance(node, yaml.ScalarNode) else ""
        return said("expected {wanted}, got {got!r}", wanted=_KINDS[found[1]], got=got)
    return text


def _other_type(wanted: str, got: str, node: yaml.Node | None) -> Said:
    kinds = [_KINDS.get(word, word) for word in wanted.split(" | ")]
    many = kinds[0]
    for kind in kinds[1:]:
        many = said("{one} or {other}", one=many, other=kind)
    advice = _ADVICE.get((wanted, got), "")
    if isinstance(node, yaml.ScalarNode) and node.value:
        words = "expected {wanted}, got {kind} {got!r}{advice}"
        return said(words, wanted=many, kind=_KINDS.get(got, got), got=_short(node.value), advice=advice)
    return said("expected {wanted}, got {kind}{advice}", wanted=many, kind=_KINDS.get(got, got), advice=advice)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
