"""The text of messages that a tool sends as it would to a chat."""

import pytest

from ingestd.model import Message
from ingestd.sources import chat, prose


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"msgtype": "markdown", "markdown": {"title": "tide", "text": "#### **Host:** pier-2"}}, "tide\nHost: pier-2"),
        ({"msg_type": "text", "content": {"text": "high water"}}, "high water"),
        (
            {"attachments": [{"title": "belt", "fields": [{"title": "Host", "value": "crane-7", "short": True}]}]},
            "belt\nHost: crane-7",
        ),
        (
            {"@type": "MessageCard", "title": "belt", "sections": [{"facts": [{"name": "Host", "value": "crane-7"}]}]},
            "belt\nHost: crane-7",
        ),
        ({"embeds": [{"title": "belt", "description": "it stands", "url": "x"}]}, "belt\nit stands"),
        ({"subject": "belt", "message": "Host: crane-7\nState: down"}, "belt\nHost: crane-7\nState: down"),
        ({"blocks": [{"text": {"text": "belt"}}, {"fields": [{"text": "*Host:*\ncrane-7"}]}]}, "belt\nHost: crane-7"),
        ({"subject": "belt", "message": "down"}, None),
        ({"subject": "belt", "message": "a\nb", "more": {}}, None),
        ({"msgtype": "image", "image": {"base64": "x"}}, None),
        ({"msgtype": "text", "text": 7}, None),
        ([], None),
    ],
)
def test_what_people_would_read(body, text):
    assert chat.text(body) == text


def test_a_deep_or_wide_message_is_read_as_far_as_people_would():
    deep: dict = {"text": "at the bottom"}
    for _ in range(50):
        deep = {"content": deep}
    assert chat.text({"msgtype": "text", **deep}) is None
    wide = {"msgtype": "text", "text": [{"text": f"line {number}"} for number in range(1000)]}
    assert len((chat.text(wide) or "").splitlines()) <= chat.MOST_LINES


def test_what_is_no_body_has_no_text():
    assert prose(Message(kind="webhook", source="x", body=b"")) is None
    assert prose(Message(kind="webhook", source="x", body=b'{"msgtype": "text", "text": "tide"}')) == "tide"
