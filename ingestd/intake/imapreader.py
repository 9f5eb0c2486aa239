"""Which mails of a mailbox are new, in which order they are kept, and where to go on after a stop or a fall.

The mails of one batch are committed side by side, but its first one before all others. So whatever a sudden end leaves
out lies above a mail that was kept, within the batch that holds the newest one: a start looks there and nowhere else,
and never takes a mail that is older than the first contact for one that was missed.
"""

import hashlib
import imaplib
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from ingestd.intake import Clock
from ingestd.intake.imapmail import Found, Head, Place, message, origin, place_of, prefix
from ingestd.intake.imapsession import Session, reason_of
from ingestd.intake.imapsettings import MOST_BATCH, ImapSettings
from ingestd.model import Message

log = logging.getLogger("ingestd.intake.imap")

REMEMBERED = 5000  # mails whose digest is kept, for a mailbox that gets new UIDs
BATCH_OCTETS = 16 * 1024 * 1024  # of the mails fetched at once, unless one alone is larger
LOOK_AHEAD = 1000  # mails whose size and age are asked for at once
ATTEMPTS = 3  # to fetch a mail; then the others go on without it


class Stopping(Exception):  # noqa: N818  (what happened, as the thread sees it)
    """The mailbox is to end."""


class Reader:
    """Reads one mailbox over whatever session there is; it has no thread and no loop of its own.

    ``keep`` commits messages, ``newest`` finds the newest origin kept with a prefix, ``show`` is told the backlog.
    """

    def __init__(
        self,
        settings: ImapSettings,
        clock: Clock,
        keep: Callable[[Sequence[Message]], None],
        newest: Callable[[str], str | None],
        show: Callable[[int], None],
    ) -> None:
        self._settings, self._clock = settings, clock
        self._keep, self._newest, self._show = keep, newest, show
        self._place: Place | None = None  # what lies above was not looked at yet
        self._pending: deque[int] = deque()  # UIDs to be kept, ascending
        self._unfinished: list[int] = []  # UIDs kept, and neither marked nor moved yet
        self._failures: dict[int, int] = {}  # UID -> attempts to fetch it that failed
        self._digests: OrderedDict[bytes, None] = OrderedDict()
        self._former: frozenset[bytes] = frozenset()  # digests of what was kept before the mailbox got new UIDs
        self._read_at = 0.0  # when it was last read to its end

    def select(self, session: Session) -> None:
        """Open the mailbox and find out where to go on."""
        validity = session.select()
        if self._place is None:
            self._resume(session, validity)
        elif self._place.validity != validity:
            log.warning("mailbox %s has new UIDs: what was kept is known by its text", self._settings.name)
            self._former = frozenset(self._digests)
            self._begin(session, validity)

    def read(self, session: Session, stopping: Callable[[], bool]) -> None:
        """Keep every mail that is new, batch by batch, and finish each. Stopping: in the middle of it."""
        self._finish(session)
        assert self._place is not None  # noqa: S101  (select)
        self._pending.extend(session.after(max(self._place.uid, self._pending[-1] if self._pending else 0)))
        while self._pending:
            uids = list(islice(self._pending, LOOK_AHEAD))
            for heads in self._groups(session.heads(uids)):
                if stopping():
                    raise Stopping
                self._show(len(self._pending))
                self._group(session, heads)
            self._passed(uids)
        self._show(0)
        self._read_at = self._clock()

    # -- where to go on
    def _resume(self, session: Session, validity: int) -> None:
        known = place_of(self._settings, self._newest(prefix(self._settings)))
        if known is None or known.validity != validity:
            self._begin(session, validity)
            return
        self._place = known
        near = session.up_to(known.uid)[-MOST_BATCH:]
        self._unfinished = [uid for uid in near if self._is_kept(Place(validity, uid))]
        kept = set(self._unfinished)
        self._pending = deque(uid for uid in near if kept and uid > self._unfinished[0] and uid not in kept)

    def _begin(self, session: Session, validity: int) -> None:
        """First contact: what arrived lately, or since the last visit."""
        since = self._clock() - self._settings.since
        if self._read_at:
            since = min(since, self._read_at - self._settings.poll)
        self._pending = deque(session.arrived_since(since))
        self._place = Place(validity, session.next_uid - 1)
        self._unfinished.clear()
        self._failures.clear()

    def _is_kept(self, place: Place) -> bool:
        return self._newest(origin(self._settings, place)) is not None

    # -- batches
    def _groups(self, heads: Sequence[Head]) -> Iterator[list[Head]]:
        """Mails to be fetched at once: not too much to hold, and alone what failed before."""
        group: list[Head] = []
        octets = 0
        for head in heads:
            size = min(head.size, self._settings.size_limit)
            full = len(group) >= self._settings.batch or octets + size > BATCH_OCTETS
            if group and (full or head.uid in self._failures or group[0].uid in self._failures):
                yield group
                group, octets = [], 0
            group.append(head)
            octets += size
        if group:
            yield group

    def _group(self, session: Session, heads: list[Head]) -> None:
        assert self._place is not None  # noqa: S101
        found = [one for one in self._fetched(session, heads) if _digest(one) not in self._former]
        messages = [message(self._settings, self._place.validity, one, self._clock()) for one in found]
        self._keep(messages[:1])
        self._keep(messages[1:])
        self._remember(found)
        spoiled = {one.head.uid for one in found if one.problem}
        self._unfinished += [head.uid for head in heads if head.uid not in spoiled]
        self._passed([head.uid for head in heads])
        self._finish(session)

    def _fetched(self, session: Session, heads: list[Head]) -> list[Found]:
        """Fetch mails. One that makes the server fail again and again is kept as a note that it could not be read."""
        alone = heads[0]
        if self._failures.get(alone.uid, 0) >= ATTEMPTS:
            log.error("mailbox %s: the mail with UID %d can't be read", self._settings.name, alone.uid)
            return [Found(alone, problem=f"could not be fetched in {ATTEMPTS} attempts")]
        try:
            return session.fetch(heads)
        except (OSError, ValueError, imaplib.IMAP4.error) as error:
            for head in heads:
                self._failures[head.uid] = self._failures.get(head.uid, 0) + 1
            raise ConnectionError(f"fetching from UID {alone.uid} on failed: {reason_of(error)}") from error

    def _passed(self, uids: Sequence[int]) -> None:
        """These are done with: kept, or gone."""
        assert self._place is not None  # noqa: S101
        while self._pending and self._pending[0] <= uids[-1]:
            self._failures.pop(self._pending.popleft(), None)
        self._place = Place(self._place.validity, max(self._place.uid, uids[-1]))

    def _finish(self, session: Session) -> None:
        """Mark, move or delete what was kept; after a lost connection this is made up for."""
        if self._unfinished:
            session.finish(self._unfinished)
            self._unfinished = []

    def _remember(self, found: Sequence[Found]) -> None:
        for one in found:
            self._digests[_digest(one)] = None
        while len(self._digests) > REMEMBERED:
            self._digests.popitem(last=False)


def _digest(found: Found) -> bytes:
    return hashlib.blake2b(found.body, digest_size=16).digest()
