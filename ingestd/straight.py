"""Letters that go straight to a channel, past the inbox and the outbox: an alarm when those are stuck, a test.

Nothing is kept of them and nothing answers them.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from ingestd.channels import Channel, ChannelError, Letter, is_group
from ingestd.outbox import Address, Contact

PATIENCE = 20.0  # seconds for one letter
KIND = "notice"

Words = Callable[[str], tuple[str, str]]  # language -> subject and text


class Handed(Struct, frozen=True, kw_only=True):
    """How a letter fared."""

    person: str
    channel: str
    to: str
    ok: bool
    detail: str


class Straight:
    """The ways out of now. ``name``: what the Message-IDs begin with; ``now``: wall clock, epoch seconds."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        contacts: Mapping[str, Contact],
        *,
        domain: str,
        name: str,
        now: Callable[[], float],
        patience: float = PATIENCE,
    ) -> None:
        self._channels, self._contacts = channels, contacts
        self._domain, self._name, self._now, self._patience = domain, name, now, patience
        self._count = 0

    async def tell(self, people: Iterable[str], words: Words) -> tuple[Handed, ...]:
        """One letter to each, by the first of her channels that takes it; a post to a group is nobody's letter."""
        found = await asyncio.gather(*(self._tell(person, words) for person in dict.fromkeys(people)))
        return tuple(one for tried in found for one in tried)

    async def send(self, person: str, address: Address, words: Words) -> Handed:
        """One letter by one channel."""
        channel, detail, ok = self._channels.get(address.channel), "no such channel", False
        if channel is not None:
            letter = self._letter(person, address, words)
            try:
                sent = await asyncio.wait_for(channel.send(letter), self._patience)
            except ChannelError as error:
                detail = str(error)
            except TimeoutError:
                detail = "no answer in time"
            except Exception as error:  # a fault of ours or of a library: the next channel may do
                detail = f"{type(error).__name__}: {error}"
            else:
                detail, ok = sent.detail, True
        return Handed(person=person, channel=address.channel, to=address.to, ok=ok, detail=detail)

    async def _tell(self, person: str, words: Words) -> list[Handed]:
        tried: list[Handed] = []
        for address in self._contacts[person].addresses if person in self._contacts else ():
            tried.append(await self.send(person, address, words))
            if tried[-1].ok and not self._is_group(address):
                break
        return tried

    def _is_group(self, address: Address) -> bool:
        return is_group(self._channels.get(address.channel))

    def _letter(self, person: str, address: Address, words: Words) -> Letter:
        contact, now = self._contacts[person], self._now()
        subject, text = words(contact.language)
        self._count += 1
        return Letter(
            notification=self._count,
            incident=0,
            kind=KIND,
            to=address.to,
            subject=subject,
            text=text,
            language=contact.language,
            date=now,
            message_id=f"<{self._name}.{int(now)}.{self._count}@{self._domain}>",
            title=subject,
            person=person,
            decided=now,
        )
