"""Letters of ours that somebody's mailbox passes on, and people who pass one on with a word of their own."""

import pytest

from ingestd.decide import mail
from ingestd.decide.echo import is_echo

BODY = "---------- Forwarded message ---------\r\nFrom: ingestd <i@x.example>\r\nSubject: x\r\n\r\nP1: sw is down\r\n"


def forward(subject: str, *, head: str = "", words: str = "") -> mail.Mail:
    text = f"{words}\r\n\r\n{BODY}" if words else BODY
    return mail.read(f"From: Lin <lin@x.example>\r\nSubject: {subject}\r\n{head}\r\n{text}".encode())


@pytest.mark.parametrize("prefix", ["FW: ", "Fwd: ", "转发：", "WG: ", "FW: Fwd: "])
@pytest.mark.parametrize(
    "subject", ["[P1] sw is down (#12)", "[P2] Resolved: sw is down (#12)", "[P3] 已解决：交换机 (#7)"]
)
def test_a_letter_without_a_word_is_an_echo(prefix: str, subject: str) -> None:
    assert is_echo(forward(prefix + subject))


@pytest.mark.parametrize(
    "head",
    ["Auto-Submitted: auto-generated\r\n", "X-MS-Exchange-Inbox-Rules-Loop: lin@x.example\r\n", "Precedence: bulk\r\n"],
)
def test_so_is_what_a_rule_passes_on_whatever_stands_above_it(head: str) -> None:
    assert is_echo(forward("FW: [P1] sw is down (#12)", head=head, words="Confidential. Read by nobody else."))


def test_a_person_who_adds_a_word_reports() -> None:
    assert not is_echo(forward("FW: [P1] sw is down (#12)", words="The printers in room 4 are gone, too."))


@pytest.mark.parametrize(
    "subject", ["FW: switch is down", "FW: [P1] sw is down", "[P1] sw is down (#12)", "FW: [ops] hello (#12)"]
)
def test_other_mails_are_none(subject: str) -> None:
    assert not is_echo(forward(subject))


def test_a_long_subject_takes_no_time() -> None:
    assert not is_echo(forward("FW: " * 400 + "[P1] " + "(#1" * 300))
