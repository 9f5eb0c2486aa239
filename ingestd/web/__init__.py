"""The web face: the JSON API, the reading halves of the drop-in APIs, the page behind a link, health for machines."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from ingestd.web import alertmanager, api, audit, explain, health, ledger, oncall, opsgenie, pages, queue, silences
from ingestd.web.face import Face

Doors = Callable[[str, str], ASGIApp | None]  # method and path -> who takes it in

__all__ = ["Doors", "Face", "build", "front"]


def build(face: Face) -> Starlette:
    """The application without what takes messages in."""
    faces = (api, explain, queue, oncall, audit, ledger, silences, alertmanager, opsgenie, pages, health)
    return Starlette(routes=[route for one in faces for route in one.routes(face)])


def front(doors: Doors, web: ASGIApp) -> ASGIApp:
    """One listener for all: what takes messages in goes straight to its door, which no framework slows down."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        found = doors(scope["method"], scope["path"]) if scope["type"] == "http" else None
        await (found or web)(scope, receive, send)

    return application
