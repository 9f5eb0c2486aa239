"""A mail is read as a person would see it, whatever its sender broke."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide import mail


def raw(headers: str, body: str | bytes = "hello\n") -> bytes:
    return headers.encode() + b"\n\n" + (body if isinstance(body, bytes) else body.encode())


def test_the_fields_of_a_plain_mail():
    found = mail.read(
        raw(
            "From: Li Na <li.na@trading.example>\nTo: it@trading.example, Wang <wang@trading.example>\n"
            "Cc: <it@trading.example>\nSubject: =?utf-8?b?572R57uc?= down\nDate: Mon, 2 Mar 2026 08:14:00 +0800\n"
            "Message-ID: <1@trading.example>\nIn-Reply-To: <0@trading.example>\nReferences: <a@x> <b@x>\nX-Odd: 1",
            "no network\r\nsince eight\r\n",
        )
    )
    assert (found.subject, found.sender, found.sender_name) == ("网络 down", "li.na@trading.example", "Li Na")
    assert found.recipients == ("it@trading.example", "wang@trading.example")
    assert (found.date, found.message_id, found.in_reply_to) == (
        1772410440.0,
        "<1@trading.example>",
        "<0@trading.example>",
    )
    assert found.references == ("<a@x>", "<b@x>")
    assert (found.header("X-ODD"), found.header("none")) == ("1", "")
    assert "x-odd: 1" in found.head
    assert found.text == "no network\nsince eight\n"


@pytest.mark.parametrize(
    ("line", "sender", "name"),
    [
        ("root@nas (Cron Daemon)", "root@nas", "Cron Daemon"),
        ('"Li, Na" <li@x.example>', "li@x.example", "Li, Na"),
        ("=?gb2312?B?1tzFrsq/?= <z@x.example>", "z@x.example", "周女士"),
        ("<>", "", ""),
        ("nobody", "nobody", ""),
        ("", "", ""),
    ],
)
def test_senders(line, sender, name):
    found = mail.read(raw(f"From: {line}"))
    assert (found.sender, found.sender_name) == (sender, name)


def test_chinese_mail_with_raw_headers_and_no_label():
    body = "主机:wh-files 磁盘空间不足,请尽快处理"
    found = mail.read("Subject: 仓库服务器故障\n\n".encode("gb18030") + body.encode("gb18030"))
    assert (found.subject, found.text) == ("仓库服务器故障", body)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64", base64.b64encode("磁盘".encode("gb18030"))),
        ("base64", base64.b64encode("磁盘".encode("gb18030")).rstrip(b"=") + b"\n-- \n!"),
        ("quoted-printable", b"=B4=C5=C5=CC"),
        ("8bit", "磁盘".encode("gb18030")),
        ("x-unknown", "磁盘".encode("gb18030")),
    ],
)
def test_transfer_encodings(encoding, body):
    head = f'Content-Type: text/plain; charset="gb2312"\nContent-Transfer-Encoding: {encoding}'
    assert mail.read(raw(head, body)).text.startswith("磁盘")


def test_base64_that_is_none_is_shown_as_it_is():
    assert mail.read(raw("Content-Transfer-Encoding: base64", "???")).text == "???"
    assert mail.read(raw("Content-Transfer-Encoding: base64", " \n")).text == ""


def parts(kind: str, *bodies: str, end: str = "--b--") -> bytes:
    return raw(f"Content-Type: multipart/{kind}; boundary=b", "".join(f"--b\n{body}\n" for body in bodies) + end)


PLAIN, EMPTY, HTML = "Content-Type: text/plain\n\nplain", "\n\n \n", "Content-Type: text/html\n\n<p>rich<br>text</p>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (parts("alternative", HTML, PLAIN), "plain"),
        (parts("alternative", EMPTY, HTML), "rich\ntext"),
        (parts("alternative", EMPTY, EMPTY), ""),
        (parts("mixed", HTML, PLAIN), "rich\ntext\n\nplain"),
        (parts("mixed", PLAIN, "Content-Type: text/plain\nContent-Disposition: attachment\n\nlog"), "plain"),
        (parts("mixed", PLAIN, "Content-Type: image/png\n\nxx"), "plain"),
        (parts("mixed", PLAIN, end=""), "plain"),
        (parts("mixed"), ""),
        (raw("Content-Type: text/html", "<p>a</p>"), "a"),
        (raw("Content-Type: text/plain", "<!DOCTYPE html><p>a</p>"), "a"),
        (raw("Content-Type: nonsense", "a"), "a"),
    ],
)
def test_the_text_that_is_shown(body, text):
    assert mail.read(body).text == text


def test_html_is_kept_beside_the_plain_text():
    assert "<br>" in mail.read(parts("alternative", PLAIN, HTML)).html


def test_flowed_text_is_joined_and_signatures_are_not():
    body = "one \ntwo\n> quoted \n> on\n-- \nsig"
    head = "Content-Type: text/plain; format=flowed"
    assert mail.read(raw(head, body)).text == "one two\n> quoted on\n-- \nsig"
    assert mail.read(raw(head + "; delsp=yes", "网 \n络")).text == "网络"


def test_flowed_text_without_end_is_left_as_it_is():
    head = "Content-Type: text/plain; format=flowed"
    text = mail.read(raw(head, "\n" * 30_000 + "a \nb")).text
    assert text.endswith("a \nb")


def test_reports_keep_the_fields_of_their_parts():
    report = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nAction: failed\nStatus: 5.1.1\n"
    found = mail.read(parts("report", PLAIN, report))
    assert ("action", "failed") in found.parts[1].fields
    assert (
        mail.read(raw("Content-Type: multipart/report; report-type=delivery-status")).report_type == "delivery-status"
    )


def test_a_date_that_is_none():
    assert mail.read(raw("Date: soon")).date is None
    assert mail.read(raw("Date: Mon, 2 Mar 999999 08:14:00 +0000")).date is None


def test_depth_parts_and_size_are_bounded():
    deep = b""
    for level in range(40):
        deep += f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n".encode()
    assert mail.read(deep + b"Content-Type: text/plain\n\nlost").text.endswith("lost")
    assert len(mail.read(parts("mixed", *[PLAIN] * 500)).parts) == mail.MOST_PARTS
    many = "".join(f"--c\nContent-Type: text/plain\n\n{n}\n" for n in range(90))
    halves = [f"Content-Type: multipart/mixed; boundary=c\n\n{many}--c--"] * 3
    assert len(mail.read(parts("mixed", *halves)).parts) == mail.MOST_PARTS
    assert len(mail.read(parts("mixed", *["\n" + "x" * 200_000] * 5)).text) == mail.LONGEST_TEXT
    assert len(mail.read(raw("Subject: big", "x" * 5_000_000)).text) == mail.LONGEST_TEXT


HEADERS = st.sampled_from(
    ["From: ", "Subject: ", "Content-Type: ", "Content-Type: multipart/mixed; boundary=b\n\n--b\n", "Date: ", "\n--b\n",
     "Content-Type: message/rfc822\n\n", "Content-Transfer-Encoding: base64\n", "References: <", "=?utf-8?b?", "\n\n",
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n", "charset*=x''y; charset*0*=%"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.one_of(HEADERS.map(str.encode), st.binary(max_size=40)), max_size=12).map(b"".join))
def test_no_bytes_raise(body):
    found = mail.read(body)
    f"{found.subject}{found.sender}{found.text}{found.html}{found.head}{found.parts}".encode()
