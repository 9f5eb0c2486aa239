"""Five hundred mails that are nobody's word, at a running engine: nothing is taken, nothing is opened, nobody is told."""

from collections import Counter
from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path

import pytest

from ingestd.model import Incident, Notification, Verdict
from ingestd.settings import ReplySettings
from ingestd.worker import pages
from tests.desk import RULES, Desk, opened
from tests.replies import strangers
from tests.replies.post import Post
from tests.replies.strangers import PASSED, Ground, write
from tests.replies.western import gmail, outlook_without_references
from tests.replies.writing import original

GUARDED = ReplySettings(authserv_id="mx.trading.example")


class Town:
    """A desk, its post, and a letter that was sent to Lin Hao about the switch; Chen Yu has one about another matter."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.post = Post(RULES.people, desk.clock.wall, GUARDED)

    async def begin(self) -> None:
        self.desk.start()
        await self.desk.host("acc-sw-17")
        await self.desk.host("inventory-db")
        await self.desk.later(100)

    def page(self, person: str) -> Notification:
        return next(page for page in pages(self.desk.committed) if page.person == person)

    def ground(self) -> Ground:
        page = self.page("lin")
        return Ground(
            raw=self.post.letter(page),
            message_id=self.post.message_id(page),
            link=self.post.link(page),
            other_incident=self.post.message_id(page).replace(f".{page.incident}.", f".{page.incident + 1}.", 1),
            chens=self.post.message_id(page, person="chen"),
            old=self.post.message_id(page, at=page.at - 30 * 86400),
        )

    async def deliver(self, raw: bytes, envelope: str = "lin.hao@trading.example") -> None:
        await self.desk.message(self.post.proven(raw, envelope))
        await self.desk.quiet()

    @property
    def incidents(self) -> list[Incident]:
        return sorted(self.desk.engine.world.incidents.values(), key=lambda one: one.number)

    @property
    def letters(self) -> int:
        return len(pages(self.desk.committed))


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(f"sqlite:///{tmp_path / 'store.db'}") as desk:
        made = Town(desk)
        await made.begin()
        yield made


def shape(incidents: list[Incident]) -> list[tuple[int, str, str, str, tuple[str, ...], float]]:
    return [(i.number, i.state, i.owner, i.priority, i.muted, i.stale_at) for i in incidents]


async def test_five_hundred_strangers_take_nothing_and_tell_nobody(town: Town) -> None:
    """A program that puts our letter into its own notice may open an incident of its own, and nothing else."""
    incident, letters, numbers = town.incidents[0], town.letters, {one.number for one in town.incidents}
    met: Counter[str] = Counter()
    fooled: list[str] = []
    for kind, several in groupby(strangers.strangers(town.ground()), key=lambda one: one.kind):
        for stranger in several:
            met[kind] += 1
            await town.desk.message(town.post.proven(stranger.raw, stranger.envelope))
        await town.desk.quiet()
        known = [one for one in town.incidents if kind == "monitors" or one.number in numbers]
        if shape(town.incidents[:1]) != shape([incident]) or town.letters != letters or town.incidents != known:
            fooled.append(kind)
        incident, letters, numbers = town.incidents[0], town.letters, {one.number for one in town.incidents}
    assert fooled == []
    assert met.total() >= 500 and min(met.values()) > 1, met
    assert town.desk.shunted() == []
    # … and what is genuine among them still counts
    letter = original(town.ground().raw)
    await town.deliver(PASSED.replace("\n", "\r\n").encode() + gmail(letter, "ack"))
    assert (town.incidents[0].state, town.incidents[0].owner) == ("acknowledged", "lin")
    assert town.letters == letters + 1


async def test_a_bounce_of_ours_counts_without_any_proof(town: Town) -> None:
    """Nobody signs bounces; the token in the letter that comes back is enough, and moves the page on."""
    ground = town.ground()
    fields = "Reporting-MTA: dns; mx.far.example\n\nFinal-Recipient: rfc822; lin.hao@trading.example\nAction: failed\nStatus: 5.1.1\n"
    raw = strangers.report(
        "delivery-status", "Undelivered Mail Returned to Sender", "unknown", fields, ground.message_id
    )
    await town.deliver(raw, "")
    assert town.desk.told()[-1] == ("chen", "functional")
    count = town.letters
    await town.deliver(raw.replace(b"boundary=b", b"boundary=b "), "")
    assert town.letters == count, "said twice, acted on once"


async def test_a_reply_without_references_counts_by_its_link(town: Town) -> None:
    letter = original(town.ground().raw)
    await town.deliver(PASSED.replace("\n", "\r\n").encode() + outlook_without_references(letter, "接单"))
    assert town.incidents[0].owner == "lin"


async def test_the_first_to_take_it_has_it_and_the_second_is_told_so(town: Town) -> None:
    letter = original(town.ground().raw)
    again = write(letter, "ack", head="Message-ID: <second@trading.example>\n")
    await town.deliver(write(letter, "ack"))
    await town.deliver(again)
    assert [v.text for v in verdicts(town)] == ["incident 1 is yours", "incident 1 is yours already"]


def verdicts(town: Town) -> list[Verdict]:
    found = (page.facts.verdict for page in pages(town.desk.committed) if page.kind == "confirm")
    return [verdict for verdict in found if verdict is not None]


@pytest.mark.parametrize(
    "said",
    [
        "mx.trading.example; dmarc=pass header.from=trading.example",
        "MX.Trading.Example 1; spf=none; dmarc=pass (p=reject; dis=none) header.from=trading.example",
        "mx.trading.example;\n\tdkim=pass (2048-bit key; unprotected) header.d=trading.example header.i=@trading.example",
        "mx.trading.example; spf = pass smtp.mailfrom = lin.hao@trading.example",
        'mx.trading.example; dkim=fail reason="no; key" header.d=far.example; dkim/1=pass header.d=trading.example',
    ],
)
async def test_what_our_own_server_vouches_for_counts(town: Town, said: str) -> None:
    letter = original(town.ground().raw)
    await town.deliver(write(letter, "ack", proof=f"Authentication-Results: {said}\n"))
    assert town.incidents[0].owner == "lin"
