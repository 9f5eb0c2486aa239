"""Mail out, through a relay."""

import ssl
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from msgspec import Struct

from ingestd.channels import ChannelError, Letter, Sent
from ingestd.channels.letters import compose
from ingestd.yamltypes import Duration


class MailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``mail`` of the site file: the relay that takes our mail."""

    host: str
    sender: str  # From: and envelope sender, "ingestd <ingestd@shop.example>" or the bare address
    port: int = 25
    tls: Literal["none", "starttls", "implicit"] = "none"
    ca_file: str = ""  # PEM; empty: the system's
    user: str = ""
    password: str = ""
    password_file: str = ""
    timeout: Duration = Duration(30)  # of each step of the dialogue
    depends_on: tuple[str, ...] = ()  # nodes that must be up for a letter to get out


class MailChannel:
    """One connection a letter: pages are few, and a broken relay then breaks one letter only."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._address = parseaddr(settings.sender)[1]
        self._password = settings.password
        if settings.password_file:
            self._password = Path(settings.password_file).read_text(encoding="utf-8").strip()
        self._context = None
        if settings.tls != "none":
            self._context = ssl.create_default_context(cafile=settings.ca_file or None)

    async def send(self, letter: Letter) -> Sent:
        """Hand a letter to the relay; its reply is the detail."""
        settings = self._settings
        try:
            _, reply = await aiosmtplib.send(
                compose(letter, settings.sender),
                sender=self._address,
                recipients=[letter.to],
                hostname=settings.host,
                port=settings.port,
                use_tls=settings.tls == "implicit",
                start_tls=settings.tls == "starttls",
                tls_context=self._context,
                username=settings.user or None,
                password=self._password or None,
                timeout=float(settings.timeout),
            )
        except (SMTPException, OSError, ValueError) as error:
            raise ChannelError(_words(error), transient=_transient(error)) from error
        return Sent(reply)


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
