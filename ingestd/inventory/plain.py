"""Exports as plain values: JSON, YAML and XML become dicts, lists and texts, whatever somebody put into them.

XML is read without document types, so that no entity can grow or reach out; YAML without anchors; all of it with a
bounded depth. Scalars of YAML and XML stay text.
"""

from typing import Any
from xml.parsers import expat

import msgspec
import yaml

from ingestd.inventory.files import Text, unreadable
from ingestd.inventory.found import At

Plain = Any  # None, bool, int, float, str, list or dict: what the formats can say

DEEPEST = 100


def plain(text: Text) -> Plain:
    """The value of a file, by what it begins with; ConfigError if it is none of the three."""
    start = text.text.lstrip()[:1]
    if start == "<":
        return _xml(text)
    return json_value(text) if start in ("{", "[") else _yaml(text)


def json_value(text: Text) -> Plain:
    """A JSON value; ConfigError if it is none."""
    try:
        return msgspec.json.decode(text.text.encode("utf-8", "replace"))
    except RecursionError as error:
        raise unreadable(At(text.name), "nested too deeply") from error
    except msgspec.DecodeError as error:
        raise unreadable(_json_place(text, str(error)), f"not JSON: {error}") from error


def rows(value: Plain, name: str, single: str) -> list[dict[str, Plain]]:
    """The members of a list: a list under its name, or in XML an element ``single`` for each."""
    found = value.get(name) if isinstance(value, dict) else None
    if isinstance(found, dict):
        found = found.get(single, [])
    found = found if isinstance(found, list) else [found]
    return [one for one in found if isinstance(one, dict)]


def text_of(value: Plain, *path: str) -> str:
    """The text at the end of a path of keys; "" if there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _json_place(text: Text, error: str) -> At:
    """msgspec names the byte where it stopped."""
    digits = error.rpartition("(byte ")[2].rstrip(")")
    raw = text.text.encode("utf-8", "replace")[: int(digits)] if digits.isdecimal() else b""
    return At(text.name, raw.count(b"\n") + 1)


# -- YAML


def _yaml(text: Text) -> Plain:
    try:
        return _built(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line, text.text.rstrip("\n").count("\n")) + 1 if mark else 1
        raise unreadable(
            At(text.name, line), f"neither XML, JSON nor YAML: {error.problem or error.context}"
        ) from error
    except yaml.YAMLError as error:
        raise unreadable(At(text.name), f"neither XML, JSON nor YAML: {error}") from error


def _built(text: Text) -> Plain:
    """Values from the events of the parser, so that no depth is left to a stack of calls."""
    whole: list[Plain] = []
    open_: list[Plain] = [whole]
    keys: list[str | None] = [None]
    for event in yaml.parse(text.text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise unreadable(_line(text, event), f"the alias *{event.anchor}: exports have none, write it out")
        if isinstance(event, yaml.ScalarEvent):
            _put(open_, keys, event.value)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            made: Plain = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            _put(open_, keys, made)
            open_.append(made)
            keys.append(None)
            if len(open_) > DEEPEST:
                raise unreadable(_line(text, event), "nested too deeply")
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            open_.pop()
            keys.pop()
    return whole[0] if whole else None


def _line(text: Text, event: yaml.Event) -> At:
    return At(text.name, event.start_mark.line + 1 if event.start_mark else 1)


def _put(open_: list[Plain], keys: list[str | None], value: Plain) -> None:
    inside = open_[-1]
    if isinstance(inside, list):
        inside.append(value)
    elif keys[-1] is None:
        keys[-1] = value if isinstance(value, str) else "?"
    else:
        inside[keys[-1]] = value
        keys[-1] = None


# -- XML


class _Element:
    """An element that is still open."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: dict[str, Plain] = {}
        self.text: list[str] = []

    def value(self) -> Plain:
        return self.parts or "".join(self.text)

    def add(self, name: str, value: Plain) -> None:
        """A name that comes again makes a list."""
        if name not in self.parts:
            self.parts[name] = value
        elif isinstance(self.parts[name], list):
            self.parts[name].append(value)
        else:
            self.parts[name] = [self.parts[name], value]


def _xml(text: Text) -> Plain:
    parser = expat.ParserCreate()
    open_ = [_Element("")]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_) > DEEPEST:
            raise unreadable(At(text.name, parser.CurrentLineNumber), "nested too deeply")
        open_.append(_Element(name))
        for key, value in attributes.items():
            open_[-1].add(key, value)

    def end(name: str) -> None:
        done = open_.pop()
        open_[-1].add(name, done.value())

    def letters(some: str) -> None:
        open_[-1].text.append(some)

    def doctype(*_: object) -> None:
        line = parser.CurrentLineNumber
        raise unreadable(At(text.name, line), "a document type (<!DOCTYPE): exports have none, take it out")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = letters
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(_declared(text.text), True)
    except expat.ExpatError as error:
        raise unreadable(At(text.name, error.lineno), f"not XML: {expat.ErrorString(error.code)}") from error
    return open_[0].parts


def _declared(text: str) -> bytes:
    """As UTF-8, whatever encoding the file said that it had: it is decoded already."""
    head, mark, rest = text.lstrip().partition("?>")
    return (rest if mark and head.startswith("<?xml") else text.lstrip()).encode("utf-8", "replace")
