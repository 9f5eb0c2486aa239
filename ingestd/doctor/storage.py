"""Where things are kept: room on the disk, and whether the store is whole."""

import os
import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ingestd.doctor.case import Case, Finding, Trial, as_said, aside, fail, ok, skip, warn, why
from ingestd.problem import said
from ingestd.store import Limits, engines

MIB = 1024 * 1024
LOW_BYTES = 1024 * MIB
LOW_PART = 0.05  # of the inodes
PATIENCE = 3.5  # seconds for the look through a large store
STEPS = 10_000  # of SQLite's machine between two looks at the time


def trials(case: Case) -> Iterator[Trial]:
    """The folders that grow, and the store."""
    if case.site is None:
        return
    store = make_url(case.site.settings.store)
    file = Path(store.database or "").absolute() if store.get_backend_name() == "sqlite" else None
    for folder in dict.fromkeys((case.site.state.absolute(), *((file.parent,) if file else ()))):
        yield aside(said("disk of {folder}", folder=folder), partial(_room, folder))
    look = partial(_whole, file) if file else partial(_answers, case.site.settings.store)
    yield aside(said("store"), look)


def _room(folder: Path) -> Finding:
    there = next(one for one in (folder, *folder.parents) if one.exists())
    disk, least = os.statvfs(there), Limits().free_bytes
    free = disk.f_bavail * disk.f_frsize
    words = said("{free} MiB free", free=free // MIB)
    remedy = said("make room: below {least} MiB senders are turned away for a while", least=least // MIB)
    if free < 2 * least:
        return fail(words, remedy)
    if disk.f_files and disk.f_favail < LOW_PART * disk.f_files:
        return warn(said("{count} inodes free of {all}", count=disk.f_favail, all=disk.f_files), remedy)
    return warn(words, remedy) if free < LOW_BYTES else ok(words)


def _whole(file: Path) -> Finding:
    """SQLite's own quick check, for as long as there is time."""
    if not file.exists():
        return skip(said("there is no store yet: `ingestd run` makes it"))
    end = time.monotonic() + PATIENCE
    try:
        connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=1.0)
        try:
            connection.set_progress_handler(lambda: int(time.monotonic() > end), STEPS)
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            return ok(
                said("nothing wrong in the first {seconds} s of a look through {file}", seconds=PATIENCE, file=file)
            )
        answer = why(error)
    if answer != "ok":
        words = said("{file} is damaged: {why}", file=file, why=str(answer)[:200])
        return fail(words, said("stop the daemon, keep a copy, and restore the last backup (docs/operating.md)"))
    return ok(as_said(str(file)))


def _answers(url: str) -> Finding:
    """A server's store: whether it lets us in."""
    try:
        engine = engines.reader(engines.parse(url))
        try:
            with engine.begin() as connection:
                connection.execute(text("SELECT 1"))
        finally:
            engine.dispose()
    except (SQLAlchemyError, ValueError) as error:
        first = why(error).partition("(Background")[0]
        return fail(
            said("the database does not answer: {why}", why=first), said("see `store` in ingestd.yaml, and the server")
        )
    return ok(as_said(make_url(url).render_as_string()))
