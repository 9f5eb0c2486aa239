"""Health for machines: /healthz (restart me?), /readyz (send me work?), /metrics."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ingestd.web.face import Face

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def routes(face: Face) -> list[Route]:
    """The three addresses; they tell no secrets and need no login."""

    async def healthz(_request: Request) -> Response:
        return _state(face.alive())

    async def readyz(_request: Request) -> Response:
        return _state(await face.ready(), face.notes())

    async def metrics(_request: Request) -> Response:
        return Response(face.metrics(), headers={"Content-Type": METRICS_TYPE})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _state(reasons: tuple[str, ...], notes: tuple[str, ...] = ()) -> Response:
    lines = (*(reasons or ("ok",)), *(f"note: {note}" for note in notes))
    return PlainTextResponse("\n".join(lines) + "\n", 503 if reasons else 200)
