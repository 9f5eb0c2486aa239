"""Letters past inbox and outbox: the first channel that takes one is enough, a group is nobody's."""

import asyncio

from ingestd.channels import ChannelError
from ingestd.outbox import Address, Contact
from ingestd.straight import Straight
from tests.test_outbox import FakeChannel, FakeGroup

ANN = Contact("en", (Address("chat", "room"), Address("mail", "ann@x.example"), Address("sms", "+1")))


def words(language: str) -> tuple[str, str]:
    return f"subject {language}", "text\n"


def straight(patience: float = 5.0, **channels: FakeChannel) -> Straight:
    return Straight(
        channels, {"ann": ANN}, domain="x.example", name="ingestd.audit", now=lambda: 1000.5, patience=patience
    )


async def test_a_group_and_a_failure_are_not_enough_and_one_that_takes_it_is() -> None:
    chat, mail, sms = FakeGroup(), FakeChannel(ChannelError("421 busy", transient=True)), FakeChannel()
    told = await straight(chat=chat, mail=mail, sms=sms).tell(["ann", "ann", "nobody"], words)
    assert [(one.channel, one.ok, one.detail) for one in told] == [
        ("chat", True, "taken"),
        ("mail", False, "421 busy"),
        ("sms", True, "taken"),
    ]
    (letter,) = sms.letters
    assert (letter.subject, letter.person, letter.message_id) == (
        "subject en",
        "ann",
        "<ingestd.audit.1000.3@x.example>",
    )


async def test_whatever_goes_wrong_on_one_the_next_has_its_turn() -> None:
    silent, broken = FakeGroup(), FakeChannel(RuntimeError("a bug"))
    silent.open = asyncio.Event()
    told = await straight(patience=0.05, chat=silent, mail=broken).tell(["ann"], words)
    assert [one.detail for one in told] == ["no answer in time", "RuntimeError: a bug", "no such channel"]
    assert not any(one.ok for one in told)
