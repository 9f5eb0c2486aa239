"""A body of XML as pairs of names and texts: what its elements and attributes hold, the outermost first.

No parser of XML: nothing is fetched, no entity of the sender's own is expanded, and broken XML says what it can.
"""

import html
import re

LONGEST = 100_000  # characters that are read
MOST_PAIRS = 500
LONGEST_TEXT = 4000

_TEXT = re.compile(r"<(?:[\w.-]{1,60}:)?([\w.-]{1,80})(?:\s[^<>]{0,2000})?>\s*([^<>]{1,8000}?)\s*</")
_ATTRIBUTE = re.compile(r"\s([\w.-]{1,80})=(?:\"([^\"<>]{0,2000})\"|'([^'<>]{0,2000})')")
_PAGE = re.compile(r"<(?:!doctype html|html)\b", re.IGNORECASE)


def pairs(text: str) -> dict[str, str]:
    """The names and texts; none of a text that is no XML, or a page."""
    if not text.startswith("<") or _PAGE.match(text):
        return {}
    plain = _without_cdata(text[:LONGEST])
    found: dict[str, str] = {}
    for one in (*_TEXT.finditer(plain), *_ATTRIBUTE.finditer(plain)):
        value = html.unescape(next(filter(None, one.groups()[1:]), "")).strip()
        if value and len(found) < MOST_PAIRS and not one[1].startswith("xmlns"):
            found.setdefault(one[1], value[:LONGEST_TEXT])
    return found


def _without_cdata(text: str) -> str:
    """Texts that were marked as such, escaped as any other."""
    first, *marked = text.split("<![CDATA[")
    halves = (part.partition("]]>") for part in marked)
    return first + "".join(f"{html.escape(inside)}{after}" for inside, _, after in halves)
