"""The migrations add up to the metadata, and may be applied by several processes at once."""

import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ingestd.store import Store, engines
from ingestd.store.schema import MIGRATIONS, NEWEST, migrate, revision
from ingestd.store.tables import metadata


def test_from_empty_the_migrations_give_what_tables_py_says(store_url: str) -> None:
    engine = engines.writer(engines.parse(store_url))
    migrate(engine)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert revision(connection) == NEWEST
    engine.dispose()


def test_the_newest_step_is_the_last_of_the_migrations() -> None:
    steps = sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("0*.py"))
    assert steps[-1] == NEWEST


def test_a_store_of_a_newer_program_is_left_alone(store_url: str) -> None:
    engine = engines.writer(engines.parse(store_url))
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(ValueError, match=r"the store is one of a newer ingestd \(step 0999\): run that one"):
        migrate(engine)
    engine.dispose()


def test_two_processes_may_migrate_at_once(store_url: str) -> None:
    def run(_: int) -> None:
        engine = engines.writer(engines.parse(store_url))
        migrate(engine)
        engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    async with Store.open(f"sqlite:///{tmp_path / 'deep' / 'store.db'}"):
        for file in (tmp_path / "deep").iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/db"])
def test_what_is_no_store_is_said(url: str) -> None:
    with pytest.raises(ValueError, match="store"):
        engines.parse(url)


def test_a_store_that_can_not_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(Exception, match="not a database"):
        Store.open(f"sqlite:///{tmp_path / 'store.db'}")


def test_opening_waits_for_whoever_switches_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE held (x)")
        other.execute("BEGIN EXCLUSIVE")
        threading.Timer(0.2, other.execute, ["COMMIT"]).start()
        engine = engines.writer(engines.parse(f"sqlite:///{path}"))
        migrate(engine)
        engine.dispose()


def test_opening_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.05)
    monkeypatch.setitem(engines._SQLITE_ARGS, "timeout", 0.05)
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE held (x)")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OperationalError, match="locked"):
            migrate(engines.writer(engines.parse(f"sqlite:///{path}")))


def test_a_step_may_take_longer_than_a_statement_of_every_day(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if store_url.startswith("sqlite"):
        pytest.skip("SQLite has no such time-out")
    monkeypatch.setattr(engines, "POSTGRES_WRITER", "-c statement_timeout=50ms -c lock_timeout=50ms")
    monkeypatch.setattr("ingestd.store.schema._config", lambda connection: connection)
    monkeypatch.setattr(
        "alembic.command.upgrade", lambda connection, _to: connection.execute(text("SELECT pg_sleep(0.2)"))
    )
    engine = engines.writer(engines.parse(store_url))
    migrate(engine)
    with pytest.raises(OperationalError, match="statement timeout"), engine.begin() as connection:
        connection.execute(text("SELECT pg_sleep(0.2)"))
    engine.dispose()
