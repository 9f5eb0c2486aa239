"""iCalendars that are fetched: which a site names, under which names their copies are kept, what their URLs may be.

A copy is kept below the state folder, and in the journal like a file of rules/. Who knows the URL of a calendar can
read it, so that everything after the reading of the files knows the name of the copy alone.
"""

import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from ingestd.problem import Said, said

FOLDER = "calendars"  # of the copies, in the state folder
LONGEST_URL = 4000  # characters
_NAME = re.compile(r"calendar-[0-9a-f]{16}\.ics")
_URL = re.compile(r"(?i)(?:https?|webcals?)://")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Feed(Struct, frozen=True, kw_only=True):
    """A calendar that is fetched: whose it is, and its URL or the file with it."""

    name: str  # of its copy
    title: str  # "the rota of network", "calendar working-time"
    url: str = ""
    file: str = ""  # absolute

    def address(self) -> str:
        """The URL; OSError, ValueError: its file can't be read, or holds none."""
        text = Path(self.file).read_text("utf-8").strip() if self.file else self.url
        wrong = url_problem(text)
        if wrong is not None:
            raise ValueError(str(wrong))
        return re.sub(r"(?i)\Awebcals?:", "https:", text)


def is_url(text: str) -> bool:
    """Whether an ``ical`` is fetched rather than a file."""
    return _URL.match(text) is not None


def name_of(text: str) -> str:
    """The name of a copy, by the URL or the name of its file as they are written."""
    return f"calendar-{hashlib.sha256(text.encode()).hexdigest()[:16]}.ics"


def is_copy(name: str) -> bool:
    """Whether a name is that of a copy."""
    return _NAME.fullmatch(name) is not None


def url_problem(url: str) -> Said | None:
    """What is wrong with a URL, without naming it."""
    expected = said("expected https:// and a host (http:// only for this machine)")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return expected
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    safe = scheme in ("https", "webcal", "webcals") or (scheme == "http" and host in _LOOPBACK)
    if not safe or not host or len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        return expected
    return None
