"""The last mile as stories: from the decision to the person, when what lies between them fails.

Told elsewhere: clocks that change, shifts that change, nobody on call at Spring Festival (test_rotas.py); the relay behind
the failed switch (decide/test_escalate.py); HTTP 200 that is a refusal (test_outbox.py); an acknowledgement behind 100,000
alerts, and one overdue step after downtime (test_worker.py); real mail servers that refuse, defer and bounce (peers/);
updates and ends that come back or that no channel takes (decide/test_again.py); 100,000 alerts (drills/budget.py).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ingestd.channels import ChannelError, Letter, Sent
from ingestd.model import Answers, Message, Stepped
from ingestd.outbox import Address, Contact, Outbox, OutboxSettings
from ingestd.store import Store
from ingestd.worker import pages
from tests.decide.stories import ROW, alert
from tests.decide.test_answered import BOUNCE, TWO_WAYS
from tests.desk import RULES, Clock, Desk
from tests.night import Night, trading_company

MINUTE, HOUR = 60.0, 3600.0


# -- a desk with a real outbox


class Relay:
    """Takes letters, unless it is down; holds them where it is told to."""

    group = False

    def __init__(self) -> None:
        self.down = False
        self.holds = False
        self.taken: list[Letter] = []

    async def send(self, letter: Letter) -> Sent:
        if self.down:
            raise ChannelError("no connection", transient=True)
        self.taken.append(letter)
        if self.holds:
            await asyncio.Event().wait()
        return Sent("250 queued")


class Office(Desk):
    """A desk whose pages go out through the outbox; pauses between tries take no time."""

    def __init__(self, store: Store, clock: Clock, relay: Relay) -> None:
        super().__init__(store, clock)
        self.paging = False
        self.outbox = Outbox(
            store,
            {"mail": relay},
            {name: Contact(addresses=(Address("mail", f"{name}@x.example"),)) for name in RULES.people.persons},
            self.engine.feed,
            self.engine.now,
            settings=OutboxSettings(grace=0.05),
            pause=lambda _seconds: asyncio.sleep(0),
        )

    def _tell(self, batch: Sequence[Stepped]) -> None:
        super()._tell(batch)
        self.outbox.offer(pages(batch))

    async def calm(self) -> None:
        """Nothing is left to decide, nor to send."""
        await self.quiet()
        while self.outbox.waiting:
            await asyncio.sleep(0.001)
            await self.quiet()

    async def pass_by(self, seconds: float, pace: float = MINUTE) -> None:
        """Time goes by as it does: a step at a time."""
        for _ in range(int(seconds / pace)):
            await self.later(pace)
            await self.calm()


@asynccontextmanager
async def office(url: str, clock: Clock, relay: Relay) -> AsyncIterator[Office]:
    made = Office(Store.open(url), clock, relay)
    made.start()
    await made.outbox.start()
    try:
        yield made
    finally:
        await made.stop()
        await made.outbox.stop()
        await made.store.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


def sent(relay: Relay) -> list[tuple[str, str]]:
    return [(letter.person, letter.kind) for letter in relay.taken]


async def test_the_relay_is_down_for_an_hour(url: str) -> None:
    """Everybody is tried at once, one after the other; the last resort again and again, until a letter gets out."""
    clock, relay = Clock(), Relay()
    relay.down = True
    async with office(url, clock, relay) as desk:
        await desk.host("acc-sw-17")
        await desk.pass_by(5 * MINUTE)
        tried = [person for person, _ in desk.told()]
        assert set(tried) == {"lin", "chen", "wu"}, "nobody waits for a page that did not arrive"
        await desk.pass_by(55 * MINUTE)
        assert desk.told()[len(tried) :] == [("wu", "last_resort")] * 3
        assert desk.engine.world.incidents[1].step_at > desk.engine.now(), "and it goes on"
        relay.down = False
        await desk.pass_by(15 * MINUTE)
        assert sent(relay) == [("wu", "last_resort")]
        await desk.act("wu", "resolve", 1, text="the spare is in")
        await desk.calm()
        assert sent(relay) == [("wu", "last_resort"), ("wu", "end")], "the end is for who heard of it"


async def test_an_end_in_the_hour_without_a_relay_is_told_when_it_is_back(url: str) -> None:
    """Lin heard of the problem; its end falls into the outage, and reaches her after it under one name."""
    clock, relay = Clock(), Relay()
    async with office(url, clock, relay) as desk:
        await desk.host("acc-sw-17")
        await desk.pass_by(2 * MINUTE)
        relay.down = True
        await desk.act("chen", "resolve", 1, text="the spare is in")
        await desk.pass_by(HOUR)
        assert sent(relay) == [("lin", "open")]
    async with office(url, clock, relay) as later:
        relay.down = False
        await later.pass_by(HOUR)
        assert sent(relay) == [("lin", "open"), ("lin", "end")]
        (_, end) = await later.store.queries.notifications_of(1)
        assert (end.notification.state, end.attempts > 6) == ("handed_over", True)
        assert "no connection" in end.detail and end.detail.endswith("250 queued"), "the ledger has every try"
        await later.pass_by(2 * HOUR, pace=HOUR)
        assert later.engine.world.incidents == {}


async def test_a_restart_between_the_claim_and_the_letter_sends_it(url: str) -> None:
    """It was claimed, so it is owed; it had not gone out, so it goes out once."""
    clock, relay = Clock(), Relay()
    store = Store.open(url)
    desk = Desk(store, clock)
    desk.paging = False
    desk.start()
    await desk.host("acc-sw-17")
    await desk.later(61)
    (page,) = pages(desk.committed)
    assert await store.claim(page.id, desk.engine.now()) is not None
    await desk.die()
    async with office(url, clock, relay) as later:
        await later.calm()
        assert sent(relay) == [("lin", "open")]
        assert later.engine.world.incidents[1].told[0].claimed
        await later.pass_by(4 * MINUTE)
        assert sent(relay) == [("lin", "open")]


async def test_a_letter_in_flight_at_a_crash_may_come_twice_under_one_name(url: str) -> None:
    clock, relay = Clock(), Relay()
    relay.holds = True
    store = Store.open(url)
    desk = Office(store, clock, relay)
    desk.start()
    await desk.host("acc-sw-17")
    await desk.later(61)
    await desk.until(lambda: relay.taken)
    for task in desk.outbox._under_way.values():
        task.cancel()
    await desk.die()
    relay.holds = False
    async with office(url, clock, relay) as later:
        await later.calm()
    assert sent(relay) == [("lin", "open")] * 2
    assert len({letter.message_id for letter in relay.taken}) == 1


async def test_two_hours_of_downtime_are_one_overdue_step(url: str) -> None:
    clock, relay = Clock(), Relay()
    async with office(url, clock, relay) as desk:
        await desk.host("acc-sw-17")
        await desk.later(61)
        await desk.calm()
        assert sent(relay) == [("lin", "open")]
    clock.at += 2 * HOUR
    async with office(url, clock, relay) as later:
        await later.calm()
        assert sent(relay)[1:] == [("chen", "functional")]
        await later.pass_by(9 * MINUTE)
        assert sent(relay)[2:] == [], "her wait began when she was told"
        await later.pass_by(2 * MINUTE)
        assert sent(relay)[2:] == [("wu", "hierarchic")]


# -- nights


def paged() -> Night:
    night = Night(trading_company(topology=ROW))
    night.webhook(0, alert("sw"))
    night.until(MINUTE)
    return night


def test_an_acknowledgement_a_moment_before_the_step_stops_it() -> None:
    night = paged()
    due = night.incident("sw").step_at - night.begin
    assert night.act(due - 0.01, "lin", "ack", 1).ok
    night.until(HOUR)
    assert {kind for _, _, kind in night.told()} <= {"open"}


def test_an_acknowledgement_a_moment_after_the_step_is_told_to_whom_it_reached() -> None:
    night = paged()
    due = night.incident("sw").step_at - night.begin
    night.until(due)
    assert night.told()[-1][1:] == ("chen", "functional")
    assert night.act(due, "lin", "ack", 1).ok
    night.until(HOUR)
    assert [kind for _, _, kind in night.told("chen")] == ["functional", "update"]
    assert "hierarchic" not in {kind for _, _, kind in night.told()}


def test_two_take_it_at_once_and_the_second_is_told_who_has_it() -> None:
    night = paged()
    night.until(night.incident("sw").step_at - night.begin)
    assert night.act(400, "chen", "ack", 1).ok
    late = night.act(400, "lin", "ack", 1)
    assert (late.ok, late.text) == (False, "incident 1 is taken by chen already")


def test_its_owner_resolves_it_while_alerts_still_fire() -> None:
    """Her word ends it for everybody; what is heard again afterwards is not lost in what is over."""
    night = paged()
    night.webhook(70, alert("srv-1"))
    night.act(80, "lin", "ack", 1)
    assert night.act(10 * MINUTE, "lin", "resolve", 1, text="a new switch").ok
    assert night.told("lin")[-1] == (600, "lin", "end")
    ended = len(night.told())
    night.until(30 * MINUTE)
    assert night.told()[ended:] == [], "silence after it is no news"
    night.webhook(40 * MINUTE, alert("sw"))
    night.until(45 * MINUTE)
    assert night.told()[ended:] == [(41 * 60, "lin", "open")], "it fires again: an incident of its own"
    assert [i.state for i in night.world.incidents.values()][-1] == "triggered"


def test_an_address_that_bounced_is_not_used_for_the_end_either() -> None:
    """Lin's first address is dead: the page goes to the second, and so does all that follows."""
    night = Night(trading_company(topology=ROW, people=TWO_WAYS))
    night.webhook(0, alert("sw"))
    night.until(MINUTE)
    bounce(night, 2 * MINUTE, "lin@old.example")
    night.act(3 * MINUTE, "lin", "ack", 1)
    night.act(4 * MINUTE, "wu", "priority", 1, priority="P2", text="a Sunday")
    night.webhook(5 * MINUTE, alert("sw", state="resolved"))
    night.until(HOUR)
    followed = [(page.kind, page.notification.without) for page in night.pages if page.person == "lin"][1:]
    assert followed == [(kind, ("lin@old.example",)) for kind in ("open", "update", "end")]


def test_who_has_no_other_address_any_more_is_written_to_all_the_same() -> None:
    night = Night(trading_company(topology=ROW, people=TWO_WAYS))
    night.webhook(0, alert("sw"))
    night.until(MINUTE)
    bounce(night, 2 * MINUTE, "lin@old.example")
    night.world.reload(trading_company(topology=ROW, people=TWO_WAYS.replace(", {address: lin@new.example}", "")))
    night.webhook(5 * MINUTE, alert("sw", state="resolved"))
    night.until(HOUR)
    last = night.pages[-1]
    assert (last.person, last.kind, last.notification.without) == ("lin", "end", ())


def bounce(night: Night, at: float, to: str, page: int = 0) -> None:
    letter = night.pages[page].notification
    raw = BOUNCE.format(to=to, action="failed", status="5.1.1").encode()
    answers = Answers(letter.incident, letter.id)
    night.message(at, Message(kind="mail", source="smtp", body=raw, actor=letter.person, answers=answers))
