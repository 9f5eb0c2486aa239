"""A text in blocks, as an HTML layout wants them. The text decides; nothing is added to it."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Literal

from msgspec import Struct

Kind = Literal["lines", "list", "code", "button"]
BULLET, INDENT = "- ", "    "
LONGEST_LABEL = 24
#: http and https alone; it ends before what closes a sentence, in English or in Chinese.
_URL = re.compile(r"https?://[^\s<>\"'，。；：！？、（）【】《》“”]+", re.IGNORECASE)
_TAIL = ".,;:!?)]}"
_LABEL = re.compile(rf"([^\s:：/][^:：/]{{0,{LONGEST_LABEL - 1}}}(?:：|:(?=\s|$)))")


class Piece(Struct, frozen=True):
    """A stretch of words; with an ``href`` a link, which is http or https."""

    text: str
    href: str = ""


class Line(Struct, frozen=True):
    """One line: what stands before its colon, and the rest."""

    label: str
    pieces: tuple[Piece, ...]


class Block(Struct, frozen=True):
    """Lines that belong together. A button has one line, and an ``href``."""

    kind: Kind
    lines: tuple[Line, ...]
    href: str = ""


def blocks(text: str, link: str) -> tuple[Block, ...]:
    """The blocks of a text; the line that ends with ``link`` (by which the reader takes it) is a button."""
    return tuple(block for paragraph in text.split("\n\n") for block in _of(paragraph, link))


def _of(paragraph: str, link: str) -> Iterator[Block]:
    written = [line for line in paragraph.split("\n") if line.strip()]
    for kind, group in groupby(written, lambda line: _kind(line, link)):
        if kind == "button":
            yield from (Block("button", (_line(one.removesuffix(link).strip()),), link) for one in group)
        else:
            yield Block(kind, tuple(_line(one.removeprefix(BULLET).removeprefix(INDENT)) for one in group))


def _kind(line: str, link: str) -> Kind:
    if link and line.endswith(link) and _URL.fullmatch(link):
        return "button"
    return "list" if line.startswith(BULLET) else "code" if line.startswith(INDENT) else "lines"


def _line(text: str) -> Line:
    found = _LABEL.match(text)
    label = found[1] if found and found[1].count("(") == found[1].count(")") else ""
    return Line(label, tuple(_pieces(text[len(label) :])))


def _pieces(text: str) -> Iterator[Piece]:
    done = 0
    for found in _URL.finditer(text):
        url = found[0].rstrip(_TAIL)
        if not url.partition("//")[2]:
            continue
        if found.start() > done:
            yield Piece(text[done : found.start()])
        yield Piece(url, url)
        done = found.start() + len(url)
    if done < len(text):
        yield Piece(text[done:])
