"""What the sources share: the error, times, links, host names, and the words of severity."""

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from ingestd.model import Event, Reading, ReadingKind, Reason, Severity

_WORDS: Mapping[Severity, str] = {
    "critical": "critical crit disaster emergency emerg fatal page blocker p1 p0 sev1",
    "error": "error err major high severe p2 sev2",
    "warning": "warning warn minor average medium moderate degraded p3 sev3",
    "info": "info information informational notice low debug none ok p4 p5 sev4",
}
SEVERITIES: Mapping[str, Severity] = {word: level for level, words in _WORDS.items() for word in words.split()}

_ABSOLUTE = re.compile(r"https?://[^/:\s][^\s]*\Z", re.IGNORECASE)
_SCHEME = re.compile(r"\A[a-z][a-z0-9+.-]*://(?:[^/@\s]*@)?([^/?#\s]*).*\Z", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(r":\d{1,5}\Z")


class SourceError(Exception):
    """A body that is not what its source sends; the text names the position or field and what was expected."""


def severity(word: object) -> Severity:
    """Our severity for a source's word; ``unknown`` for none or a strange one."""
    return SEVERITIES.get(str(word).strip().lower(), "unknown") if word is not None else "unknown"


def host(text: object) -> str | None:
    """A host without scheme, user, port and path; an IPv6 address whole and without brackets."""
    bare = _SCHEME.sub(r"\1", str(text).strip()) if text else ""
    if bare.startswith("["):
        return bare[1:].partition("]")[0] or None
    return (_PORT.sub("", bare) if bare.count(":") == 1 else bare) or None


def link(*candidates: object) -> str | None:
    """The first absolute link with a host."""
    return next((text for text in candidates if isinstance(text, str) and _ABSOLUTE.match(text)), None)


def epoch(text: str | None) -> float | None:
    """Epoch seconds of an ISO 8601 time with a zone; None for none, a zero time, or one without a zone."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.timestamp() if found is not None and found.tzinfo is not None and found.year > 1970 else None


def json_error(error: msgspec.DecodeError | UnicodeError) -> SourceError:
    """Malformed JSON, with the position that the decoder names."""
    return SourceError(f"not JSON: {error}")


def reading(source: str, events: tuple[Event, ...], said: str) -> Reading:
    """The reading of a body: an alert if any event fires, a recovery if all are resolved, ``other`` without events."""
    firing = any(event.state == "firing" for event in events)
    kind: ReadingKind = "alert" if firing else "recovery" if events else "other"
    identity = next((event.identity for event in events if event.identity), "node and check")
    reasons = (Reason("recognise", source, said), Reason("fingerprint", source, f"identified by {identity}"))
    return Reading(
        kind=kind, recogniser=source, events=events, reasons=reasons, subject=events[0].summary if events else ""
    )
