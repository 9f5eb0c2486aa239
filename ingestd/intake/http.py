"""Webhooks in: ``POST`` (or ``GET`` with a query) to ``/webhooks/<source>``; 200 says that the body is committed.

JSON that is malformed, and that its source can't read all the same, is kept, read like a stranger's text, and answered
with 422 and the place of the fault. Other bodies (forms, text) are for their source's file to judge.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ingestd.intake.door import (
    Answer,
    Door,
    Read,
    RefusedError,
    Request,
    authentic,
    malformed,
    vouched_for,
    without,
)
from ingestd.intake.sns import ADAPTER as SNS
from ingestd.intake.sns import Sns
from ingestd.model import Message

PREFIX = "/webhooks/"
LENIENT = 256 * 1024  # bytes up to which a body that is no strict JSON is tried before it is answered


class Webhooks(Door):
    """One address a source.

    ``reads``: whether its source's file can read a body that is no strict JSON. ``secrets``: the keys of an adapter's
    bodies whose values are never kept.
    """

    methods = ("POST", "GET")
    sns = Sns()

    def __init__(
        self,
        *parts: Any,
        reads: Callable[[Message], bool] = lambda _: False,
        secrets: Callable[[str], tuple[str, ...]] = lambda _: (),
        **more: Any,
    ) -> None:
        super().__init__(*parts, **more)
        self._reads = reads
        self._secrets = secrets

    async def accept(self, request: Request, read: Read) -> Answer | None:
        """Keep a body that a known source sends."""
        name = request.path.rpartition(PREFIX)[2]
        source = self.sources.get(name)
        if source is None:
            raise RefusedError(404)
        if source.tokens and not authentic(source.tokens, request.offered):
            raise RefusedError(401, source=name)
        if request.method == "GET" and not request.query:
            raise RefusedError(405, "POST a body, or GET with a query", name)
        body = await self.body(request, read, name)
        if body is None:
            return None
        if not vouched_for(source, request, body):
            raise RefusedError(401, "wrong or missing signature", name)
        envelope = await self.sns.verified(body) if source.adapter == SNS and source.verify else None
        body = without(self._secrets(source.adapter), body)
        message = self.message(source, request, body, origin=envelope.origin if envelope else "")
        fault = malformed(body) if _is_json(request) else ""
        if fault and len(body) <= LENIENT and self._reads(message):
            fault = ""
        number = await self.receive(replace(message, refused=fault))
        if envelope:
            await self.sns.confirm(envelope)
        if fault:
            raise RefusedError(422, fault, name)
        return Answer(200, {"accepted": number})


def _is_json(request: Request) -> bool:
    said = request.headers.get(b"content-type", b"").lower()
    return request.method == "POST" and (not said or b"json" in said)
