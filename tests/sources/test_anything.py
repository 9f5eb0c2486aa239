"""A body of a tool that nobody knows, and how much of it is looked at."""

import msgspec
import pytest

from ingestd import sources
from ingestd.model import Message
from ingestd.sources import SourceError, anything

ALERT = {"host": "till-4", "message": "paper is out"}


@pytest.mark.parametrize("body", [[ALERT] * 5, {"alerts": [ALERT] * 5}])
def test_a_list_is_as_many_alerts(body: object) -> None:
    raw = msgspec.json.encode(body)
    assert len(sources.guess(Message(kind="webhook", source="x", body=raw)).events) == 5


@pytest.mark.parametrize(
    "body", [[ALERT] * (anything.MOST_ALERTS + 1), {"alerts": [ALERT] * (anything.MOST_ALERTS + 1)}]
)
def test_a_list_without_end_is_for_the_fallback(body: object) -> None:
    message = Message(kind="webhook", source="x", adapter="anything", body=msgspec.json.encode(body))
    with pytest.raises(SourceError, match="at most 2000"):
        sources.read(message)
