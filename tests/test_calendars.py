"""Calendars by URL: fetched, kept, used from the last good copy, and never named by their URLs."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from ingestd.calendars import MOST, Calendars, NoCalendar, fetched
from ingestd.decide.ical import MOST_TEXT
from ingestd.feeds import Feed, is_copy, is_url, name_of, url_problem

URL = "https://cal.example/duty/secret-7.ics"
FEED = Feed(name=name_of(URL), title="the rota of quay", url=URL)
NOW = 1_795_000_000.0
DAY = 86400.0


def calendar(who: str = "ida", stamp: str = "20270101T000000Z") -> str:
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        "UID:1",
        f"DTSTAMP;X-A=long:\r\n {stamp}",
        "DTSTART;VALUE=DATE:20270101",
        f"SUMMARY:{who}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "\r\n".join(lines) + "\r\n"


Answer = Callable[[httpx.Request], httpx.Response]


class Wire:
    """A server that answers as told, and a site that names one calendar of it."""

    def __init__(self, folder: Path, answer: Answer) -> None:
        self.answer = answer
        self.now = NOW
        self.feeds: tuple[Feed, ...] = (FEED,)
        self.folder = folder / "calendars"
        self.troubles: list[tuple[str, str]] = []
        self.reloads = 0
        self.reloaded = asyncio.Event()
        self.calendars = Calendars(
            lambda: self.feeds,
            lambda: self.folder,
            self.reload,
            lambda source, text: self.troubles.append((source, text)),
            lambda: self.now,
            transport=httpx.MockTransport(self.answers),
        )

    def answers(self, request: httpx.Request) -> httpx.Response:
        return self.answer(request)

    async def reload(self) -> None:
        self.reloads += 1
        self.reloaded.set()
        self.calendars.wake()

    @property
    def copy(self) -> Path:
        return self.folder / FEED.name

    def aged(self, seconds: float) -> None:
        """The copy was last good so long ago."""
        os.utime(self.copy, (self.now - seconds, self.now - seconds))


def gives(text: str, status: int = 200) -> Answer:
    return lambda _: httpx.Response(status, content=text.encode())


async def test_a_calendar_is_kept_for_its_owner_only_and_the_same_again_is_no_change(tmp_path: Path) -> None:
    wire = Wire(tmp_path, gives(calendar()))
    assert await wire.calendars.look() is True
    assert "SUMMARY:ida\n" in wire.copy.read_text()
    assert wire.copy.stat().st_mode & 0o777 == 0o600
    wire.answer = gives(calendar(stamp="20270101T010000Z"))  # it was asked for an hour later
    assert await wire.calendars.look() is False
    wire.answer = gives(calendar("wei"))
    assert await wire.calendars.look() is True


async def test_what_can_not_be_fetched_stays_as_it_was_and_is_said_once_without_the_url(tmp_path: Path) -> None:
    wire = Wire(tmp_path, gives(calendar()))
    await wire.calendars.look()

    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no way to {request.url}")

    wire.answer = refuses
    with capture_logs() as said:
        assert await wire.calendars.look() is False
        assert await wire.calendars.look() is False
        wire.answer = gives(calendar())
        await wire.calendars.look()
    assert [(one["event"], one["of"]) for one in said] == [
        ("a calendar can't be fetched", "the rota of quay"),
        ("a calendar is fetched again", "the rota of quay"),
    ]
    assert said[0]["why"] == "no answer: ConnectError"
    assert said[0]["instead"] == "the copy from before stays in force"
    assert "secret-7" not in str(said)
    assert "ida" in wire.copy.read_text()
    assert [text for _, text in wire.troubles] == [""]  # the first answer: one before it may have been told of


async def test_after_a_day_people_are_told_and_told_when_it_is_over(tmp_path: Path) -> None:
    wire = Wire(tmp_path, gives("", 503))
    await wire.calendars.look()
    wire.now += DAY - 1
    await wire.calendars.look()
    assert wire.troubles == []
    wire.now += 1
    await wire.calendars.look()
    await wire.calendars.look()
    assert wire.troubles == [("calendar:the rota of quay", "HTTP 503")]
    wire.answer = gives(calendar())
    await wire.calendars.look()
    assert wire.troubles[1:] == [("calendar:the rota of quay", "")]


async def test_the_age_of_the_copy_counts_beyond_a_restart(tmp_path: Path) -> None:
    before = Wire(tmp_path, gives(calendar()))
    await before.calendars.look()
    before.aged(DAY)
    wire = Wire(tmp_path, gives("<html>log in</html>"))
    await wire.calendars.look()
    assert wire.troubles == [("calendar:the rota of quay", "no iCalendar: expected BEGIN:VCALENDAR … END:VCALENDAR")]
    wire.aged(2 * DAY)
    after = Wire(tmp_path, gives(calendar()))
    assert await after.calendars.look() is False
    assert after.troubles == [("calendar:the rota of quay", "")]  # told by a process that is gone


async def test_what_nothing_names_any_more_goes_with_its_trouble(tmp_path: Path) -> None:
    wire = Wire(tmp_path, gives(calendar()))
    await wire.calendars.look()
    (wire.folder / "notes.txt").write_text("mine")
    wire.aged(DAY)
    wire.answer = gives("", 500)
    await wire.calendars.look()
    wire.feeds = ()
    assert await wire.calendars.look() is False
    assert [one.name for one in wire.folder.iterdir()] == ["notes.txt"]
    assert wire.troubles[-1] == ("calendar:the rota of quay", "")


async def test_it_looks_at_the_start_and_after_a_reload_and_a_change_is_one_reload(tmp_path: Path) -> None:
    asked: list[str] = []
    again = asyncio.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if len(asked) > 1:
            again.set()
        return httpx.Response(200, content=calendar().encode())

    wire = Wire(tmp_path, answer)
    task = asyncio.create_task(wire.calendars.run())
    async with asyncio.timeout(20):
        await wire.reloaded.wait()
        await asyncio.sleep(0.05)
        assert (len(asked), wire.reloads) == (1, 1)  # its own reload wakes it for nothing
        wire.calendars.wake()
        await again.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert wire.reloads == 1


async def why(feed: Feed, answer: Answer) -> str:
    with pytest.raises(NoCalendar) as caught:
        await fetched(feed, httpx.MockTransport(answer))
    assert "secret" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (gives(calendar(), 404), "HTTP 404"),
        (gives("BEGIN:VCALENDAR\n"), "no iCalendar"),
        (gives(""), "no iCalendar"),
        (lambda _: httpx.Response(200, content=b"\xff\xfe"), "expected UTF-8"),
        (lambda _: httpx.Response(200, content=b"x" * (MOST + 1)), "expected at most 1048576 bytes"),
        (gives(f"BEGIN:VCALENDAR\n{'x' * MOST_TEXT}\nEND:VCALENDAR"), "expected at most 200000 characters"),
        (lambda _: httpx.Response(302, headers={"location": URL}), "it redirects again and again"),
        (lambda _: httpx.Response(302, headers={"location": "http://cal.example/secret"}), "no https://"),
        (lambda _: httpx.Response(302, headers={"location": "http://127.0.0.1/secret"}), "no https://"),
        (lambda _: httpx.Response(302, headers={"location": "file:///etc/secret"}), "no https://"),
        (lambda _: httpx.Response(302), "it redirects again and again"),
    ],
)
async def test_what_is_no_calendar_is_said(answer: Answer, words: str) -> None:
    assert words in await why(FEED, answer)


async def test_no_answer_in_time_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.calendars.PATIENCE", 0.01)

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        return httpx.Response(200)

    handler: Callable[[httpx.Request], Awaitable[httpx.Response]] = never
    with pytest.raises(NoCalendar, match="no answer within 0 s"):
        await fetched(FEED, httpx.MockTransport(handler))


async def test_a_redirect_within_https_is_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/new.ics":
            return httpx.Response(200, content=calendar().encode())
        return httpx.Response(301, headers={"location": "/new.ics"})

    assert "SUMMARY:ida" in await fetched(FEED, httpx.MockTransport(answer))


async def test_the_url_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    feed = Feed(name=name_of("url"), title="calendar duty", file=str(file))
    assert "No such file" in await why(feed, gives(calendar()))
    file.write_text("ftp://secret.example/x")
    assert "expected https://" in await why(feed, gives(calendar()))
    file.write_bytes(b"\xff")
    assert await why(feed, gives(calendar()))
    file.write_text("webcal://cal.example/x\n")
    asked: list[str] = []
    answer = gives(calendar())
    await fetched(feed, httpx.MockTransport(lambda request: (asked.append(str(request.url)), answer(request))[1]))
    assert asked == ["https://cal.example/x"]


@pytest.mark.parametrize(
    "url", ["https://a.example/x", "webcal://a.example/x", "http://127.0.0.1:8080/x", "http://[::1]/"]
)
def test_urls_that_will_do(url: str) -> None:
    assert is_url(url)
    assert url_problem(url) is None


@pytest.mark.parametrize(
    "url",
    ["http://a.example/x", "https://", "https://a b/", "https://a:99999/", f"https://a/{'x' * 5000}", "ftp://a/x"],
)
def test_urls_that_will_not(url: str) -> None:
    assert url_problem(url) is not None


def test_names_of_copies() -> None:
    assert is_copy(name_of(URL))
    assert name_of(URL) != name_of(f"{URL}?")
    assert not is_copy("duty.ics")
    assert not is_url("duty.ics")
