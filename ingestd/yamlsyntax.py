"""The parser's complaints in words that say what to do, at the place of the mistake rather than where it shows."""

from collections.abc import Mapping
from typing import Any

import yaml
from msgspec import Struct

from ingestd.problem import Said, said

#: (context, problem) of libyaml -> words; "" stands for any context. At the context's beginning: see _AT_CONTEXT.
_WORDS: Mapping[tuple[str, str], Said] = {
    ("while scanning a quoted scalar", "found unexpected end of stream"): said("this quote is not closed"),
    ("while scanning a simple key", "could not find expected ':'"): said("expected `key: value` in this line"),
    ("while scanning for the next token", "found character that cannot start any token"): said(
        "a text can't begin with this character: put it in quotes"
    ),
    ("while scanning an alias", ""): said("a text can't begin with '*': put it in quotes"),
    ("while scanning an anchor", ""): said("a text can't begin with '&': put it in quotes"),
    ("while scanning a directive", ""): said("a line can't begin with '%': put the text in quotes"),
    ("while parsing a node", "found undefined tag handle"): said("a text can't begin with '!': put it in quotes"),
    ("while scanning a tag", ""): said("a text can't begin with '!': put it in quotes"),
    ("while parsing a quoted scalar", "found unknown escape character"): said(
        "a backslash between double quotes: write \\\\, or use single quotes"
    ),
    ("", "block sequence entries are not allowed in this context"): said("a '- ' here: begin the list in a new line"),
    ("", "mapping keys are not allowed in this context"): said("a text can't begin with '? ': put it in quotes"),
    ("while parsing a flow sequence", "did not find expected ',' or ']'"): said("expected ',' or ']' before this"),
    ("while parsing a flow mapping", "did not find expected ',' or '}'"): said("expected ',' or '}}' before this"),
    ("while parsing a flow node", "did not find expected node content"): said("expected a value here"),
    ("while parsing a block node", "did not find expected node content"): said("expected a value here"),
    ("while parsing a block collection", "did not find expected '-' indicator"): said(
        "expected another '- ' as in the lines above, or another indentation"
    ),
    ("while parsing a block mapping", "did not find expected key"): said(
        "expected a key below those above: look at the indentation, and for a text after a closed quote"
    ),
    ("while scanning a block scalar", ""): said("only a comment may follow | or > in the same line"),
}
#: Where the context's beginning shows the mistake better than the place where the parser gave up.
_AT_CONTEXT = frozenset(
    {
        "while scanning a quoted scalar",
        "while scanning a simple key",
        "while scanning an alias",
        "while scanning an anchor",
        "while scanning a tag",
    }
)
_CLOSE = {yaml.SequenceNode: "]", yaml.MappingNode: "}"}


class Spot(Struct, frozen=True):
    """Words and where they belong; line and column from 0."""

    line: int
    column: int
    said: Said


def explain(error: yaml.MarkedYAMLError, lines: list[str], flow: Any, last: Any) -> Spot:
    """``flow``: the node of the innermost open ``[`` or ``{``; ``last``: the event of the last scalar."""
    mark: Any = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if last is not None and last.style in ("'", '"') and last.start_mark.line < last.end_mark.line == line:
        closed = said("this quote is closed only in line {line}", line=last.end_mark.line + 1)
        return Spot(last.start_mark.line, last.start_mark.column, closed)
    quoted = error.context == "while scanning a quoted scalar"
    if flow is not None and flow.start_mark.line < line and not quoted:
        opened = said("this is not closed: expected {close!r}", close=_CLOSE[type(flow)])
        return Spot(flow.start_mark.line, flow.start_mark.column, opened)
    if error.problem == "mapping values are not allowed in this context":
        return _colon(line, column, lines[line] if line < len(lines) else "")
    context = error.context or ""
    words = _WORDS.get((context, error.problem or "")) or _WORDS.get((context, "")) or _plain(error)
    if context in _AT_CONTEXT and error.context_mark:
        line, column = error.context_mark.line, error.context_mark.column
    return Spot(line, column, words)


def _colon(line: int, column: int, text: str) -> Spot:
    """A ``:`` where none may be: in a text, or in a line that is indented as nothing above it."""
    before = text[:column]
    if ": " in before:
        return Spot(line, column, said("a second ': ' in this line: put the text in quotes"))
    return Spot(line, len(text) - len(text.lstrip(" ")), said("this line is indented as nothing above it"))


def _plain(error: yaml.MarkedYAMLError) -> Said:
    words = ", ".join(part for part in (error.context, error.problem) if part)
    return said("not YAML: {words}", words=words)
