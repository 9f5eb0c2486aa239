"""The worklist over the API: what comes first, who should take it, and why."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestd.decide.oncall import Person
from ingestd.decide.queue import Line
from ingestd.web.answers import json_reply
from ingestd.web.api import Api
from ingestd.web.face import Face

PATH = "/api/v1/queue"
MOST = 10_000  # open incidents that are looked at


class Queue(Struct, frozen=True, kw_only=True):
    """The worklist in its order. Times are the engine's: add ``wall_offset`` for the wall clock."""

    queue: tuple[Line, ...]
    wall_offset: float


def routes(face: Face) -> list[Route]:
    """The one address."""
    return [Route(PATH, (api := QueueApi(face)).guarded(api.listing), methods=["GET"])]


class QueueApi(Api):
    """The handler."""

    async def listing(self, request: Request, _person: Person) -> Response:
        """GET /queue?person=lin: all of it, or what one person has taken or should take."""
        lines = self._face.worklist(await self._face.reads.incidents("open", MOST))
        person = request.query_params.get("person", "")
        wanted = tuple(line for line in lines if not person or line.offer.person == person)
        return json_reply(Queue(queue=wanted, wall_offset=self._face.wall_offset()))
