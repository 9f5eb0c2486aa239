"""A page is claimed, sent, retried, moved to the next channel, and its outcome told to the engine."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ingestd.channels import ChannelError, Letter, Sent, build
from ingestd.channels.dingtalk import DingtalkSettings
from ingestd.channels.feishu import FeishuSettings
from ingestd.channels.wecom import WecomSettings
from ingestd.model import Digest, Entry, Facts, News, Notification, Receipt, StoreUnavailable
from ingestd.outbox import Address, Contact, Outbox, OutboxSettings
from ingestd.store import Store
from tests.channels.receiver import receiving
from tests.store.stories import page, step, tick

LIN = Contact("zh_CN", (Address("mail", "lin@shop.example"), Address("sms", "+861")))
DIGEST = Facts(number=0, priority="P4", title="", state="", digest=Digest(since=0.0, until=1.0))
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


class FakeGroup(FakeChannel):
    """Posts where many read."""

    group = True


class Desk:
    """An outbox on a real store, with fakes at its edges."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.mail, self.sms, self.group = FakeChannel(), FakeChannel(), FakeGroup()
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
            link=lambda notification, group: f"https://x.example/{'g' if group else 'a'}/{notification.id}",
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
        async with asyncio.timeout(30):
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
    await desk.tell(page(1), replace(page(2, incident=0, kind="digest"), facts=DIGEST))
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


# -- groups


@pytest.fixture
async def crowd(desk: Desk) -> Desk:
    """A person with a group before and after the mail, and one with groups only."""
    desk.outbox.channels = {"mail": desk.mail, "sms": desk.sms, "ops": desk.group, "all": FakeGroup()}
    desk.outbox.contacts = {
        "lin": Contact("en", (Address("ops", "138"), Address("mail", "lin@shop.example"), Address("all", "x"))),
        "wu": Contact("en", (Address("ops", "139"), Address("all", "x"))),
    }
    return desk


async def test_a_post_to_a_group_is_nobodys_receipt(crowd: Desk) -> None:
    await crowd.tell(page(1))
    assert crowd.outcomes[-1] == ("handed_over", "mail")
    assert [len(crowd.group.letters), len(crowd.mail.letters)] == [1, 1]
    assert crowd.receipts[-1].detail == "ops: posted to a group, nobody's receipt: taken; mail: taken"
    assert crowd.pauses == []


async def test_who_has_groups_only_counts_as_told_by_one(crowd: Desk) -> None:
    await crowd.tell(page(1, person="wu"))
    assert crowd.outcomes[-1] == ("handed_over", "ops")
    assert crowd.receipts[-1].detail.count("nobody's receipt") == 2


async def test_a_group_does_not_stand_in_for_the_mail_that_failed(crowd: Desk) -> None:
    crowd.mail.faults = [ChannelError("550 no such user", transient=False)]
    await crowd.tell(page(1))
    assert crowd.outcomes[-1][0] == "failed"
    assert "nobody's receipt" in crowd.receipts[-1].detail and "550" in crowd.receipts[-1].detail


async def test_a_group_without_its_robot_is_a_failure(crowd: Desk) -> None:
    gone = ChannelError("code 93000: invalid webhook url", transient=False)
    crowd.group.faults = [gone]
    crowd.outbox.channels["all"].faults = [gone]  # type: ignore[attr-defined]
    await crowd.tell(page(1, person="wu"))
    assert crowd.outcomes[-1] == ("failed", "all")


async def test_what_is_posted_to_a_group_has_a_link_that_asks_who_acts(crowd: Desk) -> None:
    await crowd.tell(page(1))
    (posted,), (mailed,) = crowd.group.letters, crowd.mail.letters
    assert "https://x.example/a/1" not in posted.text and posted.link == "https://x.example/g/1"
    assert "https://x.example/a/1" in mailed.text and mailed.link == "https://x.example/a/1"


async def test_a_letter_has_a_line_for_small_screens_and_the_facts(desk: Desk) -> None:
    await desk.tell(page(1), replace(page(2, kind="digest", incident=0), facts=DIGEST))
    first, digest = sorted(desk.mail.letters, key=lambda one: one.notification)
    assert first.title.startswith("P1") and first.title.endswith("(#1)")
    assert (first.person, first.facts) == ("lin", page(1).facts)
    assert digest.title == digest.subject


@pytest.mark.parametrize(
    ("kind", "answer", "again"),
    [
        (WecomSettings, '{"errcode":93000,"errmsg":"invalid webhook url"}', False),
        (WecomSettings, '{"errcode":45009,"errmsg":"api freq out of limit"}', True),
        (DingtalkSettings, '{"errcode":310000,"errmsg":"sign not match"}', False),
        (FeishuSettings, '{"code":9499,"msg":"too many request"}', True),
    ],
)
async def test_http_200_with_an_error_in_it_is_a_failure_and_the_next_channel_follows(
    desk: Desk, kind: Any, answer: str, again: bool
) -> None:
    async with receiving() as far:
        far.answers = [(200, answer)]
        robot = build(kind(url=far.url, group=False))
        desk.outbox.channels = {"mail": robot, "sms": desk.sms}
        await desk.tell(page(1))
        assert (len(far.got) > 1) is again
    assert desk.outcomes[-1] == ("handed_over", "sms")
    assert "mail: code " in desk.receipts[-1].detail and "sesame" not in desk.receipts[-1].detail


async def test_an_urgent_page_goes_by_what_hangs_on_nothing_that_is_down_and_by_the_usual_channel_too(
    desk: Desk,
) -> None:
    await desk.tell(replace(page(1), doubtful=("mail",)))
    await asyncio.gather(*desk.outbox._beside)
    assert desk.outcomes == [("claimed", ""), ("handed_over", "sms")]
    assert [letter.notification for letter in (*desk.sms.letters, *desk.mail.letters)] == [1, 1]


async def test_if_the_other_channel_fails_the_doubtful_one_is_still_tried(desk: Desk) -> None:
    desk.sms.faults = [ChannelError("no credit", transient=False)]
    await desk.tell(replace(page(1), doubtful=("mail",)))
    assert desk.outcomes == [("claimed", ""), ("handed_over", "mail")]
    assert desk.receipts[-1].detail == "sms: no credit; mail: taken"


async def test_who_has_only_channels_in_doubt_is_told_by_them(desk: Desk) -> None:
    await desk.tell(replace(page(1), doubtful=("mail", "sms")))
    assert desk.outcomes == [("claimed", ""), ("handed_over", "mail")]


async def test_an_address_that_sent_it_back_is_left_out(desk: Desk) -> None:
    await desk.tell(replace(page(1), without=("lin@shop.example",)))
    assert desk.outcomes == [("claimed", ""), ("handed_over", "sms")]
    await desk.tell(replace(page(2), without=("lin@shop.example", "+861")))
    assert desk.receipts[-1].detail == "every address sent it back"


async def test_a_person_may_choose_by_priority_and_hour(desk: Desk) -> None:
    asked: list[tuple[str, float]] = []

    def at(priority: str, wall: float) -> tuple[Address, ...]:
        asked.append((priority, wall))
        return (Address("sms", "+861"),)

    desk.outbox.contacts = {"lin": Contact("en", LIN.addresses, at)}
    await desk.tell(page(1))
    facts = page(1).facts
    assert desk.outcomes[-1] == ("handed_over", "sms")
    assert asked == [(facts.priority, 1_000_000.0 + facts.wall_offset)]


async def test_a_letter_says_that_it_can_be_answered_where_answers_reach_us(desk: Desk) -> None:
    words = "也可直接回复本邮件：接单"
    await desk.tell(page(1))
    desk.outbox.answerable = frozenset({"mail"})
    await desk.tell(page(2), page(3, kind="end"))
    first, *more = [(letter.kind, words in letter.text) for letter in desk.mail.letters]
    assert first == ("open", False)
    assert sorted(more) == [("end", False), ("open", True)]


async def test_a_letter_that_came_back_goes_out_again_under_its_own_name_by_another_way(desk: Desk) -> None:
    end = page(1, kind="end")
    await desk.tell(end)
    again = replace(end, again=True, without=("lin@shop.example",))
    await desk.tell(again)
    (mail,), (sms,) = desk.mail.letters, desk.sms.letters
    assert (sms.message_id, sms.kind, sms.to) == (mail.message_id, "end", "+861")
    assert desk.outcomes == [("claimed", ""), ("handed_over", "mail"), ("claimed", ""), ("handed_over", "sms")]
    (delivery,) = await desk.store.queries.notifications_of(1)
    assert (delivery.notification.without, delivery.attempts) == (again.without, 2)
    assert (delivery.channel, delivery.detail) == ("sms", "mail: taken; sms: taken")


async def test_one_that_is_back_before_it_is_done_with_waits_for_that(desk: Desk) -> None:
    end = page(1, kind="end")
    desk.mail.open.clear()
    await desk.commit(end)
    desk.outbox.offer([end])
    desk.outbox.offer([end, replace(end, again=True)])
    desk.mail.open.set()
    await desk.rest()
    await desk.rest()
    assert len(desk.mail.letters) == 1, "it is claimed once: the row was not asked for again"
    assert desk.outbox.waiting == 0


async def test_who_is_asked_what_fixed_it_may_answer_the_letter_of_the_end(desk: Desk) -> None:
    desk.outbox.answerable = frozenset({"mail"})
    asked = page(1, kind="end")
    await desk.tell(replace(asked, facts=replace(asked.facts, news=(News("what_fixed"),))))
    assert "请回复：处理：具体措施" in desk.mail.letters[0].text


async def test_more_pages_than_memory_holds_wait_in_the_store(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.outbox.MOST", 4)
    pages = [page(number, number) for number in range(1, 31)]
    await desk.commit(*pages)
    desk.mail.open.clear()
    desk.outbox.offer(pages)
    assert desk.outbox.waiting == 4
    desk.mail.open.set()
    async with asyncio.timeout(30):
        while len(desk.mail.letters) < 30:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await desk.rest()
    assert sorted(letter.notification for letter in desk.mail.letters) == list(range(1, 31))
    assert not desk.outbox._left


async def test_a_store_that_does_not_answer_is_asked_for_the_rest_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestd.outbox.MOST", 1)
    real, tries = desk.store.queries.unclaimed, []

    async def sometimes(limit: int) -> tuple[Notification, ...]:
        tries.append(limit)
        if len(tries) == 1:
            raise OSError("gone")
        return await real(limit)

    monkeypatch.setattr(desk.store.queries, "unclaimed", sometimes)
    pages = [page(number, number) for number in range(1, 4)]
    await desk.commit(*pages)
    desk.outbox.offer(pages)
    async with asyncio.timeout(30):
        while len(desk.mail.letters) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await desk.rest()
    assert SETTINGS.longest in desk.pauses
