"""Our own letters, passed on: by a rule of somebody's mailbox, or by a person without a word of hers.

Either would open an incident about the incident, whose letters are passed on again, and so for ever.
"""

import re

from ingestd.decide import kinds, quotes
from ingestd.decide.mail import Mail

#: A forward's subject around that of a letter: "FW: [P1] acc-sw-17 is down (#12)".
_LETTER = re.compile(
    r"(?i)\s*(?:(?:fwd?|wg|tr|rv|enc|i|vl|doorst|转发|轉寄|轉發|転送)\s*[:：]\s*){1,9}"
    r"\[P[1-4]\] .{1,2000}\(#\d{1,15}\)\s*"
)


def is_echo(mail: Mail) -> bool:
    """A letter of ours that was passed on, with nothing added by a person."""
    if not _LETTER.fullmatch(mail.subject):
        return False
    unmanned = mail.header("auto-submitted") or mail.header("x-ms-exchange-inbox-rules-loop") or kinds.is_bulk(mail)
    return bool(unmanned) or not quotes.of(mail)
