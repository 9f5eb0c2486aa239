"""A store moves into one of the other kind with all that is in it; half a copy is never taken for a store."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ingestd.model import Message, Silence
from ingestd.store import Store, backup, copying, engines
from ingestd.store.copying import CopyRefused
from tests import postgres
from tests.store.stories import alert, incident, line, mail, mark, page, step, tick


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> str:
    """An empty store of the other kind."""
    if store_url.startswith("postgresql"):
        return f"sqlite:///{tmp_path / 'elsewhere.db'}"
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return server.create_database()


def told(table: str, done: int, rows: int) -> None:
    """Nobody looks."""


def beside(file: Path) -> list[Path]:
    """What is there by that name: SQLite has files of its own beside a database that is open."""
    return list(file.parent.glob(f"{file.name}*"))


async def fill(store: Store) -> None:
    """Mails, a webhook of bytes that are no text, an incident with a page, what the engine journals, a silence."""
    for text_of_one in ("磁盘 full", "again", "\x00"):
        await store.receive(mail(text_of_one))
    await store.receive(Message(kind="webhook", source="prod", body=bytes(range(256)) * 40, origin="once"))
    for position, entry in enumerate(store.pending(), 1):
        await store.commit([step(entry, position)])
    more = {
        "alerts": (alert(1, 1),),
        "incidents": (incident(1),),
        "marks": (mark("srv-a"), mark("Überwachung"), mark("数据库")),
        "timeline": (line(1), line(1, "joined")),
        "notifications": (page(1),),
        "silences": (Silence(id="s1", matchers=(), starts_at=0.0, ends_at=9e9, by="lin"),),
    }
    await store.commit([step(tick(), 5, **more)])
    await store.claim(1, 6.0)
    await store.put_blob(b"rules \x00\xff")


async def filled(url: str) -> None:
    async with Store.open(url) as store:
        await fill(store)


async def test_all_of_a_store_is_in_the_other_one(store_url: str, elsewhere: str) -> None:
    await filled(store_url)
    said: list[tuple[str, int, int]] = []
    copied = {one.table: one.rows for one in copying.copy(store_url, elsewhere, lambda *one: said.append(one))}
    assert (copied["inbox"], copied["inbox_body"], copied["timeline"], copied["blob"]) == (6, 5, 2, 1)
    assert [one for one in said if one[0] == "inbox"][-1] == ("inbox", 6, 6)
    async with Store.open(store_url) as before, Store.open(elsewhere) as after:
        assert after.load() == before.load()
        assert list(after.entries()) == list(before.entries())
        assert after.pending() == before.pending()
        assert after.queued() == before.queued()
        assert not after.unclean


async def test_numbers_go_on_where_they_were(store_url: str, elsewhere: str) -> None:
    await filled(store_url)
    copying.copy(store_url, elsewhere, told)
    async with Store.open(store_url) as before, Store.open(elsewhere) as after:
        for store in (before, after):
            await store.commit([step(tick(), 6, timeline=(line(1),))])
        assert await after.receive(mail("new")) == await before.receive(mail("new"))


async def test_a_number_whose_row_is_gone_is_not_given_again(store_url: str, elsewhere: str) -> None:
    await filled(store_url)
    engine = create_engine(engines.parse(store_url))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM inbox_body WHERE inbox_id > 4"))
        connection.execute(text("DELETE FROM inbox WHERE id > 4"))
    engine.dispose()
    copying.copy(store_url, elsewhere, told)
    async with Store.open(store_url) as before, Store.open(elsewhere) as after:
        assert await after.receive(mail("new")) == await before.receive(mail("new")) > 6


async def test_a_copy_that_was_cut_short_is_no_store_and_is_gone_on_with(
    store_url: str, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "GROUP", 2)
    await filled(store_url)
    first: list[int] = []

    def dies(table: str, done: int, rows: int) -> None:
        if table == "inbox" and done:
            raise KeyboardInterrupt
        first.append(done)

    with pytest.raises(KeyboardInterrupt):
        copying.copy(store_url, elsewhere, dies)
    with pytest.raises(ValueError, match=r"a copy of .* into this store is not complete: run `ingestd migrate-store`"):
        Store.open(elsewhere)
    with pytest.raises(CopyRefused, match="half a copy itself"):
        copying.copy(elsewhere, store_url, told)
    second: list[tuple[str, int, int]] = []
    copying.copy(store_url, elsewhere, lambda *one: second.append(one))
    assert next(one for one in second if one[0] == "inbox") == ("inbox", 2, 6)
    async with Store.open(store_url) as before, Store.open(elsewhere) as after:
        assert list(after.entries()) == list(before.entries())


async def test_a_source_that_changed_meanwhile_is_noticed(store_url: str, elsewhere: str) -> None:
    await filled(store_url)

    def dies(table: str, done: int, rows: int) -> None:
        if table == "timeline":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copying.copy(store_url, elsewhere, dies)
    async with Store.open(store_url) as store:
        await store.commit([step(tick(), 6, alerts=(alert(1, 1, state="resolved"),))])
    with pytest.raises(CopyRefused, match="the copy differs in alert: the source has changed since"):
        copying.copy(store_url, elsewhere, told)
    with pytest.raises(ValueError, match="not complete"):
        Store.open(elsewhere)


async def test_nothing_is_copied_over_another_store(store_url: str, elsewhere: str) -> None:
    await filled(store_url)
    await filled(elsewhere)
    with pytest.raises(CopyRefused, match="there is a store already where the copy is to go"):
        copying.copy(store_url, elsewhere, told)


async def test_a_copy_is_gone_on_with_from_the_same_store_only(store_url: str, elsewhere: str, tmp_path: Path) -> None:
    another = f"sqlite:///{tmp_path / 'another.db'}"
    for url in (store_url, another):
        await filled(url)
    with pytest.raises(KeyboardInterrupt):
        copying.copy(store_url, elsewhere, _interrupted)
    with pytest.raises(CopyRefused, match=r"a copy of .* was begun there: go on with that one"):
        copying.copy(another, elsewhere, told)


def _interrupted(table: str, done: int, rows: int) -> None:
    raise KeyboardInterrupt


async def test_a_store_in_use_is_not_moved_but_backed_up(store_url: str, elsewhere: str, tmp_path: Path) -> None:
    async with Store.open(store_url) as store:
        await fill(store)
        with pytest.raises(CopyRefused, match="in use, or was not closed well: stop the daemon"):
            copying.copy(store_url, elsewhere, told)
        file = tmp_path / "kept.db"
        backup.backup(store_url, file, told)
        before = list(store.entries()), store.pending()
        await store.receive(mail("later"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert beside(file) == [file]
    backup.restore(file, elsewhere, told)
    async with Store.open(elsewhere) as restored:
        assert (list(restored.entries()), restored.pending()) == before
        assert restored.unclean  # the daemon that it was taken from had not ended


async def test_a_backup_is_taken_while_messages_pour_in(store_url: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    async with Store.open(store_url) as store:
        coming = [asyncio.create_task(store.receive(mail(str(n)))) for n in range(2000)]
        await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(backup.backup, store_url, file, told)
        await asyncio.gather(*coming)
    with closing(sqlite3.connect(file)) as connection:
        (mails,) = connection.execute("SELECT count(*) FROM inbox").fetchone()
        (bodies,) = connection.execute("SELECT count(*) FROM inbox_body").fetchone()
    assert mails == bodies > 0


async def test_what_is_no_backup_is_said_so(store_url: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database")
    with pytest.raises(CopyRefused, match=r"notes.txt is no backup of a store: file is not a database"):
        backup.restore(tmp_path / "notes.txt", store_url, told)
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    with pytest.raises(CopyRefused, match=r"other.db is no backup of a store: no such table: meta"):
        backup.restore(tmp_path / "other.db", store_url, told)
    with pytest.raises(CopyRefused, match="there is no such file"):
        backup.restore(tmp_path / "none.db", store_url, told)
    await filled(store_url)
    await asyncio.to_thread(backup.backup, store_url, tmp_path / "kept.db", told)
    with pytest.raises(CopyRefused, match="there is a store already"):
        backup.restore(tmp_path / "kept.db", store_url, told)
    with pytest.raises(CopyRefused, match="exists already: name a new file"):
        backup.backup(store_url, tmp_path / "kept.db", told)


async def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    url, file = f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "kept.db"
    await filled(url)
    backup.backup(url, file, told)
    whole = file.read_bytes()
    for at in range(8192, len(whole), 4096):
        with file.open("r+b") as written:
            written.seek(at)
            written.write(os.urandom(2048))
    with pytest.raises(CopyRefused, match=r"kept.db is no backup of a store"):
        backup.restore(file, f"sqlite:///{tmp_path / 'new.db'}", told)


def test_a_store_that_is_not_there_is_not_backed_up(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none.db: there is no store yet"):
        backup.backup(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "kept.db", told)
    assert list(tmp_path.iterdir()) == []


async def test_a_store_of_another_version_is_not_copied(store_url: str, elsewhere: str) -> None:
    await filled(store_url)
    engine = create_engine(engines.parse(store_url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    with pytest.raises(CopyRefused, match="of another version: let this ingestd run on it once"):
        copying.copy(store_url, elsewhere, told)
