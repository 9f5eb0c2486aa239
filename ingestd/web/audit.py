"""What the auditor finds now, over the API."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestd.decide.oncall import Person
from ingestd.web.answers import json_reply
from ingestd.web.api import Api
from ingestd.web.face import Face, Stuck

PATH = "/api/v1/audit"


class Audited(Struct, frozen=True, kw_only=True):
    """One look at everything."""

    findings: tuple[Stuck, ...]


def routes(face: Face) -> list[Route]:
    """The one address."""
    return [Route(PATH, (api := AuditApi(face)).guarded(api.look), methods=["GET"])]


class AuditApi(Api):
    """The handler."""

    async def look(self, _request: Request, _person: Person) -> Response:
        """GET /audit: look now; it counts as none of the looks after which somebody is told."""
        return json_reply(Audited(findings=await self._face.audit()))
