"""How pages fare in a trial: handed over at once, unless a person or a channel is said to fail; and who answers.

The receipts are those of outbox.py: a claim, then a hand-over by the first of the person's channels that takes the
letter, else a failure. A bounce is a hand-over that turns out later to have failed.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.oncall import People
from ingestd.model import ASKING, Notification, Receipt

Fate = Literal["arrives", "fails", "bounces", "waits"]  # waits: nobody claims it


class Way(Struct, frozen=True):
    """The channel that a page went by, and how that ended."""

    channel: str
    fate: Fate
    detail: str = ""

    def receipts(self, page: Notification) -> "Iterator[Receipt]":
        """What the outbox would say at once: the claim, then the outcome."""
        if self.fate == "waits":
            return
        claim = Receipt(
            notification=page.id, incident=page.incident, person=page.person, kind=page.kind, outcome="claimed"
        )
        yield claim
        outcome: Literal["failed", "handed_over"] = "failed" if self.fate == "fails" else "handed_over"
        yield replace(claim, outcome=outcome, channel=self.channel, detail=self.detail)


class Delivery(Struct, frozen=True, kw_only=True):
    """What becomes of every page. By default each is claimed and handed over at once, and nobody answers."""

    channels: Mapping[str, tuple[str, ...]] = {}  # by person, in the order to try; who is not named has one, ""
    fates: Mapping[str, Fate] = {}  # by PERSON/CHANNEL, by person, or by channel; the narrowest counts
    answers: Mapping[str, float] = {}  # by person: seconds from a page until she takes the incident
    bounce_after: float = 30.0  # seconds from the hand-over to the bounce

    def way(self, page: Notification) -> Way:
        """Which channel takes a page, and what becomes of it there."""
        channels = self.channels.get(page.person, ("",))
        for channel in sorted(channels, key=lambda one: one in page.doubtful):  # the sure ones first
            fate = self._fate(page.person, channel)
            if fate != "fails":
                return Way(channel, fate)
        words = "; ".join(f"{channel or 'the channel'}: fails" for channel in channels)
        return Way(channels[-1] if channels else "", "fails", words or f"no address for {page.person}")

    def answer(self, page: Notification, way: Way) -> float | None:
        """After how many seconds the person takes what this page is about; None: not because of it."""
        return self.answers.get(page.person) if page.kind in ASKING and way.fate == "arrives" else None

    def _fate(self, person: str, channel: str) -> Fate:
        named = (f"{person}/{channel}", person, channel)
        return next((self.fates[name] for name in named if name in self.fates), "arrives")


def bounced(page: Notification, way: Way) -> Receipt:
    """What comes later of a page that was handed over and did not arrive."""
    return Receipt(
        notification=page.id,
        incident=page.incident,
        person=page.person,
        outcome="failed",
        channel=way.channel,
        detail=f"{way.channel or 'the channel'}: bounced",
    )


def contacts_of(people: People) -> dict[str, tuple[str, ...]]:
    """The channels of every person, in the order to try."""
    return {person.id: tuple(way.channel for way in person.ways()) for person in people.persons.values()}
