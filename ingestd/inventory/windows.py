"""Maintenance windows: time zones that nobody knows, windows that cover nothing, and those that never come again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import available_timezones

from ingestd.decide.spans import is_zone, midnight
from ingestd.decide.topology import MaintenanceSpec, epoch
from ingestd.yamltypes import Document, Place, Problem, near_to, said

OVER = 30 * 86400.0  # seconds after its end at which a window is in the way
_BACKWARDS = "it ends before it starts: it covers nothing"


def window_problems(
    document: Document[Any], place: Place, window: MaintenanceSpec, now: float | None
) -> Iterator[Problem]:
    """What is wrong with one window, which stands at ``place``. ``now``: wall time; None: what is over is well."""
    if window.zone and not is_zone(window.zone):
        hint = near_to(window.zone, available_timezones()) or ""
        hint = hint if "mean" in str(hint) else said(": expected a name such as Asia/Shanghai")
        words = said("unknown time zone {name!r}{hint}", name=window.zone, hint=hint)
        yield document.problem((*place, "zone"), words)
    if _backwards(window):
        yield document.warning((*place, "until" if window.until else "end"), said(_BACKWARDS))
        return
    over = _over(window)
    if now is not None and over is not None and over < now - OVER:
        words = said("over since {day}: it never comes again", day=datetime.fromtimestamp(over, UTC).date().isoformat())
        yield document.warning((*place, "until" if window.until else "end"), words)


def _backwards(window: MaintenanceSpec) -> bool:
    if window.start is not None:
        return epoch(window.end) < epoch(window.start)
    return window.until is not None and window.since is not None and window.until < window.since


def _over(window: MaintenanceSpec) -> float | None:
    """When it is over for good, to the day; None: never."""
    if window.start is not None:
        ended = epoch(window.end)
        return ended if abs(ended) < midnight(date.max, "UTC") else None
    return midnight(window.until, "UTC") if window.until else None
