"""Mail out, through a relay, or through the first of several that takes it."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from msgspec import Struct

from ingestd.channels import ChannelError, Letter, Sent
from ingestd.channels.letters import compose, on_the_wire
from ingestd.yamltypes import Duration

PATIENCE = 50.0  # seconds for all relays together: less than the outbox waits for a try
AVOIDED = 120.0  # seconds for which a relay that failed comes last


class RelaySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of ``mail.relays``: a relay that takes our mail while those before it do not."""

    host: str
    port: int = 25
    tls: Literal["none", "starttls", "implicit"] = "none"
    ca_file: str = ""  # PEM; empty: the system's
    user: str = ""
    password: str = ""
    password_file: str = ""
    timeout: Duration = Duration(30)  # of each step of the dialogue


class MailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``mail`` of the site file: the relay that takes our mail."""

    sender: str  # From: and envelope sender, "ingestd <ingestd@shop.example>" or the bare address
    host: str = ""  # of the first relay
    port: int = 25
    tls: Literal["none", "starttls", "implicit"] = "none"
    ca_file: str = ""  # PEM; empty: the system's
    user: str = ""
    password: str = ""
    password_file: str = ""
    timeout: Duration = Duration(30)  # of each step of the dialogue
    relays: tuple[RelaySettings, ...] = ()  # further relays, tried in this order as soon as one does not take a letter
    depends_on: tuple[str, ...] = ()  # nodes that must be up for a letter to get out


class MailChannel:
    """One connection a letter: pages are few, and a broken relay then breaks one letter only.

    A relay that failed goes to the end of the row for a while, so that only one letter waits for it.
    """

    group = False

    def __init__(self, settings: MailSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._sender = settings.sender
        self._clock = clock
        first = (_first(settings),) if settings.host else ()
        self._relays = tuple(_Relay(one, parseaddr(settings.sender)[1]) for one in (*first, *settings.relays))
        self._failed: dict[int, float] = {}

    async def send(self, letter: Letter) -> Sent:
        """Hand a letter to the first relay that takes it; its reply is the detail."""
        mail, said, passing = compose(letter, self._sender), [], False
        for index in self._order():
            relay = self._relays[index]
            try:
                reply = await self._try(relay, mail, letter.to)
            except (SMTPException, OSError, ValueError) as error:
                said.append(self._named(relay, _words(error)))
                if _final(error):
                    raise ChannelError("; ".join(said), transient=False) from error
                passing = passing or _transient(error)
                self._failed[index] = self._clock()
            else:
                self._failed.pop(index, None)
                return Sent("; ".join([*said, self._named(relay, reply)]))
        raise ChannelError("; ".join(said), transient=passing)

    def _named(self, relay: "_Relay", words: str) -> str:
        """What a relay said, and which if there are several."""
        return f"{relay.name}: {words}" if len(self._relays) > 1 else words

    async def probe(self) -> str:
        """Greet every relay and leave; ChannelError: none of them answers."""
        found = await asyncio.gather(*(relay.greeting() for relay in self._relays), return_exceptions=True)
        said = [
            f"{relay.name}: {_words(one) if isinstance(one, Exception) else one}"
            for relay, one in zip(self._relays, found, strict=True)
        ]
        if all(isinstance(one, BaseException) for one in found):
            raise ChannelError("; ".join(said), transient=True)
        return "; ".join(said)

    async def _try(self, relay: "_Relay", mail: EmailMessage, to: str) -> str:
        """One relay's turn; with several, none may use up the time of those after it."""
        several = len(self._relays) > 1
        async with asyncio.timeout(PATIENCE / len(self._relays) if several else None):
            return await relay.send(mail, to)

    def _order(self) -> list[int]:
        """The relays as written; those that failed a short while ago last."""
        now = self._clock()
        known = range(len(self._relays))
        return sorted(known, key=lambda index: now - self._failed.get(index, -AVOIDED) < AVOIDED)


class _Relay:
    """A relay, ready for use."""

    def __init__(self, settings: RelaySettings, sender: str) -> None:
        self.name = f"{settings.host}:{settings.port}"
        self._settings, self._sender = settings, sender
        self._password = settings.password
        if settings.password_file:
            self._password = Path(settings.password_file).read_text(encoding="utf-8").strip()
        self._our_name = ""  # by which we greet
        self._context = None
        if settings.tls != "none":
            self._context = ssl.create_default_context(cafile=settings.ca_file or None)

    async def send(self, mail: EmailMessage, to: str) -> str:
        """One dialogue; the reply to the end of the letter."""
        client = await self._client()
        async with client:
            if self._settings.user:
                await client.login(self._settings.user, self._password)
            return await self._handed(client, mail, to)

    async def _handed(self, client: aiosmtplib.SMTP, mail: EmailMessage, to: str) -> str:
        if not f"{self._sender}{to}".isascii():
            _, reply = await client.send_message(mail, sender=self._sender, recipients=[to])
            return reply
        try:
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except SMTPHeloError:
            if not client.is_connected:
                raise
            await client.helo()  # an old one
        eight = client.supports_extension("8BITMIME")
        letter, options = on_the_wire(mail, eight_bits=eight), ["BODY=8BITMIME"] if eight else []
        _, reply = await client.sendmail(self._sender, [to], letter, mail_options=options)
        return reply

    async def greeting(self) -> str:
        """What it says to a greeting."""
        client = await self._client()
        async with client:
            if self._settings.user:
                await client.login(self._settings.user, self._password)
            answer = await client.noop()
        return f"{answer.code} {answer.message}"

    async def _client(self) -> aiosmtplib.SMTP:
        """Our own name is asked for once: names may take seconds where the name server is what is down."""
        settings = self._settings
        self._our_name = self._our_name or await asyncio.to_thread(socket.getfqdn)
        return aiosmtplib.SMTP(
            hostname=settings.host,
            local_hostname=self._our_name,
            port=settings.port,
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=self._context,
            timeout=float(settings.timeout),
        )


def _first(settings: MailSettings) -> RelaySettings:
    """The relay that stands in ``mail`` itself."""
    return RelaySettings(**{name: getattr(settings, name) for name in RelaySettings.__struct_fields__})


def _final(error: Exception) -> bool:
    """Whether every relay would say so: the recipient or the letter itself is refused for good."""
    if isinstance(error, SMTPRecipientsRefused):
        return not _transient(error)
    return isinstance(error, ValueError) or (isinstance(error, SMTPDataError) and error.code >= 500)


def _transient(error: Exception) -> bool:
    """5xx and unusable addresses are for good; no connection, a time-out, 4xx and a refused login are not."""
    if isinstance(error, SMTPAuthenticationError):
        return True  # an operator can put it right while we go on trying
    if isinstance(error, SMTPRecipientsRefused):
        return all(one.code < 500 for one in error.recipients)
    if isinstance(error, SMTPResponseException):
        return error.code < 500
    return not isinstance(error, ValueError)


def _words(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        return "; ".join(f"{one.code} {one.message} ({one.recipient})" for one in error.recipients)
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}"
