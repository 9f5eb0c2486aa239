"""What is said on one SMTP connection.

aiosmtpd speaks the protocol. Some of its ways are not ours: it reads DATA line by line, inspects its own classes at
every connection, parses plain addresses with the parser for the strangest ones, and checks passwords on the event loop.
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from ingestd.intake.fairness import Room
from ingestd.intake.smtpauth import MECHANISMS, Credentials, SyntaxRefused, credentials, decoded
from ingestd.intake.smtpread import NO_ROOM, read_mail
from ingestd.model import Message, StoreUnavailable

if TYPE_CHECKING:
    from ingestd.intake.smtp import SmtpIntake

log = logging.getLogger("ingestd.intake.smtp")

MOST_RECIPIENTS = 1000
MOST_FAILURES = 5  # logins on one connection
LONGEST_COMMAND = 2048  # octets; long addresses and options fit
LOCAL = "local"  # the peer on a Unix socket
PLAIN_ADDRESS = re.compile(r'\s*<([^\s<>"\\:,;()\[\]]*)>(.*)\Z', re.DOTALL)
DECLARED = re.compile(r"SIZE=(\d{1,18})")
NULL_SENDER = "<>"


class _Hooks:
    """What aiosmtpd asks at each command."""

    def __init__(self, intake: "SmtpIntake") -> None:
        self._intake = intake

    def __dir__(self) -> tuple[str, ...]:
        return _HOOKS  # aiosmtpd looks its hooks up in here, at every connection

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's signature)
        self, server: "Connection", session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Name what we can do."""
        session.host_name = hostname
        offered = ["250-PIPELINING"]
        if server.logins_offered:
            offered.append(f"250-AUTH {' '.join(MECHANISMS)}")
        *first, last = (line for line in responses if not line.startswith("250-AUTH"))
        return [*first, *offered, last]

    async def handle_MAIL(  # noqa: N802
        self, server: "Connection", _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the senders that are allowed, and no more than there is room for."""
        sender = _clean(address.removeprefix(NULL_SENDER))
        if not self._intake.may_send(sender):
            self._intake.count_refused(self._intake.source, 550)
            log.warning("mail from %s with the sender %s refused: not in allowed_senders", server.peer, sender)
            return "550 5.7.1 this sender may not send mail here"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: "Connection", _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take what is ours; never relay."""
        domain = address.rpartition("@")[2] if "@" in address else ""
        if self._intake.domains and domain and domain.casefold().rstrip(".") not in self._intake.domains:
            self._intake.count_refused(self._intake.source, 550)
            log.warning("mail from %s for %s refused: not one of our domains", server.peer, _clean(address))
            return "550 5.7.1 relaying denied"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: "Connection", _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Commit, then 250."""
        message = Message(
            kind="mail",
            source=self._intake.source,
            body=envelope.original_content or b"",
            received=self._intake.clock(),
            peer=server.peer,
            sender=_clean((envelope.mail_from or "").removeprefix(NULL_SENDER)),
            recipients=tuple(map(_clean, envelope.rcpt_tos)),
        )
        try:
            number = await self._intake.keep(message)
        except StoreUnavailable as error:
            log.warning("mail from %s put off: %s", message.peer, error)
            self._intake.count_refused(self._intake.source, 451)
            return "451 4.3.0 can't keep the mail now, try again later"
        return f"250 2.0.0 kept as {number}"

    async def handle_exception(self, error: Exception) -> str:
        """Our own fault is temporary, whatever it is: the sender keeps the mail."""
        log.error("mail connection failed", exc_info=error)
        self._intake.count_refused(self._intake.source, 451)
        return "451 4.3.0 internal error, try again later"


class Connection(SMTP):
    """One client."""

    line_length_limit = 65536  # also the stream's buffer; longer lines in mails are taken as they are
    greeting = "ESMTP ingestd"

    def __init__(self, intake: "SmtpIntake") -> None:
        settings = intake.settings
        super().__init__(
            _Hooks(intake),
            data_size_limit=settings.size_limit,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident=self.greeting,
            tls_context=intake.tls,
            require_starttls=settings.require_tls,
            timeout=float(settings.timeout),
            loop=asyncio.get_running_loop(),
        )
        # The class's own table is one for all connections, emptied by each new one.
        self.command_size_limits = defaultdict(lambda: LONGEST_COMMAND)
        self._intake = intake
        self._failures = 0
        self.peer = ""  # its address
        self.since = self.loop.time()
        self._committing = False
        self._must_log_in = True

    def __dir__(self) -> tuple[str, ...]:
        return COMMANDS  # what aiosmtpd finds when it looks for its commands, at every connection

    @property
    def logins_offered(self) -> bool:
        """Whether a client may log in now."""
        safe = self._tls_protocol is not None or self._intake.settings.auth_without_tls
        return self._intake.porter is not None and safe

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it in; after STARTTLS it is made a second time."""
        if self not in self._intake.connections:
            self.peer = _host(transport.get_extra_info("peername"))
            self._must_log_in = self._intake.must_log_in(self.peer)
            self._intake.connections.add(self)
            self._intake.doors.enter(self.peer)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out; after STARTTLS it may be lost twice."""
        if self in self._intake.connections:
            self._intake.connections.discard(self)
            self._intake.doors.leave(self.peer)
        if self.transport is not None:
            super().connection_lost(error)

    @property
    def busy(self) -> bool:
        """Its mail is being committed, or it is gone."""
        return self._committing or self.transport is None or self.transport.is_closing()

    def dismiss(self) -> None:
        """Hang up politely: we are stopping, or somebody else needs the place."""
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(b"421 4.3.2 stopping or too busy, try again later\r\n")
            self.transport.close()

    async def _handle_client(self) -> None:
        refusal = self._intake.turned_away(self.peer)
        if refusal is None:
            return await super()._handle_client()
        return await self._hang_up(refusal)

    async def _hang_up(self, reply: str) -> None:
        await self.push(reply)
        if self.transport is not None:
            self.transport.close()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        plain = PLAIN_ADDRESS.match(arg)
        if plain is None:
            return super()._getaddr(arg)
        return plain[1] or NULL_SENDER, plain[2]

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        found: dict[str, str | bool] | None = super()._getparams(params)
        if found is not None and self._intake.porter is not None:
            found.pop("AUTH", None)  # who wrote the mail, as a client that logged in may say (RFC 4954, 5)
        return found

    # -- logging in
    async def check_auth_needed(self, _caller_method: str) -> bool:
        """Send 530 to a peer that must log in first; whether it was sent."""
        assert self.session is not None  # noqa: S101  (set by connection_made)
        if self.session.authenticated or not self._must_log_in:
            return False
        await self.push("530 5.7.0 authentication required")
        return True

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802
        """Let a user in (RFC 4954)."""
        if await self.check_helo_needed("EHLO"):
            return
        words = (arg or "").split()
        refusal = self._no_login(words)
        if refusal:
            await self.push(refusal)
            return
        try:
            given = await credentials(words[0].upper(), words[1] if len(words) == 2 else None, self._ask)
        except SyntaxRefused as error:
            await self.push(str(error))
            return
        await self._admit(given)

    def _no_login(self, words: list[str]) -> str:
        assert self.session is not None  # noqa: S101
        if self._intake.porter is None:
            return "502 5.5.1 there are no logins here"
        if not self.logins_offered:
            return "538 5.7.11 encryption is required: STARTTLS first"
        if self.session.authenticated or (self.envelope and self.envelope.mail_from):
            return "503 5.5.1 already logged in, or in the middle of a mail"
        if not 1 <= len(words) <= 2:
            return "501 5.5.4 Syntax: AUTH mechanism [initial-response]"
        return "" if words[0].upper() in MECHANISMS else "504 5.5.4 expected one of " + ", ".join(MECHANISMS)

    async def _ask(self, challenge: str) -> bytes | None:
        """Send a challenge; the answer decoded. None: the client gave up, and was told so."""
        await self.push(f"334 {challenge}")
        try:
            line = (await self._reader.readline()).strip()
        except ValueError:  # over the stream's limit
            raise SyntaxRefused("500 5.5.6 the answer is too long") from None
        self._reset_timeout()
        if line == b"*":
            return None
        return decoded(line)

    async def _admit(self, given: Credentials | None) -> None:
        assert self.session is not None  # noqa: S101
        assert self._intake.porter is not None  # noqa: S101  (_no_login)
        if given is None:
            await self.push("501 5.7.0 broken off")
            return
        admitted = await self._intake.porter.admit(self.peer, given)
        self._reset_timeout()
        if admitted == "yes":
            self.session.authenticated = True
            await self.push("235 2.7.0 welcome")
            return
        if admitted == "busy":
            self._intake.count_refused(self._intake.source, 454)
            await self.push("454 4.7.0 too many logins at once, try again later")
            return
        await self._refuse_login(given)

    async def _refuse_login(self, given: Credentials) -> None:
        self._failures += 1
        self._intake.count_refused(self._intake.source, 535)
        log.warning("login from %s as %s refused", self.peer, _clean(given.name))
        if self._failures < MOST_FAILURES:
            await self.push("535 5.7.8 name or password are wrong")
        else:
            await self._hang_up("421 4.7.0 too many failed logins")

    # -- the mail
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Read the whole mail, undo the dots, hand it over."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None  # noqa: S101
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        with self._intake.memory.room(self.peer) as room:
            if not room.grow(self._declared()):
                self._intake.count_refused(self._intake.source, 452)
                await self.push(NO_ROOM)
                return
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            status = await self._taken(room)
            await self._answer(status)

    async def _answer(self, status: str) -> None:
        """Say what became of the mail."""
        self.envelope = self._create_envelope()
        await self.push(status)

    async def _taken(self, room: Room) -> str:
        settings = self._intake.settings
        end = self.loop.time() + float(settings.data_timeout)

        def progress() -> None:
            self._reset_timeout(max(0.001, min(float(settings.timeout), end - self.loop.time())))

        progress()
        read = await read_mail(self._reader, settings.size_limit, settings.header_limit, room, progress)
        self._reset_timeout()
        if read.refusal:
            self._intake.count_refused(self._intake.source, int(read.refusal[:3]))
            return read.refusal
        assert self.envelope is not None  # noqa: S101
        self.envelope.original_content = read.content
        self._committing = True
        try:
            return str(await self._call_handler_hook("DATA"))
        finally:
            self._committing, self.since = False, self.loop.time()

    def _declared(self) -> int:
        """The octets that the client said its mail has."""
        assert self.envelope is not None  # noqa: S101
        sizes = (DECLARED.fullmatch(option) for option in self.envelope.mail_options)
        return next((int(size[1]) for size in sizes if size), 0)


def _host(peer: Any) -> str:
    return str(peer[0]) if isinstance(peer, tuple) and peer else LOCAL


def _clean(address: str) -> str:
    """aiosmtpd keeps undecodable octets as surrogates, which no database takes."""
    return address.encode("utf-8", "replace").decode()


_HOOKS = tuple(name for name in vars(_Hooks) if name.startswith("handle_"))
COMMANDS = tuple(name for name in dir(SMTP) if name.startswith("smtp_"))
