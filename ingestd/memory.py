"""Room that is free inside the process goes back to the system: reading files takes much more than keeping them."""

import ctypes
import sys
from collections.abc import Callable
from contextlib import suppress


def _trim() -> Callable[[int], int] | None:
    """glibc's own way to do it; other C libraries have none, and need none."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
            return found
    return None


_malloc_trim = _trim()


def give_back() -> None:
    """After a start and after a reload; some milliseconds."""
    if _malloc_trim is not None:
        _malloc_trim(0)
