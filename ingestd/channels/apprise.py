"""Every other service, by Apprise: Slack, Teams, Mattermost, Telegram, ntfy, Pushover, Twilio and a hundred more.

What Apprise calls a success must be one: services that answer HTTP 200 to a refusal, and of which Apprise reads no more
than the status, are refused. Its URLs hold credentials: what it says is kept apart from the logs, and cleaned.
"""

import asyncio
import logging
import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

from ingestd.channels import Channel, ChannelError, ChannelSettings, Letter, Sent, Wrong
from ingestd.channels.brief import fitted, heading, lines, shortened, size
from ingestd.problem import Said, said
from ingestd.yamltypes import Duration

#: Services that ingestd posts to itself, since Apprise takes their refusals for success; the ``type`` to write.
OWN: Mapping[str, str] = {"wecombot": "wecom", "dingtalk": "dingtalk", "feishu": "feishu", "lark": "feishu"}
#: Services of the same habit that are left to a webhook or a command.
DEAF = frozenset(
    {
        "clicksend",
        "join",
        "nexmo",
        "pushdeer",
        "pushdeers",
        "pushme",
        "qq",
        "schan",
        "seven",
        "spugpush",
        "synology",
        "synologys",
        "vonage",
    }
)
#: Services that write to the machine itself: nobody is told.
LOCAL = frozenset({"syslog", "dbus", "qt", "kde", "glib", "gnome", "macosx", "windows", "blink1", "file"})
MOST = 8000  # bytes of a text, where a service would take more
SHORT = 400  # a service that takes no more gets the heading alone: each part of an SMS is paid for
LEFT = 90  # bytes that a link leaves to the heading, or it stays away
THREADS = 8  # letters under way at once, over all these channels
LONGEST_WORDS = 300
HOLE = "{to}"
_SCHEMA = re.compile(r"([A-Za-z0-9_+-]+)://")
_PARTS = re.compile(r"[/:@?&=+,\s]+")
SHORTEST_SECRET = 4  # characters of a part of a URL that is not repeated


class AppriseSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="apprise"):
    """A service that Apprise knows."""

    url: str = ""  # Apprise's URL, a secret; {to} in it is the address of the contact
    url_file: str = ""  # the file with the URL
    timeout: Duration = Duration(30)  # for the whole exchange


class Apprise:
    """Sends by one of Apprise's services, in a thread: they all block."""

    def __init__(self, settings: AppriseSettings) -> None:
        self.group = settings.group
        self._settings = settings

    async def send(self, letter: Letter) -> Sent:
        """Hand a letter to the service; ChannelError: it was refused, in Apprise's words."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(float(self._settings.timeout)):
                return await loop.run_in_executor(_threads(), self._send, letter)
        except TimeoutError as error:
            raise ChannelError("no answer in time", transient=True) from error

    def _send(self, letter: Letter) -> Sent:
        url = self._settings.url.replace(HOLE, quote(letter.to, safe=""))
        try:
            with _words() as said_by_it:
                service = _service(url)
                sent = service is not None and bool(service.notify(**_message(service, letter)))
        except Exception as error:  # a fault of a service's, whose words may hold the URL
            raise ChannelError(f"{schema(url)}: Apprise broke: {type(error).__name__}", transient=False) from None
        words = _clean("; ".join(said_by_it), self._settings.url, url)[:LONGEST_WORDS]
        if service is None:
            raise ChannelError(f"Apprise does not take this URL: {words or schema(url)}", transient=False)
        if not sent:
            raise ChannelError(f"{service.service_name}: {words or 'not sent'}", transient=_transient(words))
        return Sent(f"{service.service_name}: taken")


def _message(service: Any, letter: Letter) -> dict[str, Any]:
    """What the service takes: the heading alone if that is all there is room for, else the text cut at whole lines."""
    room = min(service.body_maxlen, MOST)
    if room <= SHORT:
        return {"body": _short(letter, room), "body_format": "text"}
    if service.title_maxlen <= 0:
        return {"body": fitted(letter, room), "body_format": "text"}
    body = fitted(letter, room).removeprefix(heading(letter)).strip() or lines(letter)[0]
    return {"title": shortened(heading(letter), service.title_maxlen), "body": body, "body_format": "text"}


def _short(letter: Letter, room: int) -> str:
    """The heading, and the link if that leaves room for what matters."""
    first, link = heading(letter), f"\n{letter.link}" if letter.link else ""
    if room - size(link) < min(size(first), LEFT):
        link = ""
    return shortened(first, room - size(link)) + link


#: Words of Apprise about refusals that stay.
_FINAL = re.compile(r"error=(?:400|401|403|404|405|410|413|422)\b")


def _transient(words: str) -> bool:
    return _FINAL.search(words) is None


def schema(url: str) -> str:
    """The name of the service in a URL, ``slack`` of ``slack://…``; "" if there is none."""
    found = _SCHEMA.match(url)
    return found[1].lower() if found else ""


def problem(settings: AppriseSettings) -> Wrong:
    """What is wrong with the URL: none, a service that must not be used, or one that Apprise can't read."""
    key, url = "url_file" if settings.url_file else "url", settings.url
    if not url:
        return None if settings.url_file else ("url", said("{key!r} is missing", key="url"))
    wrong = _unfit(schema(url))
    if wrong is not None:
        return key, wrong
    with _words() as said_by_it:
        service = _service(url.replace(HOLE, "13800000000"))
    if service is None:
        why = _clean("; ".join(said_by_it), url)[:LONGEST_WORDS] or schema(url)
        return key, said("Apprise does not take this URL: {why}", why=why)
    # An address as the service itself writes it (https://…) leads to the service, too.
    wrong = next((found for name in _schemas(service) if (found := _unfit(name)) is not None), None)
    return (key, wrong) if wrong is not None else None


def _unfit(name: str) -> Said | None:
    """Why a service must not be used; None: it may."""
    if name in OWN:
        return said(
            "Apprise takes the refusals of {schema} for success: write type: {type}", schema=name, type=OWN[name]
        )
    if name in DEAF:
        return said("Apprise takes the refusals of {schema} for success: use type: webhook or exec", schema=name)
    if name in LOCAL:
        return said("{schema} tells nobody: it writes to this machine", schema=name)
    return None


def _schemas(service: Any) -> Iterator[str]:
    for names in (service.secure_protocol, service.protocol):
        yield from (names,) if isinstance(names, str) else names or ()


# -- Apprise itself, loaded when it is used: it is large
def _service(url: str) -> Any:
    """Apprise's service for a URL; None if it takes none such."""
    return _apprise().Apprise.instantiate(url, asset=_asset(), suppress_exceptions=True)


@cache
def _apprise() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the modules that its services try to import
        import apprise  # noqa: PLC0415

        apprise.Apprise.instantiate("json://localhost", suppress_exceptions=True)
    return apprise


@cache
def _asset() -> Any:
    """What its services share: it keeps nothing on the disk."""
    return _apprise().AppriseAsset(app_id="ingestd", app_desc="ingestd", storage_mode="memory", async_mode=False)


@cache
def _threads() -> ThreadPoolExecutor:
    """Threads of their own: a service that hangs holds up no other part of the daemon."""
    return ThreadPoolExecutor(THREADS, "apprise")


class _Listener(logging.Handler):
    """Keeps what Apprise says in one thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of this thread's."""
        if record.thread == self._thread:
            self.words.append(record.getMessage())


@contextmanager
def _words() -> Iterator[list[str]]:
    """What Apprise says meanwhile, in this thread; it goes to no log, since it may hold credentials."""
    log, listener = logging.getLogger("apprise"), _Listener()
    log.propagate = False
    log.setLevel(logging.WARNING)
    log.addHandler(listener)
    try:
        yield listener.words
    finally:
        log.removeHandler(listener)


def _clean(words: str, *urls: str) -> str:
    """Words without any part of the URLs but the service's name."""
    parts = {part for url in urls for text in (url, unquote(url)) for part in _PARTS.split(text)}
    for part in sorted(parts - {schema(url) for url in urls}, key=len, reverse=True):
        if len(part) >= SHORTEST_SECRET:
            words = words.replace(part, "…")
    return " ".join(words.split())


SETTINGS = AppriseSettings


def build(settings: AppriseSettings) -> Channel:
    """A service by its settings."""
    return Apprise(settings)
