"""The web face: the JSON API, the page behind a mail's link, and health for machines."""

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from ingestd.web import api, health, pages
from ingestd.web.face import Face

__all__ = ["Face", "build", "front"]


def build(face: Face) -> Starlette:
    """The application without the webhooks."""
    return Starlette(routes=[*api.routes(face), *pages.routes(face), *health.routes(face)])


def front(webhooks: ASGIApp, web: ASGIApp) -> ASGIApp:
    """One listener for both: /webhooks/ goes straight to the bare intake, which no framework slows down."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        intake = scope["type"] == "http" and scope["path"].startswith("/webhooks/")
        await (webhooks if intake else web)(scope, receive, send)

    return application
