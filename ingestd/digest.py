"""The digest of a day: what was kept without paging anybody, and in ``mode: observe`` the pages that would have been.

It is composed from the store, put into the inbox as a message of its own, and stepped like any other: the journal knows
what people were told.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
import structlog
from msgspec import Struct

from ingestd.decide.silenced import forgotten
from ingestd.model import PRIORITIES, Digest, DigestOrder, Message, Silence
from ingestd.store import Daily, Paged, Unrecognised
from ingestd.yamltypes import Clock

log = structlog.get_logger("ingestd.digest")

ORIGIN = "digest:"  # and the day: one a day, whatever happens
NIGHT = range(22, 24), range(7)  # hours
LISTED = 30  # of what is listed
LATE = 60.0  # seconds between looks at the clock, which may be set
Receive = Callable[[Message], Awaitable[int]]


class Reads(Protocol):
    """What is asked of the store."""

    async def daily(self, since: float, until: float, offset: float) -> Daily:
        """The figures of a day."""
        ...

    async def unrecognised(self, limit: int = 100, before: int = 0) -> tuple[Unrecognised, ...]:
        """Messages that nothing understood, newest first."""
        ...

    async def silences(self, limit: int = 1000) -> tuple[Silence, ...]:
        """What people silenced."""
        ...

    async def last_origin(self, prefix: str) -> str | None:
        """The newest origin that begins so."""
        ...


class Plan(Struct, frozen=True):
    """When and to whom, by the site's configuration of now."""

    at: Clock
    to: tuple[str, ...]
    zone: ZoneInfo
    observing: bool


class Digests:
    """Sends one a day, after the time that the plan says; one that was missed is sent at the next start."""

    def __init__(
        self,
        reads: Reads,
        receive: Receive,
        plan: Callable[[], Plan],
        clock: Callable[[], float],
        offset: Callable[[], float],
    ) -> None:
        self._reads, self._receive, self._plan = reads, receive, plan
        self._clock, self._offset = clock, offset

    async def run(self) -> None:
        """Until cancelled."""
        began = self._clock()
        while True:
            plan = self._plan()
            try:
                await self._look(plan, began)
            except Exception as error:  # a store that does not answer: the next look may do
                log.warning("the digest waits", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(min(LATE, max(1.0, next_due(self._clock(), plan) - self._clock())))

    async def _look(self, plan: Plan, began: float) -> None:
        """Send what is due and was not sent yet, if there is anything to say."""
        due = last_due(self._clock(), plan)
        last = await self._reads.last_origin(ORIGIN)
        if not plan.to or not (last or began < due) or (last or "") >= origin(due, plan):
            return
        digest = await self.digest(plan, due)
        if not plan.observing and not worth_telling(digest):
            return
        body = msgspec.json.encode(DigestOrder(to=plan.to, digest=digest))
        one = origin(due, plan)
        await self._receive(Message(kind="digest", source="engine", body=body, received=self._clock(), origin=one))

    async def digest(self, plan: Plan, until: float) -> Digest:
        """What there is to say about the day that ends at ``until``."""
        since = _day_before(until, plan.zone)
        found = await self._reads.daily(since, until, self._offset())
        strange = await self._reads.unrecognised(LISTED) if found.unrecognised else ()
        silences = [one for one in await self._reads.silences() if forgotten(one, until)]
        return msgspec.structs.replace(
            compose(found, since, until, plan),
            unrecognised=tuple(f"inbox {one.id}: {one.message.sender or one.message.source}" for one in strange),
            forgotten=tuple(f"{one.id} ({one.by}: {one.comment})" for one in silences)[:LISTED],
        )


def compose(found: Daily, since: float, until: float, plan: Plan) -> Digest:
    """The figures of a day as people read them."""
    first = sum(one.first for one in found.pages)
    return Digest(
        since=since,
        until=until,
        observing=plan.observing,
        mails=found.kinds.get("mail", 0),
        webhooks=found.kinds.get("webhook", 0),
        alerts=found.alerts,
        opened=tuple((one, found.opened[one]) for one in PRIORITIES if one in found.opened),
        resolved=found.resolved,
        pages=first,
        escalations=len(found.pages) - first,
        at_night=sum(_at_night(one, plan.zone) for one in found.pages),
        people=tuple(Counter(one.person for one in found.pages).most_common()),
        open_now=found.open_now,
        open_count=found.open_count,
        quiet=found.quiet,
        quiet_count=found.quiet_count,
        joined=found.joined,
        unsure=found.unsure,
        notices=found.notices,
        unrecognised_count=found.unrecognised,
        shunted=found.shunted,
    )


def worth_telling(digest: Digest) -> bool:
    """Whether anything happened, or waits."""
    return any((digest.mails, digest.webhooks, digest.open_count, digest.shunted, digest.forgotten))


def last_due(wall: float, plan: Plan) -> float:
    """When the last digest was due."""
    local = datetime.fromtimestamp(wall, plan.zone)
    today = _time_of(local, plan)
    return today if today <= wall else _time_of(local - timedelta(days=1), plan)


def next_due(wall: float, plan: Plan) -> float:
    """When the next one will be."""
    local = datetime.fromtimestamp(last_due(wall, plan), plan.zone)
    return _time_of(local + timedelta(days=1), plan)


def origin(due: float, plan: Plan) -> str:
    """What makes it the only one of its day."""
    return ORIGIN + datetime.fromtimestamp(due, plan.zone).date().isoformat()


def _time_of(day: datetime, plan: Plan) -> float:
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return (midnight + timedelta(minutes=int(plan.at))).timestamp()


def _day_before(until: float, zone: ZoneInfo) -> float:
    return (datetime.fromtimestamp(until, zone) - timedelta(days=1)).timestamp()


def _at_night(one: Paged, zone: ZoneInfo) -> bool:
    return any(datetime.fromtimestamp(one.at, zone).hour in hours for hours in NIGHT)
