"""Robots of group chats: one URL a group, answers that are HTTP 200 whatever they mean, and few posts a minute.

Letters that wait for their turn are joined into one post, and each gets the outcome of that post. A robot's posts are
counted by its URL, so that neither a reload nor a second channel to the same group goes over its limit.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from ingestd.channels import ChannelError, Letter, Sent
from ingestd.channels.brief import joined
from ingestd.channels.post import Answer, Poster, PostSettings, refused

#: Keys of an answer that hold its code, all of which must be 0, and those of its words.
CODES = ("errcode", "code", "StatusCode")
WORDS = ("errmsg", "msg", "StatusMessage")
EVERYBODY = frozenset({"all", "@all", "everybody", "所有人"})
LONGEST_WORDS = 300
_BETWEEN = re.compile(r"[\s,;，；]+")
#: Mobile numbers; a shorter number is the id of somebody.
_PHONE = re.compile(r"\+[0-9-]{5,20}|1[3-9][0-9]{9}")

Pause = Callable[[float], Awaitable[None]]


class RobotSettings(PostSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every robot has."""

    group: bool = True  # many read it: a post is nobody's receipt


class Mentions(Struct, frozen=True):
    """Whom a post is to ring at."""

    phones: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    everybody: bool = False

    @classmethod
    def of(cls, letters: list[Letter]) -> "Mentions":
        """The addresses of letters: phone numbers, ids of the service or ``all``, several parted by commas."""
        found = dict.fromkeys(one.lstrip("@") or one for letter in letters for one in _BETWEEN.split(letter.to) if one)
        named = [one for one in found if one not in EVERYBODY]
        return cls(
            tuple(one.replace("-", "").removeprefix("+86") for one in named if _PHONE.fullmatch(one)),
            tuple(one for one in named if not _PHONE.fullmatch(one)),
            len(named) < len(found),
        )


class Request(Struct, frozen=True):
    """What is posted, and where to."""

    url: str
    body: dict[str, Any]


class Limits(Struct, frozen=True):
    """What a robot bears: ``posts`` in ``period`` seconds, ``gap`` seconds between two."""

    posts: int
    period: float = 60.0
    gap: float = 0.0


class Kind(Struct, frozen=True):
    """What one service's robots are like."""

    limits: Limits
    size: int  # bytes of text in a post
    busy: frozenset[int]  # codes that may pass: rate limits, a busy service
    request: Callable[[Any, str, Mentions, float], Request]  # settings, text, whom, wall time


class Window:
    """When the next post may go out: half of a robot's posts at once, the others evenly, so that nobody waits long."""

    def __init__(
        self, limits: Limits, clock: Callable[[], float] = time.monotonic, sleep: Pause = asyncio.sleep
    ) -> None:
        self._limits, self._clock, self._sleep = limits, clock, sleep
        self._sent: deque[float] = deque()

    async def turn(self) -> None:
        """Wait for the next post's turn, and take it."""
        while (left := self._left()) > 0:
            await self._sleep(left)
        self._sent.append(self._clock())

    def _left(self) -> float:
        limits, now = self._limits, self._clock()
        while self._sent and self._sent[0] <= now - limits.period:
            self._sent.popleft()
        if not self._sent:
            return 0.0
        half = max(1, limits.posts // 2)
        due = self._sent[-1] + (limits.gap if len(self._sent) < half else max(limits.gap, limits.period / half))
        if len(self._sent) >= limits.posts:
            due = max(due, self._sent[0] + limits.period)
        return due - now


class _Waiting(Struct):
    """A letter that waits for its post, and what becomes of it."""

    letter: Letter
    outcome: "asyncio.Future[Sent]"


class Robot:
    """A robot of a group, by the ways of its service."""

    def __init__(self, settings: RobotSettings, kind: Kind, window: Window | None = None) -> None:
        self.group = settings.group
        self._settings, self._kind = settings, kind
        self._poster = Poster(settings)
        self._window = window or window_of(settings.url, kind.limits)
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def send(self, letter: Letter) -> Sent:
        """Post a letter, with those that wait beside it; ChannelError: the service says so in its answer."""
        waiting = _Waiting(letter, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await waiting.outcome

    async def probe(self) -> str:
        """Whether the service can be reached."""
        return await self._poster.probe()

    async def _work(self) -> None:
        while self._waiting:
            await self._window.turn()
            batch = [one for one in self._waiting if not one.outcome.done()]  # the others were given up
            self._waiting.clear()
            if batch:
                await self._tell(batch)

    async def _tell(self, batch: list[_Waiting]) -> None:
        """Post them together; each gets what came of it."""
        try:
            sent = await self._post([one.letter for one in batch])
        except ChannelError as error:
            for one in _left(batch):
                one.outcome.set_exception(ChannelError(str(error), transient=error.transient))
        except Exception as error:  # a fault of ours: the outbox tells of it
            for one in _left(batch):
                one.outcome.set_exception(error)
        else:
            for one in _left(batch):
                one.outcome.set_result(sent)

    async def _post(self, letters: list[Letter]) -> Sent:
        text = joined(letters, self._kind.size)
        request = self._kind.request(self._settings, text, Mentions.of(letters), letters[-1].date)
        body = msgspec.json.encode(request.body)
        answer = await self._poster.post(body, {}, url=request.url)
        return judged(answer, self._kind.busy)


def judged(answer: Answer, busy: frozenset[int]) -> Sent:
    """What an answer means: only code 0 in the body is success, whatever its HTTP status says."""
    said = _fields(answer)
    codes = [said[key] for key in CODES if key in said]
    words = next((str(said[key]) for key in WORDS if said.get(key)), "")[:LONGEST_WORDS]
    wrong = [code for code in codes if str(code) != "0"]
    if wrong:
        passing = wrong[0] in busy or answer.status >= 500 or answer.status == 429
        raise ChannelError(f"code {wrong[0]}: {words}", transient=passing)
    if error := refused(answer):
        raise error
    if not codes:
        raise ChannelError(f"no code in the answer: {answer.words}", transient=True)
    return Sent(f"code 0 {words}".strip())


_WINDOWS: dict[str, Window] = {}


def window_of(url: str, limits: Limits) -> Window:
    """The window of a robot: one a URL, for as long as the daemon runs."""
    return _WINDOWS.setdefault(sha256(url.encode()).hexdigest(), Window(limits))


def _left(batch: list[_Waiting]) -> list[_Waiting]:
    return [one for one in batch if not one.outcome.done()]


def _fields(answer: Answer) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
