"""What a message says: a mail by the recognisers, a webhook's body by its source, anything else by its words.

A body that its source can't read is read by the names of its keys, and if they say nothing, like a stranger's mail. The
reading says so, what it found counts as guessed, and the message is listed as unrecognised.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from ingestd import sources
from ingestd.decide import charset, fallback, normalise, words
from ingestd.decide.match import NameFinder
from ingestd.decide.normalise import Recognisers
from ingestd.model import Event, Message, Reading, Reason, kind_of

Reader = Callable[[Message], Reading]


def read(message: Message, recognisers: Recognisers, names: NameFinder, mappings: Mapping[str, Reader]) -> Reading:
    """Always a reading, whatever the bytes. ``mappings``: the readers of a site's own sources, by their ids."""
    if message.kind == "mail":
        return recognisers.read(message, names)
    try:
        return _with_lines(sources.read(message, mappings))
    except sources.SourceError as error:
        fault = f"malformed: {message.refused}" if message.refused else f"not what {message.adapter} sends: {error}"
        found = _by_keys(message, names) or normalise.fallback_text(_text(message), message.source, names)
        return replace(found, reasons=(Reason("recognise", "fallback", f"the body is {fault}"), *found.reasons))


def _with_lines(reading: Reading) -> Reading:
    """A reading whose one event lacks a host, with what the labelled lines of its text say; as a guess."""
    event = reading.events[0] if len(reading.events) == 1 else None
    if event is None or event.host or "\n" not in event.summary:
        return reading
    return replace(reading, events=(fallback.filled(event, event.summary),))


def _by_keys(message: Message, names: NameFinder) -> Reading | None:
    """The body by the names of its keys, a message for people by its text too; None if they say nothing."""
    try:
        found = sources.guess(message)
    except sources.SourceError:
        return None
    events = tuple(map(_unsure, found.events))
    prose = sources.prose(message) if len(events) == 1 else None
    if prose:
        events = (fallback.told(events[0], prose, message.source, names),)
    if len(events) == 1 and not prose:
        events = (fallback.filled(events[0], _text(message)),)
    return replace(found, recogniser=None, kind=kind_of(events), events=events) if events else None


def _unsure(event: Event) -> Event:
    """A host is a guess here; a severity that no key gives may stand in the text."""
    firing = event.state == "firing" and event.severity == "unknown"
    level = words.level(event.summary) if firing else None
    return replace(event, guessed=bool(event.host), severity=level or event.severity)


def _text(message: Message) -> str:
    return charset.decode(message.body) if message.body else message.query
