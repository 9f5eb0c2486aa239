"""A mail's bytes -> its tree of parts, bounded by construction: so many header lines, parts and levels, and no more.

RFC 5322 and RFC 2046 as senders really write them: bare line feeds, a missing last boundary, a mailbox's "From " line,
a body without the blank line before it. Each byte is looked at once a level; nothing in here raises.
"""

import binascii
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from msgspec import Struct

from ingestd.decide import charset

MOST_HEADERS = 1000  # lines of one header that are looked at
LONGEST_HEAD = 256 * 1024  # bytes of one header
MOST_PARTS = 100  # of one container
LONGEST_BOUNDARY = 200  # RFC 2046 allows 70 characters
LONGEST_TEXT = 512 * 1024  # characters of one part
MOST_FLOWED = 20_000  # lines of a part that are put together; the rest stays as it is
DEEPEST = 12

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*")
_END = re.compile(rb"(\r?\n)\r?\n")
#: A header that is made of nothing else is read by this at once; any other line by line.
_FIELD = re.compile(r"^([!-9;-~]{1,200}+)[ \t]*+:[ \t]*+([^\r\n]*+(?:\r?\n[ \t]++[^\s][^\r\n]*+)*+)\r?\n", re.MULTILINE)
_BLANKS = " \t\r\v\f"
_PARAM = re.compile(
    r";\s*(charset|format|delsp|report-type|boundary|method)\s*=\s*(?:\"([^\"]*)\"|([^\s;\"]+))", re.IGNORECASE
)
_NO_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


class Tree(Struct, frozen=True, dict=True):
    """One part: its header fields in order (small names, raw values), its undecoded body, what it contains."""

    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    children: tuple["Tree", ...] = ()

    def raw(self, name: str) -> str:
        """The first field of that name; "" if there is none."""
        for key, value in self.headers:
            if key == name:
                return value
        return ""

    @cached_property
    def kind(self) -> str:
        """The content type in small letters; text/plain where none is given or it is nonsense."""
        kind = self.raw("content-type").split(";", maxsplit=1)[0].strip().lower()
        return kind if kind.count("/") == 1 else "text/plain"

    @cached_property
    def params(self) -> dict[str, str]:
        """The parameters of the content type that matter here."""
        return params(self.raw("content-type"))

    @property
    def attached(self) -> bool:
        """Whether the sender wants it shown as a file."""
        return self.raw("content-disposition").strip().lower().startswith("attachment")

    def payload(self) -> bytes:
        """The body without its transfer encoding; broken base64 is read as far as it goes."""
        encoding = self.raw("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return _from_base64(self.body)
        return binascii.a2b_qp(self.body) if encoding == "quoted-printable" else self.body

    @cached_property
    def text(self) -> str:
        """The text of the part, its line ends as line feeds."""
        found = charset.decode(self.payload(), self.params.get("charset", ""))[:LONGEST_TEXT]
        found = found.replace("\r\n", "\n").replace("\r", "\n")
        if self.params.get("format", "").lower() == "flowed":
            return _unflowed(found, self.params.get("delsp", "").lower() == "yes")
        return found


def params(content_type: str) -> dict[str, str]:
    """The known parameters of a content type, names in small letters."""
    return {found[1].lower(): found[2] or found[3] or "" for found in _PARAM.finditer(content_type[:1000])}


def parse(raw: bytes, depth: int = 0) -> Tree:
    """The tree of a mail or of a part."""
    headers, start = _head(raw)
    tree = Tree(headers, raw[start:])
    if depth >= DEEPEST:
        return tree
    if tree.kind.startswith("multipart/"):
        parts = _parts(tree)
        return tree if parts is None else Tree(headers, b"", tuple(parse(part, depth + 1) for part in parts))
    if tree.kind in ("message/rfc822", "message/global"):
        return Tree(headers, b"", (parse(tree.payload().lstrip(b"\r\n"), depth + 1),))
    if tree.kind in ("message/delivery-status", "message/global-delivery-status", "message/disposition-notification"):
        return Tree(headers, tree.body, tuple(Tree(found) for found in _blocks(tree.payload())))
    return tree


Head = tuple[tuple[tuple[str, str], ...], int]  # the header fields, and where the body begins


def _head(raw: bytes) -> Head:
    return _sound_head(raw) or _any_head(raw)


def _sound_head(raw: bytes) -> Head | None:
    """A header as the standard wants it, which nearly all are; None if any line is something else."""
    end = _END.search(raw, 0, LONGEST_HEAD)
    if end is None:
        return None
    head = raw[: end.end(1)].decode("ascii", "surrogateescape")
    found = _FIELD.findall(head)
    lines = head.count("\n")
    if lines > MOST_HEADERS or len(found) + sum(value.count("\n") for _, value in found) != lines:
        return None
    return tuple((name.lower(), _unfolded(value) if "\n" in value else value) for name, value in found), end.end()


def _unfolded(value: str) -> str:
    first, *more = value.split("\n")
    return "\n".join((first.rstrip("\r"), *(line.strip(_BLANKS) for line in more)))


def _any_head(raw: bytes) -> Head:
    fields: list[tuple[str, list[bytes]]] = []
    at = 0
    for number, (start, end) in enumerate(_lines(raw)):
        line = raw[start:end]
        if not line.strip():
            return _decoded(fields), min(end + 1, len(raw))
        if number >= MOST_HEADERS or end > LONGEST_HEAD:
            blank = _END.search(raw, start)
            return _decoded(fields), blank.end() if blank else len(raw)
        named = _NAME.match(line)
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line.strip())
        elif named:
            fields.append((named[1].decode("ascii").lower(), [line[named.end() :].rstrip(b"\r")]))
        elif number == 0 and line.startswith((b"From ", b">From ")):
            pass  # the first line of a mailbox's entry
        else:
            return _decoded(fields), start
        at = end
    return _decoded(fields), min(at + 1, len(raw))


def _lines(raw: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(raw):
        end = raw.find(b"\n", start)
        end = len(raw) if end < 0 else end
        yield start, end
        start = end + 1


def _decoded(fields: list[tuple[str, list[bytes]]]) -> tuple[tuple[str, str], ...]:
    """Values as text, bytes above ASCII as surrogates, as ``charset.header`` expects them."""
    return tuple((name, b"\n".join(lines).decode("ascii", "surrogateescape")) for name, lines in fields)


def _parts(tree: Tree) -> list[bytes] | None:
    """What stands between the boundaries; None if there is none: the body is then all that there is to read."""
    boundary = tree.params.get("boundary", "")[:LONGEST_BOUNDARY].encode("utf-8", "surrogateescape").rstrip()
    if not boundary:
        return None
    line = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
    cuts: list[re.Match[bytes]] = []
    for cut in islice(line.finditer(tree.body), MOST_PARTS + 1):
        cuts.append(cut)
        if cut[1]:
            break
    if not cuts:
        return None
    ends = [cut.start() for cut in cuts[1:]]
    if not cuts[-1][1] and len(cuts) <= MOST_PARTS:  # the last boundary is missing
        ends.append(len(tree.body))
    found = (tree.body[cut.end() : end] for cut, end in zip(cuts, ends, strict=False))
    return [part.removesuffix(b"\n").removesuffix(b"\r") for part in found]


def _blocks(raw: bytes) -> Iterator[tuple[tuple[str, str], ...]]:
    """The groups of fields of a delivery report: one about the mail, one for each recipient."""
    for _ in range(DEEPEST):
        raw = raw.lstrip(b"\r\n")
        if not raw:
            return
        fields, start = _head(raw)
        yield fields
        raw = raw[start:] if start else b""


def _from_base64(raw: bytes) -> bytes:
    whole = raw.translate(None, _NO_BASE64)  # a pattern would make an object of each piece between two others
    usable = whole[: len(whole) - (len(whole) % 4 == 1)]
    if not usable:
        return b"" if not raw.strip() else raw
    return binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))


def _unflowed(whole: str, delete_space: bool) -> str:
    """RFC 3676: a line that ends in a space goes on in the next one of the same quote depth."""
    out: list[list[str]] = []
    flowing, depth = False, 0
    for line in whole.split("\n", MOST_FLOWED):
        here = len(line) - len(line.lstrip(">"))
        body = line[here:].removeprefix(" ")
        goes_on = body.endswith(" ") and body != "-- "
        shown = body[:-1] if goes_on and delete_space else body
        if flowing and here == depth and body != "-- ":
            out[-1].append(shown)
        else:
            out.append([">" * here + (" " if here else "") + shown])
        flowing, depth = goes_on, here
    return "\n".join("".join(pieces) for pieces in out)
