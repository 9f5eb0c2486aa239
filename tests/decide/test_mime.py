"""A mail taken apart: as the standards say, and as senders write it."""

from ingestd.decide import mime


def tree(*lines: str) -> mime.Tree:
    return mime.parse("\n".join(lines).encode())


def test_fields_are_unfolded_and_named_in_small_letters():
    found = tree("From li Mon Mar  2 08:14:00 2026", "SUBJECT : one", "\ttwo", "X-Tool: a", "x-tool: b", "", "body")
    assert found.headers == (("subject", "one\ntwo"), ("x-tool", "a"), ("x-tool", "b"))
    assert (found.raw("x-tool"), found.raw("none"), found.body) == ("a", "", b"body")


def test_a_body_without_the_blank_line_and_a_head_without_a_body():
    assert tree("Subject: x", "no field here", "more").body == b"no field here\nmore"
    assert tree("Subject: x") == mime.Tree((("subject", "x"),))
    assert tree("plain words") == mime.Tree((), b"plain words")


def test_only_so_many_header_lines_are_looked_at():
    found = tree(*["X: y"] * 5000, "", "body")
    assert len(found.headers) == mime.MOST_HEADERS
    assert found.body == b"body"
    assert mime.parse(b"X: y\n" * 5000).body == b""


def test_the_parts_between_boundaries():
    head = ('Content-Type: multipart/mixed; boundary="b b"', "", "preamble")
    closed = tree(*head, "--b b", "", "one", "--b b  ", "", "two", "--b b--", "", "--b b", "late")
    assert [part.body for part in closed.children] == [b"one", b"two"]
    assert [part.body for part in tree(*head, "--b b", "", "one", "--b b", "", "two").children] == [b"one", b"two"]
    assert tree(*head, "no boundary").body == b"preamble\nno boundary"
    assert tree("Content-Type: multipart/mixed", "", "text").body == b"text"
    assert len(tree(*head, *["--b b", "", "x"] * 500).children) == mime.MOST_PARTS


def test_a_mail_in_a_mail():
    (inner,) = tree("Content-Type: message/rfc822", "", "Message-ID: <1@x>", "", "text").children
    assert (inner.raw("message-id"), inner.body) == ("<1@x>", b"text")


def test_a_report_of_many_recipients():
    blocks = ["Reporting-MTA: dns; mx", "", *["Action: failed", ""] * 50]
    found = tree("Content-Type: message/delivery-status", "", *blocks)
    assert len(found.children) == mime.DEEPEST
    assert found.children[1].headers == (("action", "failed"),)
    assert len(tree("Content-Type: message/delivery-status", "", "Action: failed", "", "").children) == 1


def test_a_type_that_is_none_is_plain_text():
    assert tree("Content-Type: nonsense", "", "x").kind == "text/plain"
