"""What every HTTP address that takes messages in has in common: who may, how much, and what is said of refusals.

What an authenticated sender posts is kept even if it is refused as malformed: an alert is never lost to a format
surprise. Serve it without an access log, or with one that leaves out the query: tokens may be in there.
"""

import binascii
import hmac
import json
import re
import zlib
from abc import ABC, abstractmethod
from base64 import b64decode
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct

from ingestd.intake import Clock, CountRefused, Receive, count_nothing
from ingestd.intake.fairness import Memory
from ingestd.model import Message, StoreUnavailable
from ingestd.signatures import Signature, signed
from ingestd.yamltypes import Duration

Scope = MutableMapping[str, Any]
Read = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]

UNKNOWN = "unknown"  # all sources that do not exist count as one: their names are the sender's choice
BYTE = re.compile(r"\s*\(byte (\d+)\)")  # msgspec's way to name a position
TOKEN_HEADERS = (b"x-ingestd-token", b"x-gitlab-token")
MOST_PEERS = 2000  # whose refusals are remembered
WORDS = {
    400: "malformed request",
    401: "wrong or missing token",
    404: "unknown source",
    405: "method not allowed",
    413: "body too large",
    415: "unknown content encoding",
    422: "malformed JSON",
}
WINDOW = {b"gzip": 31, b"x-gzip": 31, b"deflate": 47}  # zlib's bits; 47 finds out by itself


class SourceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of ``sources`` in the site file; its key is the source's name."""

    adapter: str  # a file in sources/, or a mapping in rules/webhooks/
    token: str = ""
    token_file: str = ""  # one token a line, so that a new one can be rolled out before the old one goes
    secret: str = ""  # with which the source signs its bodies
    secret_file: str = ""  # one secret a line
    verify: bool = True  # Amazon SNS: check that Amazon signed it


class WebhookSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``webhooks`` of the site file."""

    size_limit: int = 16 * 1024 * 1024  # bytes of one body, unpacked; at most half of ``memory``
    memory: int = 256 * 1024 * 1024  # bytes of bodies that are being read; over it senders are told to try again later
    refusals: int = 5  # so many from one peer
    refusals_within: Duration = Duration(60)
    refusals_every: Duration = Duration(600)  # at most one incident about them in this time, per source and code


class HttpSource(Struct, frozen=True):
    """A sender we know, ready for use."""

    name: str
    adapter: str
    tokens: tuple[str, ...]
    secrets: tuple[str, ...] = ()
    signature: Signature | None = None
    verify: bool = True


class Request(Struct, frozen=True):
    """One request, without its body and without the tokens in its query."""

    method: str
    path: str
    raw_path: str  # as it was sent, with its percent signs
    headers: Headers
    query: str
    offered: tuple[bytes, ...]  # everything it shows as a token
    peer: str


class Answer(Struct, frozen=True):
    """What is sent back, as JSON."""

    status: int
    body: Any
    headers: tuple[tuple[bytes, bytes], ...] = ()


class RefusedError(Exception):
    """An answer that is not 2xx; the text is the sender's to read."""

    def __init__(self, code: int, text: str = "", source: str = UNKNOWN) -> None:
        super().__init__(text or WORDS[code])
        self.code, self.source = code, source


def http_source(name: str, settings: SourceSettings, folder: Path, signature: Signature | None = None) -> HttpSource:
    """A source with its secrets read; relative files from ``folder``. OSError, ValueError: neither token nor secret."""
    tokens = _lines(settings.token, settings.token_file, folder)
    secrets = _lines(settings.secret, settings.secret_file, folder)
    if secrets and signature is None:
        raise ValueError(f"source {name}: {settings.adapter} does not sign what it sends; give it a token instead")
    if not tokens and not secrets:
        raise ValueError(f"source {name} needs a token or a token_file with one")
    return HttpSource(name, settings.adapter, tokens, secrets, signature, settings.verify)


def _lines(one: str, file: str, folder: Path) -> tuple[str, ...]:
    found = [one, *((folder / file).read_text(encoding="utf-8").splitlines() if file else ())]
    return tuple(line.strip() for line in found if line.strip())


class Door(ABC):
    """An ASGI application that keeps what known sources post; subclasses say which source, and what the answer is."""

    methods: tuple[str, ...] = ("POST",)

    def __init__(
        self,
        sources: Mapping[str, HttpSource],
        receive: Receive,
        clock: Clock,
        *,
        settings: WebhookSettings | None = None,
        count_refused: CountRefused = count_nothing,
        memory: Memory | None = None,
    ) -> None:
        self.sources = sources  # replaced as a whole on reload
        self.receive = receive
        self.clock = clock
        self.settings = settings or WebhookSettings()
        self._count = count_refused
        self._memory = memory or Memory(self.settings.memory)  # shared with the other doors
        self._refusals = Refusals(self.settings)

    @abstractmethod
    async def accept(self, request: Request, read: Read) -> Answer | None:
        """Authenticate, read, commit, answer; None: the client went away. RefusedError, StoreUnavailable."""

    def refusal(self, refused: RefusedError) -> Answer:
        """How a refusal reads in this door's language."""
        return Answer(refused.code, {"error": str(refused)})

    async def __call__(self, scope: Scope, read: Read, send: Send) -> None:
        """Answer one request."""
        answer = await self.answer(scope, read)
        if answer is not None:
            await _send(send, answer)

    async def answer(self, scope: Scope, read: Read) -> Answer | None:
        """What is to be answered; None: the client went away."""
        request = _request(scope)
        if request.method in self.methods:
            return await self._answer(request, read)
        allowed = ", ".join(self.methods)
        return Answer(405, {"error": f"{allowed} only"}, ((b"allow", allowed.encode()),))

    async def _answer(self, request: Request, read: Read) -> Answer | None:
        try:
            return await self.accept(request, read)
        except RefusedError as refused:
            await self._note(refused, request.peer)
            answer = self.refusal(refused)
            return Answer(answer.status, answer.body, (*answer.headers, (b"connection", b"close")))
        except StoreUnavailable as error:
            self._count(self._name(request), 503)
            return Answer(503, {"error": str(error)}, ((b"retry-after", str(error.retry_after).encode()),))

    def _name(self, request: Request) -> str:
        last = request.path.rpartition("/")[2]
        return last if last in self.sources else UNKNOWN

    def by_token(self, request: Request, adapter: str) -> HttpSource:
        """The source of this adapter whose token the request shows. RefusedError 401: none."""
        known = [source for source in self.sources.values() if source.adapter == adapter]
        found = [source for source in known if authentic(source.tokens, request.offered)]
        if not found:
            raise RefusedError(401)
        return found[0]

    async def body(self, request: Request, read: Read, source: str) -> bytes | None:
        """The whole body, unpacked; None: the client went away. RefusedError: too large, or packed strangely."""
        raw = await self._raw(request, read, source)
        packing = request.headers.get(b"content-encoding", b"identity").strip().lower()
        if raw is None or packing == b"identity":
            return raw
        return _unpacked(raw, packing, self.settings.size_limit, source)

    async def _raw(self, request: Request, read: Read, source: str) -> bytes | None:
        limit = self.settings.size_limit
        declared = request.headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            raise RefusedError(413, source=source)
        parts: list[bytes] = []
        with self._memory.room(request.peer) as room:
            while True:
                event = await read()
                if event["type"] == "http.disconnect":
                    return None
                parts.append(event.get("body", b""))
                if room.octets + len(parts[-1]) > limit:
                    raise RefusedError(413, source=source)
                if not room.grow(len(parts[-1])):
                    raise StoreUnavailable("too much is being sent at once", retry_after=5)
                if not event.get("more_body"):
                    return b"".join(parts)

    def message(self, source: HttpSource, request: Request, body: bytes, **more: Any) -> Message:
        """A body as the inbox keeps it."""
        fixed = {"query": request.query, "content_type": request.headers.get(b"content-type", b"").decode("latin-1")}
        return Message(
            kind="webhook",
            source=source.name,
            body=body,
            received=self.clock(),
            adapter=source.adapter,
            peer=request.peer,
            **(fixed | more),
        )

    async def _note(self, refused: RefusedError, peer: str) -> None:
        """Count a refusal; when they pile up, tell the engine."""
        self._count(refused.source, refused.code)
        now = self.clock()
        many = self._refusals.add(refused.source, refused.code, peer, now)
        if many:
            text = f"{refused.code} {refused}: {many} requests from {peer} for source {refused.source} were refused"
            message = Message(kind="refusal", source=refused.source, body=text.encode(), received=now, peer=peer)
            try:
                await self.receive(message)
            except StoreUnavailable:
                self._refusals.forget(refused.source, refused.code)  # the next refusal tells it


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


def authentic(tokens: Iterable[str], offered: Iterable[bytes]) -> bool:
    """Every pair is compared, each in constant time: how long it takes says nothing about a token."""
    offers = tuple(offered)
    matches = [hmac.compare_digest(token.encode(), one) for token in tokens for one in offers]
    return any(matches)


def vouched_for(source: HttpSource, request: Request, body: bytes) -> bool:
    """Whether the body is signed, where the source signs."""
    if source.signature is None or not source.secrets:
        return True
    return signed(source.signature, source.secrets, request.headers, body)


def without(keys: tuple[str, ...], body: bytes) -> bytes:
    """A body whose credentials, texts under these keys in JSON or a form, read REDACTED; all else byte for byte."""
    for key in keys:
        name = re.escape(key.encode())
        text = rb'("%b"[ \t\r\n]{0,100}:[ \t\r\n]{0,100}")(?:[^"\\]|\\.)*+' % name
        body = re.sub(text, rb"\1REDACTED", body, flags=re.DOTALL)
        body = re.sub(rb"((?:\A|&)%b=)[^&]*+" % name, rb"\1REDACTED", body)
    return body


def decoded_object(body: bytes) -> tuple[str, dict[str, Any]]:
    """What is wrong with a body that has to be a JSON object (empty: nothing), and what it holds."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return f"not JSON: {error}", {}
    return ("", found) if isinstance(found, dict) else ("expected an object", {})


def malformed(body: bytes) -> str:
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


def _unpacked(raw: bytes, packing: bytes, limit: int, source: str) -> bytes:
    if packing not in WINDOW:
        raise RefusedError(415, f"unknown content encoding {packing.decode('latin-1')!r}: gzip or deflate", source)
    unpacker = zlib.decompressobj(WINDOW[packing])
    try:
        found = unpacker.decompress(raw, limit + 1)
    except zlib.error as error:
        raise RefusedError(400, f"not {packing.decode()}: {error}", source) from error
    if len(found) > limit:
        raise RefusedError(413, source=source)
    if not unpacker.eof:
        raise RefusedError(400, f"not {packing.decode()}: it breaks off", source)
    return found


def _request(scope: Scope) -> Request:
    headers: Headers = dict(scope["headers"])
    query, in_query = _split_query(scope.get("query_string", b"").decode("latin-1"))
    peer = (scope.get("client") or ("",))[0]
    raw = scope.get("raw_path") or scope["path"].encode()
    offered = tuple(_offered(headers, in_query))
    return Request(scope["method"], scope["path"], raw.decode("latin-1"), headers, query, offered, peer)


def _split_query(query: str) -> tuple[str, list[str]]:
    """The query without tokens, and the tokens in it."""
    parts = query.split("&") if query else []
    tokens = [unquote_plus(part.removeprefix("token=")) for part in parts if part.startswith("token=")]
    return "&".join(part for part in parts if not part.startswith("token=")), tokens


def _offered(headers: Headers, in_query: list[str]) -> list[bytes]:
    """Everything the request offers as a token."""
    offered = [token.encode() for token in in_query]
    offered += [headers[name].strip() for name in TOKEN_HEADERS if name in headers]
    scheme, _, value = headers.get(b"authorization", b"").strip().partition(b" ")
    if scheme.lower() in (b"bearer", b"geniekey", b"token"):
        offered.append(value.strip().removeprefix(b"token="))
    elif scheme.lower() == b"basic":
        offered.append(password(value))
    return offered


def password(value: bytes) -> bytes:
    """The password in the value of basic authentication; empty if there is none."""
    try:
        return b64decode(value.strip(), validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


async def _send(send: Send, answer: Answer) -> None:
    headers, body = written(answer)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def written(answer: Answer) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """An answer's headers and its body."""
    body = msgspec.json.encode(answer.body)
    fixed = ((b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()))
    return [*fixed, *answer.headers], body
