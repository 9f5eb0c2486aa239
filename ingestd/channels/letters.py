"""A letter as an RFC 5322 message, for every channel that speaks mail."""

from datetime import UTC, datetime
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from ingestd.channels import Letter

REMEMBERED = 1000  # headers …
SHORT = 200  # … with no more characters


class _Headers(HeaderRegistry):
    """The library's headers, remembered: it makes a type for every header of every letter, and parses each anew.

    That takes longer than all the rest of a letter, and most are the same in the next one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._types: dict[str, Any] = {}
        self._known = lru_cache(maxsize=REMEMBERED)(super().__call__)

    def __getitem__(self, name: str) -> Any:
        found = self._types.get(name)
        if found is None:
            found = self._types[name] = super().__getitem__(name)
        return found

    def __call__(self, name: str, value: Any) -> Any:
        return self._known(name, value) if len(value) <= SHORT else super().__call__(name, value)


_POLICY = SMTP.clone(header_factory=_Headers())
_SEVEN = _POLICY.clone(cte_type="7bit")
_ONE_LINE = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


def compose(letter: Letter, sender: str) -> EmailMessage:
    """Headers that thread it, keep robots from answering, and let a rule sort it (RFC 3834, RFC 5322)."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = letter.to.translate(_ONE_LINE)
    mail["Subject"] = letter.subject.translate(_ONE_LINE)
    mail["Date"] = format_datetime(datetime.fromtimestamp(letter.date, UTC))
    mail["Message-ID"] = letter.message_id
    if letter.thread and letter.thread != letter.message_id:
        mail["In-Reply-To"] = letter.thread
        mail["References"] = letter.thread
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"
    mail["X-Ingestd-Incident"] = str(letter.incident)
    mail["X-Ingestd-Notification"] = str(letter.notification)
    mail["X-Ingestd-Kind"] = letter.kind
    mail.set_content(letter.text)
    if letter.html:  # after the text: of equals the last is shown, and answers and small readers take the first
        mail.add_alternative(letter.html, subtype="html")
    mail["Content-Language"] = letter.language.replace("_", "-")
    return mail


def on_the_wire(mail: EmailMessage, *, eight_bits: bool) -> bytes:
    """The octets of a letter for a relay, which may want 7 bits only; its addresses are ASCII."""
    return mail.as_bytes(policy=_POLICY if eight_bits else _SEVEN)
