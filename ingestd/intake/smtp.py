"""Mail in: an SMTP server on the running event loop that says 250 once the mail is committed, and relays nothing.

Here are its settings and what its connections share: who may come, who must log in, and how much there is room for.
What is said on a connection stands in smtpconnection.
"""

import asyncio
import contextlib
import logging
import re
import ssl
from collections.abc import Sequence
from functools import lru_cache, partial
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

import re2
from msgspec import Struct

from ingestd.intake import Clock, CountRefused, Receive, count_nothing
from ingestd.intake.fairness import Doors, Memory, Turns
from ingestd.intake.smtpauth import MECHANISMS, Porter, Users, is_hash
from ingestd.intake.smtpconnection import Connection
from ingestd.model import Message
from ingestd.yamltypes import Duration

log = logging.getLogger("ingestd.intake.smtp")

BACKLOG = 1024  # connections that the system holds until we look: a flood of them delays nobody for a second
GRACE = 5.0  # seconds at a stop for mails whose commit is under way
KNOWN_PEERS = 10_000  # of whom it is remembered whether they are trusted
MIB = 1024 * 1024


class SmtpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``listen.smtp`` of the site file."""

    host: str = "127.0.0.1"
    port: int = 2525
    hostname: str = "ingestd"  # what it calls itself
    size_limit: int = 32 * MIB  # octets of one mail; at most half of ``memory``
    header_limit: int = MIB  # octets of its header
    allowed_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")  # who is trusted; with users, others log in
    allowed_senders: tuple[str, ...] = ()  # addresses, domains and globs such as *@*.example; empty: any
    domains: tuple[str, ...] = ()  # recipients' domains that are ours; empty: any
    certificate: str = ""  # PEM chain; with it STARTTLS is offered
    key: str = ""  # PEM; empty: it is in the certificate's file
    require_tls: bool = False
    users: dict[str, str] = {}  # name -> $argon2id$… as `ingestd password` prints it
    users_file: str = ""  # the same as lines name:hash; read anew when it changes
    require_auth: bool = False  # trusted networks must log in, too
    auth_without_tls: bool = False  # passwords may cross the network in the open
    timeout: Duration = Duration(300)  # of an idle connection
    data_timeout: Duration = Duration(600)  # from DATA to the end of the mail
    max_connections: int = 200
    connections_per_peer: int = 100  # of one address
    memory: int = 256 * MIB  # octets of mails held at once; over it senders are told to try again later


class SmtpIntake:
    """The listener and what its connections share."""

    source = "smtp"

    def __init__(
        self, settings: SmtpSettings, receive: Receive, clock: Clock, count_refused: CountRefused = count_nothing
    ) -> None:
        """ValueError or OSError: the settings can't be used (see `smtp_problem`)."""
        self.settings = settings
        self._receive = receive
        self.timeout, self.data_timeout = float(settings.timeout), float(settings.data_timeout)
        self.clock = clock
        self.count_refused = count_refused
        self.connections: set[Connection] = set()
        self.doors = Doors(settings.max_connections, settings.connections_per_peer)
        self.memory = Memory(settings.memory)
        self.turns = Turns()
        self._committing = 0
        self._idle: asyncio.Event | None = None  # at a stop: no commit is under way
        self.tls = _tls(settings)
        self.domains = frozenset(domain.casefold() for domain in settings.domains)
        self._senders = Senders(settings.allowed_senders)
        users = Users(settings.users, settings.users_file)
        self.porter = Porter(users) if users else None
        networks = tuple(ip_network(network, strict=False) for network in settings.allowed_networks)
        #: Whether an address is in the allowed networks. To find out costs as much as half a connection.
        self.trusted = lru_cache(KNOWN_PEERS)(partial(_trusted, networks))
        self.offers = {sealed: self._offers(sealed) for sealed in (False, True)}
        self._server: asyncio.Server | None = None

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Where it listens: (host, port)."""
        sockets = self._server.sockets if self._server else ()
        return tuple(s.getsockname()[:2] for s in sockets)

    async def start(self) -> None:
        """Listen; OSError when the address can't be had."""
        self._server = await self._listen()

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: Connection(self), self.settings.host, self.settings.port, backlog=BACKLOG
        )

    async def stop(self) -> None:
        """Accept no more connections, let commits under way answer, and close the rest with 421."""
        if self._server is None:
            return
        self._server.close()
        if self._committing:
            self._idle = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), GRACE)
        for connection in tuple(self.connections):
            connection.dismiss()
        await asyncio.sleep(0)

    async def keep(self, message: Message) -> int:
        """Commit a mail when it is its peer's turn; a stop waits for it."""
        self._committing += 1
        try:
            async with self.turns.turn(message.peer):
                return await self._receive(message)
        finally:
            self._committing -= 1
            if self._idle is not None and not self._committing:
                self._idle.set()

    def turned_away(self, peer: str) -> str | None:
        """The reply to a peer that may not talk to us now, if so."""
        if self.porter is None and not self.trusted(peer):
            self.count_refused(self.source, 554)
            log.warning("mail connection from %s refused: not in allowed_networks", peer)
            return "554 5.7.1 not allowed to send mail here"
        refusal = self.doors.refusal(peer)
        if refusal is not None and self.doors.make_room(peer, self.connections):
            refusal = None
        if refusal is not None:
            self.count_refused(self.source, 421)
        return refusal

    def logins_offered(self, sealed: bool) -> bool:
        """Whether a client may log in, with TLS or without."""
        return self.porter is not None and (sealed or self.settings.auth_without_tls)

    def _offers(self, sealed: bool) -> str:
        """The reply to EHLO, with TLS or without."""
        offers = [self.settings.hostname, f"SIZE {self.settings.size_limit}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        if self.tls is not None and not sealed:
            offers.append("STARTTLS")
        if self.logins_offered(sealed):
            offers.append(f"AUTH {' '.join(MECHANISMS)}")
        return "".join(f"250-{offer}\r\n" for offer in offers) + "250 HELP"

    def must_log_in(self, peer: str) -> bool:
        """Whether a peer may send only after it has logged in."""
        return self.settings.require_auth or not self.trusted(peer)

    def may_send(self, sender: str) -> bool:
        """Whether mail with this envelope sender is taken. The null sender is: bounces of our own pages have it."""
        return not sender or self._senders.has(sender)


class Senders:
    """The senders that are allowed: addresses, domains (the part after the @), globs. None: any."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._pattern = re2.compile("|".join(map(_glob, allowed))) if allowed else None

    def has(self, address: str) -> bool:
        """Whether an address is one of them."""
        return self._pattern is None or self._pattern.fullmatch(address.casefold()) is not None


def smtp_problem(settings: SmtpSettings) -> tuple[str, str] | None:
    """The key of a setting that can't be, and why; None: all is well."""
    logins = bool(settings.users or settings.users_file)
    broken = next((name for name, hashed in settings.users.items() if not is_hash(hashed)), None)
    checks = (
        ("users", broken is not None, f"{broken}: expected $argon2id$… as `ingestd password` prints it"),
        ("require_auth", settings.require_auth and not logins, "nobody could log in: add users or users_file"),
        (
            "users_file" if settings.users_file else "users",
            logins and not settings.certificate and not settings.auth_without_tls,
            "passwords are taken only after STARTTLS: add a certificate, or auth_without_tls: true",
        ),
        ("require_tls", settings.require_tls and not settings.certificate, "there is no certificate to do it with"),
        ("memory", settings.memory < 2 * settings.size_limit, "expected at least twice size_limit"),
    )
    return next(((key, text) for key, wrong, text in checks if wrong), None) or _users_problem(settings)


def _users_problem(settings: SmtpSettings) -> tuple[str, str] | None:
    try:
        Users({}, settings.users_file)
    except (OSError, ValueError) as error:
        return "users_file", f"{Path(settings.users_file).name}: {getattr(error, 'strerror', None) or error}"
    return None


def _glob(text: str) -> str:
    folded = text.casefold()
    whole = folded if "@" in folded else f"*@{folded}"
    return "".join({"*": ".*", "?": "."}.get(part, re2.escape(part)) for part in re.split(r"([*?])", whole))


def _trusted(networks: Sequence[IPv4Network | IPv6Network], peer: str) -> bool:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return True  # a Unix socket: its file mode decides
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _tls(settings: SmtpSettings) -> ssl.SSLContext | None:
    if not settings.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.certificate, settings.key or None)
    return context
