"""Why, over the API: of a page, an alert or an incident by its id, and what a message would lead to now.

What would be is decided on a draft of the world that nobody applies, commits or sends.
"""

import re
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestd import explanation, rehearsal, sources
from ingestd.decide.oncall import Person
from ingestd.model import Event, Message, Reading, Severity
from ingestd.rehearsal import Rehearsal
from ingestd.web.answers import RefusalError, body_of, json_reply
from ingestd.web.api import Api
from ingestd.web.face import Face
from ingestd.yamltypes import ConfigError, did_you_mean, loads

PATH = "/api/v1/explain"
_NAME = re.compile(r"([an]?)([0-9]{1,15})")


class SupposedEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event that did not happen."""

    host: str | None = None  # as a source would spell it
    check: str | None = None  # not written: the host itself
    severity: Severity = "critical"
    summary: str = ""
    state: Literal["firing", "resolved"] = "firing"
    source: str = "explain"
    labels: dict[str, str] = {}

    def __post_init__(self) -> None:
        if not (self.host or self.check or self.summary):
            raise ValueError("expected at least a host, a check or a summary")

    def message(self) -> tuple[Message, Reading]:
        """The message of a source that would say just this."""
        usual = f"{self.check} failed" if self.check else "host unreachable"
        event = Event(
            state=self.state,
            summary=self.summary or ("ok" if self.state == "resolved" else usual),
            host=self.host or None,
            check=self.check or None,
            severity=self.severity,
            labels=tuple(self.labels.items()),
        )
        return rehearsal.of_event(event, self.source)


class AskedExplanation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is posted: an event, or a mail's or a webhook's body (base64) with its source's name."""

    event: SupposedEvent | None = None
    kind: Literal["mail", "webhook"] = "mail"
    source: str = ""  # webhook: a configured source, or an adapter
    content_type: str = "application/json"
    body: bytes = b""

    def __post_init__(self) -> None:
        if (self.event is None) == (not self.body):
            raise ValueError("expected either event or body")


class Explained(Struct, frozen=True, kw_only=True):
    """At most ten lines; of what would be also the parts."""

    lines: tuple[str, ...]
    would: Rehearsal | None = None


def routes(face: Face) -> list[Route]:
    """Both addresses."""
    api = ExplainApi(face)
    return [
        Route(PATH, api.guarded(api.suppose), methods=["POST"]),
        Route(f"{PATH}/{{name}}", api.guarded(api.why), methods=["GET"]),
    ]


class ExplainApi(Api):
    """The handlers."""

    async def why(self, request: Request, _person: Person) -> Response:
        """GET /explain/n17, /explain/a31, /explain/12."""
        found = _NAME.fullmatch(request.path_params["name"])
        if found is None:
            raise RefusalError(422, "expected an incident's number (12), an alert's (a31) or a page's (n17)")
        lines = {"": self._incident, "a": self._alert, "n": self._page}[found[1]](int(found[2]))
        return json_reply(Explained(lines=tuple(await lines)))

    async def suppose(self, request: Request, _person: Person) -> Response:
        """POST /explain: what would become of an event or a body, if it came now. Nothing is kept, nobody is told."""
        asked = _asked(await body_of(request))
        message, reading = asked.event.message() if asked.event else (self._message(asked), None)
        would = self._face.rehearse(replace(message, received=self._face.clock()), reading)
        lines = explanation.of_rehearsal(would, self._face.rules().ranker.zone)
        return json_reply(Explained(lines=tuple(lines), would=would))

    async def _incident(self, number: int) -> list[str]:
        incident = await self._face.reads.incident(number)
        if incident is None:
            raise RefusalError(404, f"there is no incident {number}")
        return explanation.shortened(explanation.of_incident(incident, len(await self._face.reads.alerts_of(number))))

    async def _alert(self, number: int) -> list[str]:
        alert = await self._face.reads.alert(number)
        if alert is None:
            raise RefusalError(404, f"there is no alert a{number}")
        return explanation.shortened(explanation.of_alert(alert))

    async def _page(self, number: int) -> list[str]:
        delivery = await self._face.reads.notification(number)
        if delivery is None:
            raise RefusalError(404, f"there is no page n{number}")
        incident = await self._face.reads.incident(delivery.notification.incident)
        return explanation.of_page(delivery, incident, self._face.rules())

    def _message(self, asked: AskedExplanation) -> Message:
        if asked.kind == "mail":
            return Message(kind="mail", source=asked.source or "smtp", body=asked.body)
        configured = {name: source.adapter for name, source in self._face.sources().items()}
        known = (*configured, *self._face.rules().mappings, *sources.names())
        return webhook(asked.source, configured, known, asked.body, asked.content_type)


def webhook(name: str, configured: dict[str, str], known: tuple[str, ...], body: bytes, content_type: str) -> Message:
    """A body as a source would post it; RefusalError: nobody knows the source."""
    if name not in known:
        raise RefusalError(422, f"unknown source {name!r}{did_you_mean(name, known)}")
    adapter = configured.get(name, name)
    return Message(kind="webhook", source=name, adapter=adapter, body=body, content_type=content_type)


def _asked(body: bytes) -> AskedExplanation:
    try:
        return msgspec.json.decode(body, type=AskedExplanation)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RefusalError(422, _mistake(body) or str(error)) from error


def _mistake(body: bytes) -> str:
    """What is wrong, with its line and column and what may be meant; "": only the decoder knows."""
    try:
        loads(body.replace(b"\t", b" "), AskedExplanation, "body")
    except ConfigError as error:
        return str(error)
    return ""
