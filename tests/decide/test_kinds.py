"""Bounces, answering machines, replies, machines and people are told apart without knowing a tool."""

import pytest

from ingestd.decide import kinds, mail


def read(headers: str, body: str = "text\n") -> mail.Mail:
    return mail.read(f"{headers}\n\n{body}".encode())


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
    ("sender", "subject"),
    [
        ("HarbourBackup <jobs@trading.example>", "Crane run failed"),  # written as no person is, and nobody speaks
        ("Crane Watch 2 <cw@trading.example>", "Belt 3 is down"),
        ("berthkeeper@berths.trading.example", "BerthKeeper: run 12 failed"),  # names itself, at a host
        ("Keeper <keeper@trading.example>", "Keeper: belt 3 is down"),
    ],
)
def test_tools_that_nobody_knows(sender, subject):
    assert kinds.is_machine(read(f"From: {sender}\nSubject: {subject}", "belt 3, 12:01"))


@pytest.mark.parametrize(
    ("sender", "body"),
    [
        ("Li Na <li.na@trading.example>", "belt 3, since noon"),  # a person's name
        ("li@trading.example", "belt 3, since noon"),  # no name, no host
        ("lina <li@trading.example>", "can you have a look?"),
        ("lina <li@trading.example>", "Hello,\nbelt 3 since noon"),
        ("lina <li@trading.example>", "belt 3 since noon\n\nthanks\n"),
    ],
)
def test_people_who_say_little(sender, body):
    assert not kinds.is_machine(read(f"From: {sender}\nSubject: belt is down", body))


def test_nobody_types_the_rules_of_a_table():
    table = "Name    State\n------  -------\nbelt-4  stands\n"
    head = "From: berth@quay.example\nSubject: Belts"
    assert kinds.is_machine(read(head, table))
    assert not kinds.is_machine(read(head, "belt-4 stands\n"))


def test_nobody_speaks_of_a_success():
    assert kinds.is_machine(
        read("From: Copies <copies@trading.example>\nSubject: Run of crane-2 completed", "12 files")
    )
    assert kinds.is_machine(read("From: keep@crane.trading.example\nSubject: Report of crane-2", "12 files"))
    assert kinds.is_machine(read("From: Belt Security Center <bsc@trading.example>\nSubject: belt 3 is down", "12:01"))
    assert not kinds.is_machine(read("From: lina <lina@trading.example>\nSubject: Report?", "12 files"))


def test_quotes_are_seen_without_a_re():
    assert kinds.is_quoting_reply(read("From: a@b.example", "yes\n\nFrom: x\nSent: now\nTo: y\n"))
    assert kinds.is_quoting_reply(read("From: a@b.example", "yes\n-----Original Message-----\n"))
    assert not kinds.is_quoting_reply(read("From: a@b.example", "From: here\nI see nothing"))


def test_signs_of_a_program_are_weighed_against_those_of_a_person():
    assert kinds.is_machine(read("From: root@nas\nSubject: disk failed"))
    assert kinds.is_machine(read("From: it@x.example\nSubject: [Shop] down", "Host: web-4\nState: bad\nSince: 8"))
    assert kinds.is_machine(read("From: backup@x.example\nSubject: nightly job"))
    assert kinds.is_machine(read("From: root@nas\nSubject: three new disks"))
    assert not kinds.is_machine(read("From: root@localhost\nSubject: three new disks"))
    letter = "Hello,\n\nthe mail server is down.\n\nBest regards\nMax"
    assert not kinds.is_machine(read("From: Max Meier <service@x.example>\nSubject: mail server down", letter))
    assert not kinds.is_machine(read("From: info@x.example\nSubject: printer failed\nUser-Agent: Thunderbird"))


def test_greetings_and_invitations():
    assert kinds.is_greeting("Hallo zusammen,")
    assert not kinds.is_greeting("Hello, since this morning nobody in the office can print")
    assert kinds.is_invitation(read("From: a@x.example\nContent-Type: text/calendar"))
    assert not kinds.is_invitation(read("From: a@x.example"))


@pytest.mark.parametrize(
    ("subject", "forward"), [("Fwd: x", True), ("WG: x", True), ("转发:x", True), ("Forward the mail", False)]
)
def test_forwards(subject, forward):
    assert kinds.is_forward(read(f"From: li@x.example\nSubject: {subject}")) is forward
    assert not kinds.is_forward(read(f"From: no-reply@x.example\nSubject: {subject}"))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (
            "From: jdoe <jdoe@trading.example>\nSubject: mail server down",
            "The mail server is not reachable since nine.",
        ),
        ("From: jdoe@trading.example\nSubject: no network", "Since this morning there is no network in hall 3."),
        ("From: LKocher <lk@trading.example>\nSubject: site is down", "We need the site for the auction at noon"),
        ("From: Ian McDonald <im@trading.example>\nSubject: site is down", "since noon"),
        ("From: ola <ola@trading.example>\nSubject: Drucker defekt", "Der Drucker im Lager ist seit heute defekt"),
    ],
)
def test_a_terse_colleague_is_no_machine(headers, body):
    assert not kinds.is_machine(read(headers, body))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("From: Ceph <cluster@trading.example>\nSubject: HEALTH_OK", "all is well"),  # named as a tool
        ("From: it@trading.example\nSubject: ALERT belt 3 stands", "since 12:01"),  # shouts
        ("From: mysql@ip-10-0-4-9\nSubject: too far behind (912)", "since 12:01"),  # at a host
        ("From: jobs@trading.example\nSubject: belt failed\nContent-Type: text/html", "<table><tr><td>belt</table>"),
    ],
)
def test_signs_of_tools_that_nobody_knows(headers, body):
    assert kinds.is_machine(read(headers, body))
