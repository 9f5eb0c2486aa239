"""The reading half of Opsgenie's Alert API: what became of a request, and one alert by id or alias.

The key behind ``GenieKey`` is a source's token, as for the writing half (``intake/opsgenie.py``).
Format: https://docs.opsgenie.com/docs/alert-api
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestd.intake.door import authentic
from ingestd.intake.opsgenie import ADAPTER
from ingestd.model import Alert, StoreUnavailable
from ingestd.sources.opsgenie_alert_api import identity_of, requested
from ingestd.web.answers import RefusalError, iso, json_reply
from ingestd.web.face import Face

SEVERITIES = {"critical": "P1", "error": "P2", "warning": "P3", "info": "P5", "unknown": "P3"}


def routes(face: Face) -> list[Route]:
    """The two addresses."""

    async def outcome(request: Request) -> Any:
        """GET /v2/alerts/requests/ID."""
        entry = await face.reads.by_origin(f"opsgenie:{request.path_params['name']}")
        if entry is None:
            raise RefusalError(404, "Request not found. It might not be processed, yet.")
        asked = requested(entry.message)
        return {
            "success": not entry.message.refused,
            "isSuccess": not entry.message.refused,
            "action": asked.action.capitalize(),
            "status": entry.message.refused or f"{asked.action}: done",
            "alertId": asked.alert,
            "alias": asked.alias,
            "integrationId": entry.message.source,
            "processedAt": iso(entry.message.received),
        }

    async def alert(request: Request) -> Any:
        """GET /v2/alerts/IDENTIFIER?identifierType=id|alias."""
        kind = request.query_params.get("identifierType", "id")
        found = await face.reads.alert_by(identity_of(request.path_params["name"], kind))
        if found is None:
            raise RefusalError(404, "Alert does not exist")
        return _shown(found, face.wall_offset())

    return [
        Route("/v2/alerts/requests/{name}", _guarded(face, outcome), methods=["GET"]),
        Route("/v2/alerts/{name}", _guarded(face, alert), methods=["GET"]),
    ]


def _guarded(face: Face, answer: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def handler(request: Request) -> Response:
        try:
            _check(request, face)
            return json_reply({"data": await answer(request), "took": 0.001, "requestId": ""})
        except RefusalError as refusal:
            return json_reply({"message": refusal.text, "took": 0.0, "requestId": ""}, refusal.status)
        except StoreUnavailable as error:
            return json_reply({"message": str(error), "took": 0.0, "requestId": ""}, 503)

    return handler


def _check(request: Request, face: Face) -> None:
    word, _, key = request.headers.get("Authorization", "").partition(" ")
    tokens = [t for source in face.sources().values() if source.adapter == ADAPTER for t in source.tokens]
    if word.lower() != "geniekey" or not authentic(tokens, [key.strip().encode()]):
        raise RefusalError(401, "Could not authenticate")


def _shown(alert: Alert, offset: float) -> dict[str, Any]:
    return {
        "id": alert.fingerprint.removeprefix("opsgenie:"),
        "alias": alert.external_id or "",
        "message": alert.summary,
        "status": "open" if alert.state == "firing" else "closed",
        "acknowledged": False,
        "count": alert.count,
        "priority": SEVERITIES[alert.severity],
        "createdAt": iso(offset + alert.first_at),
        "lastOccurredAt": iso(offset + alert.last_at),
        "updatedAt": iso(offset + max(alert.last_at, alert.ended_at)),
        "source": alert.host or "",
        "tags": [],
    }
