"""A channel that keeps failing is told of once, its first success ends it, and its own pages never feed it."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from ingestd.channels import ChannelError
from ingestd.channelwatch import PREFIX, ChannelWatch
from ingestd.store import Store
from tests.store.stories import page
from tests.test_outbox import Desk as Outgoing


class Watch:
    """A watch under a clock that the test plays, and what it told."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[tuple[str, str]] = []
        self.counted: list[tuple[str, bool, int]] = []
        self.nodes: dict[int, frozenset[str]] = {}
        self.watch = ChannelWatch(
            lambda source, text: self.told.append((source, text)),
            lambda incident: self.nodes.get(incident, frozenset()),
            lambda: self.now,
            count=lambda *counted: self.counted.append(counted),
        )
        self.watch.use(("mail", "sms"))

    def fails(self, channel: str = "mail", incident: int = 1, words: str = "421 busy") -> None:
        self.watch.tried(channel, False, words, page(1, incident))

    def works(self, channel: str = "mail", incident: int = 1) -> None:
        self.watch.tried(channel, True, "250 ok", page(1, incident))


def test_three_letters_in_a_row_are_a_trouble_told_once_with_the_last_words() -> None:
    one = Watch()
    for words in ("421 busy", "421 busy", "554 no service", "554 no service"):
        one.fails(words=words)
    assert one.told == [("channel:mail", "3 letters in a row were not taken, the last: 554 no service")]
    assert [failing for _, _, failing in one.counted] == [1, 2, 3, 4]


def test_the_first_letter_that_is_taken_ends_it_and_the_count_begins_anew() -> None:
    one = Watch()
    for _ in range(3):
        one.fails()
    one.works()
    one.fails()
    one.fails()
    assert one.told[1:] == [("channel:mail", "")]
    assert one.counted[3] == ("mail", True, 0)


def test_letters_that_are_taken_in_between_are_no_row() -> None:
    one = Watch()
    for _ in range(5):
        one.fails()
        one.fails()
        one.works()
    assert one.told == []


def test_one_channel_is_no_word_about_another_and_a_name_that_is_no_channel_is_none_about_any() -> None:
    one = Watch()
    for channel in ("mail", "mail", "sms", "fax", "fax", "fax"):
        one.fails(channel)
    assert one.told == []


def test_two_letters_suffice_if_it_has_been_failing_for_five_minutes() -> None:
    one = Watch()
    one.fails()
    one.now = 299.0
    one.fails()
    assert one.told == []
    one.now = 300.0
    one.watch.look()
    one.watch.look()
    assert [source for source, _ in one.told] == ["channel:mail"]


def test_one_letter_never_is_however_long_ago() -> None:
    one = Watch()
    one.fails()
    one.now = 90_000.0
    one.watch.look()
    assert one.told == []


async def test_time_is_looked_at_without_letters_too() -> None:
    one = Watch()
    one.fails()
    one.fails()
    one.now = 301.0
    paused = asyncio.Event()

    async def pause(_seconds: float) -> None:
        if one.told:
            paused.set()
            await asyncio.sleep(60)

    one.watch._pause = pause
    task = asyncio.create_task(one.watch.run())
    async with asyncio.timeout(30):
        await paused.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert [source for source, _ in one.told] == ["channel:mail"]


def test_pages_about_its_own_trouble_say_nothing_against_it_also_after_that_is_forgotten() -> None:
    one = Watch()
    one.nodes[9] = frozenset({"channel:mail"})
    for _ in range(10):
        one.fails(incident=9)
    one.nodes.clear()
    for _ in range(10):
        one.fails(incident=9)
    assert one.told == []
    for _ in range(3):
        one.fails("sms", incident=9)
    assert [source for source, _ in one.told] == ["channel:sms"]
    one.fails(incident=1)
    one.works(incident=9)
    assert one.counted[-1] == ("mail", True, 0)


def test_what_is_remembered_of_incidents_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.channelwatch.REMEMBERED", 2)
    one = Watch()
    for number in range(5):
        one.nodes[number] = frozenset({"channel:mail"})
        one.fails(incident=number)
    assert set(one.watch._own) == {3, 4}


def test_a_reload_keeps_what_was_told_and_ends_the_trouble_of_a_channel_that_is_gone() -> None:
    one = Watch()
    for _ in range(3):
        one.fails()
        one.fails("sms")
    one.watch.use(("mail",))
    one.fails()
    assert one.told[2:] == [("channel:sms", "")] and ("sms", None, 0) in one.counted


def test_a_restart_knows_of_troubles_by_what_fires() -> None:
    one = Watch()
    one.watch.use(("mail",), firing=("channel:mail", "channel:pager", "core-sw"))
    assert one.told == [("channel:pager", "")]
    for _ in range(3):
        one.fails()
    one.works()
    assert one.told[1:] == [("channel:mail", "")]


async def test_the_outbox_tells_of_every_channel_that_it_tries(tmp_path: Path) -> None:
    one = Watch()
    async with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        desk = Outgoing(store)
        desk.outbox._tried = one.watch.tried
        desk.mail.faults = [ChannelError("550 no", transient=False)] * 3
        await desk.tell(page(1))
        await desk.tell(page(2))
        await desk.tell(page(3))
        await desk.tell(page(4))
        await desk.outbox.stop()
    assert one.told == [
        (PREFIX + "mail", "3 letters in a row were not taken, the last: 550 no"),
        (PREFIX + "mail", ""),
    ]
    assert ("sms", True, 0) in one.counted
