"""How commands are written: what is read out of them, and what is refused."""

import pytest

from ingestd.intake.smtpcommands import VALUES, CommandRefused, Sender, parameters, recipient, sender, text


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("FROM:<a@b.example>", "a@b.example"),
        ("from: <a@b.example>", "a@b.example"),
        ("FROM:<>", ""),
        ("FROM:<root>", "root"),
        ("FROM:a@b.example", "a@b.example"),
        ('FROM:<"odd > name"@b.example>', '"odd > name"@b.example'),
        ('FROM:"odd name"@b.example', '"odd name"@b.example'),
        (r'FROM:<"a\"b"@c>', r'"a\"b"@c'),
        ("FROM:<UPS Room 1@plant>", "UPS Room 1@plant"),
        ("FROM:<@relay.example,@other.example:a@b.example>", "a@b.example"),
        ("FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
        ("FROM:<监控@shop.example>", "监控@shop.example"),
    ],
)
def test_a_sender_is_read_as_devices_write_it(written: str, address: str) -> None:
    assert sender(written, VALUES) == Sender(address)


@pytest.mark.parametrize(
    "written",
    [
        *("", "<a@b>", "TO:<a@b>", "FROM:", "FROM:<a@b", "FROM:a@b>", "FROM:<<a@b>>", "FROM:<a,b@c>", 'FROM:<"a@c>'),
        *("FROM:<a\x01@b>", "FROM:<a:b@c>", "FROM:Name <a@b>"),
    ],
)
def test_what_is_no_sender_is_refused(written: str) -> None:
    with pytest.raises(CommandRefused, match=r"^501 5\.(1\.7|5\.4)"):
        sender(written, VALUES)


def test_parameters_are_read_in_any_order_and_case() -> None:
    written = "FROM:<a@b> smtputf8 Size=1234 body=8bitmime AUTH=mon+40shop.example"
    assert sender(written, VALUES) == Sender("a@b", 1234)
    assert parameters("A=1  b") == {"A": "1", "B": ""}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("SIZE=x", "501"),
        ("SIZE", "501"),
        ("SIZE=" + "1" * 21, "501"),
        ("SIZE=1 size=2", "501"),
        ("BODY=BINARYMIME", "501"),
        ("SMTPUTF8=yes", "501"),
        ("AUTH=a+4", "501"),
        ("=1", "501"),
        ("A=b=c", "501"),
        ("RET=FULL", "555"),
    ],
)
def test_parameters_that_cannot_be_are_refused(written: str, code: str) -> None:
    with pytest.raises(CommandRefused, match=f"^{code} 5.5.4"):
        sender(f"FROM:<a@b> {written}", VALUES)


def test_a_recipient_is_somebody_and_has_no_parameters() -> None:
    assert recipient("TO:<x@y.example>") == "x@y.example"
    assert recipient("to: <postmaster>") == "postmaster"
    for written, code in (
        ("FROM:<a>", "501"),
        ("TO:<>", "501"),
        ("TO:<a@b> NOTIFY=NEVER", "555"),
        ("TO:<a@b> =", "501"),
    ):
        with pytest.raises(CommandRefused, match=f"^{code}"):
            recipient(written)


def test_octets_that_are_no_utf8_become_question_marks() -> None:
    assert text(b"a\xff\xfeb \xe7\xa3\x81") == "a??b 磁"
