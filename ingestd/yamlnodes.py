"""YAML text -> nodes that know where they stand. Never recurses, whatever the nesting; never unfolds without a limit.

Plain scalars follow YAML 1.2's core schema: ``22:00``, ``no`` and ``on`` are text, only ``true`` and ``false`` are
truth values. What can't be read is a problem; what was read before it is kept, so that its mistakes are told as well.
"""

import gc
import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import yaml
from msgspec import Struct
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from ingestd.problem import Problem, Said, said
from ingestd.yamlsyntax import explain

MOST_BYTES = 16 * 1024 * 1024  # of a file
MOST_VALUES = 200_000  # that aliases stand for
DEEPEST = 40  # lists and mappings in one another
MOST_TABS = 20  # lines that are named

_PREFIX = "tag:yaml.org,2002:"
STR, INT, FLOAT, BOOL, NULL = (f"{_PREFIX}{word}" for word in ("str", "int", "float", "bool", "null"))
MERGE = "<<"
#: Tags that only say what a value looks like anyway.
_PLAIN_TAGS = frozenset({"!", STR, INT, FLOAT, BOOL, NULL, f"{_PREFIX}map", f"{_PREFIX}seq"})
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), BOOL),
    **dict.fromkeys(("~", "null", "Null", "NULL", ""), NULL),
}
_NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
)
_ODD = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB = re.compile(r"^ *\t", re.MULTILINE)


class Composed(Struct, frozen=True):
    """What a text holds: its root, everything that can't be read, and whether something lacks because of that."""

    node: yaml.Node | None
    problems: tuple[Problem, ...] = ()
    cut: frozenset[int] = frozenset()  # ``id`` of the nodes that were open where reading stopped

    @property
    def whole(self) -> bool:
        """All of it was read."""
        return not self.problems


def at(name: str, node: yaml.Node | None) -> tuple[str, int, int]:
    """Where a node stands: file, line, column."""
    mark = node.start_mark if node is not None else None
    return name, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1


def composed(raw: str | bytes, name: str) -> tuple[str, Composed]:
    """The text, and its nodes."""
    if len(raw) > MOST_BYTES:
        words = said("the file is larger than {most} MB", most=MOST_BYTES >> 20)
        return "", Composed(None, (Problem(name, 1, 1, words),))
    text, broken = _decoded(raw, name) if isinstance(raw, bytes) else (raw.removeprefix("\ufeff"), None)
    broken = broken or _control(text, name)
    if broken:
        return text, Composed(None, (broken,))
    return text, _Composer(text, name).through()


def pairs(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    """Keys and values with ``<<`` merged in; what is written out wins."""
    if all(key.value != MERGE for key, _ in node.value):
        return node.value  # type: ignore[no-any-return]
    own = [(key, value) for key, value in node.value if key.value != MERGE]
    names = {key.value for key, _ in own if isinstance(key.value, str)}
    for key, value in node.value:
        if key.value == MERGE:
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if isinstance(source, yaml.MappingNode):
                    fresh = [(k, v) for k, v in pairs(source) if k.value not in names]
                    names.update(k.value for k, _ in fresh)
                    own += fresh
    return own


def child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value that one step of a place leads to; None if there is none."""
    if isinstance(node, yaml.MappingNode):
        return next(((k, v) for k, v in pairs(node) if k.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step], node.value[step]
    return None


# -- text


def _decoded(raw: bytes, name: str) -> tuple[str, Problem | None]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", Problem(name, 1, 1, said("this is UTF-16: save the file as UTF-8"))
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
        line, column = _spot(before, len(before))
        return "", Problem(name, line, column, _not_utf8(raw))


def _not_utf8(raw: bytes) -> Said:
    """The words for bytes that are no UTF-8; Chinese editors on Windows still save GB18030."""
    try:
        if re.search(r"[\u4e00-\u9fff]", raw.decode("gb2312")):
            return said("not UTF-8 but probably GB18030: save the file as UTF-8")
    except UnicodeDecodeError:
        pass
    return said("not UTF-8: save the file as UTF-8")


def _control(text: str, name: str) -> Problem | None:
    odd = _ODD.search(text)
    if odd is None:
        return None
    return Problem(name, *_spot(text, odd.start()), said("a control character ({char!r}): remove it", char=odd[0]))


def _spot(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


# -- nodes


class _StopError(Exception):
    """Reading can't go on."""


class _Open(Struct):
    """A list or mapping under construction."""

    node: yaml.CollectionNode
    around: list[yaml.Node]  # the parts of what it stands in
    anchor: str | None
    values: int  # of the parts before it
    height: int  # of the highest part before it


class _Anchored(Struct, frozen=True):
    """What an alias stands for."""

    node: yaml.Node
    values: int
    height: int  # levels below it, itself included


class _Composer:
    """Events into nodes, with a stack of its own."""

    def __init__(self, text: str, name: str) -> None:
        self._text, self._name = text, name
        self._problems: list[Problem] = []
        self._anchors: dict[str, _Anchored] = {}
        self._stack: list[_Open] = []
        self._parts: list[yaml.Node] = []  # of the innermost that is open
        self._values = 0  # among them
        self._height = 0  # of the highest of them
        self._unfolded = 0  # that aliases stand for
        self._documents = 0
        self._last: ScalarEvent | None = None

    def through(self) -> Composed:
        """All of it, or as far as it can be read."""
        loader = yaml.CSafeLoader(self._text)
        cut: set[int] = set()
        try:
            with without_collector():
                self._read(loader)
        except yaml.MarkedYAMLError as error:
            self._problems += self._syntax(error)
        except _StopError:
            pass
        finally:
            loader.dispose()
        while self._stack:
            cut.add(self._cut())
        root = self._parts[0] if self._parts else None
        cut |= {id(None)} if root is None else set()
        return Composed(root, tuple(self._problems), frozenset(cut) if self._problems else frozenset())

    def _read(self, loader: Any) -> None:
        event = loader.get_event()
        while not isinstance(event, StreamEndEvent):
            self._take(event)
            event = loader.get_event()

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is ScalarEvent:
            self._last = event
            node = yaml.ScalarNode(self._scalar_tag(event), event.value, event.start_mark, event.end_mark)
            self._add(node, event.anchor)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self._begin(event, yaml.MappingNode if kind is MappingStartEvent else yaml.SequenceNode)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._close(event.end_mark)
        elif kind is AliasEvent:
            self._alias(event)
        elif kind is DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                self._stop(event, said("a second document (---): expected one in a file"))

    def _add(self, node: yaml.Node, anchor: str | None) -> None:
        self._parts.append(node)
        self._values += 1
        if anchor:
            self._anchors[anchor] = _Anchored(node, 1, 0)

    def _begin(self, event: Any, kind: type[yaml.CollectionNode]) -> None:
        self._tag_problem(event)
        if len(self._stack) >= DEEPEST:
            self._stop(event, said("nested more than {most} deep", most=DEEPEST))
        node = kind("", [], event.start_mark, event.end_mark, event.flow_style)
        self._stack.append(_Open(node, self._parts, event.anchor, self._values, self._height))
        self._parts, self._values, self._height = [], 0, 0

    def _close(self, end: Any) -> None:
        opened = self._stack.pop()
        node, parts = opened.node, self._parts
        node.end_mark = end
        if isinstance(node, yaml.MappingNode):
            node.value = list(zip(parts[::2], parts[1::2], strict=False))  # a cut one may lack its last value
            self._keys(node)
        else:
            node.value = parts
        size, height = self._values + 1, self._height + 1
        self._parts, self._values, self._height = opened.around, opened.values + size, max(opened.height, height)
        self._parts.append(node)
        if opened.anchor:
            self._anchors[opened.anchor] = _Anchored(node, size, height)

    def _cut(self) -> int:
        """Close what is open where reading stopped, without the part that was being read; the node's ``id``."""
        opened = self._stack[-1]
        whole = len(self._parts) - (len(self._parts) % 2 or 2) if isinstance(opened.node, yaml.MappingNode) else -1
        del self._parts[whole:]
        self._close(opened.node.start_mark)
        return id(opened.node)

    def _alias(self, event: Any) -> None:
        found = self._anchors.get(event.anchor)
        around = next((one.node for one in self._stack if one.anchor == event.anchor), None)
        if around is not None:
            self._problems.append(Problem(*at(self._name, around), said("this anchor contains itself")))
            raise _StopError
        if found is None:
            self._stop(event, said("*{name}: there is no anchor &{name} before it", name=event.anchor))
        else:
            self._parts.append(found.node)
            self._values += found.values
            self._unfolded += found.values
            self._height = max(self._height, found.height)
            if len(self._stack) + found.height > DEEPEST:
                self._stop(event, said("nested more than {most} deep", most=DEEPEST))
            if self._unfolded > MOST_VALUES:
                self._stop(event, said("aliases unfold to more than {most} values", most=MOST_VALUES))

    def _keys(self, node: yaml.MappingNode) -> None:
        """Keys that are no scalars, or written twice; only the first counts then."""
        if len({key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}) == len(node.value):
            return
        seen: dict[str, yaml.Node] = {}
        kept = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._problems.append(Problem(*at(self._name, key), said("expected a plain key")))
            elif key.value in seen:
                line = seen[key.value].start_mark.line + 1
                words = said("{key!r} is written twice (first in line {line})", key=key.value, line=line)
                self._problems.append(Problem(*at(self._name, key), words))
            else:
                seen[key.value] = key
                kept.append((key, value))
        node.value = kept

    def _scalar_tag(self, event: Any) -> str:
        if event.tag is not None:
            self._tag_problem(event)
            return STR
        return resolved(event.value) if event.implicit[0] else STR

    def _tag_problem(self, event: Any) -> None:
        if event.tag is not None and event.tag not in _PLAIN_TAGS:
            words = said("the tag {tag} means nothing here: remove it", tag=event.tag.replace(_PREFIX, "!!"))
            self._problems.append(Problem(self._name, event.start_mark.line + 1, event.start_mark.column + 1, words))

    def _stop(self, event: Any, words: Said) -> NoReturn:
        mark = event.start_mark
        self._problems.append(Problem(self._name, mark.line + 1, mark.column + 1, words))
        raise _StopError

    def _syntax(self, error: yaml.MarkedYAMLError) -> Iterator[Problem]:
        """Where reading stopped, and why; tabs are named wherever they indent."""
        mark: Any = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        lines = self._text.split("\n")
        if line < len(lines) and "\t" in lines[line][: column + 1]:
            found = [_spot(self._text, tab.end() - 1) for tab in itertools.islice(_TAB.finditer(self._text), MOST_TABS)]
            for place in found or [(line + 1, lines[line].index("\t") + 1)]:
                yield Problem(self._name, *place, said("a tab: indent with spaces"))
            return
        flow = self._stack[-1].node if self._stack and self._stack[-1].node.flow_style else None
        spot = explain(error, lines, flow, self._last)
        yield Problem(self._name, spot.line + 1, spot.column + 1, spot.said)


def resolved(text: str) -> str:
    """The tag of a plain scalar."""
    tag = _WORDS.get(text)
    if tag is not None:
        return tag
    found = _NUMBER.fullmatch(text) if text[0] in "-+.0123456789" else None
    return STR if found is None else INT if found["int"] else FLOAT


@contextmanager
def without_collector() -> Iterator[None]:
    """Nodes are plain trees: walking them again and again while they grow takes four times as long as reading."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
