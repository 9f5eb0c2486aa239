"""Whose reply a mail is: tokens, addresses, what a mail server says, and forgeries."""

import pytest
from msgspec.structs import replace

from ingestd.decide.oncall import People, PeopleFile, Person
from ingestd.links import Grant, Links
from ingestd.model import Answers, Message
from ingestd.replies import Letters
from ingestd.settings import ReplySettings

DAY = 86400.0
NOW = 20_000 * DAY + 100
KEY = b"k" * 32
PEOPLE = People(
    PeopleFile(people=(Person(id="lin", mail="lin@shop.example"), Person(id="chen", mail="chen@shop.example")))
)
LINKS = Links(KEY, "https://alerts.example", max_age=7 * DAY, now=lambda: NOW)
LETTERS = Letters(KEY, LINKS, max_age=7 * DAY, now=lambda: NOW)
OURS = LETTERS.message_id("shop.example", 12, 34, "lin", NOW)
NO = ReplySettings()
MX = ReplySettings(authserv_id="mx.shop.example")


def mail(
    *,
    sender: str = "Lin <lin@shop.example>",
    refers: str = f"In-Reply-To: {OURS}\r\n",
    head: str = "",
    text: str = "ack",
) -> Message:
    body = f"{head}From: {sender}\r\nSubject: Re: [P1] sw\r\n{refers}\r\n{text}\r\n".encode()
    return Message(kind="mail", source="smtp", body=body, sender="lin@shop.example")


def proven(message: Message, settings: ReplySettings = NO, letters: Letters = LETTERS) -> tuple[str, Answers | None]:
    found = letters.proven(message, PEOPLE, settings)
    return found.actor, found.answers


HERS = ("lin", Answers(12, 34))
NOBODY = ("", None)


def test_the_name_of_a_letter_is_the_same_at_every_try_and_another_for_everybody() -> None:
    assert LETTERS.message_id("shop.example", 12, 34, "lin", NOW + 5) == OURS
    names = {LETTERS.message_id("shop.example", i, n, p, NOW) for i in (1, 2) for n in (1, 2) for p in ("a", "b")}
    assert len(names) == 8


@pytest.mark.parametrize(
    "refers",
    [
        f"In-Reply-To: {OURS}\r\n",
        f"References: <a@b.example> {OURS}\r\n",
        f"References: <a@b.example>\r\n {OURS}\r\n",
        f"References: {OURS} <later@b.example>\r\nIn-Reply-To: <later@b.example>\r\n",
    ],
)
def test_a_reply_brings_the_token_back(refers: str) -> None:
    assert proven(mail(refers=refers)) == HERS


def test_a_mail_program_that_drops_references_quotes_the_link() -> None:
    link = LINKS.make(Grant("lin", 12, 34))
    assert proven(mail(refers="", text=f"ack\r\n\r\n> To take it: {link}")) == HERS
    assert proven(mail(refers="", text="ack\r\n\r\n> To take it: https://alerts.example/a/" + "x" * 60)) == NOBODY
    others = LINKS.make(Grant("chen", 12, 34))
    assert proven(mail(refers="", text=f"ack\r\n> {others}")) == NOBODY
    group = LINKS.make(Grant("lin", 12, 34, "ask"))
    assert proven(mail(refers="", text=f"ack\r\n> {group}")) == NOBODY


def test_a_reply_is_hers_only_from_her_own_address() -> None:
    assert proven(mail(sender="chen@shop.example")) == NOBODY
    assert proven(mail(sender="stranger@evil.example")) == NOBODY
    assert proven(mail(sender="LIN@SHOP.example")) == HERS


@pytest.mark.parametrize("place", range(2, 5))
def test_a_changed_token_is_none(place: int) -> None:
    parts = OURS.strip("<>").partition("@")[0].split(".")
    parts[place - 1 if place < 4 else 4] = "99" if place < 4 else "0" * 20
    forged = f"<{'.'.join(parts)}@shop.example>"
    assert proven(mail(refers=f"In-Reply-To: {forged}\r\n")) == NOBODY


def test_an_old_letter_is_not_answered_any_more() -> None:
    later = Letters(KEY, LINKS, max_age=7 * DAY, now=lambda: NOW + 9 * DAY)
    assert proven(mail(), letters=later) == NOBODY


def test_another_key_makes_all_letters_strange() -> None:
    assert proven(mail(), letters=Letters(b"x" * 32, LINKS, max_age=7 * DAY, now=lambda: NOW)) == NOBODY


def test_nobody_wants_an_answer_who_sends_from_the_null_address() -> None:
    message = mail()
    for door in ("smtp", "lmtp"):
        assert proven(Message(kind="mail", source=door, body=message.body, sender="")) == NOBODY
    assert proven(Message(kind="mail", source="box", body=b"Return-Path: <>\r\n" + message.body)) == NOBODY
    assert proven(Message(kind="mail", source="box", body=message.body)) == HERS


def test_other_messages_are_left_alone() -> None:
    plain = Message(kind="mail", source="smtp", body=b"Subject: disk full\r\n\r\nx", sender="a@b.example")
    assert LETTERS.proven(plain, PEOPLE, NO) is plain
    webhook = Message(kind="webhook", source="x", body=OURS.encode())
    assert LETTERS.proven(webhook, PEOPLE, NO) is webhook


@pytest.mark.parametrize(
    ("said", "genuine"),
    [
        ("mx.shop.example; dmarc=pass header.from=shop.example", True),
        ("mx.shop.example; spf=pass smtp.mailfrom=lin@shop.example; dkim=none", True),
        ("mx.shop.example; dkim=pass header.d=shop.example", True),
        ("mx.shop.example 1; dkim=pass header.i=@shop.example", True),
        ("mx.shop.example; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=x@evil.example", False),
        ("mx.shop.example; spf=fail smtp.mailfrom=lin@shop.example; dmarc=fail", False),
        ("mx.evil.example; dmarc=pass header.from=shop.example", False),
        ("mx.shop.example; dkim=pass header.d=example", False),
        ("mx.shop.example; none", False),
    ],
)
def test_our_own_mail_server_vouches_for_the_address(said: str, genuine: bool) -> None:
    assert proven(mail(head=f"Authentication-Results: {said}\r\n"), MX) == (HERS if genuine else NOBODY)


def test_only_the_topmost_line_is_our_own_servers() -> None:
    ours, forged = "mx.shop.example; dmarc=fail", "mx.shop.example; dmarc=pass header.from=shop.example"
    head = f"Authentication-Results: {ours}\r\nReceived: from x\r\nAuthentication-Results: {forged}\r\n"
    assert proven(mail(head=head), MX) == NOBODY
    assert proven(mail(), MX) == NOBODY


BOUNCE = """\
From: MAILER-DAEMON@mx.shop.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.shop.example

Final-Recipient: rfc822; old.address@shop.example
Action: failed
Status: 5.1.1
--b
Content-Type: message/rfc822

From: ingestd@shop.example
Message-ID: {name}
Subject: [P1] sw

text
--b--
"""


def test_a_bounce_is_known_by_the_token_of_the_letter_it_returns() -> None:
    for name, expected in ((OURS, HERS), (OURS.replace(".34.", ".35."), NOBODY), ("<other@b.example>", NOBODY)):
        raw = BOUNCE.format(name=name).replace("\n", "\r\n").encode()
        assert proven(Message(kind="mail", source="smtp", body=raw, sender="")) == expected


def test_an_id_may_have_been_folded_anywhere() -> None:
    for cut in range(len("<ingestd."), len(OURS) - 2, 7):
        assert proven(mail(refers=f"In-Reply-To: {OURS[:cut]}\r\n\t{OURS[cut:]}\r\n")) == HERS
        assert proven(mail(refers=f"References: <a@b.example>\r\n {OURS[:cut]}\r\n {OURS[cut:]}\r\n")) == HERS


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-generated\r\n",
        "Precedence: list\r\n",
        "List-Id: <ops.shop.example>\r\n",
        "X-Vacation: 1\r\n",
        "From: chen@shop.example\r\n",
    ],
)
def test_what_no_hand_has_written_is_nobodys(head: str) -> None:
    assert proven(mail(head=head)) == NOBODY


def test_an_explicit_word_that_it_is_written_by_hand_changes_nothing() -> None:
    assert proven(mail(head="Auto-Submitted: no (a person)\r\nPrecedence: first-class\r\n")) == HERS


@pytest.mark.parametrize(
    ("sender", "hers"),
    [
        ('"Hao, Lin" <lin@shop.example>', True),
        ("Hao, Lin <lin@shop.example>", True),
        ('"a \\"lin\\" b" <lin@shop.example>', True),
        ("lin@shop.example (Lin Hao (the network))", True),
        ("lin@shop.example, x@evil.example", False),
        ("x@evil.example (<lin@shop.example>)", False),
        ("x@evil.example ( \\) <lin@shop.example>)", False),
        ('<x@evil.example> "<lin@shop.example>"', False),
        ("<x@evil.example> <lin@shop.example>", False),
    ],
)
def test_from_names_one_address(sender: str, hers: bool) -> None:
    assert proven(mail(sender=sender)) == (HERS if hers else NOBODY)


def test_our_own_letter_that_comes_back_is_marked_and_nobodys() -> None:
    raw = f"From: ingestd@shop.example\r\nMessage-ID: {OURS}\r\nX-Ingestd-Kind: open\r\nSubject: [P1] sw (#12)\r\n\r\nx"
    back = Message(kind="mail", source="smtp", body=raw.encode(), sender="ingestd@shop.example")
    assert proven(back) == ("", Answers(12, 34))
    assert proven(replace(back, body=raw.replace(".34.", ".35.").encode())) == NOBODY


def test_a_link_of_another_site_or_a_torn_one_is_none() -> None:
    strange = Links(b"z" * 32, "https://alerts.example", max_age=DAY, now=lambda: NOW).make(Grant("lin", 12, 34))
    good = LINKS.make(Grant("lin", 12, 34)) or ""
    assert proven(mail(refers="", text=f"ack\r\n> {strange}")) == NOBODY
    assert proven(mail(refers="", text=f"ack\r\n> {good[:-3]}")) == NOBODY
    assert proven(mail(refers="", text=f"ack\r\n> {strange}\r\n> {good}")) == HERS
