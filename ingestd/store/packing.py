"""Bodies as they are stored: as they came, and packed when they have grown old.

A packed body is told by its first bytes; a body that happens to begin with them is packed from the first.
"""

import zlib
from typing import Any

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

PACKED = b"\x00z1"
LEAST = 256  # octets; packing less is not worth it


class Body(TypeDecorator[bytes]):
    """A body, whether it is packed or not."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """As it came; only what would be taken for packed is packed at once."""
        return packed(value) if value is not None and value.startswith(PACKED) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """As it came."""
        return None if value is None else unpacked(bytes(value))


def packed(body: bytes) -> bytes:
    """A body made smaller."""
    return PACKED + zlib.compress(body)


def unpacked(body: bytes) -> bytes:
    """A body as it came."""
    return zlib.decompress(body[len(PACKED) :]) if body.startswith(PACKED) else body
