"""The page behind the link in a mail: what it is about, and one button.

GET changes nothing, because scanners of mail gateways open every link; only the button's POST acknowledges.
"""

import base64
import hashlib
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ingestd.decide.oncall import Language, Person
from ingestd.links import Grant, LinkError
from ingestd.model import Command, StoreUnavailable
from ingestd.web.face import Face

STYLE = """
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 1.2rem; max-width: 34rem; }
h1 { font-size: 1.25rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
p { margin: .4rem 0; overflow-wrap: anywhere; }
.number { opacity: .7; }
.priority { font-weight: 700; }
button { width: 100%; margin-top: 1.2rem; padding: 1rem; font: inherit; font-weight: 700; border: 0;
  border-radius: .5rem; background: #0b57d0; color: #fff; }
button:focus-visible { outline: .2rem solid currentColor; outline-offset: .2rem; }
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


class Words(Struct, frozen=True, kw_only=True):
    """What the page says in one language."""

    lang: str
    incident: str
    hello: str
    ask: str
    button: str
    taken: str
    mine: str
    over: str
    gone: str
    expired: str
    forged: str
    later: str
    late: str
    states: dict[str, str]


WORDS: dict[Language, Words] = {
    "en": Words(
        lang="en",
        incident="Incident",
        hello="You are",
        ask="Acknowledging makes it yours until you hand it over, and stops the escalation.",
        button="Acknowledge",
        taken="Taken by",
        mine="Done. It is yours.",
        over="It is over already; there is nothing to do.",
        gone="This incident is not known any more.",
        expired="This link has expired. Use the newest mail about the incident.",
        forged="This link is not valid.",
        later="It can't be kept at the moment. Nothing was changed: try again in a minute.",
        late="Kept. The answer takes longer than usual; open the link again in a minute to see it.",
        states={"triggered": "waiting for somebody", "acknowledged": "acknowledged", "resolved": "resolved"},
    ),
    "zh_CN": Words(
        lang="zh-CN",
        incident="故障单",
        hello="您是",
        ask="接单后由您负责，直到转交他人；升级随即停止。",
        button="接单",
        taken="负责人：",
        mine="接单成功，由您负责。",
        over="故障已解决，无需操作。",
        gone="找不到该故障单。",
        expired="链接已过期，请使用该故障单最新一封邮件中的链接。",
        forged="链接无效。",
        later="暂时无法保存，未作任何更改，请稍后再试。",
        late="已收到，处理时间比平时长，请稍后重新打开链接查看。",
        states={"triggered": "待接单", "acknowledged": "已接单", "resolved": "已解决"},
    ),
}


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
            state=words.states[incident.state],
            owner=self._called(incident.owner),
            note=words.over if over else words.mine if mine else words.ask,
            button=not over and not mine,
        )

    async def acknowledge(self, request: Request) -> Response:
        """POST: the acknowledgement, with the step's verdict as the answer."""
        admitted = self._admit(request)
        if isinstance(admitted, Response):
            return admitted
        grant, person = admitted
        words = self._words(person)
        command = Command(action=grant.action, incident=grant.incident, notification=grant.notification, came_by="web")
        try:
            verdict = await self._face.act(command, person.id)
        except StoreUnavailable as error:
            return self._page(words, note=words.later, status=503, headers={"Retry-After": str(error.retry_after)})
        except TimeoutError:
            return self._page(words, note=words.late, status=202)
        if verdict.ok:
            return self._page(words, person=_called(person), number=verdict.incident or grant.incident, note=words.mine)
        return self._page(words, number=grant.incident, note=verdict.text, status=409)

    def _admit(self, request: Request) -> tuple[Grant, Person] | Response:
        try:
            grant = self._face.links.read(request.path_params["token"])
        except LinkError as error:
            words = WORDS[self._face.language()]
            return self._page(words, note=words.expired if error.expired else words.forged, status=403)
        person = next((p for p in self._face.people() if p.id == grant.person), None)
        if person is None:
            words = WORDS[self._face.language()]
            return self._page(words, note=words.forged, status=403)
        return grant, person

    def _words(self, person: Person) -> Words:
        return WORDS[person.language or self._face.language()]

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
        )
        return HTMLResponse(text, status, headers={**HEADERS, **(headers or {})})


def _called(person: Person) -> str:
    return person.name or person.id
