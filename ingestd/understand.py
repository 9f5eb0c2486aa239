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
        return _told(sources.read(message, mappings), message, names)
    except sources.SourceError as error:
        fault = f"malformed: {message.refused}" if message.refused else f"not what {message.adapter} sends: {error}"
        found = _by_keys(message, names) or normalise.fallback_text(_text(message), message.source, names)
        return replace(found, reasons=(Reason("recognise", "fallback", f"the body is {fault}"), *found.reasons))


def _told(reading: Reading, message: Message, names: NameFinder) -> Reading:
    """A reading by the names of keys with what its texts say too; one that lacks a host, with the lines of its text."""
    if reading.recogniser == sources.ANYTHING:
        events = _by_texts(reading.events, message, names)
        return replace(reading, kind=kind_of(events), events=events)
    event = reading.events[0] if len(reading.events) == 1 else None
    if event is None or event.host or "\n" not in event.summary:
        return reading
    return replace(reading, events=(fallback.filled(event, event.summary, names),))


def _by_keys(message: Message, names: NameFinder) -> Reading | None:
    """The body by the names of its keys, a message for people by its text too; None if they say nothing."""
    try:
        found = sources.guess(message)
    except sources.SourceError:
        return None
    events = _by_texts(found.events, message, names)
    return replace(found, recogniser=None, kind=kind_of(events), events=events) if events else None


def _by_texts(events: tuple[Event, ...], message: Message, names: NameFinder) -> tuple[Event, ...]:
    """Events that keys gave, with what the texts beside them say where they lack something."""
    if len(events) != 1 or len(message.body) > sources.LONGEST_GUESSED:
        return tuple(map(_unsure, events))
    prose = sources.prose(message)
    if prose:
        return (_unsure(fallback.told(events[0], prose, message.source, names)),)
    return (fallback.filled(_unsure(events[0]), _text(message), names),)


def _unsure(event: Event) -> Event:
    """A host is a guess here; a severity that no key gives may stand in the text."""
    firing = event.state == "firing" and event.severity == "unknown"
    level = words.level(event.summary) if firing else None
    return replace(event, guessed=bool(event.host), severity=level or event.severity)


def _text(message: Message) -> str:
    return charset.decode(message.body) if message.body else message.query
