"""Rows that are read at the start share what they have in common, as they did when they were made.

Each alert is decoded by itself, with a copy of its own of every name and reason: of 100,000 that is a third of room.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import force_setattr

from ingestd.model import Alert, Reason

NAMES = ("fingerprint", "node", "host", "check", "recogniser", "url", "sender", "department", "policy")


def shared(alerts: Iterable[Alert]) -> Iterator[Alert]:
    """The same alerts; nobody else knows them yet, so they may be changed."""
    known: dict[Any, Any] = {}
    for alert in alerts:
        for name in NAMES:
            if text := getattr(alert, name):
                force_setattr(alert, name, sys.intern(text))
        for watcher in alert.watchers:
            force_setattr(watcher, "source", sys.intern(watcher.source))
        force_setattr(alert, "ends", known.setdefault(alert.ends, alert.ends))
        force_setattr(alert, "reasons", tuple(_same(reason, known) for reason in alert.reasons))
        yield alert


def _same(reason: Reason, known: dict[Any, Any]) -> Reason:
    found: Reason = known.setdefault(reason, reason)
    if found is reason:
        for name in ("stage", "rule", "text"):
            force_setattr(reason, name, sys.intern(getattr(reason, name)))
    return found
