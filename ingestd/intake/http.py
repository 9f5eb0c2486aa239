"""Webhooks in: ``POST`` (or ``GET`` with a query) to ``/webhooks/<source>``; 200 says that the body is committed.

JSON that is malformed is kept, read as well as it can be, and answered with 422 and the place of the fault. Other
bodies (forms, text) are for their source's file to judge.
"""

from ingestd.intake.door import (
    Answer,
    Door,
    HttpSource,
    Read,
    RefusedError,
    Request,
    SourceSettings,
    WebhookSettings,
    authentic,
    http_source,
    malformed,
    vouched_for,
)
from ingestd.intake.sns import ADAPTER as SNS
from ingestd.intake.sns import Sns

__all__ = ["HttpSource", "SourceSettings", "WebhookSettings", "Webhooks", "http_source"]

PREFIX = "/webhooks/"


class Webhooks(Door):
    """One address a source."""

    methods = ("POST", "GET")
    sns = Sns()

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
        fault = malformed(body) if _is_json(request) else ""
        origin = envelope.origin if envelope else ""
        number = await self.receive(self.message(source, request, body, refused=fault, origin=origin))
        if envelope:
            await self.sns.confirm(envelope)
        if fault:
            raise RefusedError(422, fault, name)
        return Answer(200, {"accepted": number})


def _is_json(request: Request) -> bool:
    said = request.headers.get(b"content-type", b"").lower()
    return request.method == "POST" and (not said or b"json" in said)
