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

from ingestd.decide.knowledge import thing, times_of
from ingestd.decide.oncall import Person
from ingestd.model import (
    REREAD,
    Alert,
    Before,
    Command,
    Entry,
    Incident,
    Message,
    Priority,
    StoreUnavailable,
    TimelineRow,
    Verdict,
)
from ingestd.store import ByHand, Delivery, Failure, Seen, Unpaged
from ingestd.web.answers import FIXED, RefusalError, body_of
from ingestd.web.answers import json_reply as reply
from ingestd.web.face import Face

Action = Literal[
    "open", "ack", "take", "restore", "resolve", "fixed", "assign", "add", "release", "note", "priority", "snooze",
    "stop", "merge", "split", "move",
]  # fmt: skip

#: What each command can't do without.
NEEDS: dict[str, tuple[str, ...]] = {
    "open": ("text",),
    "ack": (),
    "take": (),
    "restore": (),
    "resolve": (),
    "fixed": (),  # a text, or minutes
    "assign": ("person",),
    "add": ("person",),
    "release": (),
    "note": ("text",),
    "priority": ("priority",),
    "snooze": ("minutes",),
    "stop": (),
    "merge": ("into",),
    "split": (),  # a number that was merged, or an alert
    "move": ("alert",),
}
STATES = ("open", "triggered", "acknowledged", "resolved", "all")
MOST = 1000  # incidents or messages in one answer
DAY = 86400  # seconds
PAST = 90 * DAY  # seconds that are looked back on, unless others are asked for
NEWS = 86400.0  # seconds for which a message that is read again may still page


class Ask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a command; which fields count depends on the action."""

    person: str = ""
    department: str = ""
    text: str = ""
    priority: Priority | None = None
    minutes: float = 0.0  # worked; snooze: how long
    came_by: Literal["", "mail", "phone", "walk-in", "web", "monitor"] = ""
    into: int = 0  # merge: the incident that it continues as
    alert: int = 0  # split, move


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
    before: tuple[Before, ...] = ()  # the last times that it happened; wall times
    wall_offset: float


class One(Struct, frozen=True, kw_only=True):
    """An alert."""

    alert: Alert
    wall_offset: float


class Hosts(Struct, frozen=True, kw_only=True):
    """Hosts that alerts spoke of, by name."""

    hosts: tuple[Seen, ...]
    next: str  # ask on after this one; "" at the end
    wall_offset: float


class Failures(Struct, frozen=True, kw_only=True):
    """When nodes were out of reach, newest first."""

    failures: tuple[Failure, ...]
    next: int  # ask on before this alert; 0 at the end
    at: float  # now, by the engine's clock
    wall_offset: float


class Reloaded(Struct, frozen=True, kw_only=True):
    """What became of a reload."""

    ok: bool
    problems: tuple[str, ...] = ()  # file:line:column: what
    notes: tuple[str, ...] = ()


class Joined(Struct, frozen=True, kw_only=True):
    """Alerts that nobody was paged about, newest first."""

    alerts: tuple[Unpaged, ...]
    next: int  # ask on before this alert; 0 at the end
    wall_offset: float


class Hints(Struct, frozen=True, kw_only=True):
    """What people merged, split and moved, newest first."""

    hints: tuple[ByHand, ...]
    wall_offset: float


class ErrorBody(Struct, frozen=True):
    """The body of every answer that is not 2xx."""

    error: str


class Kept(Struct, frozen=True, kw_only=True):
    """A message of the inbox without its body."""

    id: int
    kind: str
    source: str
    received: float  # wall clock
    sender: str
    incident: int | None
    error: str = ""  # why it was set aside


class Inbox(Struct, frozen=True, kw_only=True):
    """Messages, newest first."""

    messages: tuple[Kept, ...]


class Again(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages are to be read again."""

    ids: tuple[int, ...] = ()


class Reread(Struct, frozen=True, kw_only=True):
    """The messages that are read again: the old inbox id and the new one."""

    read: tuple[tuple[int, int], ...]
    gone: tuple[int, ...] = ()  # there is no such message, or its body was erased


def routes(face: Face) -> list[Route]:
    """Every address of the API."""
    api = Api(face)
    return [
        Route("/api/v1/incidents", api.guarded(api.listing), methods=["GET"]),
        Route("/api/v1/incidents", api.guarded(api.open), methods=["POST"]),
        Route("/api/v1/incidents/{number:int}", api.guarded(api.show), methods=["GET"]),
        Route("/api/v1/incidents/{number:int}/{action}", api.guarded(api.command), methods=["POST"]),
        Route("/api/v1/alerts/{number:int}", api.guarded(api.alert), methods=["GET"]),
        Route("/api/v1/hosts", api.guarded(api.hosts), methods=["GET"]),
        Route("/api/v1/failures", api.guarded(api.failures), methods=["GET"]),
        Route("/api/v1/joined", api.guarded(api.joined), methods=["GET"]),
        Route("/api/v1/hints", api.guarded(api.hints), methods=["GET"]),
        Route("/api/v1/reload", api.guarded(api.reload), methods=["POST"]),
        Route("/api/v1/inbox", api.guarded(api.inbox), methods=["GET"]),
        Route("/api/v1/inbox/{number:int}", api.guarded(api.message), methods=["GET"]),
        Route("/api/v1/inbox/reread", api.guarded(api.reread), methods=["POST"]),
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
        alerts = await reads.alerts_of(number)
        whole = Whole(
            incident=incident,
            alerts=alerts,
            timeline=await reads.timeline_of(number),
            notifications=tuple(map(_told, await reads.notifications_of(number))),
            before=times_of(await reads.known(thing(incident, alerts)), incident),
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

    async def hosts(self, request: Request, _person: Person) -> Response:
        """GET /hosts?limit=500&after=NODE."""
        limit = max(1, min(_count(request, "limit", 500), MOST))
        found, following = await self._face.reads.hosts(limit, request.query_params.get("after", ""))
        return reply(Hosts(hosts=found, next=following, wall_offset=self._face.wall_offset()))

    async def failures(self, request: Request, _person: Person) -> Response:
        """GET /failures?within=SECONDS&limit=1000&before=ALERT."""
        limit, before = max(1, min(_count(request, "limit", MOST), MOST)), _count(request, "before", 0)
        found, following = await self._face.reads.failures(self._since(request), before, limit)
        now, offset = self._now(), self._face.wall_offset()
        return reply(Failures(failures=found, next=following, at=now, wall_offset=offset))

    async def reload(self, _request: Request, _person: Person) -> Response:
        """POST /reload: take over changed files, all or none. 409: they were refused."""
        refused = await self._face.reload()
        return reply(Reloaded(ok=not refused, problems=refused, notes=self._face.notes()), 409 if refused else 200)

    async def joined(self, request: Request, _person: Person) -> Response:
        """GET /joined?within=SECONDS&limit=1000&before=ALERT: what joined, was hidden, or was over before its page."""
        before, limit = _count(request, "before", 0), min(_count(request, "limit", MOST), MOST)
        found, following = await self._face.reads.unpaged(self._since(request, DAY), before, limit)
        return reply(Joined(alerts=found, next=following, wall_offset=self._face.wall_offset()))

    async def hints(self, request: Request, _person: Person) -> Response:
        """GET /hints?within=SECONDS."""
        found = await self._face.reads.by_hand(self._since(request), MOST)
        return reply(Hints(hints=found, wall_offset=self._face.wall_offset()))

    def _now(self) -> float:
        return self._face.clock() - self._face.wall_offset()

    def _since(self, request: Request, past: int = PAST) -> float:
        return self._now() - _count(request, "within", past)

    async def inbox(self, request: Request, _person: Person) -> Response:
        """GET /inbox?what=unrecognised|shunted&limit=100&before=ID."""
        what = request.query_params.get("what", "unrecognised")
        limit, before = min(_count(request, "limit", 100), MOST), _count(request, "before", 0)
        if what == "unrecognised":
            found = await self._face.reads.unrecognised(limit, before)
            return reply(Inbox(messages=tuple(_kept(one.id, one.message, one.incident) for one in found)))
        if what == "shunted":
            aside = await self._face.reads.shunted(limit)
            return reply(Inbox(messages=tuple(_kept(one.id, one.message, one.incident, one.error) for one in aside)))
        raise RefusalError(422, f"what: expected unrecognised or shunted, got {what!r}")

    async def message(self, request: Request, _person: Person) -> Response:
        """GET /inbox/ID: a mail or a webhook's body, byte for byte."""
        entry = await self._face.reads.entry(int(request.path_params["number"]))
        if entry is None or entry.message.kind not in ("mail", "webhook"):
            raise RefusalError(404, "there is no such message")
        fixed = FIXED | {"Content-Disposition": "attachment"}
        return Response(entry.message.body, 200, fixed, "application/octet-stream")

    async def reread(self, request: Request, person: Person) -> Response:
        """POST /inbox/reread {"ids": […]}: put kept messages into the inbox again, to be read by today's rules."""
        try:
            asked = msgspec.json.decode(await body_of(request), type=Again)
        except msgspec.DecodeError as error:
            raise RefusalError(422, str(error)) from error
        if not 0 < len(asked.ids) <= MOST:
            raise RefusalError(422, f"ids: expected 1 to {MOST} numbers")
        read, gone = [], []
        for number in sorted(asked.ids):
            entry = await self._face.reads.entry(number)
            if entry is None or entry.message.kind not in ("mail", "webhook") or not entry.message.body:
                gone.append(number)
            else:
                read.append((number, await self._face.receive(self._again(entry, person))))
        return reply(Reread(read=tuple(read), gone=tuple(gone)))

    def _again(self, entry: Entry, person: Person) -> Message:
        """The same message once more. News of before today open nothing."""
        now = self._face.clock()
        return msgspec.structs.replace(
            entry.message,
            received=now,
            origin=f"{REREAD}{entry.id}:{now:.3f}",
            actor=person.id,
            refused="",
            old=entry.message.old or now - entry.message.received > NEWS,
        )

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
        ask = _ask(await body_of(request))
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
            minutes=0.0 if action == "snooze" else ask.minutes,
            seconds=60 * ask.minutes if action == "snooze" else 0.0,
            came_by=ask.came_by or ("phone" if action == "open" else ""),
            into=ask.into,
            alert=ask.alert,
            fingerprint=await self._fingerprint(ask.alert),
        )
        try:
            verdict = await self._face.act(command, person.id)
        except TimeoutError:
            return reply(Verdict(True, "kept; its verdict is not known yet", number), 202)
        return reply(verdict, 200 if verdict.ok else 409)

    async def _fingerprint(self, number: int) -> str:
        """Of the alert that a command is about, by which a replay finds it; RefusalError if there is none."""
        alert = await self._face.reads.alert(number) if number else None
        if number and alert is None:
            raise RefusalError(404, f"there is no alert {number}")
        return alert.fingerprint if alert else ""


def digest(token: str) -> str:
    """What people.yaml keeps of a token."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


def holders(people: tuple[Person, ...], token: str) -> tuple[Person, ...]:
    """Whose token it is. Every token is compared, so that the time taken tells nothing."""
    shown = digest(token).encode()
    found = [person for person in people for kept in person.tokens if hmac.compare_digest(kept.encode(), shown)]
    return tuple(found) if token else ()


def _person(request: Request, people: tuple[Person, ...]) -> Person:
    """Who shows this token."""
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    found = holders(people, token.strip()) if word.lower() == "bearer" else ()
    if not found:
        raise RefusalError(
            401, "a personal token is needed (Authorization: Bearer …)", **{"WWW-Authenticate": "Bearer"}
        )
    return found[0]


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


def _kept(number: int, message: Message, incident: int | None, error: str = "") -> Kept:
    return Kept(
        id=number,
        kind=message.kind,
        source=message.source,
        received=message.received,
        sender=message.sender,
        incident=incident,
        error=error,
    )


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
