"""An address is taken out of a store: bodies that hold it go, a token takes its place, open incidents keep theirs."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import create_engine, text

from ingestd.forgetting import TOKEN, Address
from ingestd.model import Command, Message, Receipt
from ingestd.store import Store, engines
from ingestd.store.forgetting import Forgetting, Forgotten
from tests.store.stories import alert, incident, line, page, step

ANN = "ann@x.example"


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store.open(store_url) as opened:
        yield opened


class Kept:
    """A store that is filled message by message."""

    def __init__(self, store: Store, url: str) -> None:
        self.store, self.url = store, url
        self.position = 0

    async def keep(self, body: bytes, kind: str = "mail", sender: str = "", **changes: object) -> int:
        number = await self.store.receive(Message(kind=kind, source="smtp", sender=sender, body=body))
        entry = next(one for one in self.store.pending() if one.id == number)
        self.position += 1
        await self.store.commit([step(entry, self.position, **changes)])
        return number

    def forget(self, address: str = ANN) -> Forgotten:
        url = engines.parse(self.url)
        writing, reading = engines.writer(url), engines.reader(url)
        one = Address(address)
        done = Forgetting(writing, reading, one.replaced, one.is_in_body).forget()
        writing.dispose()
        reading.dispose()
        return done

    def bodies(self) -> list[bytes]:
        return [one.entry.message.body for one in self.store.entries()]

    def everything(self) -> str:
        """All that stands in all tables."""
        engine = create_engine(engines.parse(self.url))
        with engine.begin() as connection:
            tables = ("inbox", "alert", "incident", "timeline", "notification")
            found = [str(row) for name in tables for row in connection.execute(text(f"SELECT * FROM {name}"))]
        engine.dispose()
        return "\n".join(found).lower()


@pytest.fixture
def kept(store: Store, store_url: str) -> Kept:
    return Kept(store, store_url)


async def test_bodies_that_hold_it_are_erased_and_the_journal_stays(kept: Kept) -> None:
    await kept.keep(b"From: ANN@x.example\n\nthe printer is on fire", sender="Ann@X.example")
    await kept.keep(b"From: joann@x.example\n\nand mine", sender="joann@x.example")
    done = kept.forget()
    assert (done.erased, done.replaced, done.left) == (1, {"inbox": 1}, {})
    assert kept.bodies() == [b"", b"From: joann@x.example\n\nand mine"]
    assert [one.position for one in kept.store.entries()] == [1, 2]
    assert [one.entry.message.sender for one in kept.store.entries()] == [TOKEN, "joann@x.example"]
    assert kept.forget() == Forgotten(0, {}, {})


async def test_what_a_replay_reads_is_kept_with_the_token(kept: Kept) -> None:
    command = Command(action="open", person=ANN, text=f"call {ANN} back")
    receipt = Receipt(notification=1, incident=1, person="ann", outcome="failed", detail=f"550 <{ANN}> unknown")
    await kept.keep(msgspec.json.encode(command), kind="command")
    await kept.keep(msgspec.json.encode(receipt), kind="receipt")
    assert kept.forget().replaced == {"inbox_body": 2}
    first, second = kept.bodies()
    assert msgspec.json.decode(first, type=Command).text == f"call {TOKEN} back"
    assert msgspec.json.decode(second, type=Receipt).detail == f"550 <{TOKEN}> unknown"


async def test_of_closed_incidents_nothing_of_it_is_left(kept: Kept) -> None:
    closed = incident(1, reporter=ANN, closed_at=9.0, state="resolved")
    told = replace(page(1, 1), without=(ANN,), state="handed_over")
    report = alert(1, 1, sender=ANN, node=ANN, fingerprint=f"report {ANN}", state="resolved")
    await kept.keep(
        f"From: {ANN}\n\nhelp".encode(), incidents=(closed,), alerts=(report,), timeline=(line(1, f"{ANN} says help"),),
        notifications=(told,),
    )  # fmt: skip
    done = kept.forget()
    assert done.erased == 1 and not done.left
    assert done.replaced == {"timeline": 1, "alert": 1, "incident": 1, "notification": 1}
    assert ANN not in kept.everything()
    (found,) = kept.store.queries.load().alerts or (await kept.store.queries.alert(1),)
    assert found is not None and found.sender == TOKEN


async def test_open_incidents_and_what_waits_keep_theirs_until_they_are_over(kept: Kept) -> None:
    body = f"From: {ANN}\n\nhelp".encode()
    mine = incident(1, reporter=ANN)
    await kept.keep(
        body, incidents=(mine,), alerts=(alert(1, 1, sender=ANN),), notifications=(page(1, 1),), timeline=(line(1),)
    )
    await kept.store.receive(Message(kind="mail", source="smtp", sender=ANN, body=body))
    done = kept.forget()
    assert (done.erased, done.replaced) == (0, {})
    assert done.left == {"inbox_body": 2, "inbox": 1, "alert": 1, "incident": 1}
    waiting = kept.store.pending()[0]
    assert waiting.message.sender == ANN
    await kept.store.commit([step(waiting, 2, incidents=(replace(mine, closed_at=9.0),))])
    done = kept.forget()
    assert (done.erased, done.left) == (2, {})
    assert ANN not in kept.everything()


async def test_configurations_of_the_journal_are_left_and_counted(kept: Kept) -> None:
    await kept.store.put_blob(f"people: [{{id: ann, mail: {ANN}}}]".encode())
    assert kept.forget() == Forgotten(0, {}, {"blob": 1})


async def test_many_are_looked_through_in_pieces(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.store.forgetting.ROWS", 3)
    monkeypatch.setattr("ingestd.store.forgetting.BODIES", 3)
    for number in range(10):
        await kept.keep(
            f"To: {ANN if number % 2 else 'bob@x.example'}".encode(), timeline=(line(9, f"{ANN} {number}"),)
        )
    done = kept.forget()
    assert (done.erased, done.replaced) == (5, {"timeline": 10})


def raw(file: str) -> bytes:
    """What is on the disk."""
    return Path(file).read_bytes() if Path(file).exists() else b""


async def test_sqlite_writes_over_what_it_deletes(kept: Kept, store_url: str) -> None:
    if not store_url.startswith("sqlite"):
        pytest.skip("PostgreSQL's VACUUM does so later")
    await kept.keep(b"From: ann@x.example\n\n" + b"a secret of hers " * 100)
    kept.forget()
    file = store_url.removeprefix("sqlite:///")
    assert b"a secret of hers" not in raw(file) + raw(f"{file}-wal")
