"""A mail's bytes -> ``Mail``: what a person would see of it, whatever is broken in it.

``decide/mime.py`` finds the parts; headers and charsets are decoded here and in ``decide/charset.py``, because senders
break each of them. Nothing in here raises.
"""

import re
from collections.abc import Iterable, Iterator
from email.utils import mktime_tz, parsedate_tz

from msgspec import Struct

from ingestd.decide import charset, htmltext, mime
from ingestd.decide.mime import Tree

LONGEST = 2 * 1024 * 1024  # bytes of a mail that are read; the text comes first, attachments are not judged
LONGEST_TEXT = 256 * 1024  # characters
LONGEST_SUBJECT = 2000
LONGEST_HEADERS = 64 * 1024  # characters of all headers together that patterns look at
MOST_PARTS = 100
MOST_FIELDS = 500  # of a report inside a mail
MOST_RECIPIENTS = 100
LONGEST_ADDRESSES = 20_000  # characters of an address header

_ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,320}@[^\s<>,;:\"()]+")
_ANGLE = re.compile(r"<([^<>\s]*)>")
_COMMENT = re.compile(r"\(([^()]{1,200})\)")
_ID = re.compile(r"<[^<>\s\\]+>")
_BLANK = re.compile(r"\s*\Z")


class Part(Struct, frozen=True):
    """A part of a mail that is no container: its type, its text, or the header fields inside it (reports)."""

    content_type: str
    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    attached: bool = False


class Mail(Struct, frozen=True, kw_only=True):
    """A mail as a reader sees it. Header names are in lower case, header values decoded."""

    subject: str = ""
    sender: str = ""  # address of From
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    date: float | None = None  # the sender's clock, epoch seconds
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    head: str = ""  # all headers decoded, one ``name: value`` a line
    content_type: str = "text/plain"
    report_type: str = ""
    text: str = ""  # the plain part, else the HTML part as text
    html: str = ""
    parts: tuple[Part, ...] = ()

    def header(self, name: str) -> str:
        """The first header of that name, decoded; "" if there is none."""
        wanted = name.lower()
        for key, value in self.headers:
            if key == wanted:
                return value
        return ""


def read(raw: bytes) -> Mail:
    """Understand a mail; what can't be parsed as one is its own text."""
    tree = mime.parse(raw[:LONGEST])
    parts = tuple(_parts(tree, [MOST_PARTS]))
    headers = tuple((key, charset.header(value)) for key, value in tree.headers)
    first = dict(reversed(headers))
    sender = first.get("from", "")[:LONGEST_ADDRESSES]
    return Mail(
        subject=first.get("subject", "")[:LONGEST_SUBJECT],
        sender=_address(sender),
        sender_name=_name(sender),
        recipients=_addresses(value for key, value in headers if key in ("to", "cc")),
        date=_date(tree.raw("date")),
        message_id=_first_id(first.get("message-id", "")),
        in_reply_to=_first_id(first.get("in-reply-to", "")),
        references=tuple(_ID.findall(first.get("references", "")))[:MOST_RECIPIENTS],
        headers=headers,
        head="\n".join(f"{key}: {value}" for key, value in headers)[:LONGEST_HEADERS],
        content_type=tree.kind,
        report_type=tree.params.get("report-type", "").lower(),
        text=_clipped(_shown(tree)),
        html=_clipped("\n".join(part.text for part in parts if part.content_type == "text/html" and not part.attached)),
        parts=parts,
    )


def _parts(tree: Tree, budget: list[int]) -> Iterator[Part]:
    """The leaves in order, at most as many as the budget says."""
    if budget[0] <= 0:
        return
    if tree.kind.startswith("message/"):
        budget[0] -= 1
        fields = tuple((key, charset.header(value)) for child in tree.children for key, value in child.headers)
        yield Part(tree.kind, "" if tree.children else _clipped(tree.text), fields[:MOST_FIELDS], attached=True)
    elif tree.children:
        for child in tree.children:
            yield from _parts(child, budget)
    else:
        budget[0] -= 1
        yield Part(tree.kind, _clipped(tree.text) if tree.kind.startswith("text/") else "", (), tree.attached)


def _shown(tree: Tree) -> str:
    """The text that a mail program shows for a part: of alternatives the plain one, unless it is empty."""
    if tree.kind == "multipart/alternative" and tree.children:
        ordered = sorted(tree.children, key=lambda child: child.kind != "text/plain")  # the others keep their order
        return next((text for text in map(_shown, ordered) if not _BLANK.match(text)), "")
    if tree.kind.startswith("multipart/") and tree.children:
        return "\n\n".join(_filling(map(_shown, tree.children)))
    if tree.attached or not tree.kind.startswith(("text/", "multipart/")):
        return ""
    text = tree.text
    return htmltext.to_text(text) if tree.kind == "text/html" or _is_html(tree.kind, text) else text


def _filling(texts: Iterable[str]) -> Iterator[str]:
    """Texts that say something, until there is enough."""
    length = 0
    for text in texts:
        if length > LONGEST_TEXT:
            return
        if not _BLANK.match(text):
            length += len(text)
            yield text


def _is_html(kind: str, text: str) -> bool:
    """Some senders put a page into text/plain."""
    start = text[:200].lstrip().lower()
    return kind == "text/plain" and start.startswith(("<!doctype html", "<html"))


def _clipped(text: str) -> str:
    return text[:LONGEST_TEXT]


def _address(text: str) -> str:
    """The address of a From header; forgiving, since the display name may hold anything."""
    angles = [found for found in _ANGLE.findall(text) if "@" in found]
    plain = _ADDRESS.search(_COMMENT.sub(" ", text))
    return (angles[-1] if angles else plain[0] if plain else text.strip("<> ")[:320]).strip("'\"")


def _name(text: str) -> str:
    if "<" in text:
        return text[: text.rindex("<")].strip().strip('"').strip()
    comment = _COMMENT.search(text)
    return comment[1].strip() if comment else ""


def _addresses(values: Iterator[str]) -> tuple[str, ...]:
    found = (address for value in values for address in _ADDRESS.findall(value[:LONGEST_ADDRESSES]))
    return tuple(dict.fromkeys(found))[:MOST_RECIPIENTS]


def _date(value: str) -> float | None:
    try:
        parsed = parsedate_tz(value[:200])
        return float(mktime_tz(parsed)) if parsed else None
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _first_id(value: str) -> str | None:
    found = _ID.search(value)
    return found[0] if found else value[:998] or None
