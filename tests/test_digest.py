"""One mail a day about what was kept without paging anybody; in observe mode, about the pages that would have been."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from ingestd import digest as digests
from ingestd.digest import Digests, Plan
from ingestd.model import Digest, DigestOrder, Message, Silence
from ingestd.store import Daily, Paged, Unrecognised
from ingestd.yamltypes import Clock
from tests.night import Night, trading_company

ZONE = ZoneInfo("Asia/Shanghai")
PLAN = Plan(Clock(8 * 60), ("person:wu",), ZONE, observing=False)
DAY = Daily(
    kinds={"mail": 3, "webhook": 2, "tick": 9},
    notices=1,
    shunted=0,
    unrecognised=1,
    alerts=4,
    joined=1,
    unsure=("#1 a: refused",),
    opened={"P4": 1, "P1": 1},
    resolved=1,
    pages=(),
    quiet=("#2 P4 disk full",),
    quiet_count=1,
    open_now=("#2 P4 disk full",),
    open_count=1,
)
NOTHING = replace(DAY, kinds={"tick": 9}, open_count=0, unrecognised=0)


def wall(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


class Site:
    """A store that answers as told, an inbox, a clock and a plan."""

    def __init__(self, now: str, *, last: str | None = None, day: Daily = DAY) -> None:
        self.now, self.last, self.day, self.plan = wall(now), last, day, PLAN
        self.received: list[Message] = []
        self.asked: list[tuple[float, float, float]] = []
        self.broken = 0

    async def daily(self, since: float, until: float, offset: float) -> Daily:
        self.asked.append((since, until, offset))
        return self.day

    async def unrecognised(self, limit: int = 100, before: int = 0) -> tuple[Unrecognised, ...]:
        return (Unrecognised(7, Message(kind="mail", source="smtp", sender="odd@x.example"), None),)

    async def silences(self, limit: int = 1000) -> tuple[Silence, ...]:
        return (
            Silence(id="s1", starts_at=0.0, ends_at=9e9, by="lin", comment="old"),
            Silence(id="s2", starts_at=0.0, ends_at=9e9, by="lin", comment="fresh", hid_at=self.now),
        )

    async def last_origin(self, prefix: str) -> str | None:
        if self.broken:
            self.broken -= 1
            raise OSError("no database")
        return self.last

    async def receive(self, message: Message) -> int:
        self.received.append(message)
        self.last = message.origin
        return len(self.received)

    def digests(self) -> Digests:
        return Digests(self, self.receive, lambda: self.plan, lambda: self.now, lambda: 5.0)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it slept; the third sleep ends the run."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 2:
            raise asyncio.CancelledError

    monkeypatch.setattr(digests.asyncio, "sleep", sleep)
    return slept


async def run(site: Site) -> list[str]:
    with pytest.raises(asyncio.CancelledError):
        await site.digests().run()
    return [message.origin for message in site.received]


async def test_it_is_sent_once_a_day(turns: list[float]) -> None:
    site = Site("2027-01-29T08:00:30", last="digest:2027-01-28")
    assert await run(site) == ["digest:2027-01-29"]
    assert site.asked == [(wall("2027-01-28T08:00"), wall("2027-01-29T08:00"), 5.0)]
    order = msgspec.json.decode(site.received[0].body, type=DigestOrder)
    assert order.to == ("person:wu",)
    assert (order.digest.mails, order.digest.webhooks) == (3, 2)
    assert order.digest.opened == (("P1", 1), ("P4", 1))
    assert (order.digest.unrecognised, order.digest.forgotten) == (("inbox 7: odd@x.example",), ("s1 (lin: old)",))
    assert turns == [60.0, 60.0, 60.0]


async def test_a_new_site_waits_for_its_first_morning(turns: list[float]) -> None:
    assert await run(Site("2027-01-29T07:59:30")) == []
    assert turns[0] == 30.0


async def test_one_that_was_missed_is_sent_at_the_start(turns: list[float]) -> None:
    assert await run(Site("2027-01-29T07:00", last="digest:2027-01-20")) == ["digest:2027-01-28"]


async def test_a_quiet_day_is_told_only_by_who_observes(turns: list[float]) -> None:
    quiet = Site("2027-01-29T09:00", last="digest:2027-01-28", day=NOTHING)
    quiet.silences = no_silences  # type: ignore[method-assign]
    assert await run(quiet) == []
    turns.clear()
    quiet.plan = replace(PLAN, observing=True)
    assert await run(quiet) == ["digest:2027-01-29"]


async def no_silences(limit: int = 1000) -> tuple[Silence, ...]:
    return ()


async def test_nobody_to_tell_or_a_store_that_does_not_answer(turns: list[float]) -> None:
    site = Site("2027-01-29T09:00", last="digest:2027-01-28")
    site.plan = replace(PLAN, to=())
    assert await run(site) == []
    turns.clear()
    site.plan, site.broken = PLAN, 1
    assert await run(site) == ["digest:2027-01-29"]


def test_nights_and_people_are_counted() -> None:
    pages = (
        Paged(wall("2027-01-28T23:10"), "lin", first=True),
        Paged(wall("2027-01-29T06:59"), "wu", first=False),
        Paged(wall("2027-01-29T07:00"), "wu", first=False),
    )
    found = digests.compose(replace(DAY, pages=pages), 0.0, 1.0, PLAN)
    assert (found.pages, found.escalations, found.at_night) == (1, 2, 2)
    assert found.people == (("wu", 2), ("lin", 1))


def test_the_time_follows_the_clocks() -> None:
    berlin = replace(PLAN, zone=ZoneInfo("Europe/Berlin"))
    before = datetime(2027, 3, 27, 8, tzinfo=berlin.zone).timestamp()
    assert digests.next_due(before, berlin) - before == 23 * 3600.0


def test_a_digest_is_stepped_and_told_to_whom_it_names() -> None:
    night = Night(trading_company())
    order = DigestOrder(to=("person:wu", "oncall:network", "person:gone"), digest=Digest(since=0.0, until=1.0))
    night.message(0, Message(kind="digest", source="engine", body=msgspec.json.encode(order)))
    assert [(page.person, page.kind, page.incident) for page in night.pages] == [
        ("wu", "digest", 0),
        ("lin", "digest", 0),
    ]
