"""An outgoing webhook: every notification as signed JSON, to a program of the site's own.

The body is a ``Body``; its names stay. ``X-Ingestd-Delivery`` is the same at every try of a notification, so that the
receiver can drop a second one; ``X-Ingestd-Signature`` is ``t=SECONDS,v1=HEX``, the HMAC-SHA256 of ``SECONDS.BODY`` by
the secret. 2xx is success, no redirect is followed, the outbox's tries are the retries.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from ingestd.channels import ChannelError, Letter, Sent, Wrong, delivery
from ingestd.channels.post import Poster, PostSettings, refused, url_problem
from ingestd.model import Facts, Priority
from ingestd.problem import said

VERSION = 1
#: Headers that are ours, or of the connection.
RESERVED = frozenset({"content-length", "content-type", "host", "transfer-encoding", "connection"})


class WebhookOutSettings(PostSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="webhook"):
    """A program of the site's own that takes every notification as JSON."""

    secret: str = ""  # signs every body; empty: not signed
    secret_file: str = ""  # the file with the secret
    token: str = ""  # sent as Authorization: Bearer …
    token_file: str = ""  # the file with the token
    headers: dict[str, str] = msgspec.field(default_factory=dict)  # sent with every body


class Because(Struct, frozen=True):
    """One reason of a decision."""

    stage: str
    rule: str
    text: str


class IncidentBody(Struct, frozen=True, kw_only=True):
    """What is known of the incident."""

    number: int
    title: str
    priority: Priority
    state: str
    since: str | None  # RFC 3339
    cause: str | None
    cause_kind: str  # reported, inferred, local, or empty
    services: tuple[str, ...]
    departments: tuple[str, ...]
    people: int  # who are hit
    owner: str
    team: str
    policy: str
    step: int
    remedy: str
    alerts: tuple[str, ...]
    unsure: tuple[str, ...]
    alert_count: int
    reasons: tuple[Because, ...]


class Body(Struct, frozen=True, kw_only=True):
    """One notification."""

    version: int
    id: str  # the same at every try
    kind: str  # open, update, end, functional, hierarchic, last_resort, digest, notice, answer
    sent_at: str  # RFC 3339
    person: str  # whom it is for, by id
    to: str  # the address of the person's contact
    language: str
    title: str  # one line
    subject: str
    text: str
    link: str | None  # by which the person takes it
    incident: IncidentBody | None  # None: it is about none


class Webhook:
    """Posts notifications as JSON."""

    def __init__(self, settings: WebhookOutSettings) -> None:
        self.group = settings.group
        self._poster = Poster(settings)
        self._secret = settings.secret.encode()
        self._headers = fixed_headers(settings.headers, settings.token)

    async def send(self, letter: Letter) -> Sent:
        """Post a letter; ChannelError: the answer was not 2xx."""
        body = msgspec.json.encode(body_of(letter))
        headers = {**self._headers, "X-Ingestd-Delivery": delivery(letter)}
        if self._secret:
            headers["X-Ingestd-Signature"] = signature(self._secret, int(letter.date), body)
        return await handed(self._poster, body, headers)

    async def probe(self) -> str:
        """Whether the receiver can be reached."""
        return await self._poster.probe()


async def handed(poster: Poster, body: bytes, headers: Mapping[str, str]) -> Sent:
    """Post a body; any 2xx is success."""
    answer = await poster.post(body, headers)
    error: ChannelError | None = refused(answer)
    if error:
        raise error
    return Sent(answer.words)


def signature(secret: bytes, at: int, body: bytes) -> str:
    """``t=…,v1=…``: the receiver refuses what is old, and compares the HMAC of ``t.body`` in constant time."""
    return f"t={at},v1={hmac.digest(secret, f'{at}.'.encode() + body, 'sha256').hex()}"


def fixed_headers(headers: Mapping[str, str], token: str) -> dict[str, str]:
    """The headers of every body."""
    return {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}


def body_of(letter: Letter) -> Body:
    """A letter for a program."""
    facts = letter.facts
    return Body(
        version=VERSION,
        id=delivery(letter),
        kind=letter.kind,
        sent_at=rfc3339(letter.date),
        person=letter.person,
        to=letter.to,
        language=letter.language,
        title=letter.title or letter.subject,
        subject=letter.subject,
        text=letter.text,
        link=letter.link or None,
        incident=_incident(facts) if facts and facts.number else None,
    )


def rfc3339(at: float) -> str:
    """Epoch seconds as ``2026-01-31T09:30:00.123Z``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def began(facts: Facts) -> float:
    """When it began, by the wall clock; 0: not known."""
    return facts.since + facts.wall_offset if facts.since else 0.0


def _incident(facts: Facts) -> IncidentBody:
    since = began(facts)
    return IncidentBody(
        number=facts.number,
        title=facts.title,
        priority=facts.priority,
        state=facts.state,
        since=rfc3339(since) if since else None,
        cause=facts.cause,
        cause_kind=facts.cause_kind,
        services=facts.services,
        departments=facts.departments,
        people=facts.people,
        owner=facts.owner,
        team=facts.team,
        policy=facts.policy,
        step=facts.step,
        remedy=facts.remedy,
        alerts=facts.alerts,
        unsure=facts.unsure,
        alert_count=facts.alert_count,
        reasons=tuple(Because(one.stage, one.rule, one.text) for one in facts.reasons),
    )


def headers_problem(headers: Mapping[str, str]) -> Wrong:
    """Headers that can't be sent, or that the connection needs for itself."""
    for name, value in headers.items():
        text = f"{name}{value}"
        if not name or not text.isascii() or not text.isprintable() or set(name) & set(' :()<>@,;\\"/[]?={}'):
            return "headers", said("expected a header's name and a value in one line, got {got!r}", got=name)
        if name.lower() in RESERVED:
            return "headers", said("the header {name} can't be set", name=name)
    return None


def problem(settings: WebhookOutSettings) -> Wrong:
    """What is wrong with the settings."""
    return url_problem(settings) or headers_problem(settings.headers)


SETTINGS = WebhookOutSettings


def build(settings: WebhookOutSettings) -> Webhook:
    """A webhook by its settings."""
    return Webhook(settings)
