"""Delivery reports: whose mailbox, which mail, and what happened, as the servers of the world put it."""

import pytest

from ingestd.decide import bounces, mail
from ingestd.model import ReportsOn


def read(headers: str, body: str = "text\n") -> mail.Mail:
    return mail.read(f"{headers}\n\n{body}".encode())


DSN = """--b
Content-Type: text/plain

could not be delivered
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.trading.example

Final-Recipient: rfc822; gone@trading.example
Action: Failed
Status: 5.1.1
--b
{original}
--b--"""
DSN_HEAD = (
    "From: MAILER-DAEMON@mx.trading.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b"
)


@pytest.mark.parametrize(
    ("original", "message_id"),
    [
        (
            "Content-Type: message/rfc822\n\nMessage-ID: <i-7@ingestd.example>\nSubject: x\n\nbody",
            "<i-7@ingestd.example>",
        ),
        (
            "Content-Type: text/rfc822-headers\n\nSubject: x\nMessage-ID: <i-8@ingestd.example>\n",
            "<i-8@ingestd.example>",
        ),
        ("Content-Type: text/rfc822-headers\n\nSubject: x\n", None),
        ("Content-Type: text/plain\n\nno original", None),
    ],
)
def test_a_delivery_report_says_what_it_is_about(original, message_id):
    found = read(DSN_HEAD, DSN.format(original=original))
    assert bounces.is_bounce(found)
    assert bounces.reports_on(found) == ReportsOn(message_id, "gone@trading.example", "failed", "5.1.1")


def test_bounces_without_a_report():
    old = read("From: Mail Delivery <mailer-daemon@x.example>\nSubject: Returned mail: User unknown")
    assert bounces.is_bounce(old)
    assert bounces.reports_on(old) == ReportsOn(action="failed")
    assert bounces.is_bounce(read("From: a@b.example\nX-Failed-Recipients: gone@trading.example"))
    assert not bounces.is_bounce(read("From: postmaster@x.example\nSubject: new quota"))
    receipt = read(
        "From: a@b.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b"
    )
    assert not bounces.is_bounce(receipt)


BELOW = "------ This is a copy of the message, including all the headers. ------\n\nMessage-ID: <i-9@ingestd.example>\n"


@pytest.mark.parametrize(
    ("sender", "subject", "body", "about"),
    [
        (
            "MAILER-DAEMON@mx.trading.example", "failure notice",
            "Hi. This is the qmail-send program.\n\n<gone@trading.example>:\nSorry, no mailbox here. (#5.1.1)\n" + BELOW,
            ReportsOn("<i-9@ingestd.example>", "gone@trading.example", "failed", "5.1.1"),
        ),
        (
            "Mailer-Daemon@mx.trading.example", "Warning: message 1abc delayed 24 hours",
            "This message was created automatically by mail delivery software.\n\n  gone@trading.example\n\nIt will be retried.",
            ReportsOn(None, "gone@trading.example", "delayed", None),
        ),
        (
            "PostMaster@mail.example", "系统退信", "很抱歉您的邮件被退回来了\n收件人(gone@trading.example)不存在\n550 Mailbox not found",
            ReportsOn(None, "gone@trading.example", "failed", None),
        ),
        (
            "postmaster@mail.example", "Delivery report", "The mail to postmaster@mail.example is on its way, delayed by 451 4.7.1",
            ReportsOn(None, None, "delayed", "4.7.1"),
        ),
        (
            "postmaster@mail.example", "Mail delivery", "Nothing to tell",
            ReportsOn(None, None, "failed", None),
        ),
        (
            "postmaster@mail.example", "Mail delivery", "It will be retried",
            ReportsOn(None, None, "delayed", None),
        ),
    ],
)  # fmt: skip
def test_reports_without_fields(sender, subject, body, about):
    found = read(f"From: {sender}\nTo: ingestd@trading.example\nSubject: {subject}", body)
    assert bounces.is_bounce(found)
    assert bounces.reports_on(found) == about


def test_a_report_under_an_ordinary_address():
    body = "Delivery to the following recipient failed permanently:\n\n gone@trading.example"
    assert bounces.is_bounce(read("From: noreply@mail.example\nSubject: Undeliverable: P1", body))
    assert bounces.is_bounce(read("From: li@mail.example\nReturn-Path: <>\nSubject: Undeliverable: P1", body))
    assert not bounces.is_bounce(read("From: li@mail.example\nSubject: Undeliverable: P1", body))
    assert not bounces.is_bounce(read("From: noreply@mail.example\nSubject: Undeliverable parcel", "It waits for you"))


def test_which_mail_when_only_the_headers_answer():
    head = "From: mailer-daemon@x.example\nSubject: Undelivered Mail\n"
    assert bounces.reports_on(read(head + "In-Reply-To: <i-1@x>")).message_id == "<i-1@x>"
    assert bounces.reports_on(read(head + "References: <i-1@x> <i-2@x>")).message_id == "<i-2@x>"
    assert bounces.reports_on(read(head + "X-Failed-Recipients: a@x.example, b@x.example")).recipient == "a@x.example"


def test_a_report_that_is_about_something_else():
    assert not bounces.is_bounce(
        read("From: a@x.example\nContent-Type: multipart/report; report-type=feedback; boundary=b")
    )


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("From: MAILER-DAEMON@mx.trading.example\nSubject: x", "Unable to deliver message to the following address."),
        ("From: Mail Delivery System <m@mx.trading.example>\nSubject: Delivery status notification", "see below"),
        (
            "From: <>\nSubject: x\nContent-Type: multipart/mixed; boundary=b",
            "--b\n\nThis is the mail system at host mx\n--b\nContent-Type: message/rfc822\n\nSubject: offer\n\n.\n--b--",
        ),
        ("From: No-Reply@mx.trading.example\nReturn-Path: <>\nSubject: Delivery failure", "message not delivered"),
    ],
)
def test_reports_without_the_form_of_one(head, body):
    assert bounces.is_bounce(read(head, body))


def test_what_the_mail_server_says_of_itself_is_none():
    head = "From: MAILER-DAEMON@mx.trading.example\nSubject: Postfix SMTP server: errors from localhost"
    assert not bounces.is_bounce(read(head, "Out: 220 mx ESMTP\nIn: HELO till-2"))


def test_an_address_behind_a_word_that_ends_in_to():
    text = "Unknown user: kaito@trading.example\n\nReply-To: wu@trading.example\n"
    report = mail.read(f"From: Postmaster <postmaster@mx.example>\nSubject: Undeliverable Mail\n\n{text}".encode())
    assert bounces.reports_on(report).recipient == "kaito@trading.example"
