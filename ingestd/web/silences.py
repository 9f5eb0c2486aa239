"""Silences over the API: what is hidden, by whom, until when, and what each has hidden."""

import uuid
from datetime import datetime

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestd.decide.oncall import Person
from ingestd.decide.silenced import forgotten
from ingestd.decide.spans import active
from ingestd.model import Command, Incident, Matcher, Silence, Weekly
from ingestd.web.answers import RefusalError, body_of, json_reply
from ingestd.web.api import Api
from ingestd.web.face import Face

PATH = "/api/v1/silences"


class AskedSilence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is posted. Without ``starts_at`` it begins now; ``weekly`` times are those of its zone."""

    matchers: tuple[Matcher, ...] = ()
    targets: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime
    weekly: Weekly | None = None
    until_end_of: int = 0
    comment: str


class ShownSilence(Struct, frozen=True, kw_only=True):
    """A silence, and how it stands."""

    silence: Silence
    state: str  # pending | active | ended
    forgotten: bool  # it goes on, and has hidden nothing for a week


class Silences(Struct, frozen=True, kw_only=True):
    """Silences, those that end last first."""

    silences: tuple[ShownSilence, ...]
    wall_offset: float


class Made(Struct, frozen=True, kw_only=True):
    """The verdict on a silence, and the incidents that it hides at once."""

    ok: bool
    text: str
    id: str = ""
    hides: tuple[Incident, ...] = ()


def routes(face: Face) -> list[Route]:
    """Every address about silences."""
    api = SilenceApi(face)
    return [
        Route(PATH, api.guarded(api.listing), methods=["GET"]),
        Route(PATH, api.guarded(api.make), methods=["POST"]),
        Route(f"{PATH}/{{name}}/end", api.guarded(api.end), methods=["POST"]),
    ]


class SilenceApi(Api):
    """The handlers."""

    async def listing(self, request: Request, _person: Person) -> Response:
        """GET /silences?state=all: those that are not over, or all that are remembered."""
        found = [self._shown(one) for one in await self._face.reads.silences()]
        wanted = [one for one in found if one.state != "ended" or request.query_params.get("state") == "all"]
        return json_reply(Silences(silences=tuple(wanted), wall_offset=self._face.wall_offset()))

    async def make(self, request: Request, person: Person) -> Response:
        """POST /silences."""
        asked = _asked(await body_of(request))
        made = Silence(
            id=uuid.uuid4().hex[:8],
            matchers=asked.matchers,
            targets=asked.targets,
            starts_at=asked.starts_at.timestamp() if asked.starts_at else self._face.clock(),
            ends_at=asked.ends_at.timestamp(),
            weekly=asked.weekly,
            until_end_of=asked.until_end_of,
            by="",
            comment=asked.comment,
        )
        return await self._done(Command(action="silence", silence=made), person, made.id)

    async def end(self, request: Request, person: Person) -> Response:
        """POST /silences/ID/end."""
        name = request.path_params["name"]
        return await self._done(Command(action="expire", text=name), person, name)

    async def _done(self, command: Command, person: Person, name: str) -> Response:
        verdict = await self._face.act(command, person.id)
        open_ones = await self._face.reads.incidents("open", 1000) if verdict.ok else ()
        hides = tuple(incident for incident in open_ones if name in incident.silenced_by)
        made = Made(ok=verdict.ok, text=verdict.text, id=name, hides=hides)
        return json_reply(made, 200 if verdict.ok else 409)

    def _shown(self, one: Silence) -> ShownSilence:
        now = self._face.clock()
        state = "ended" if one.ends_at <= now else "active" if active(one, now) else "pending"
        return ShownSilence(silence=one, state=state, forgotten=forgotten(one, now))


def _asked(body: bytes) -> AskedSilence:
    try:
        found = msgspec.json.decode(body, type=AskedSilence)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RefusalError(422, str(error)) from error
    if found.ends_at.tzinfo is None or (found.starts_at is not None and found.starts_at.tzinfo is None):
        raise RefusalError(422, "starts_at, ends_at: expected times with a zone")
    if not found.comment.strip():
        raise RefusalError(422, "comment: expected a word why")
    return found
