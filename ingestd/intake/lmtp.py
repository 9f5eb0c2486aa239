"""Mail from a mail server on the same machine: LMTP (RFC 2033) on a Unix socket, one reply for each recipient.

The mail is kept once, for all its recipients, so the replies are the same. Who may connect is decided by the socket's
mode.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from msgspec import Struct

from ingestd.intake import Clock, CountRefused, Receive, count_nothing
from ingestd.intake.smtp import MIB, SmtpIntake, SmtpSettings
from ingestd.intake.smtpconnection import COMMANDS, Connection, Obey
from ingestd.yamltypes import Duration

NOT_HERE = frozenset({"AUTH", "EHLO", "HELO", "STARTTLS"})  # of SMTP's commands


class FileMode(int):
    """The permissions of a file, written as for chmod and in quotes: ``"0660"``."""

    @classmethod
    def from_yaml(cls, value: object) -> Self:
        """Read a mode; ValueError if it is none. A bare number is none: 0660 is 660 in YAML, which is another mode."""
        text = value if isinstance(value, str) else ""
        if not 3 <= len(text) <= 4 or set(text) - set("01234567"):
            raise ValueError(f'expected a mode in quotes such as "0660", got {value!r}')
        return cls(int(text, 8))


class LmtpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``listen.lmtp`` of the site file."""

    path: str  # of the socket
    mode: FileMode = FileMode(0o660)  # of the socket
    hostname: str = "ingestd"
    size_limit: int = 32 * MIB  # octets of one mail
    header_limit: int = MIB  # octets of its header
    allowed_senders: tuple[str, ...] = ()  # addresses, domains and globs; empty: any
    domains: tuple[str, ...] = ()  # recipients' domains that are ours; empty: any
    timeout: Duration = Duration(300)  # of an idle connection
    data_timeout: Duration = Duration(600)  # from DATA to the end of the mail
    max_connections: int = 100
    memory: int = 256 * MIB  # octets of mails held at once; half of it is used, as there is one peer


class LmtpIntake(SmtpIntake):
    """The socket and what its connections share."""

    source = "lmtp"

    def __init__(
        self, settings: LmtpSettings, receive: Receive, clock: Clock, count_refused: CountRefused = count_nothing
    ) -> None:
        self._path, self._mode = Path(settings.path), settings.mode
        super().__init__(_as_smtp(settings), receive, clock, count_refused)

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """None: it listens at a path."""
        return ()

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(lambda: LmtpConnection(self), str(self._path))
        self._path.chmod(self._mode)
        return server

    async def stop(self) -> None:
        """Take the socket away, and end as SMTP does."""
        if self._server is not None:
            self._path.unlink(missing_ok=True)
        await super().stop()


class LmtpConnection(Connection):
    """One client; LHLO in place of EHLO."""

    __slots__ = ()

    greeting = "LMTP ingestd"
    hello = "LHLO"
    commands: ClassVar[Mapping[str, Obey]] = {
        "LHLO": Connection._ehlo,
        **{name: obey for name, obey in COMMANDS.items() if name not in NOT_HERE},
    }

    def _answer(self, status: str) -> None:
        """The same for each recipient (RFC 2033, 4.2)."""
        self._said += [status] * len(self._recipients)
        self._forget()


def _as_smtp(settings: LmtpSettings) -> SmtpSettings:
    """What both have in common. The one peer may have all connections."""
    return SmtpSettings(
        hostname=settings.hostname,
        size_limit=settings.size_limit,
        header_limit=settings.header_limit,
        allowed_senders=settings.allowed_senders,
        domains=settings.domains,
        timeout=settings.timeout,
        data_timeout=settings.data_timeout,
        max_connections=settings.max_connections,
        connections_per_peer=settings.max_connections,
        memory=settings.memory,
    )
