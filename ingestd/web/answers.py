"""What the APIs share: refusals, bodies within a limit, times, and JSON that nobody caches."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

BODY_LIMIT = 64 * 1024  # bytes of a request to an API; alerts come in elsewhere
FIXED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class RefusalError(Exception):
    """An answer other than 2xx."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


async def body_of(request: Request) -> bytes:
    """The whole body; RefusalError 413: too long."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > BODY_LIMIT:
            raise RefusalError(413, f"the body is longer than {BODY_LIMIT} bytes")
    return bytes(read)


def iso(wall: float) -> str:
    """A time of the wall clock as RFC 3339 in UTC."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(value), status, FIXED | (headers or {}), "application/json")
