"""Calendars by URL: fetched at the start, after every reload and each hour; a changed one is a reload.

What is in force is always the copy below the state folder: who is on call never hangs on the network, and a calendar
that can't be fetched stays as it was last. One that could not be fetched for a day opens a low incident.
"""

import asyncio
import os
import re
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import structlog

from ingestd.decide.ical import MOST_TEXT
from ingestd.feeds import Feed, is_copy, url_problem

log = structlog.get_logger("ingestd.calendars")

EVERY = 3600.0  # seconds between looks
PATIENCE = 10.0  # seconds for one calendar
MOST = 1024 * 1024  # bytes of one
REDIRECTS = 3
STALE = 86400.0  # seconds after which a copy is too old not to be told of
#: When the calendar was asked for: other each time, and nobody's turn hangs on it.
_ASKED_AT = re.compile(r"^DTSTAMP[:;][^\n]*\n(?:[ \t][^\n]*\n)*", re.MULTILINE | re.IGNORECASE)


class NoCalendar(Exception):  # noqa: N818  (what was found)
    """Why there is no calendar, in words without its URL."""


class Calendars:
    """Fetches until cancelled. ``feeds`` and ``folder`` are asked for each time: a reload may change them."""

    def __init__(
        self,
        feeds: Callable[[], Collection[Feed]],
        folder: Callable[[], Path],
        reload: Callable[[], Awaitable[object]],
        trouble: Callable[[str, str], None],
        wall: Callable[[], float],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._feeds, self._folder, self._reload, self._trouble, self._wall = feeds, folder, reload, trouble, wall
        self._transport = transport
        self._wake = asyncio.Event()
        self._since: dict[str, float] = {}  # by name: when one that has no copy was first asked for
        self._failing: set[str] = set()  # names
        self._told: dict[str, str] = {}  # by name: the source of a trouble that was told of

    def wake(self) -> None:
        """The site was read anew: it may name others."""
        self._wake.set()

    async def run(self) -> None:
        """Look, and look again after an hour or a reload."""
        while True:
            if await self.look():
                await self._reload()
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._wake.wait()

    async def look(self) -> bool:
        """Fetch every calendar; whether a copy has become another one."""
        feeds, folder = tuple(self._feeds()), self._folder()
        changed = [await self._one(feed, folder) for feed in feeds]
        names = {feed.name for feed in feeds}
        for name in self._told.keys() - names:
            self._trouble(self._told.pop(name), "")
        self._failing &= names
        await asyncio.to_thread(_tidy, folder, names)
        return any(changed)

    async def _one(self, feed: Feed, folder: Path) -> bool:
        old = self._is_old(folder / feed.name)
        try:
            text = await fetched(feed, self._transport)
            changed = await asyncio.to_thread(_keep, folder / feed.name, text)
        except (NoCalendar, OSError) as error:
            self._failed(feed, folder / feed.name, str(error))
            return False
        if feed.name in self._failing:
            self._failing.discard(feed.name)
            log.info("a calendar is fetched again", of=feed.title)
        if self._told.pop(feed.name, "") or old:  # a process before this one may have told of it
            self._trouble(_source(feed), "")
        return changed

    def _is_old(self, path: Path) -> bool:
        return self._wall() - _kept_at(path) >= STALE

    def _failed(self, feed: Feed, path: Path, why: str) -> None:
        """Say it in the log once, and tell people once the copy is old."""
        now = self._wall()
        kept = _kept_at(path)
        since = kept or self._since.setdefault(feed.name, now)
        if feed.name not in self._failing:
            self._failing.add(feed.name)
            instead = "the copy from before stays in force" if kept else "there is no copy yet"
            log.warning("a calendar can't be fetched", of=feed.title, why=why, instead=instead)
        if now - since >= STALE and feed.name not in self._told:
            source = self._told[feed.name] = _source(feed)
            self._trouble(source, why)


def _source(feed: Feed) -> str:
    """Of the news about it."""
    return f"calendar:{feed.title}"


async def fetched(feed: Feed, transport: httpx.AsyncBaseTransport | None = None) -> str:
    """The text of a calendar as it is kept; NoCalendar says why there is none."""
    try:
        url = feed.address()
    except (OSError, ValueError) as error:  # the words of neither hold the URL
        raise NoCalendar(getattr(error, "strerror", None) or str(error)) from None
    try:
        async with asyncio.timeout(PATIENCE):
            raw = await _asked(url, transport)
    except TimeoutError:
        raise NoCalendar(f"no answer within {PATIENCE:.0f} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        raise NoCalendar(f"no answer: {type(error).__name__}") from None  # its words may hold the URL
    return _text(raw)


async def _asked(url: str, transport: httpx.AsyncBaseTransport | None) -> bytes:
    trusted = await asyncio.to_thread(ssl.create_default_context)  # the system's, with a company's own
    async with httpx.AsyncClient(verify=trusted, transport=transport, timeout=PATIENCE, trust_env=False) as client:
        for _ in range(REDIRECTS + 1):
            async with client.stream(
                "GET", url, headers={"Accept": "text/calendar", "User-Agent": "ingestd"}
            ) as answer:
                if answer.is_redirect:
                    url = _onward(url, answer.headers.get("location", ""))
                    continue
                if answer.status_code != httpx.codes.OK:
                    raise NoCalendar(f"HTTP {answer.status_code}")
                return await _body(answer)
    raise NoCalendar("it redirects again and again")


def _onward(url: str, location: str) -> str:
    """Where a redirect leads; never away from https."""
    onward = urljoin(url, location)
    if url_problem(onward) is not None or urlsplit(onward).scheme not in ("https", urlsplit(url).scheme):
        raise NoCalendar("it redirects to what is no https://")
    return onward


async def _body(answer: httpx.Response) -> bytes:
    read = bytearray()
    async for part in answer.aiter_bytes():
        read += part
        if len(read) > MOST:
            raise NoCalendar(f"expected at most {MOST} bytes")
    return bytes(read)


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise NoCalendar("expected UTF-8") from None
    words = text.strip()
    if not words[:15].upper().startswith("BEGIN:VCALENDAR") or not words[-13:].upper().endswith("END:VCALENDAR"):
        raise NoCalendar("no iCalendar: expected BEGIN:VCALENDAR … END:VCALENDAR")
    text = _ASKED_AT.sub("", f"{words}\n")
    if len(text) > MOST_TEXT:
        raise NoCalendar(f"expected at most {MOST_TEXT} characters, got {len(text)}")
    return text


# -- copies


def _keep(path: Path, text: str) -> bool:
    """Write a copy, for its owner only; whether it is another one. Its time is that of the last good look."""
    raw = text.encode()
    with suppress(FileNotFoundError):
        if path.read_bytes() == raw:
            os.utime(path)
            return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".calendar-")  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    Path(aside).replace(path)
    return True


def _kept_at(path: Path) -> float:
    """When a copy was last good; 0: there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _tidy(folder: Path, names: Collection[str]) -> None:
    """Copies that nothing names any more go."""
    for path in folder.glob("calendar-*.ics"):
        if is_copy(path.name) and path.name not in names:
            path.unlink(missing_ok=True)
