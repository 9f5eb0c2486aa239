"""The reading half of Alertmanager's API v2, and its silences: what amtool, karma and Grafana talk to.

A person's token opens it (as a bearer, or as the password of basic authentication, whatever the user name); the token
of a source that sends alerts opens it for reading. A silence is a person's.
Format: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestd import __version__
from ingestd.decide import silence as rules
from ingestd.decide import spans
from ingestd.decide.labels import labels_of, shown_labels
from ingestd.decide.oncall import Person
from ingestd.intake.alertmanager import ADAPTER
from ingestd.intake.door import authentic, password
from ingestd.model import Alert, Command, Matcher, Silence, StoreUnavailable
from ingestd.web.answers import RefusalError, body_of, iso, json_reply
from ingestd.web.api import holders
from ingestd.web.face import Face

COMPATIBLE = "0.27.0"  # the Alertmanager whose API this is
ENDS = 300.0  # seconds after its last sign at which an alert without an end is said to end
FILTER = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s=!~"]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|.*?)\s*')

Answer = Callable[[Request, Person | None], Awaitable[Any]]


class PostableSilence(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is posted to make or change a silence."""

    matchers: tuple["PostableMatcher", ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str = ""
    comment: str = ""
    id: str = ""


class PostableMatcher(Struct, frozen=True, kw_only=True, rename="camel"):
    """A condition on a label."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True


def routes(face: Face) -> list[Route]:
    """Every address but the one that takes alerts in."""
    api = Api(face)
    read, write = api.opened(people_only=False), api.opened(people_only=True)
    return [
        Route("/api/v2/status", read(api.status), methods=["GET"]),
        Route("/api/v2/receivers", read(api.receivers), methods=["GET"]),
        Route("/api/v2/alerts", read(api.alerts), methods=["GET"]),
        Route("/api/v2/alerts/groups", read(api.groups), methods=["GET"]),
        Route("/api/v2/silences", read(api.silences), methods=["GET"]),
        Route("/api/v2/silences", write(api.put_silence), methods=["POST"]),
        Route("/api/v2/silence/{name}", read(api.silence), methods=["GET"]),
        Route("/api/v2/silence/{name}", write(api.expire), methods=["DELETE"]),
    ]


class Api:
    """The handlers; each is given the person, or None for a source."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def opened(self, *, people_only: bool) -> Callable[[Answer], Callable[[Request], Awaitable[Response]]]:
        """Lets in who may, and turns what goes wrong into answers; errors are texts in this API."""

        def guarded(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
            async def handler(request: Request) -> Response:
                try:
                    return json_reply(await answer(request, self._who(request, people_only)))
                except RefusalError as refusal:
                    return json_reply(refusal.text, refusal.status, refusal.headers)
                except StoreUnavailable as error:
                    return json_reply(str(error), 503, {"Retry-After": str(error.retry_after)})
                except TimeoutError:
                    return json_reply("kept; its verdict is not known yet", 503, {"Retry-After": "5"})

            return handler

        return guarded

    async def status(self, _request: Request, _person: Person | None) -> Any:
        """GET /status."""
        version = {
            "version": COMPATIBLE,
            "revision": f"ingestd {__version__}",
            "branch": "",
            "buildUser": "",
            "buildDate": "",
            "goVersion": "",
        }
        return {
            "cluster": {"name": "", "status": "disabled", "peers": []},
            "versionInfo": version,
            "config": {"original": ""},
            "uptime": iso(self._face.started),
        }

    async def receivers(self, _request: Request, _person: Person | None) -> Any:
        """GET /receivers: the escalation policies."""
        return [{"name": name} for name in self._face.policies()]

    async def alerts(self, request: Request, _person: Person | None) -> Any:
        """GET /alerts?filter=…&active=…&silenced=…&receiver=…"""
        return [shown for shown, _ in await self._listed(request)]

    async def groups(self, request: Request, _person: Person | None) -> Any:
        """GET /alerts/groups: one group an incident."""
        found: dict[int, list[Any]] = {}
        for shown, incident in await self._listed(request):
            found.setdefault(incident, []).append(shown)
        return [
            {"labels": {"incident": str(number)}, "receiver": alerts[0]["receivers"][0], "alerts": alerts}
            for number, alerts in found.items()
        ]

    async def silences(self, request: Request, _person: Person | None) -> Any:
        """GET /silences?filter=…: those whose matchers name what the filter asks for."""
        wanted = _filters(request)
        found = await self._face.reads.silences()
        return [self._silence(one) for one in found if _names(one, wanted)]

    async def silence(self, request: Request, _person: Person | None) -> Any:
        """GET /silence/ID."""
        found = await self._face.reads.silence(request.path_params["name"])
        if found is None:
            raise RefusalError(404, "silence not found")
        return self._silence(found)

    async def put_silence(self, request: Request, person: Person | None) -> Any:
        """POST /silences: a new one, or a change of the one whose id is given."""
        asked = _postable(await body_of(request))
        if asked.id and await self._face.reads.silence(asked.id) is None:
            raise RefusalError(404, "silence not found")
        made = Silence(
            id=asked.id or str(uuid.uuid4()),
            matchers=tuple(Matcher(m.name, m.value, m.is_regex, m.is_equal) for m in asked.matchers),
            starts_at=max(asked.starts_at.timestamp(), 0.0 if asked.id else self._face.clock()),
            ends_at=asked.ends_at.timestamp(),
            by="",
            comment=asked.comment,
        )
        verdict = await self._act(Command(action="silence", silence=made), person)
        return {"silenceID": verdict}

    async def expire(self, request: Request, person: Person | None) -> Any:
        """DELETE /silence/ID: it ends now."""
        name = request.path_params["name"]
        if await self._face.reads.silence(name) is None:
            raise RefusalError(404, "silence not found")
        await self._act(Command(action="expire", text=name), person)
        return {}

    async def _act(self, command: Command, person: Person | None) -> str:
        verdict = await self._face.act(command, person.id if person else "")
        if not verdict.ok:
            raise RefusalError(400, verdict.text)
        return verdict.text

    async def _listed(self, request: Request) -> list[tuple[dict[str, Any], int]]:
        """The alerts that were asked for, as the API shows them, each with its incident."""
        wanted, shown = _filters(request), []
        active, silenced = (request.query_params.get(name, "true") != "false" for name in ("active", "silenced"))
        now = [one for one in await self._face.reads.silences() if spans.active(one, self._face.clock())]
        policies = self._face.policies()
        async for alert in self._face.firing(wanted):
            labels = shown_labels(alert)
            by = [one.id for one in now if _about(one, alert) and rules.matches(one, labels_of(alert))]
            if (silenced if by else active) and all(rules.meets(matcher, labels) for matcher in wanted):
                shown.append((self._alert(alert, labels, by, policies), alert.incident))
        return shown

    def _alert(self, alert: Alert, labels: dict[str, str], by: list[str], policies: tuple[str, ...]) -> dict[str, Any]:
        offset = self._face.wall_offset()
        return {
            "annotations": {"summary": alert.summary, "incident": str(alert.incident)},
            "endsAt": iso(offset + (alert.due_at or alert.last_at + ENDS)),
            "fingerprint": hashlib.blake2b(alert.fingerprint.encode(), digest_size=8).hexdigest(),
            "receivers": [{"name": alert.policy or next(iter(policies), "none")}],
            "startsAt": iso(offset + alert.first_at),
            "status": {
                "state": "suppressed" if by else "active",
                "silencedBy": by,
                "inhibitedBy": [],
                "mutedBy": [],
            },
            "updatedAt": iso(offset + alert.last_at),
            "generatorURL": alert.url or "",
            "labels": labels,
        }

    def _silence(self, one: Silence) -> dict[str, Any]:
        now = self._face.clock()
        state = "expired" if one.ends_at <= now else "active" if one.starts_at <= now else "pending"
        return {
            "id": one.id,
            "status": {"state": state},
            "updatedAt": iso(one.updated_at),
            "comment": one.comment,
            "createdBy": one.by,
            "startsAt": iso(one.starts_at),
            "endsAt": iso(one.ends_at),
            "matchers": [
                {"name": m.name, "value": m.value, "isRegex": m.regex, "isEqual": m.equal} for m in _shown(one)
            ],
        }

    def _who(self, request: Request, people_only: bool) -> Person | None:
        """The person whose token is shown; None for a source that may read."""
        token = _token(request)
        found = holders(self._face.people(), token)
        if found:
            return found[0]
        senders = [s for s in self._face.sources().values() if s.adapter == ADAPTER]
        known = token and authentic([t for s in senders for t in s.tokens], [token.encode()])
        if known and not people_only:
            return None
        headers = {"WWW-Authenticate": 'Basic realm="ingestd"'}
        if known:
            raise RefusalError(403, "a silence is a person's: show a personal token, not a source's")
        raise RefusalError(401, "a personal token is needed, as a bearer or as a password", **headers)


def _about(one: Silence, alert: Alert) -> bool:
    """Whether a silence is about the node of an alert; what depends on its nodes is not known here."""
    return not one.targets or alert.node in one.targets


def _shown(one: Silence) -> tuple[Matcher, ...]:
    """The matchers of a silence; nodes, which this API has no word for, as a pattern."""
    nodes = "|".join(map(re.escape, one.targets))
    return (*one.matchers, *((Matcher("node", nodes, regex=True),) if nodes else ()))


def _token(request: Request) -> str:
    word, _, value = request.headers.get("Authorization", "").partition(" ")
    if word.lower() == "bearer":
        return value.strip()
    return password(value.encode()).decode("utf-8", "replace") if word.lower() == "basic" else ""


def _filters(request: Request) -> tuple[Matcher, ...]:
    return tuple(_matcher(text) for text in request.query_params.getlist("filter"))


def _matcher(text: str) -> Matcher:
    """``name="value"``, with =, !=, =~ or !~."""
    found = FILTER.fullmatch(text.strip("{} "))
    if found is None:
        raise RefusalError(400, f"bad matcher format: {text}")
    made = Matcher(_bare(found[1]), _bare(found[3]), "~" in found[2], not found[2].startswith("!"))
    wrong = rules.bad_pattern(made)
    if wrong:
        raise RefusalError(400, wrong)
    return made


def _bare(text: str) -> str:
    quoted = len(text) > 1 and text.startswith('"')
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if quoted else text


def _names(one: Silence, wanted: Iterable[Matcher]) -> bool:
    """Whether the silence itself names what a filter asks for."""
    labels = {matcher.name: matcher.value for matcher in one.matchers}
    return all(rules.meets(matcher, labels) for matcher in wanted)


def _postable(body: bytes) -> PostableSilence:
    try:
        found = msgspec.json.decode(body, type=PostableSilence)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RefusalError(400, str(error)) from error
    if found.starts_at.tzinfo is None or found.ends_at.tzinfo is None:
        raise RefusalError(400, "startsAt, endsAt: expected times with a zone")
    return found
