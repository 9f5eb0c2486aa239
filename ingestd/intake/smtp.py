"""Mail in: an SMTP server on the running event loop that says 250 once the mail is committed, and relays nothing.

aiosmtpd speaks the protocol. Three of its costs are avoided here: it reads DATA line by line, inspects its own classes
at every connection, and parses plain addresses with the parser for the strangest ones.
"""

import asyncio
import contextlib
import logging
import re
import ssl
from collections import defaultdict
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec import Struct

from ingestd.intake import Clock, CountRefused, Receive, count_nothing
from ingestd.model import Message, StoreUnavailable
from ingestd.yamltypes import Duration

log = logging.getLogger("ingestd.intake.smtp")

SOURCE = "smtp"
MOST_RECIPIENTS = 1000
LONGEST_COMMAND = 2048  # octets; long addresses and options fit
GRACE = 5.0  # seconds at a stop for mails whose commit is under way
PLAIN_ADDRESS = re.compile(r'\s*<([^\s<>"\\:,;()\[\]]*)>(.*)\Z', re.DOTALL)
NULL_SENDER = "<>"


class SmtpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``listen.smtp`` of the site file."""

    host: str = "127.0.0.1"
    port: int = 2525
    hostname: str = "ingestd"  # what it calls itself
    size_limit: int = 32 * 1024 * 1024  # octets of one mail
    allowed_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    domains: tuple[str, ...] = ()  # recipients' domains that are ours; empty: any
    certificate: str = ""  # PEM chain; with it STARTTLS is offered
    key: str = ""  # PEM; empty: it is in the certificate's file
    require_tls: bool = False
    timeout: Duration = Duration(300)  # of an idle connection
    max_connections: int = 200


class SmtpIntake:
    """The listener and what its connections share."""

    def __init__(
        self, settings: SmtpSettings, receive: Receive, clock: Clock, count_refused: CountRefused = count_nothing
    ) -> None:
        self.settings = settings
        self._receive = receive
        self._committing = 0
        self.clock = clock
        self.count_refused = count_refused
        self.connections: set[Connection] = set()
        self.idle = asyncio.Event()  # no commit is under way
        self.idle.set()
        self.tls = _tls(settings)
        self.domains = frozenset(domain.casefold() for domain in settings.domains)
        self._networks = tuple(ip_network(network, strict=False) for network in settings.allowed_networks)
        self._server: asyncio.Server | None = None

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Where it listens: (host, port)."""
        sockets = self._server.sockets if self._server else ()
        return tuple(s.getsockname()[:2] for s in sockets)

    async def start(self) -> None:
        """Listen; OSError when the address can't be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), self.settings.host, self.settings.port)

    async def stop(self) -> None:
        """Accept no more connections, let commits under way answer, and close the rest with 421."""
        if self._server is None:
            return
        self._server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.idle.wait(), GRACE)
        for connection in tuple(self.connections):
            connection.dismiss()
        await asyncio.sleep(0)

    async def keep(self, message: Message) -> int:
        """Commit a mail; a stop waits for it."""
        self._committing += 1
        self.idle.clear()
        try:
            return await self._receive(message)
        finally:
            self._committing -= 1
            if not self._committing:
                self.idle.set()

    def turned_away(self, peer: str) -> str | None:
        """The reply to a peer that may not talk to us now, if so."""
        if not self._allowed(peer):
            self.count_refused(SOURCE, 554)
            log.warning("mail connection from %s refused: not in allowed_networks", peer)
            return "554 5.7.1 not allowed to send mail here"
        if len(self.connections) > self.settings.max_connections:
            self.count_refused(SOURCE, 421)
            return "421 4.3.2 too many connections, try again later"
        return None

    def _allowed(self, peer: str) -> bool:
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return True  # a Unix socket: its file mode decides
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            return _within(address.ipv4_mapped, self._networks)
        return _within(address, self._networks)


def _within(address: Any, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)


def _tls(settings: SmtpSettings) -> ssl.SSLContext | None:
    if not settings.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.certificate, settings.key or None)
    return context


class _Hooks:
    """What aiosmtpd asks at each command."""

    def __init__(self, intake: SmtpIntake) -> None:
        self._intake = intake

    def __dir__(self) -> tuple[str, ...]:
        return _HOOKS  # aiosmtpd looks its hooks up in here, at every connection

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's signature)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Name what we can do; there are no logins here."""
        session.host_name = hostname
        return [line for line in responses if not line.startswith("250-AUTH")]

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take what is ours; never relay."""
        domain = address.rpartition("@")[2] if "@" in address else ""
        if self._intake.domains and domain and domain.casefold().rstrip(".") not in self._intake.domains:
            self._intake.count_refused(SOURCE, 550)
            log.warning("mail from %s for %s refused: not one of our domains", _host(session), _clean(address))
            return "550 5.7.1 relaying denied"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Commit, then 250."""
        message = Message(
            kind="mail",
            source=SOURCE,
            body=envelope.original_content or b"",
            received=self._intake.clock(),
            peer=_host(session),
            sender=_clean((envelope.mail_from or "").removeprefix(NULL_SENDER)),
            recipients=tuple(map(_clean, envelope.rcpt_tos)),
        )
        try:
            number = await self._intake.keep(message)
        except StoreUnavailable as error:
            log.warning("mail from %s put off: %s", message.peer, error)
            self._intake.count_refused(SOURCE, 451)
            return "451 4.3.0 can't keep the mail now, try again later"
        return f"250 2.0.0 kept as {number}"

    async def handle_exception(self, error: Exception) -> str:
        """Our own fault is temporary, whatever it is: the sender keeps the mail."""
        log.error("mail connection failed", exc_info=error)
        self._intake.count_refused(SOURCE, 451)
        return "451 4.3.0 internal error, try again later"


class Connection(SMTP):
    """One client."""

    line_length_limit = 65536  # also the stream's buffer; longer lines in mails are taken as they are

    def __init__(self, intake: SmtpIntake) -> None:
        settings = intake.settings
        super().__init__(
            _Hooks(intake),
            data_size_limit=settings.size_limit,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident="ESMTP ingestd",
            tls_context=intake.tls,
            require_starttls=settings.require_tls,
            timeout=float(settings.timeout),
            loop=asyncio.get_running_loop(),
        )
        # The class's own table is one for all connections, emptied by each new one.
        self.command_size_limits = defaultdict(lambda: LONGEST_COMMAND)
        self._intake = intake

    def __dir__(self) -> tuple[str, ...]:
        return _COMMANDS  # what aiosmtpd finds when it looks for its commands, at every connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it in; after STARTTLS it is made a second time."""
        self._intake.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out; after STARTTLS it may be lost twice."""
        self._intake.connections.discard(self)
        if self.transport is not None:
            super().connection_lost(error)

    def dismiss(self) -> None:
        """Hang up politely: we are stopping."""
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(b"421 4.3.2 stopping\r\n")
            self.transport.close()

    async def _handle_client(self) -> None:
        assert self.session is not None  # noqa: S101  (set by connection_made)
        refusal = self._intake.turned_away(_host(self.session))
        if refusal is None:
            return await super()._handle_client()
        await self.push(refusal)
        if self.transport is not None:
            self.transport.close()
        return None

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        plain = PLAIN_ADDRESS.match(arg)
        if plain is None:
            return super()._getaddr(arg)
        return plain[1] or NULL_SENDER, plain[2]

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Read the whole mail, undo the dots, hand it over."""
        if await self.check_helo_needed():
            return
        assert self.envelope is not None  # noqa: S101
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._read_mail()
        if content is None:
            self._intake.count_refused(SOURCE, 552)
            status = "552 5.3.4 message is too large"
        else:
            self.envelope.original_content = content
            self._reset_timeout()
            status = await self._call_handler_hook("DATA")
        self.envelope = self._create_envelope()
        await self.push(status)

    async def _read_mail(self) -> bytes | None:
        """The mail as it was written; None: too large, and read to its end all the same.

        Only CR LF . CR LF ends it (RFC 5321, 4.1.1.4): whoever takes less lets a second mail be smuggled in the first.
        """
        data = bytearray()
        too_large = False
        limit = self._intake.settings.size_limit
        while data != b".\r\n" and not data.endswith(b"\r\n.\r\n"):
            try:
                data += await self._reader.readuntil(b".\r\n")
            except asyncio.LimitOverrunError as error:
                data += await self._reader.readexactly(error.consumed)
            self._reset_timeout()
            if too_large or len(data) > limit + len(b".\r\n"):
                too_large = True
                del data[:-8]
        return None if too_large else _undotted(data)


def _undotted(data: bytearray) -> bytes:
    """Without the final dot, and with one dot less on lines that begin with one (RFC 5321, 4.5.2)."""
    text = bytes(data[: -len(b".\r\n")])
    return text.replace(b"\r\n.", b"\r\n").removeprefix(b".")


def _host(session: Session) -> str:
    peer: Any = session.peer
    return str(peer[0]) if isinstance(peer, tuple) and peer else str(peer or "")


def _clean(address: str) -> str:
    """aiosmtpd keeps undecodable octets as surrogates, which no database takes."""
    return address.encode("utf-8", "replace").decode()


_HOOKS = tuple(name for name in vars(_Hooks) if name.startswith("handle_"))
_COMMANDS = tuple(name for name in dir(SMTP) if name.startswith("smtp_") and name != "smtp_AUTH")
