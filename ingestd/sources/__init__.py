"""Webhooks: one file a monitoring system, found by scanning this folder.

A source is a module with ``read(message: Message) -> Reading``, usually a ``Shape`` (``shape.py``) that reads; to add
one, copy the nearest neighbour. One that signs its bodies says how with ``SIGNATURE``; one that puts a credential into
them names its key in ``SECRETS``. What several share is in
``shared.py``, ``body.py`` (whatever way a body comes) and ``times.py``.
"""

import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import msgspec

from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources import chat
from ingestd.sources.body import fields
from ingestd.sources.shape import Payload
from ingestd.sources.shared import SourceError

__all__ = ["SourceError", "names", "prose", "read", "signature"]

Reader = Callable[[Message], Reading]
#: What code that reads strangers' bodies may raise if it is wrong; anything else is a fault of the whole process.
FAULTS = (AttributeError, LookupError, TypeError, ValueError, RecursionError, ArithmeticError)
ANYTHING = "anything"  # the source that reads whatever has keys
LONGEST_GUESSED = 256 * 1024  # bytes of a body that is read by its keys after its source could not
_encode = msgspec.json.Encoder().encode


@cache
def _modules() -> Mapping[str, ModuleType]:
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.__name__.rpartition(".")[2]: module for module in modules if hasattr(module, "read")}


def names() -> tuple[str, ...]:
    """The sources there are, in alphabetical order."""
    return tuple(sorted(_modules()))


def about(name: str) -> str:
    """Whose bodies a source reads, in a line."""
    return (_modules()[name].__doc__ or "").partition("\n")[0]


def prose(message: Message) -> str | None:
    """What people would read of a body that is a message for them; None for any other."""
    try:
        return chat.text(fields(message))
    except SourceError:
        return None


def read(message: Message, own: Mapping[str, Reader] | None = None) -> Reading:
    """Understand a webhook's body by the source that ``message.adapter`` names; SourceError if that does not fit.

    ``own`` are the readers of a site's mapping files by their ids; they go before those of the same name here.
    """
    if own and message.adapter in own:
        return guarded(own[message.adapter], message)
    module = _modules().get(message.adapter)
    if module is None:
        raise SourceError(f"no source is called {message.adapter!r}: there are {', '.join(names())}")
    reader: Reader = module.read
    return guarded(reader, message)


def guarded(reader: Reader, message: Message) -> Reading:
    """Read; a fault of the reader itself is a SourceError that names the source."""
    try:
        return _encodable(reader(message))
    except SourceError:
        raise
    except FAULTS as fault:
        raise SourceError(f"{message.adapter} can't read this body: {type(fault).__name__}: {fault}") from fault


def _encodable(reading: Reading) -> Reading:
    """Without the halves of characters that JSON can spell (``\\ud83d``): neither databases nor patterns take them."""
    try:
        _encode(reading)
    except UnicodeEncodeError:
        return msgspec.convert(_whole(msgspec.to_builtins(reading)), Reading)
    return reading


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(kept) for name, kept in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(kept) for kept in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def guess(message: Message) -> Reading:
    """Understand a body that its source can't read: as the one that it looks like, else by the names of its keys.

    SourceError if they say nothing.
    """
    if len(message.body) > LONGEST_GUESSED:
        raise SourceError(f"more than {LONGEST_GUESSED} bytes: too many to be read a second time")
    reader: Reader = _alike(message).read
    return guarded(reader, message)


def _alike(message: Message) -> ModuleType:
    """The source whose ``MARKS``, the places that only its bodies have, are all there; ``anything`` if none's are."""
    body = fields(message)
    first = body[0] if isinstance(body, list) and body else body
    payload = Payload(first) if isinstance(first, dict) else None
    marked = ((module, getattr(module, "MARKS", ())) for name, module in _modules().items() if name != message.adapter)
    alike = (module for module, marks in marked if payload and marks and all(payload.at(m) is not None for m in marks))
    return next(alike, _modules()[ANYTHING])


@cache
def secrets(adapter: str) -> tuple[str, ...]:
    """The keys under which a source's bodies carry a credential (``SECRETS``); it is not to be kept."""
    found: tuple[str, ...] = getattr(_modules().get(adapter), "SECRETS", ())
    return found


def signature(adapter: str) -> Signature | None:
    """How a source signs its bodies; None if it does not, or does not exist."""
    found = getattr(_modules().get(adapter), "SIGNATURE", None)
    return found if isinstance(found, Signature) else None
