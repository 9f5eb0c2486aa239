"""Webhooks: one file a monitoring system, found by scanning this folder.

A source is a module with ``read(message: Message) -> Reading``; to add one, copy the nearest neighbour. What several of
them share is in ``shared.py``.
"""

import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module

from ingestd.model import Message, Reading
from ingestd.sources.shared import SourceError

__all__ = ["SourceError", "names", "read"]

Reader = Callable[[Message], Reading]


@cache
def _readers() -> Mapping[str, Reader]:
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.__name__.rpartition(".")[2]: module.read for module in modules if hasattr(module, "read")}


def names() -> tuple[str, ...]:
    """The sources there are, in alphabetical order."""
    return tuple(sorted(_readers()))


def read(message: Message) -> Reading:
    """Understand a webhook's body by the source that ``message.adapter`` names; SourceError if that does not fit."""
    reader = _readers().get(message.adapter)
    if reader is None:
        raise SourceError(f"no source is called {message.adapter!r}: there are {', '.join(names())}")
    return reader(message)
