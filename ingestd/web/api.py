"""The JSON API under /api/v1: incidents to read, and commands that wait for the step's verdict.

Whoever calls shows a personal token (``Authorization: Bearer``); people.yaml holds only its SHA-256. Answers:
401 without a known token, 404 for what does not exist, 409 with the verdict's text where the step refused, 413 and 422
for a body that can't be used, 503 with Retry-After while the store can't commit, 202 where the command is kept but its
verdict is late.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestd.decide.oncall import Person
from ingestd.model import Alert, Command, Incident, Priority, StoreUnavailable, TimelineRow, Verdict
from ingestd.store import Delivery
from ingestd.web.face import Face

Action = Literal["open", "ack", "resolve", "assign", "note", "priority"]

#: What each command can't do without.
NEEDS: dict[str, tuple[str, ...]] = {
    "open": ("text",),
    "ack": (),
    "resolve": (),
    "assign": ("person",),
    "note": ("text",),
    "priority": ("priority",),
}
STATES = ("open", "triggered", "acknowledged", "resolved", "all")
BODY_LIMIT = 64 * 1024
MOST = 1000  # incidents in one answer


class Ask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a command; which fields count depends on the action."""

    person: str = ""
    department: str = ""
    text: str = ""
    priority: Priority | None = None
    minutes: float = 0.0
    came_by: Literal["", "mail", "phone", "walk-in", "web", "monitor"] = ""


class Told(Struct, frozen=True, kw_only=True):
    """A notification without its text."""

    id: int
    incident: int
    person: str
    kind: str
    at: float
    state: str
    channel: str
    detail: str
    attempts: int


class Listing(Struct, frozen=True, kw_only=True):
    """Incidents, newest first. Times are the engine's: add ``wall_offset`` for the wall clock."""

    incidents: tuple[Incident, ...]
    wall_offset: float


class Whole(Struct, frozen=True, kw_only=True):
    """An incident with all that belongs to it."""

    incident: Incident
    alerts: tuple[Alert, ...]
    timeline: tuple[TimelineRow, ...]
    notifications: tuple[Told, ...]
    wall_offset: float


class One(Struct, frozen=True, kw_only=True):
    """An alert."""

    alert: Alert
    wall_offset: float


class RefusalError(Exception):
    """An answer other than 2xx."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


class ErrorBody(Struct, frozen=True):
    """The body of every answer that is not 2xx."""

    error: str


def routes(face: Face) -> list[Route]:
    """Every address of the API."""
    api = Api(face)
    return [
        Route("/api/v1/incidents", api.guarded(api.listing), methods=["GET"]),
        Route("/api/v1/incidents", api.guarded(api.open), methods=["POST"]),
        Route("/api/v1/incidents/{number:int}", api.guarded(api.show), methods=["GET"]),
        Route("/api/v1/incidents/{number:int}/{action}", api.guarded(api.command), methods=["POST"]),
        Route("/api/v1/alerts/{number:int}", api.guarded(api.alert), methods=["GET"]),
    ]


Answer = Callable[[Request, Person], Awaitable[Response]]


class Api:
    """The handlers; each is given the person whose token was shown."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def guarded(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """Lets only known people in, and turns refusals into answers."""

        async def handler(request: Request) -> Response:
            try:
                return await answer(request, _person(request, self._face.people()))
            except RefusalError as refusal:
                return reply(ErrorBody(refusal.text), refusal.status, refusal.headers)
            except StoreUnavailable as error:
                return reply(ErrorBody(str(error)), 503, {"Retry-After": str(error.retry_after)})

        return handler

    async def listing(self, request: Request, _person: Person) -> Response:
        """GET /incidents?state=open|triggered|acknowledged|resolved|all&limit=100&before=NUMBER."""
        state = request.query_params.get("state", "open")
        if state not in STATES:
            raise RefusalError(422, f"state: expected {', '.join(STATES)}, got {state!r}")
        limit = min(_count(request, "limit", 100), MOST)
        before = _count(request, "before", 0)
        found = await self._face.reads.incidents(None if state == "all" else state, limit, before)
        return reply(Listing(incidents=found, wall_offset=self._face.wall_offset()))

    async def show(self, request: Request, _person: Person) -> Response:
        """GET /incidents/NUMBER."""
        number, reads = int(request.path_params["number"]), self._face.reads
        incident = await reads.incident(number)
        if incident is None:
            raise RefusalError(404, f"there is no incident {number}")
        whole = Whole(
            incident=incident,
            alerts=await reads.alerts_of(number),
            timeline=await reads.timeline_of(number),
            notifications=tuple(map(_told, await reads.notifications_of(number))),
            wall_offset=self._face.wall_offset(),
        )
        return reply(whole)

    async def alert(self, request: Request, _person: Person) -> Response:
        """GET /alerts/ID."""
        number = int(request.path_params["number"])
        found = await self._face.reads.alert(number)
        if found is None:
            raise RefusalError(404, f"there is no alert {number}")
        return reply(One(alert=found, wall_offset=self._face.wall_offset()))

    async def open(self, request: Request, person: Person) -> Response:
        """POST /incidents: a call that somebody took."""
        return await self._act("open", 0, request, person)

    async def command(self, request: Request, person: Person) -> Response:
        """POST /incidents/NUMBER/ACTION."""
        action = request.path_params["action"]
        known = tuple(name for name in NEEDS if name != "open")
        if action not in known:
            raise RefusalError(404, f"unknown action {action!r}: known are {', '.join(known)}")
        return await self._act(action, int(request.path_params["number"]), request, person)

    async def _act(self, action: Action, number: int, request: Request, person: Person) -> Response:
        ask = _ask(await _body(request))
        missing = [name for name in NEEDS[action] if not getattr(ask, name)]
        if missing:
            raise RefusalError(422, f"{action} needs {' and '.join(missing)}")
        if ask.minutes < 0:
            raise RefusalError(422, "minutes: expected a number from 0 on")
        command = Command(
            action=action,
            incident=number,
            person=ask.person,
            department=ask.department,
            text=ask.text,
            priority=ask.priority,
            minutes=ask.minutes,
            came_by=ask.came_by or ("phone" if action == "open" else ""),
        )
        try:
            verdict = await self._face.act(command, person.id)
        except TimeoutError:
            return reply(Verdict(True, "kept; its verdict is not known yet", number), 202)
        return reply(verdict, 200 if verdict.ok else 409)


def reply(value: Struct, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer that nobody caches."""
    fixed = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    body = msgspec.json.encode(value)
    return Response(body, status, media_type="application/json", headers=fixed | (headers or {}))


def digest(token: str) -> str:
    """What people.yaml keeps of a token."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


def _person(request: Request, people: tuple[Person, ...]) -> Person:
    """Who shows this token. Every token is compared, so that the time taken tells nothing."""
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    shown = digest(token.strip()).encode()
    found = [person for person in people for kept in person.tokens if hmac.compare_digest(kept.encode(), shown)]
    if word.lower() != "bearer" or not token.strip() or not found:
        raise RefusalError(
            401, "a personal token is needed (Authorization: Bearer …)", **{"WWW-Authenticate": "Bearer"}
        )
    return found[0]


async def _body(request: Request) -> bytes:
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > BODY_LIMIT:
            raise RefusalError(413, f"the body is longer than {BODY_LIMIT} bytes")
    return bytes(read)


def _ask(body: bytes) -> Ask:
    try:
        return msgspec.json.decode(body or b"{}", type=Ask)
    except msgspec.DecodeError as error:
        raise RefusalError(422, str(error)) from error


def _count(request: Request, name: str, default: int) -> int:
    text: Any = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise RefusalError(422, f"{name}: expected a whole number, got {text!r}")
    return int(text)


def _told(delivery: Delivery) -> Told:
    said = delivery.notification
    return Told(
        id=said.id,
        incident=said.incident,
        person=said.person,
        kind=said.kind,
        at=said.at,
        state=said.state,
        channel=delivery.channel,
        detail=delivery.detail,
        attempts=delivery.attempts,
    )
