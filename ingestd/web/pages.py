"""The page behind the link in a mail: what it is about, and one button.

GET changes nothing, because scanners of mail gateways open every link; only the button's POST acknowledges.
"""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ingestd.channels.texts import last_time
from ingestd.decide.facts import line_of
from ingestd.decide.knowledge import thing, times_of
from ingestd.decide.oncall import Person
from ingestd.links import Grant, LinkError
from ingestd.model import Alert, Command, Incident, StoreUnavailable, Verdict
from ingestd.web.answers import RefusalError, body_of
from ingestd.web.face import Face
from ingestd.web.linkwords import Words, words_in

PARTS = 12  # alerts on one page
LISTED = 100  # incidents on one page
FROM_GROUP = "by a link that was posted to a group"

STYLE = """
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 1.2rem; max-width: 34rem; }
h1 { font-size: 1.25rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
p { margin: .4rem 0; overflow-wrap: anywhere; }
.number { opacity: .7; }
.priority { font-weight: 700; }
button { width: 100%; margin-top: 1.2rem; padding: 1rem; font: inherit; font-weight: 700; border: 0;
  border-radius: .5rem; background: #0b57d0; color: #fff; }
h2 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
ul { margin: 0; padding: 0; list-style: none; }
li { padding: .5rem 0; border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
li form { display: inline; }
li button { width: auto; margin: .3rem 0 0; padding: .5rem .8rem; font-weight: 400; font-size: .9rem;
  background: transparent; color: inherit; border: 1px solid currentColor; }
select { width: 100%; margin-top: 1rem; padding: .8rem; font: inherit; }
button:focus-visible, select:focus-visible { outline: .2rem solid currentColor; outline-offset: .2rem; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


class Part(Struct, frozen=True):
    """An alert on the page."""

    id: int
    line: str
    sure: bool
    apart: bool  # may be split off


class Line(Struct, frozen=True):
    """One of several incidents on the page."""

    number: int
    priority: str
    title: str
    state: str
    owner: str
    button: bool  # it is still to be taken


def routes(face: Face) -> list[Route]:
    """The link page."""
    pages = Pages(face)
    return [Route("/a/{token}", pages.ask, methods=["GET"]), Route("/a/{token}", pages.acknowledge, methods=["POST"])]


class Pages:
    """Shows the page and acts on its button."""

    def __init__(self, face: Face) -> None:
        self._face = face
        environment = Environment(
            loader=PackageLoader("ingestd.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._template = environment.get_template("link.html")

    async def ask(self, request: Request) -> Response:
        """GET: the incident and the button, if there is something to acknowledge."""
        admitted = self._admit(request)
        if isinstance(admitted, Response):
            return admitted
        grant, person = admitted
        words = self._words(person)
        if grant.action == "ask":
            return await self._who(grant, words)
        if not grant.incident:
            return await self._many(grant, person, words.many)
        incident = await self._face.reads.incident(grant.incident)
        if incident is None:
            return self._page(words, note=words.gone, status=404)
        over = incident.state == "resolved"
        mine = incident.state == "acknowledged" and incident.owner == person.id
        return self._page(
            words,
            person=_called(person),
            number=incident.number,
            priority=incident.priority,
            title=incident.title,
            state=_state(words, incident),
            owner=self._called(incident.owner),
            note=words.over if over else words.mine if mine else words.ask,
            button=not over and not mine,
            parts=() if over else await self._parts(incident),
            before=await self._before(incident, person),
        )

    async def _who(self, grant: Grant, words: Words) -> Response:
        """The page of a link that many read: the incident, and the question who acts."""
        incident = await self._face.reads.incident(grant.incident)
        if incident is None:
            return self._page(words, note=words.gone, status=404)
        over = incident.state == "resolved"
        return self._page(
            words,
            number=incident.number,
            priority=incident.priority,
            title=incident.title,
            state=_state(words, incident),
            owner=self._called(incident.owner),
            note=words.over if over else words.who,
            people=() if over else tuple((one.id, _called(one)) for one in self._members()),
            chosen=grant.person,
        )

    async def _said(self, request: Request, grant: Grant, words: Words) -> Response:
        """Somebody of the group says who she is, and takes it."""
        try:
            named = await _field(request, "person")
        except RefusalError as refusal:
            return self._page(words, note=words.forged, status=refusal.status)
        person = next((one for one in self._members() if one.id == named), None)
        if person is None:
            return self._page(words, note=words.forged, status=422)
        command = Command(
            action="ack", incident=grant.incident, notification=grant.notification, came_by="web", text=FROM_GROUP
        )
        return await self._done(command, person)

    def _members(self) -> list[Person]:
        """Who may say that she acts."""
        return [one for one in self._face.people() if not one.outsider]

    async def _before(self, incident: Incident, person: Person) -> tuple[str, ...]:
        """The last times that it happened, in the words of the letters."""
        name = thing(incident, await self._face.reads.alerts_of(incident.number))
        times = times_of(await self._face.reads.known(name), incident)
        spoken, zone = person.language or self._face.language(), self._face.rules().people.zone
        return tuple(last_time(one, spoken, zone) for one in times)

    async def _many(self, grant: Grant, person: Person, note: str, status: int = 200) -> Response:
        """The page of a letter that told of several."""
        words = self._words(person)
        found = [await self._face.reads.incident(number) for number in await self._listed(grant)]
        lines = tuple(
            Line(
                one.number,
                one.priority,
                one.title,
                words.states[one.state],
                self._called(one.owner),
                button=one.state == "triggered",
            )
            for one in {one.number: one for one in found if one is not None}.values()
        )
        if not lines:
            return self._page(words, note=words.gone, status=404)
        return self._page(words, person=_called(person), note=note, lines=lines, status=status)

    async def _listed(self, grant: Grant) -> tuple[int, ...]:
        """The incidents that the letter of a link told of."""
        found = await self._face.reads.notification(grant.notification)
        if found is None or found.notification.person != grant.person:
            return ()
        return tuple(one.incident for one in found.notification.facts.listed)[:LISTED]

    async def _take(self, request: Request, grant: Grant, person: Person) -> Response:
        """Take one of several, or all that nobody has."""
        words, listed = self._words(person), await self._listed(grant)
        try:
            asked = await _field(request, "incident")
        except RefusalError as refusal:
            return self._page(words, note=words.forged, status=refusal.status)
        wanted = listed if asked == "all" else tuple(one for one in listed if str(one) == asked)
        if not wanted:
            return self._page(words, note=words.forged, status=422)
        note = words.mine
        for number in wanted:
            incident = await self._face.reads.incident(number)
            if incident is None or incident.state != "triggered":
                continue
            command = Command(action="ack", incident=number, notification=grant.notification, came_by="web")
            verdict = await self._verdict(command, person)
            if isinstance(verdict, Response):
                return verdict
            note = note if verdict.ok else verdict.text
        return await self._many(grant, person, note)

    async def _parts(self, incident: Incident) -> tuple[Part, ...]:
        """What joined the incident and still fires, the unsure first; a phone's screenful."""
        alerts = [a for a in await self._face.reads.alerts_of(incident.number) if a.state == "firing"]
        alerts.sort(key=lambda a: (a.certainty != "unsure", a.id))
        return tuple(
            Part(a.id, line_of(a), sure=a.certainty != "unsure", apart=a.node != incident.cause and len(alerts) > 1)
            for a in alerts[:PARTS]
        )

    async def acknowledge(self, request: Request) -> Response:
        """POST: the acknowledgement, or "not part of this", with the step's verdict as the answer."""
        admitted = self._admit(request)
        if isinstance(admitted, Response):
            return admitted
        grant, person = admitted
        words = self._words(person)
        if grant.action == "ask":
            return await self._said(request, grant, words)
        if not grant.incident:
            return await self._take(request, grant, person)
        try:
            alert = await self._asked_apart(request)
        except RefusalError as refusal:
            return self._page(words, note=words.forged, status=refusal.status)
        command = Command(
            action="split" if alert else grant.action,
            incident=grant.incident,
            notification=grant.notification,
            came_by="web",
            alert=alert.id if alert else 0,
            fingerprint=alert.fingerprint if alert else "",
        )
        return await self._done(command, person)

    async def _done(self, command: Command, person: Person) -> Response:
        """What came of it."""
        words, verdict = self._words(person), await self._verdict(command, person)
        if isinstance(verdict, Response):
            return verdict
        if verdict.ok:
            note = words.split if command.action == "split" else words.mine
            return self._page(words, person=_called(person), number=verdict.incident or command.incident, note=note)
        return self._page(words, number=command.incident, note=verdict.text, status=409)

    async def _verdict(self, command: Command, person: Person) -> Verdict | Response:
        """The step's verdict; a page, if it could not be kept or takes long."""
        words = self._words(person)
        try:
            return await self._face.act(command, person.id)
        except StoreUnavailable as error:
            return self._page(words, note=words.later, status=503, headers={"Retry-After": str(error.retry_after)})
        except TimeoutError:
            return self._page(words, note=words.late, status=202)

    async def _asked_apart(self, request: Request) -> Alert | None:
        """The alert whose button was pressed; None: it was the other button."""
        asked = await _field(request, "apart")
        if not asked:
            return None
        alert = await self._face.reads.alert(int(asked)) if asked.isascii() and asked.isdigit() else None
        if alert is None:
            raise RefusalError(422, "there is no such alert")
        return alert

    def _admit(self, request: Request) -> tuple[Grant, Person] | Response:
        try:
            grant = self._face.links.read(request.path_params["token"])
        except LinkError as error:
            words = words_in(self._face.language())
            return self._page(words, note=words.expired if error.expired else words.forged, status=403)
        person = next((p for p in self._face.people() if p.id == grant.person), None)
        if person is None:
            words = words_in(self._face.language())
            return self._page(words, note=words.forged, status=403)
        return grant, person

    def _words(self, person: Person) -> Words:
        return words_in(person.language or self._face.language())

    def _called(self, person_id: str) -> str:
        return next((_called(p) for p in self._face.people() if p.id == person_id), person_id)

    def _page(
        self,
        words: Words,
        *,
        note: str,
        person: str = "",
        number: int = 0,
        priority: str = "",
        title: str = "",
        state: str = "",
        owner: str = "",
        button: bool = False,
        parts: tuple[Part, ...] = (),
        before: tuple[str, ...] = (),
        lines: tuple[Line, ...] = (),
        people: tuple[tuple[str, str], ...] = (),
        chosen: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        text = self._template.render(
            w=words,
            style=STYLE,
            note=note,
            person=person,
            number=number,
            priority=priority,
            title=title,
            state=state,
            owner=owner,
            button=button,
            parts=parts,
            before=before,
            lines=lines,
            people=people,
            chosen=chosen,
        )
        return HTMLResponse(text, status, headers={**HEADERS, **(headers or {})})


def _state(words: Words, incident: Incident) -> str:
    restored = incident.restored_at and incident.state != "resolved"
    return words.states["restored" if restored else incident.state]


async def _field(request: Request, name: str) -> str:
    """A field of a form; "" if it is not there. RefusalError: the form is too long."""
    return parse_qs((await body_of(request)).decode("utf-8", "replace")).get(name, [""])[0]


def _called(person: Person) -> str:
    return person.name or person.id
