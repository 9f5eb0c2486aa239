"""One IMAP connection: login, the mailbox, what is in it, and what is done with it (RFC 3501, with 2177, 2971, 6851).

IMAPClient does the protocol. Every wait for the server is bounded by the socket's timeout, so that a connection that is
only half there is noticed.
"""

import contextlib
import imaplib
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from imapclient import DELETED, SEEN, IMAPClient, SocketTimeout  # type: ignore[import-untyped]
from imapclient.exceptions import CapabilityError  # type: ignore[import-untyped]

from ingestd import __version__
from ingestd.intake.imapmail import Found, Head
from ingestd.intake.imapsettings import ImapSettings, password_of, port_of, token_of

log = logging.getLogger("ingestd.intake.imap")

imaplib._MAXLINE = 16 * 1024 * 1024  # type: ignore[attr-defined]  # a search may list a million mails
ID = {"name": "ingestd", "version": __version__}
IDLE_MOST = 240.0  # seconds in IDLE at a stretch: some servers and routers forget whom they hear nothing of for five
ATOM = re.compile(r"[A-Za-z0-9._@+-]+")
CONNECT_PATIENCE = 20.0  # seconds for a connection at most
PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")  # refusals that blame no password (RFC 5530)


class LoginRefused(Exception):  # noqa: N818  (what happened, as the admin sees it)
    """The server does not take the name and password."""


class Session:
    """A connection with a mailbox open. Errors: OSError, imaplib's and, from what a server may say, ValueError."""

    def __init__(self, settings: ImapSettings) -> None:
        """Connect and log in. LoginRefused: the server does not want us."""
        self._settings = settings
        self._writable = True
        self.next_uid = 1
        patience = float(settings.timeout)
        context = ssl.create_default_context(cafile=settings.ca_file or None) if settings.tls != "none" else None
        self._client: Any = IMAPClient(
            settings.host,
            port_of(settings),
            ssl=settings.tls == "implicit",
            ssl_context=context,
            timeout=SocketTimeout(min(CONNECT_PATIENCE, patience), patience),
        )
        self._client._imap.debug = 0  # each line would be formatted for a log that nobody reads
        self._client.normalise_times = False
        try:
            if settings.tls == "starttls":
                self._client.starttls(context)
            self._log_in()
            self._introduce()
        except BaseException:
            self.cut()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self._client.socket().settimeout(2.0)  # a server that is gone is not waited for
            self._client.logout()
        self.cut()

    def cut(self) -> None:
        """Drop the connection; a thread that waits on it gets an error."""
        with contextlib.suppress(Exception):
            self._client.socket().shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(Exception):
            self._client.shutdown()

    # -- to be let in
    def _log_in(self) -> None:
        user, oauth2, secret = self._settings.user, self._settings.oauth2, self._secret()
        try:
            if oauth2 is not None:
                self._client.oauth2_login(user, secret)
            else:
                self._with_password(secret)
        except imaplib.IMAP4.error as error:
            lost = isinstance(error, imaplib.IMAP4.abort) or isinstance(error.__context__, imaplib.IMAP4.abort)
            if lost or any(code in str(error) for code in PASSING):
                raise ConnectionError(f"login failed: {reason_of(error)}") from error
            raise LoginRefused(f"login as {user} refused: {reason_of(error)}") from error

    def _secret(self) -> str:
        try:
            oauth2 = self._settings.oauth2
            return password_of(self._settings) if oauth2 is None else token_of(oauth2)
        except (OSError, ValueError) as error:
            raise LoginRefused(f"nothing to log in with: {reason_of(error)}") from error

    def _with_password(self, password: str) -> None:
        """LOGIN takes plain names and ASCII only; AUTHENTICATE PLAIN takes any."""
        if (ATOM.fullmatch(self._settings.user) and password.isascii()) or not self._client.has_capability(
            "AUTH=PLAIN"
        ):
            self._client.login(self._settings.user, password)
        else:
            self._client.plain_login(self._settings.user, password)

    def _introduce(self) -> None:
        """Say who we are: some servers show no mailbox to a stranger (163 and 126: "Unsafe Login")."""
        if self._client.has_capability("ID"):
            try:
                self._client.id_(ID)
            except imaplib.IMAP4.abort:
                raise
            except (imaplib.IMAP4.error, ValueError) as error:
                log.debug("ID refused: %s", error)

    # -- what is in the mailbox
    def select(self) -> int:
        """Open the mailbox; its UIDVALIDITY. One that can't be written is opened to be read only."""
        settings = self._settings
        try:
            found = self._client.select_folder(settings.mailbox, readonly=settings.seen == "leave")
        except imaplib.IMAP4.readonly:
            if self._writable:
                log.warning("mailbox %s is read-only: mails stay as they are", settings.name)
            self._writable = False
            found = self._client.select_folder(settings.mailbox, readonly=True)
        if settings.seen == "move" and self._writable and not self._client.folder_exists(settings.move_to):
            self._client.create_folder(settings.move_to)
        self.next_uid = found.get(b"UIDNEXT") or max(self._search("ALL"), default=0) + 1
        return int(found.get(b"UIDVALIDITY", 0))

    def after(self, uid: int) -> list[int]:
        """UIDs above one, ascending. (``n:*`` means the last mail even if it is below n.)"""
        self._client.noop()
        return [one for one in self._search(f"UID {uid + 1}:*") if one > uid]

    def up_to(self, uid: int) -> list[int]:
        """UIDs up to one, ascending."""
        return self._search(f"UID 1:{uid}") if uid else []

    def arrived_since(self, at: float) -> list[int]:
        """UIDs of mails that arrived at or after a time, ascending. SINCE knows days only, of the server's zone."""
        day = datetime.fromtimestamp(max(0.0, at), UTC) - timedelta(days=1)
        uids = self._search(f"SINCE {day.day}-{MONTHS[day.month - 1]}-{day.year}")
        return [head.uid for head in self.heads(uids) if not head.arrived or head.arrived >= at]

    def _search(self, criteria: str) -> list[int]:
        return sorted(self._client.search(criteria))

    def heads(self, uids: Sequence[int]) -> list[Head]:
        """Size and arrival of mails, ascending; those that are gone are left out."""
        found: list[Head] = []
        for some in _chunks(uids, 1000):
            answer = self._client.fetch(some, ["RFC822.SIZE", "INTERNALDATE"])
            found += [_head(uid, answer[uid]) for uid in some if b"RFC822.SIZE" in answer.get(uid, {})]
        return found

    def fetch(self, heads: Sequence[Head]) -> list[Found]:
        """Mails, without marking them as read; those that are gone are left out. ValueError: one is not given out."""
        limit = self._settings.size_limit
        found: list[Found] = []
        for large in (False, True):
            some = [head for head in heads if (head.size > limit) == large]
            if some:
                found += self._fetched(some, f"BODY.PEEK[]<0.{self._settings.head}>" if large else "BODY.PEEK[]")
        return sorted(found, key=lambda one: one.head.uid)

    def _fetched(self, heads: Sequence[Head], what: str) -> list[Found]:
        answer = self._client.fetch([head.uid for head in heads], [what])
        found = [Found(head, _body(answer.get(head.uid, {}))) for head in heads]
        empty = [one.head.uid for one in found if not one.body and one.head.size]
        withheld = {head.uid for head in self.heads(empty)} if empty else set()
        if withheld:
            raise ValueError(f"the server gives out no mail with the UID {min(withheld)}")
        return [one for one in found if one.body or not one.head.size]

    # -- what is done with it
    def finish(self, uids: Sequence[int]) -> None:
        """Mark, move or delete mails that were kept; those that are gone are no error."""
        if self._settings.seen == "leave" or not self._writable:
            return
        for some in _chunks(uids, 500):
            try:
                self._finish(some)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                log.warning("mailbox %s: mails stay as they are: %s", self._settings.name, reason_of(error))

    def _finish(self, uids: Sequence[int]) -> None:
        if self._settings.seen == "seen":
            self._client.add_flags(uids, [SEEN], silent=True)
            return
        if self._settings.seen == "move":
            with contextlib.suppress(CapabilityError):
                self._client.move(uids, self._settings.move_to)
                return
            self._client.copy(uids, self._settings.move_to)
        self._client.add_flags(uids, [DELETED], silent=True)
        with contextlib.suppress(CapabilityError):
            self._client.uid_expunge(uids)  # without UIDPLUS it would take other people's deleted mails along

    # -- waiting
    def wait(self, seconds: float, slice_: float, stopping: Callable[[], bool]) -> None:
        """Until the server says that something is new, at most so long. A server that stays silent costs that much."""
        end = time.monotonic() + min(seconds, IDLE_MOST)
        if not (self._settings.idle and self._client.has_capability("IDLE")):
            while not stopping() and time.monotonic() < end:
                time.sleep(min(slice_, max(0.0, end - time.monotonic())))
            return
        self._client.idle()
        news: list[Any] = []
        while not news and not stopping() and time.monotonic() < end:
            began = time.monotonic()
            news = [one for one in self._client.idle_check(slice_) if _is_news(one)]
            if not news and time.monotonic() - began < slice_ / 2:
                break  # a connection that ended is readable at once, with nothing to read
        self._client.idle_done()


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # in no locale


def reason_of(error: BaseException) -> str:
    """An error in words, on one line."""
    text = str(error) or type(error).__name__
    return " ".join(re.sub(r"\bb'(.*?)'", r"\1", text[:500]).split())


def _is_news(response: Any) -> bool:
    """Whether a response in IDLE is about new mail, or an end."""
    return isinstance(response, tuple) and bool({b"EXISTS", b"RECENT", b"BYE"} & set(response[:2]))


def _head(uid: int, said: dict[bytes, Any]) -> Head:
    arrived = said.get(b"INTERNALDATE")
    return Head(uid, int(said[b"RFC822.SIZE"]), arrived.timestamp() if isinstance(arrived, datetime) else 0.0)


def _body(said: dict[bytes, Any]) -> bytes:
    """What BODY[] gave; servers write its name in several ways."""
    return next((v for k, v in said.items() if k.upper().startswith(b"BODY[]") and isinstance(v, bytes)), b"")


def _chunks(uids: Sequence[int], most: int) -> Iterable[Sequence[int]]:
    return (uids[first : first + most] for first in range(0, len(uids), most))
