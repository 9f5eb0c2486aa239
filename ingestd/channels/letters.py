"""A letter as an RFC 5322 message, for every channel that speaks mail."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ingestd.channels import Letter

_ONE_LINE = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


def compose(letter: Letter, sender: str) -> EmailMessage:
    """Headers that thread it, keep robots from answering, and let a rule sort it (RFC 3834, RFC 5322)."""
    mail = EmailMessage(policy=SMTP)
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
