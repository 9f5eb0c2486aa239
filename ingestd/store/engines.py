"""Connections: one way to write and one way to read, on SQLite and on PostgreSQL."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

SQLITE_PRAGMAS = (
    "PRAGMA synchronous=FULL",  # WAL alone may lose the last commits at a power cut; 250 must not
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-16384",  # KiB
    "PRAGMA journal_size_limit=67108864",
)
POSTGRES_WRITER = "-c statement_timeout=30s -c lock_timeout=10s -c synchronous_commit=on"
POSTGRES_READER = "-c statement_timeout=30s -c default_transaction_read_only=on"
BUSY_SECONDS = 10
PREPARED = 256  # statements that the driver keeps


def parse(url: str) -> URL:
    """``sqlite:///path`` or ``postgresql://…``; ValueError names what else was given."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("an SQLite store needs a file: sqlite:////var/lib/ingestd/ingestd.db")
        return parsed.set(drivername="sqlite+pysqlite")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError(f"a store is sqlite or postgresql, not {backend}")


def folder(url: URL) -> Path | None:
    """Where the database file grows, for the disk watermark; None when a server keeps it."""
    return Path(url.database or "").absolute().parent if url.get_backend_name() == "sqlite" else None


def existing(url: URL) -> URL:
    """The same; FileNotFoundError: an SQLite store that nobody made yet, which looking at it would make."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise FileNotFoundError(f"{url.database}: there is no store yet")
    return url


def writer(url: URL) -> Engine:
    """The engine of the one writing thread: one connection, every transaction with the write lock from its start."""
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_size=1, max_overflow=0, connect_args=_postgres(POSTGRES_WRITER))
    _create_private(Path(url.database or ""))
    return _sqlite(create_engine(url, pool_size=1, max_overflow=0, connect_args=_SQLITE_ARGS), "BEGIN IMMEDIATE")


def reader(url: URL) -> Engine:
    """The engine of everyone who reads: short transactions, each seeing one state."""
    if url.get_backend_name() == "postgresql":
        return create_engine(
            url, pool_size=4, isolation_level="REPEATABLE READ", connect_args=_postgres(POSTGRES_READER)
        )
    engine = create_engine(url, pool_size=4, connect_args=_SQLITE_ARGS)
    return _sqlite(engine, "BEGIN", "PRAGMA query_only=ON")


_SQLITE_ARGS: dict[str, Any] = {"check_same_thread": False, "timeout": BUSY_SECONDS, "cached_statements": PREPARED}


def _postgres(options: str) -> dict[str, Any]:
    return {"options": options, "connect_timeout": 5, "keepalives_idle": 10, "tcp_user_timeout": 15_000}


def _create_private(path: Path) -> None:
    """Mail is confidential: the file is its owner's alone; SQLite gives its journal files the same mode."""
    path.absolute().parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _write_ahead(cursor: Any) -> None:
    """Switch to WAL. SQLite does not wait for others here as it does elsewhere, whatever the time-out."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= end:
                raise
            time.sleep(0.02)
        else:
            return


def _sqlite(engine: Engine, begin: str, *pragmas: str) -> Engine:
    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _record: object) -> None:
        # The driver's own idea of when a transaction starts is switched off: it would begin too late.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        _write_ahead(cursor)
        for pragma in (*SQLITE_PRAGMAS, *pragmas):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
