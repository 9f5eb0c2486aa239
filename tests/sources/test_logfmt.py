"""Log lines as bodies."""

import pytest

from ingestd.model import Message
from ingestd.sources import anything, logfmt
from ingestd.sources.body import fields


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ('host=web-4 level=error msg="upstream \\"a\\" timed out"', {"host": "web-4", "level": "error", "msg": 'upstream "a" timed out'}),
        ("host=web-4, state='is down'\nport=\n", {"host": "web-4", "state": "is down", "port": ""}),
        ("2026-03-02T08:14:30Z host=a trap=b", {"time": "2026-03-02T08:14:30Z", "host": "a", "trap": "b"}),
        ("2026-03-02T08:14:30Z host=a", {}),
        ("alone=1", {}),
        ("a form=1&b=2 c=3", {}),
        ("level=error and more words", {}),
        ("a=1 " * 10_000, {}),
        ("", {}),
    ],
)  # fmt: skip
def test_only_a_text_of_pairs_is_read(text, pairs):
    assert logfmt.pairs(text) == pairs


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_log_line_is_a_body_whatever_its_sender_calls_it(content_type):
    body = b'time=2026-03-02T08:14:30Z level=error host=quay-4 service=nginx msg="upstream timed out"'
    (event,) = anything.read(Message(kind="webhook", source="w", body=body, content_type=content_type)).events
    assert (event.host, event.check, event.severity, event.summary) == (
        "quay-4",
        "nginx",
        "error",
        "upstream timed out",
    )


def test_a_form_stays_a_form():
    form = Message(kind="webhook", source="w", body=b"host=a&msg=b=c", content_type="application/x-www-form-urlencoded")
    assert fields(form) == {"host": "a", "msg": "b=c"}
