"""Bounces, answering machines, replies, machines and people are told apart without knowing a tool."""

import pytest

from ingestd.decide import kinds, mail
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
    assert kinds.is_bounce(found)
    assert kinds.reports_on(found) == ReportsOn(message_id, "gone@trading.example", "failed", "5.1.1")


def test_bounces_without_a_report():
    old = read("From: Mail Delivery <mailer-daemon@x.example>\nSubject: Returned mail: User unknown")
    assert kinds.is_bounce(old)
    assert kinds.reports_on(old) == ReportsOn()
    assert kinds.is_bounce(read("From: a@b.example\nX-Failed-Recipients: gone@trading.example"))
    assert not kinds.is_bounce(read("From: postmaster@x.example\nSubject: new quota"))
    receipt = read(
        "From: a@b.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b"
    )
    assert kinds.is_receipt(receipt)
    assert not kinds.is_bounce(receipt)


@pytest.mark.parametrize(
    "subject", ["Automatic reply: outage", "Out of Office Re: P1", "自动回复:故障", "Away from my desk"]
)
def test_answering_machines_by_subject(subject):
    assert kinds.is_auto_reply(read(f"Subject: {subject}"))


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "X-Autoreply: yes", "Precedence: auto_reply"])
def test_answering_machines_by_header(header):
    assert kinds.is_marked_auto_reply(read(f"From: a@b.example\n{header}"))
    assert not kinds.is_marked_auto_reply(read("From: a@b.example\nAuto-Submitted: auto-generated"))


@pytest.mark.parametrize(
    ("headers", "reply"),
    [
        ("From: wang@trading.example\nSubject: Re: link down", True),
        ("From: wang@trading.example\nSubject: 回复:故障", True),
        ("From: wang@trading.example\nSubject: Regarding the link", False),
        ("From: root@nas\nSubject: Re: link down", False),
        ("From: service@trading.example\nSubject: AW: link down\nIn-Reply-To: <1@x>", True),
    ],
)
def test_replies_by_subject(headers, reply):
    assert kinds.is_reply(read(headers)) is reply


@pytest.mark.parametrize(
    "headers",
    [
        "From: root@nas",
        "From: no-reply@x.example", "From: zabbix.alerts@x.example", "From: a@x.example\nList-Id: <l>",
        "From: a@x.example\nAuto-Submitted: auto-generated", "From: a@x.example\nX-Cron-Env: <A=b>",
        "To: a@x.example",
        "From: a@x.example\nX-Mailer: Monit 5", "From: a@x.example\nPrecedence: bulk",
    ],
)  # fmt: skip
def test_machines(headers):
    assert kinds.is_machine(read(headers))


def test_machines_by_text_and_people():
    assert kinds.is_machine(read("From: shop@x.example", "Please do not reply to this mail"))
    assert kinds.is_machine(read("From: shop@x.example", "Oops\nTraceback (most recent call last):\n"))
    assert not kinds.is_machine(read("From: Li Na <li.na@trading.example>\nSubject: no network", "help"))
    assert not kinds.is_machine(read("From: li@x.example", "help\n\n-----Original Message-----\nclick to unsubscribe"))


@pytest.mark.parametrize(
    "text",
    [
        "On my way\n\nOn Mon, Mar 2, 2026 at 8:15 AM ingestd <i@x.example> wrote:\n\n> P1: down\n> since 08:14\n",
        "On my way\nOn Mon, Mar 2, 2026 at 8:15 AM ingestd\n<i@x.example> wrote:\n> P1\n",
        "On Mon, 2 Mar 2026, ingestd wrote:\n> P1: switch down\nOn my way\n",
        "On my way\n\n-----Original Message-----\nFrom: ingestd\nP1",
        "On my way\n\n------------------ 原始邮件 ------------------\n发件人: ingestd\nP1",
        "On my way\n\n发件人: ingestd <i@x.example>\n发送时间: 2026年3月2日\n收件人: li\n主题: P1\n\nP1",
        "On my way\n\nFrom: ingestd\nSent: Monday\nTo: li\n\nP1",
        "On my way\n\n在 2026年3月2日,ingestd <i@x.example> 写道:\n\nP1: switch down",
        "On my way\n\n-- \nLi Na\nIT",
        "On my way\n\nSent from my iPhone\n\nOn Mon, Mar 2, 2026, ingestd wrote:\n> P1",
        "On my way\n\n________________________________\nP1",
    ],
)
def test_the_new_text_of_a_reply(text):
    assert kinds.new_text(text) == "On my way"


def test_quotes_are_seen_without_a_re():
    assert kinds.is_quoting_reply(read("From: a@b.example", "yes\n\nFrom: x\nSent: now\nTo: y\n"))
    assert kinds.is_quoting_reply(read("From: a@b.example", "yes\n-----Original Message-----\n"))
    assert not kinds.is_quoting_reply(read("From: a@b.example", "From: here\nI see nothing"))
