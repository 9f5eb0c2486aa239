"""Notifications to people: claimed, rendered, handed to a channel, retried, moved to the next channel.

A notification is taken up after the commit that requested it. Its claim and its outcome are conditional updates whose
receipts are inbox entries: the engine learns of both as it learns of everything else. Nothing here decides who is told.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from ingestd.channels import Channel, ChannelError, Letter, is_group
from ingestd.channels.texts import Texts, invites
from ingestd.model import Entry, Notification, Receipt, StoreUnavailable
from ingestd.store import Store

log = logging.getLogger("ingestd.outbox")

Pause = Callable[[float], Awaitable[None]]
Link = Callable[[Notification, bool], str | None]  # …, whether many will read it
#: domain, incident, notification, person, when it was decided -> the Message-ID, the same at every try
Naming = Callable[[str, int, int, str, float], str]
Step = Callable[[Entry], None]  # gives a committed receipt to the engine
Observe = Callable[[str, str, Notification], None]  # channel, outcome
Tried = Callable[[str, bool, str, Notification], None]  # channel, whether it took the letter, what it said
MOST = 2000  # notifications in memory; the others wait in the store, where they are already
DETAIL = 500  # most characters kept of what channels said
POSTED = "posted to a group, nobody's receipt"


class Address(Struct, frozen=True):
    """One way to reach a person: the name of a channel and the address there."""

    channel: str
    to: str


class Contact(Struct, frozen=True):
    """How a person wants to be told."""

    language: str = "en"
    addresses: tuple[Address, ...] = ()  # in the order to try them
    at: Callable[[str, float], tuple[Address, ...]] | None = None  # those for a priority at a wall time; None: all


class OutboxSettings(Struct, frozen=True, kw_only=True):
    """How hard to try: a letter moves to the next channel within ``tries`` x ``longest`` seconds or so."""

    domain: str = "ingestd.localdomain"  # of every Message-ID
    parallel: int = 8  # letters under way at once
    tries: int = 3  # on one channel
    first_pause: float = 2.0  # seconds before the second try; doubled each time
    longest: float = 60.0  # seconds for one try
    grace: float = 10.0  # seconds at a stop for letters under way


class _Delivered(Struct, frozen=True):
    """How it went, over all channels tried."""

    outcome: str
    channel: str
    detail: str
    attempts: int


def plain_name(domain: str, incident: int, notification: int, _person: str, at: float) -> str:
    """A Message-ID without a token, by which nobody can answer."""
    return f"<ingestd.{incident}.{notification}.{int(at)}@{domain}>"


def no_link(_notification: Notification, _group: bool) -> str | None:
    """For a site without a public URL."""
    return None


class Outbox:
    """Started with ``start``, fed with ``offer``, ended with ``stop``; all on one event loop."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        contacts: Mapping[str, Contact],
        step: Step,
        clock: Callable[[], float],
        *,
        settings: OutboxSettings | None = None,
        timezone: ZoneInfo | None = None,
        link: Link = no_link,
        name: Naming = plain_name,
        observing: bool = False,
        answerable: frozenset[str] = frozenset(),
        texts: Texts | None = None,
        observe: Observe = lambda _channel, _outcome, _notification: None,
        tried: Tried = lambda _channel, _ok, _words, _notification: None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.channels = channels  # both are replaced as a whole on reload
        self.contacts = contacts
        self.answerable = answerable  # channels by which an answer comes back; replaced on reload
        self.texts = texts or Texts()  # replaced on reload
        self.observing = observing  # pages are decided and not sent
        self._store = store
        self._step = step
        self._clock = clock
        self._settings = settings or OutboxSettings()
        self._timezone = timezone or ZoneInfo("UTC")
        self._link = link
        self._name = name
        self._observe, self._tried = observe, tried
        self._pause = pause
        self._places = asyncio.Semaphore(self._settings.parallel)
        self._under_way: dict[int, asyncio.Task[None]] = {}  # by notification
        self._once_more: dict[int, Notification] = {}  # to be told again when what is under way is done with
        self._beside: set[asyncio.Task[_Delivered]] = set()
        self._left = False  # some are in the store only
        self._reading: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def waiting(self) -> int:
        """Notifications not handed over yet, of those in memory."""
        return len(self._under_way)

    async def start(self) -> None:
        """Take up what an earlier process left: queued, or claimed without an outcome."""
        left = await asyncio.to_thread(self._store.queued)
        self.offer(sorted(left, key=lambda one: one.state != "claimed"))  # who was told already hears it first

    def offer(self, notifications: Iterable[Notification]) -> None:
        """Take up committed notifications; returns at once. One that is under way is not taken up twice."""
        for notification in notifications:
            if self._stopping or notification.id in self._under_way:
                self._once_more |= {notification.id: notification} if notification.again else {}
                continue
            if notification.state != "claimed" and len(self._under_way) >= MOST:
                self._left = True
                continue
            task = asyncio.get_running_loop().create_task(self._tell(notification))
            self._under_way[notification.id] = task
            task.add_done_callback(partial(self._done, notification.id))

    async def stop(self) -> None:
        """Let letters under way finish for a while; what is left is taken up at the next start."""
        self._stopping = True
        if self._under_way:
            await asyncio.wait(tuple(self._under_way.values()), timeout=self._settings.grace)
        left = (*self._under_way.values(), *self._beside, *((self._reading,) if self._reading else ()))
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _done(self, number: int, _task: "asyncio.Task[None]") -> None:
        del self._under_way[number]
        again = self._once_more.pop(number, None)  # it is back already
        if again is not None:
            self.offer([again])
        reading = self._reading is not None and not self._reading.done()
        if self._left and not (self._stopping or reading) and len(self._under_way) <= MOST // 2:
            self._reading = asyncio.get_running_loop().create_task(self._read_on())

    async def _read_on(self) -> None:
        """There is room again for what was left in the store. Whatever is claimed by now is not ours to take up."""
        while self._left and not self._stopping:
            self._left = False
            try:
                found = await self._store.queries.unclaimed(MOST)
            except Exception as error:  # a store that does not answer
                log.warning("pages that wait in the store stay there for now: %s", error)
                self._left = True
                await self._pause(self._settings.longest)
            else:
                self._left = self._left or len(found) == MOST
                self.offer(found)
                return

    async def _tell(self, notification: Notification) -> None:
        try:
            async with self._places:
                if not self._stopping and await self._claimed(notification):
                    await self._deliver(notification)
        except StoreUnavailable as error:  # stopping: the next start takes it up
            log.warning("notification %d is left for the next start: %s", notification.id, error)
        except Exception:
            log.exception("notification %d of incident %d failed", notification.id, notification.incident)

    async def _claimed(self, notification: Notification) -> bool:
        """Whether it is ours to send. One in flight at a crash was claimed then, and goes out again."""
        if notification.state == "claimed":
            return True
        receipt = await self._store.claim(notification.id, self._clock())
        if receipt is None:
            log.info("notification %d of incident %d was withdrawn", notification.id, notification.incident)
            return False
        self._step(receipt)
        return True

    async def _deliver(self, notification: Notification) -> None:
        settings = self._settings
        fixed = self._name(
            settings.domain, notification.incident, notification.id, notification.person, notification.at
        )
        done = await self._send(notification, fixed)
        receipt = Receipt(
            notification=notification.id,
            incident=notification.incident,
            person=notification.person,
            outcome="handed_over" if done.outcome == "handed_over" else "failed",
            channel=done.channel,
            detail=done.detail[:DETAIL],
        )
        entry = await self._store.outcome(receipt, self._clock(), message_id=fixed, attempts=done.attempts)
        self._observe(done.channel, done.outcome, notification)
        if entry is not None:
            self._step(entry)

    async def _send(self, notification: Notification, fixed: str) -> _Delivered:
        """Try the person's channels in order; whatever goes wrong on one, the next has its turn.

        A post to a group is nobody's receipt: the next has its turn at once, too. It counts only for who has no other.
        What is urgent goes first by a channel that does not hang on what is down, and by the usual one as well.
        """
        if self.observing and notification.kind != "digest":
            return _Delivered("handed_over", "observe", "observing: decided, and not sent", 0)
        contact = self.contacts.get(notification.person)
        if contact is None or not contact.addresses:
            return _Delivered("failed", "", f"no address for {notification.person}", 0)
        ids = fixed, await self._thread(notification)
        ways = [one for one in self._addresses(notification, contact) if one.to.casefold() not in notification.without]
        sure = [one for one in ways if one.channel not in notification.doubtful]
        doubtful = [one for one in ways if one.channel in notification.doubtful]
        if not sure or not doubtful:
            return await self._try_in_turn(notification, contact, ways, ids)
        done = await self._try_in_turn(notification, contact, sure, ids)
        if done.outcome == "handed_over":
            self._besides(self._try_in_turn(notification, contact, doubtful, ids))
            return done
        again = await self._try_in_turn(notification, contact, doubtful, ids)
        return replace(again, detail=f"{done.detail}; {again.detail}", attempts=done.attempts + again.attempts)

    def _addresses(self, notification: Notification, contact: Contact) -> tuple[Address, ...]:
        """Those that count for this priority at this hour."""
        if contact.at is None:
            return contact.addresses
        return contact.at(notification.facts.priority, self._clock() + notification.facts.wall_offset)

    async def _try_in_turn(
        self, notification: Notification, contact: Contact, ways: Sequence[Address], ids: tuple[str, str]
    ) -> _Delivered:
        said: list[str] = []
        attempts, posted = 0, ""
        for address in ways:
            tries, outcome, words = await self._try_channel(notification, contact, address, ids)
            self._tried(address.channel, outcome == "handed_over", words, notification)
            attempts += tries
            to_group = outcome == "handed_over" and self._is_group(address)
            said.append(f"{address.channel}: {f'{POSTED}: ' if to_group else ''}{words}")
            if to_group:
                posted = posted or address.channel
            elif outcome == "handed_over":
                return _Delivered(outcome, address.channel, "; ".join(said), attempts)
            else:
                log.warning("notification %d not handed over by %s: %s", notification.id, address.channel, words)
        if posted and all(map(self._is_group, contact.addresses)):
            return _Delivered("handed_over", posted, "; ".join(said), attempts)
        words = "; ".join(said) or "every address sent it back"
        return _Delivered("failed", contact.addresses[-1].channel, words, attempts)

    def _besides(self, again: Coroutine[Any, Any, _Delivered]) -> None:
        """What hangs on something that is down is tried as well; nobody waits for it."""
        task = asyncio.get_running_loop().create_task(again)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _try_channel(
        self, notification: Notification, contact: Contact, address: Address, ids: tuple[str, str]
    ) -> tuple[int, str, str]:
        """Tries made, outcome, and what the channel said last."""
        channel = self.channels.get(address.channel)
        if channel is None:
            return 0, "failed", "no such channel"
        words = ""
        for attempt in range(1, self._settings.tries + 1):
            try:
                letter = self._letter(notification, contact, address, ids)
                sent = await asyncio.wait_for(channel.send(letter), self._settings.longest)
            except ChannelError as error:
                words = str(error)
                if not error.transient:
                    return attempt, "failed", words
            except TimeoutError:
                words = "no answer in time"
            except Exception as error:  # a fault of ours or of a library: the next channel may do
                log.exception("channel %s broke on notification %d", address.channel, notification.id)
                return attempt, "failed", f"{type(error).__name__}: {error}"
            else:
                return attempt, "handed_over", sent.detail
            if attempt < self._settings.tries:
                await self._pause(self._settings.first_pause * 2 ** (attempt - 1))
        return self._settings.tries, "failed", words

    def _is_group(self, address: Address) -> bool:
        return is_group(self.channels.get(address.channel))

    def _letter(self, notification: Notification, contact: Contact, address: Address, ids: tuple[str, str]) -> Letter:
        link = self._link(notification, self._is_group(address))
        answerable = address.channel in self.answerable and invites(notification)
        written = self.texts.write(notification, contact.language, link, self._timezone, answerable=answerable)
        return Letter(
            notification=notification.id,
            incident=notification.incident,
            kind=notification.kind,
            to=address.to,
            subject=written.subject,
            text=written.text,
            html=written.html,
            language=written.language,
            date=self._clock(),
            message_id=ids[0],
            thread=ids[1],
            title=written.title,
            person=notification.person,
            link=link or "",
            facts=notification.facts,
            decided=notification.at,
        )

    async def _thread(self, notification: Notification) -> str:
        """The Message-ID of the first letter this person got about this incident; empty: this is the first."""
        if not notification.incident or notification.first:
            return ""
        try:
            first = await self._store.queries.first_told(notification.incident, notification.person)
        except Exception:  # a page without its thread is better than none
            log.exception("the thread of notification %d was not found", notification.id)
            return ""
        if first is None or first.id == notification.id:
            return ""
        return self._name(self._settings.domain, notification.incident, first.id, notification.person, first.at)
