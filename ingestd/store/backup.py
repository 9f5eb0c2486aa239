"""A backup is one SQLite file, whatever the store is: one state of all of it, taken while the daemon runs.

SQLite writes it itself (VACUUM INTO, which also leaves out the room that erased rows had); of PostgreSQL it is a copy.
The file takes its name only when it is whole, read through and on the disk.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ingestd.store import engines, schema
from ingestd.store.copying import Copied, CopyRefused, Tell, copy


def backup(url: str, file: Path, tell: Tell) -> None:
    """Write the store's state of now to a new file (blocks).

    CopyRefused: there is such a file; SQLAlchemyError, sqlite3.Error, OSError: it failed, and there is no file.
    """
    if file.exists():
        raise CopyRefused(f"{file} exists already: name a new file")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    with _gone_unless_done(part):
        parsed = engines.existing(engines.parse(url))
        if parsed.get_backend_name() == "sqlite":
            _of_sqlite(Path(parsed.database or ""), part)
        else:
            copy(url, f"sqlite:///{part}", tell, running=True)
        _read_through(part)
        _to_disk(part)
        part.rename(file)
        _to_disk(file.absolute().parent)


def restore(file: Path, url: str, tell: Tell) -> tuple[Copied, ...]:
    """Make a backup the store again, where there is none yet (blocks); also one that an older version wrote.

    CopyRefused: there is no such file, it is no backup, or there is a store already.
    """
    if not file.is_file():
        raise CopyRefused(f"{file}: there is no such file")
    with tempfile.TemporaryDirectory(prefix="ingestd-restore-", dir=_room_for(url)) as folder:
        mine = Path(folder) / "store.db"
        shutil.copyfile(file, mine)
        mine.chmod(0o600)
        with _as_backup(file):
            _read_through(mine)
            engine = engines.writer(engines.parse(f"sqlite:///{mine}"))
            try:
                schema.migrate(engine)
            finally:
                engine.dispose()
        return copy(f"sqlite:///{mine}", url, tell, running=True)


def _room_for(url: str) -> Path | None:
    """Beside an SQLite store there is room for it; a temporary folder may be small."""
    folder = engines.folder(engines.parse(url))
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _gone_unless_done(part: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                part.with_name(part.name + end).unlink()


@contextmanager
def _as_backup(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise CopyRefused(f"{file} is no backup of a store: {error}") from error


def _of_sqlite(store: Path, part: Path) -> None:
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # mail is confidential
    with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(part),))


def _read_through(file: Path) -> None:
    """sqlite3.DatabaseError: it is damaged, or nothing of ours."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(said)
        connection.execute("SELECT count(*) FROM meta")


def _to_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
