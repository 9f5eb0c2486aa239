"""Webhooks in: a bare ASGI application for ``POST /webhooks/<source>`` that says 200 once the body is committed.

What an authenticated sender posts is kept even if it is refused as malformed: an alert is never lost to a format
surprise. Serve it without an access log, or with one that leaves out the query: tokens may be in there.
"""

import binascii
import hmac
import json
import re
from base64 import b64decode
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct

from ingestd.intake import Clock, CountRefused, Receive, count_nothing
from ingestd.model import Message, StoreUnavailable
from ingestd.yamltypes import Duration

Scope = MutableMapping[str, Any]
Read = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]

PREFIX = "/webhooks/"
UNKNOWN = "unknown"  # all sources that do not exist count as one: their names are the sender's choice
BYTE = re.compile(r"\s*\(byte (\d+)\)")  # msgspec's way to name a position
MOST_PEERS = 2000  # whose refusals are remembered
WORDS = {401: "wrong or missing token", 404: "unknown source", 413: "body too large", 422: "malformed JSON"}


class SourceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of ``sources`` in the site file; its key is the source's name."""

    adapter: str  # a file in sources/
    token: str = ""
    token_file: str = ""  # one token a line, so that a new one can be rolled out before the old one goes


class WebhookSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``webhooks`` of the site file."""

    size_limit: int = 16 * 1024 * 1024  # bytes of one body
    refusals: int = 5  # so many from one peer
    refusals_within: Duration = Duration(60)
    refusals_every: Duration = Duration(600)  # at most one incident about them in this time, per source and code


class HttpSource(Struct, frozen=True):
    """A sender we know, ready for use."""

    name: str
    adapter: str
    tokens: tuple[str, ...]


class _RefusedError(Exception):
    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(text or WORDS[code])
        self.code = code


def http_source(name: str, settings: SourceSettings, folder: Path) -> HttpSource:
    """A source with its tokens read; relative ``token_file`` from ``folder``. OSError, ValueError: no token there."""
    tokens = [settings.token]
    if settings.token_file:
        tokens += (folder / settings.token_file).read_text(encoding="utf-8").splitlines()
    found = tuple(token.strip() for token in tokens if token.strip())
    if not found:
        raise ValueError(f"source {name} needs a token or a token_file with one")
    return HttpSource(name, settings.adapter, found)


class Webhooks:
    """The ASGI application."""

    def __init__(
        self,
        sources: Mapping[str, HttpSource],
        receive: Receive,
        clock: Clock,
        *,
        settings: WebhookSettings | None = None,
        count_refused: CountRefused = count_nothing,
    ) -> None:
        self.sources = sources  # replaced as a whole on reload
        self._receive = receive
        self._clock = clock
        self._settings = settings or WebhookSettings()
        self._count = count_refused
        self._refusals = Refusals(self._settings)

    async def __call__(self, scope: Scope, read: Read, send: Send) -> None:
        """Answer one request."""
        name = scope["path"].rpartition(PREFIX)[2]
        if scope["method"] != "POST":
            await _answer(send, 405, {"error": "POST only"}, (b"allow", b"POST"))
            return
        peer = (scope.get("client") or ("",))[0]
        try:
            accepted = await self._accept(scope, read, name, peer)
        except _RefusedError as refusal:
            await self._note(name, refusal, peer)
            await _answer(send, refusal.code, {"error": str(refusal)}, (b"connection", b"close"))
        except StoreUnavailable as error:
            retry = str(error.retry_after).encode()
            self._count(name, 503)
            await _answer(send, 503, {"error": str(error)}, (b"retry-after", retry))
        else:
            if accepted is not None:
                await _answer(send, 200, {"accepted": accepted})

    async def _accept(self, scope: Scope, read: Read, name: str, peer: str) -> int | None:
        """Authenticate, read, commit; None: the client went away."""
        source = self.sources.get(name)
        if source is None:
            raise _RefusedError(404)
        headers: Headers = dict(scope["headers"])
        query, in_query = _split_query(scope.get("query_string", b"").decode("latin-1"))
        if not _authentic(source, _offered(headers, in_query)):
            raise _RefusedError(401)
        body = await self._body(headers, read)
        if body is None:
            return None
        malformed = _malformed(body)
        message = Message(
            kind="webhook",
            source=source.name,
            body=body,
            received=self._clock(),
            adapter=source.adapter,
            peer=peer,
            content_type=headers.get(b"content-type", b"").decode("latin-1"),
            query=query,
            refused=malformed,
        )
        number = await self._receive(message)
        if malformed:
            raise _RefusedError(422, malformed)
        return number

    async def _body(self, headers: Headers, read: Read) -> bytes | None:
        limit = self._settings.size_limit
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            raise _RefusedError(413)
        parts: list[bytes] = []
        size = 0
        while True:
            event = await read()
            if event["type"] == "http.disconnect":
                return None
            parts.append(event.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise _RefusedError(413)
            if not event.get("more_body"):
                return b"".join(parts)

    async def _note(self, name: str, refusal: _RefusedError, peer: str) -> None:
        """Count a refusal; when they pile up, tell the engine."""
        source = name if name in self.sources else UNKNOWN
        self._count(source, refusal.code)
        now = self._clock()
        many = self._refusals.add(source, refusal.code, peer, now)
        if many:
            text = f"{refusal.code} {refusal}: {many} requests from {peer} for source {source} were refused"
            message = Message(kind="refusal", source=source, body=text.encode(), received=now, peer=peer)
            try:
                await self._receive(message)
            except StoreUnavailable:
                self._refusals.forget(source, refusal.code)  # the next refusal tells it


class Refusals:
    """Counts refusals by source, code and peer, and says when they are worth an incident."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._times: defaultdict[tuple[str, int, str], deque[float]] = defaultdict(
            lambda: deque(maxlen=settings.refusals)
        )
        self._told: dict[tuple[str, int], float] = {}

    def add(self, source: str, code: int, peer: str, now: float) -> int:
        """How many there were lately, if it is time to say so; else 0."""
        if len(self._times) >= MOST_PEERS:
            self._forget_quiet(now)
        times = self._times[source, code, peer]
        times.append(now)
        many = len(times) >= self._settings.refusals and now - times[0] <= self._settings.refusals_within
        if not many or now - self._told.get((source, code), float("-inf")) < self._settings.refusals_every:
            return 0
        self._told[source, code] = now
        return len(times)

    def forget(self, source: str, code: int) -> None:
        """It could not be said: say it again."""
        self._told.pop((source, code), None)

    def _forget_quiet(self, now: float) -> None:
        quiet = [key for key, times in self._times.items() if now - times[-1] > self._settings.refusals_within]
        for key in quiet or tuple(self._times)[: MOST_PEERS // 2]:
            del self._times[key]


def _split_query(query: str) -> tuple[str, list[str]]:
    """The query without tokens, and the tokens in it."""
    parts = query.split("&") if query else []
    tokens = [unquote_plus(part.removeprefix("token=")) for part in parts if part.startswith("token=")]
    return "&".join(part for part in parts if not part.startswith("token=")), tokens


def _offered(headers: Headers, in_query: list[str]) -> list[bytes]:
    """Everything the request offers as a token."""
    offered = [token.encode() for token in in_query]
    if b"x-ingestd-token" in headers:
        offered.append(headers[b"x-ingestd-token"].strip())
    scheme, _, value = headers.get(b"authorization", b"").strip().partition(b" ")
    if scheme.lower() == b"bearer":
        offered.append(value.strip())
    elif scheme.lower() == b"basic":
        offered.append(_password(value))
    return offered


def _password(value: bytes) -> bytes:
    try:
        return b64decode(value.strip(), validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _authentic(source: HttpSource, offered: list[bytes]) -> bool:
    """Every pair is compared, each in constant time: how long it takes says nothing about a token."""
    matches = [hmac.compare_digest(token.encode(), one) for token in source.tokens for one in offered]
    return any(matches)


def _malformed(body: bytes) -> str:
    """What is wrong with JSON and where; empty: nothing."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)  # checks the syntax and builds nothing
        body.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _place(body, error)
    return ""


def _place(body: bytes, error: Exception) -> str:
    """The fault with its line and column, from 1; the standard library's reader points at where a value begins."""
    at = len(body)
    try:
        json.loads(body)
    except json.JSONDecodeError as fault:
        return f"line {fault.lineno} column {fault.colno}: {fault.msg}"
    except UnicodeDecodeError as fault:
        at = fault.start
    except RecursionError:
        at = 0
    else:  # NaN and the like: JSON for the standard library, not by RFC 8259
        found = BYTE.search(str(error))
        at = int(found[1]) if found else at
    line = body.count(b"\n", 0, at) + 1
    column = at - (body.rfind(b"\n", 0, at) + 1) + 1
    return f"line {line} column {column}: {BYTE.sub('', str(error))}"


async def _answer(send: Send, status: int, answer: dict[str, Any], *headers: tuple[bytes, bytes]) -> None:
    body = msgspec.json.encode(answer)
    fixed = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body})
