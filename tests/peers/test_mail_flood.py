"""The drill of the mail flood, in short: 5,000 mails at once instead of 100,000."""

from pathlib import Path

from tests.drills.mail_flood import mailbox_flood, smtp_flood
from tests.peers import dovecot

MAILS = 5000


def test_through_smtp_none_is_lost_and_none_twice(tmp_path: Path) -> None:
    result = smtp_flood(tmp_path, MAILS)
    assert result.good, str(result)


def test_in_a_mailbox_none_is_lost_and_none_twice(tmp_path: Path) -> None:
    dovecot.needed()
    result = mailbox_flood(tmp_path, MAILS)
    assert result.good, str(result)
