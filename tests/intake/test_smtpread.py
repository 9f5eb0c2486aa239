"""A mail is read however it is cut, and within its bounds."""

import pytest

from ingestd.intake.fairness import Memory
from ingestd.intake.smtpread import LARGE_HEADER, NO_ROOM, TOO_LARGE, Reading

WRITTEN = b".one\r\n..two\r\n\n.\n.\r.three\r\n\r\n.\nfour\r\n"
SENT = b"..one\r\n...two\r\n\n.\n.\r.three\r\n\r\n..\nfour\r\n.\r\n"


def reading(limit: int = 1000, header_limit: int = 1000, memory: int = 10_000) -> Reading:
    return Reading(limit, header_limit, Memory(memory).room("a"))


@pytest.mark.parametrize("cut", range(len(SENT)))
def test_dots_and_the_end_are_seen_wherever_it_is_cut(cut: int) -> None:
    mail, rest = reading(), bytearray(SENT[cut:] + b"QUIT\r\n")
    assert not mail.feed(bytearray(SENT[:cut]))
    assert mail.feed(rest)
    assert (mail.content(), mail.refusal, bytes(rest)) == (WRITTEN, "", b"QUIT\r\n")
    assert mail.room.octets == len(SENT) - 3


def test_octet_by_octet_it_is_the_same() -> None:
    mail = reading()
    ends = [mail.feed(bytearray([octet])) for octet in SENT]
    assert ends.index(True) == len(SENT) - 1
    assert mail.content() == WRITTEN


@pytest.mark.parametrize(
    "pieces", [(b"x" * 1001, b"\r\n.\r\n"), (b"x" * 999 + b"\r\n.\r\n",), (b"x" * 2000, b"y", b"\r\n.\r\n")]
)
def test_what_is_too_large_is_read_to_its_end_and_takes_no_room(pieces: tuple[bytes, ...]) -> None:
    mail = reading(limit=1000)
    assert [mail.feed(bytearray(piece)) for piece in pieces][-1]
    assert (mail.refusal, mail.room.octets) == (TOO_LARGE, 0)


def test_exactly_the_limit_is_taken() -> None:
    mail = reading(limit=1000)
    assert not mail.feed(bytearray(b"x" * 998 + b"\r\n.\r"))
    assert mail.feed(bytearray(b"\n"))
    assert (mail.refusal, len(mail.content())) == ("", 1000)


def test_what_there_is_no_room_for_is_put_off() -> None:
    mail = reading(memory=100)
    assert not mail.feed(bytearray(b"x" * 40))
    assert not mail.feed(bytearray(b"x" * 40))
    assert mail.feed(bytearray(b"\r\n.\r\n"))
    assert (mail.refusal, mail.room.octets) == (NO_ROOM, 0)


def test_a_header_is_bounded_and_may_be_empty() -> None:
    mail = reading(header_limit=10)
    assert mail.feed(bytearray(b"\r\n" + b"x" * 50 + b"\r\n\r\n.\r\n"))
    assert mail.refusal == ""
    mail = reading(header_limit=10)
    assert mail.feed(bytearray(b"A: 34567890\r\n\r\nx\r\n.\r\n"))
    assert (mail.refusal, mail.room.octets) == (LARGE_HEADER, 0)
