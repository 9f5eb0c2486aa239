"""Bodies posted over HTTP: one connection each, redirects never followed, no URL in any word that is said.

The address of a robot is its password, so that neither errors nor logs may hold it; httpx logs it at INFO.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx
from msgspec import Struct

from ingestd.channels import ChannelError, ChannelSettings, Wrong
from ingestd.problem import said
from ingestd.yamltypes import Duration

LONGEST_ANSWER = 65536  # bytes that are read of an answer
LONGEST_WORDS = 200  # characters of it that are repeated
CONNECTING = 0.45  # of the time-out, for each of connection and TLS
#: Refusals that may pass, besides 5xx: request time-out, too early, too many requests.
PASSING = frozenset({408, 425, 429})
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # for http://, and trusting nobody; httpx makes one for each client
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class PostSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a channel has that posts over HTTP."""

    url: str = ""  # a secret: who knows it can post
    url_file: str = ""  # the file with the URL
    timeout: Duration = Duration(10)  # for the whole exchange
    proxy: str = ""  # http://host:port; the environment's proxies are not used
    ca_file: str = ""  # PEM; empty: the system's


class Answer(Struct, frozen=True):
    """What the far side said."""

    status: int
    body: bytes

    @property
    def words(self) -> str:
        """The status and the beginning of the body, in one line."""
        text = " ".join(self.body.decode("utf-8", "replace").split())[:LONGEST_WORDS]
        return f"HTTP {self.status}{': ' if text else ''}{text}"


class Poster:
    """Posts to one address."""

    def __init__(self, settings: PostSettings) -> None:
        self._settings = settings
        tls = settings.url.lower().startswith("https:") or settings.proxy.lower().startswith("https:")
        self._context = ssl.create_default_context(cafile=settings.ca_file or None) if tls else None

    async def post(self, body: bytes, headers: Mapping[str, str], *, url: str = "") -> Answer:
        """Post JSON; ``url``: the address if it changes with every body. ChannelError: no answer."""
        try:
            async with asyncio.timeout(float(self._settings.timeout)):
                return await self._exchange(url or self._settings.url, body, headers)
        except TimeoutError as error:
            raise ChannelError("no answer in time", transient=True) from error
        except httpx.TransportError as error:
            raise ChannelError(self._words(error), transient=True) from None  # its request holds the URL
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ChannelError(self._words(error), transient=False) from None

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "ingestd", **headers}
        client = httpx.AsyncClient(
            verify=self._context or NO_TLS,
            proxy=self._settings.proxy or None,
            trust_env=False,
            # A connection that is cut off in its TLS handshake is never closed: httpx must give it up itself.
            timeout=httpx.Timeout(float(self._settings.timeout), connect=float(self._settings.timeout) * CONNECTING),
        )
        async with client, client.stream("POST", url, content=body, headers=sent) as answer:
            read = b""
            async for part in answer.aiter_bytes():
                read += part
                if len(read) > LONGEST_ANSWER:
                    break
            return Answer(answer.status_code, read)

    async def probe(self) -> str:
        """Open a connection (with TLS, if the URL says so) and close it; nothing is posted."""
        address = urlsplit(self._settings.proxy or self._settings.url)
        tls = self._context if address.scheme == "https" else None
        port = address.port or (443 if address.scheme == "https" else 80)
        return await reachable(address.hostname or "", port, tls, float(self._settings.timeout))

    def _words(self, error: Exception) -> str:
        """What went wrong, without the address."""
        words = f"{type(error).__name__}: {error}"
        return words.replace(self._settings.url, "the URL") if self._settings.url else words


async def reachable(host: str, port: int, tls: ssl.SSLContext | None, patience: float) -> str:
    """Whether something listens within ``patience`` seconds, and by which TLS; ChannelError: nothing does."""
    try:
        async with asyncio.timeout(patience):
            _, writer = await asyncio.open_connection(host, port, ssl=tls)
    except (OSError, ValueError) as error:  # a time-out is an OSError
        raise ChannelError(f"{host}:{port}: {type(error).__name__}: {error}", transient=True) from error
    connection = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return f"{host}:{port} answers" + (f" by {connection.version()}" if connection else "")


def refused(answer: Answer) -> ChannelError | None:
    """The error that a status other than 2xx is; None: there is none."""
    if 200 <= answer.status < 300:
        return None
    if 300 <= answer.status < 400:
        return ChannelError(f"HTTP {answer.status}: a redirect is not followed", transient=False)
    return ChannelError(answer.words, transient=answer.status >= 500 or answer.status in PASSING)


def url_problem(settings: PostSettings) -> Wrong:
    """What is wrong with the address of what posts over HTTP."""
    if not settings.url:
        return None if settings.url_file else ("url", said("{key!r} is missing", key="url"))
    for key, url in (("url", settings.url), ("proxy", settings.proxy)):
        if url and not _is_http(url):
            shown = "url_file" if key == "url" and settings.url_file else key
            return shown, said("expected http:// or https:// and a host")
    return None


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
