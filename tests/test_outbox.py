"""A page is claimed, sent, retried, moved to the next channel, and its outcome told to the engine."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ingestd.channels import ChannelError, Letter, Sent
from ingestd.model import Digest, Entry, Facts, Notification, Receipt, StoreUnavailable
from ingestd.outbox import Address, Contact, Outbox, OutboxSettings
from ingestd.store import Store
from tests.store.stories import page, step, tick

LIN = Contact("zh_CN", (Address("mail", "lin@shop.example"), Address("sms", "+861")))
SETTINGS = OutboxSettings(domain="shop.example", grace=0.05, longest=0.2)


class FakeChannel:
    """Takes letters, after the faults it was told to raise."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.letters: list[Letter] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, letter: Letter) -> Sent:
        await self.open.wait()
        if self.faults:
            raise self.faults.pop(0)
        self.letters.append(letter)
        return Sent("taken")


class Desk:
    """An outbox on a real store, with fakes at its edges."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.mail, self.sms = FakeChannel(), FakeChannel()
        self.receipts: list[Receipt] = []
        self.observed: list[tuple[str, str]] = []
        self.pauses: list[float] = []
        self.position = 0
        self.outbox = self.make()

    def make(self, **more: Any) -> Outbox:
        return Outbox(
            self.store,
            {"mail": self.mail, "sms": self.sms},
            {"lin": LIN, "chen": Contact("en", (Address("fax", "1"),))},
            self.step,
            lambda: 1_000_000.0,
            settings=SETTINGS,
            link=lambda notification: f"https://x.example/a/{notification.id}",
            observe=lambda channel, outcome, _: self.observed.append((channel, outcome)),
            pause=self.pause,
            **more,
        )

    def step(self, entry: Entry) -> None:
        self.receipts.append(msgspec.json.decode(entry.message.body, type=Receipt))

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def commit(self, *pages: Notification, **changes: Any) -> None:
        self.position += 1
        await self.store.commit([step(tick(), self.position, notifications=pages, **changes)])

    async def tell(self, *pages: Notification) -> None:
        await self.commit(*pages)
        self.outbox.offer(pages)
        await self.rest()

    async def rest(self) -> None:
        async with asyncio.timeout(5):
            await asyncio.gather(*self.outbox._under_way.values())

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        return [(receipt.outcome, receipt.channel) for receipt in self.receipts]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        made = Desk(store)
        yield made
        await made.outbox.stop()


async def test_who_observes_sends_the_digest_only(desk: Desk) -> None:
    desk.outbox.observing = True
    facts = Facts(number=0, priority="P4", title="", state="", digest=Digest(since=0.0, until=1.0))
    await desk.tell(page(1), replace(page(2, incident=0, kind="digest"), facts=facts))
    assert [letter.kind for letter in desk.mail.letters] == ["digest"]
    assert ("handed_over", "observe") in desk.outcomes and desk.mail.letters[0].thread == ""


async def test_a_page_is_claimed_sent_and_its_receipts_go_to_the_engine(desk: Desk) -> None:
    await desk.tell(page(1))
    assert desk.outcomes == [("claimed", ""), ("handed_over", "mail")]
    (letter,) = desk.mail.letters
    assert (letter.to, letter.language, letter.message_id) == (
        "lin@shop.example",
        "zh_CN",
        "<ingestd.1.1.5@shop.example>",
    )
    assert "接单：https://x.example/a/1" in letter.text
    assert letter.thread == ""
    assert desk.observed == [("mail", "handed_over")]
    (delivery,) = await desk.store.queries.notifications_of(1)
    assert (delivery.attempts, delivery.message_id, delivery.detail) == (1, letter.message_id, "mail: taken")


async def test_later_letters_join_the_first_ones_thread(desk: Desk) -> None:
    await desk.tell(page(1))
    await desk.tell(page(2, kind="end"))
    assert desk.mail.letters[1].thread == desk.mail.letters[0].message_id


async def test_a_channel_that_recovers_is_tried_again_after_growing_pauses(desk: Desk) -> None:
    desk.mail.faults = [ChannelError("421 busy", transient=True)] * 2
    await desk.tell(page(1))
    assert desk.pauses == [2.0, 4.0]
    assert desk.outcomes[-1] == ("handed_over", "mail")


@pytest.mark.parametrize(
    "faults",
    [
        [ChannelError("421 busy", transient=True)] * 3,
        [ChannelError("550 no such user", transient=False)],
        [RuntimeError("a bug")],
    ],
)
async def test_what_does_not_arrive_moves_to_the_next_channel(desk: Desk, faults: list[Exception]) -> None:
    desk.mail.faults = list(faults)
    await desk.tell(page(1))
    assert desk.outcomes[-1] == ("handed_over", "sms")
    assert desk.sms.letters[0].to == "+861"
    assert str(faults[0]) in desk.receipts[-1].detail


async def test_a_channel_that_never_answers_is_left(desk: Desk) -> None:
    desk.mail.open.clear()
    await desk.tell(page(1))
    assert desk.outcomes[-1] == ("handed_over", "sms")
    assert "no answer in time" in desk.receipts[-1].detail


async def test_a_page_that_reaches_nobody_fails_so_that_the_engine_goes_on(desk: Desk) -> None:
    await desk.tell(page(1, person="chen"), page(2, person="stranger"))
    assert sorted(desk.outcomes) == [("claimed", "")] * 2 + [("failed", ""), ("failed", "fax")]
    assert {r.detail for r in desk.receipts} >= {"fax: no such channel", "no address for stranger"}


async def test_a_withdrawn_page_is_not_sent(desk: Desk) -> None:
    await desk.commit(page(1))
    await desk.commit(cancelled=(1,))
    desk.outbox.offer([page(1)])
    await desk.rest()
    assert (desk.receipts, desk.mail.letters) == ([], [])


async def test_one_under_way_is_not_taken_up_twice(desk: Desk) -> None:
    desk.mail.open.clear()
    await desk.commit(page(1))
    desk.outbox.offer([page(1)])
    desk.outbox.offer([page(1)])
    assert desk.outbox.waiting == 1
    desk.mail.open.set()
    await desk.rest()
    assert len(desk.mail.letters) == 1


async def test_a_page_in_flight_at_a_crash_goes_out_again_under_the_same_message_id(desk: Desk) -> None:
    await desk.commit(page(1), page(2))
    await desk.store.claim(1, 1.0)
    await desk.outbox.start()
    await desk.rest()
    assert [letter.message_id for letter in sorted(desk.mail.letters, key=lambda one: one.notification)] == [
        "<ingestd.1.1.5@shop.example>",
        "<ingestd.1.2.5@shop.example>",
    ]
    assert desk.store.queued() == ()


async def test_a_stop_leaves_what_is_not_sent_for_the_next_start(desk: Desk) -> None:
    desk.mail.open.clear()
    await desk.commit(page(1))
    desk.outbox.offer([page(1)])
    await asyncio.sleep(0.02)
    await desk.outbox.stop()
    desk.outbox.offer([page(1)])
    assert desk.outbox.waiting == 0
    assert [(n.id, n.state) for n in desk.store.queued()] == [(1, "claimed")]
    desk.outbox = desk.make()
    desk.mail.open.set()
    await desk.outbox.start()
    await desk.rest()
    assert desk.outcomes == [("claimed", ""), ("handed_over", "mail")]


async def test_a_thread_that_can_not_be_read_does_not_hold_the_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> int:
        raise OSError("no connection")

    monkeypatch.setattr(desk.store.queries, "first_told", broken)
    await desk.tell(page(1))
    assert desk.mail.letters[0].thread == ""


@pytest.mark.parametrize("fault", [StoreUnavailable("closing"), RuntimeError("a bug")])
async def test_a_store_that_fails_stops_one_page_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    real = desk.store.claim

    async def claim(number: int, at: float) -> Entry | None:
        if number == 1:
            raise fault
        return await real(number, at)

    monkeypatch.setattr(desk.store, "claim", claim)
    await desk.tell(page(1), page(2))
    assert [letter.notification for letter in desk.mail.letters] == [2]
