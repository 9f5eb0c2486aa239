"""What arrived in a period, from a store that is only read."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from ingestd.backtest.stream import from_store
from ingestd.model import Command, Entry, Message
from ingestd.store import Store, reading
from tests.store.stories import alert, incident, step, tick


@pytest.fixture
async def url(store_url: str) -> AsyncIterator[str]:
    async with Store.open(store_url) as store:
        messages = [
            Message(kind="mail", source="smtp", body=b"old", received=1010.0),
            Message(kind="mail", source="smtp", body=b"a", received=1020.0),
            command(Command(action="ack", incident=1)),
            command(Command(action="split", incident=1, alert=2, fingerprint="f2")),
            command(Command(action="open", text="no mail")),
            Message(kind="webhook", source="prod", body=b"b", received=1050.0),
        ]
        batch = []
        for position, message in enumerate(messages, 2):
            number = await store.receive(message)
            batch.append(step(Entry(number, message), position))
        first = step(tick(), 1, incidents=(incident(1), incident(2, merged_into=1)), alerts=(alert(1, 1), alert(2, 2)))
        await store.commit([first, *batch])
    yield store_url


def command(what: Command) -> Message:
    return Message(kind="command", source="web", actor="ann", body=msgspec.json.encode(what), received=1030.0)


def test_only_what_came_from_outside_and_commands_with_their_alerts(url: str) -> None:
    with reading.opened(url) as journal:
        found = list(from_store(journal, 3.0))
        assert [(heard.at, heard.message.kind, heard.about) for heard in found] == [
            (3.0, "mail", ()),
            (4.0, "command", ("f1", "f2")),
            (5.0, "command", ("f2",)),
            (6.0, "command", ()),
            (7.0, "webhook", ()),
        ]
        assert [heard.message.body for heard in found][:1] == [b"a"]
        assert (journal.newest(), journal.at_wall(1015.0), journal.at_wall(9999.0)) == (1050.0, 3.0, float("inf"))
        assert list(from_store(journal, float("inf"))) == []


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no store yet"), reading.opened(f"sqlite:///{tmp_path}/x.db"):
        pass
    assert not list(tmp_path.iterdir())
