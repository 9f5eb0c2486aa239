"""``ingestd backup``, ``ingestd restore`` and ``ingestd migrate-store``: the whole store, kept and moved."""

import sqlite3
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ingestd.cli.client import site_file
from ingestd.cli.terminal import CommandError, complain, say
from ingestd.config import load_site
from ingestd.store import backup, copying
from ingestd.store.copying import Copied, CopyRefused, Tell


def keep(args: Namespace) -> int:
    """Write a backup of the site's store, also while the daemon runs."""
    with _bars() as tell, in_words():
        backup.backup(_store(args), args.file, tell)
    say(f"{args.file}: {args.file.stat().st_size / 1e6:,.1f} MB, read through and whole")
    return 0


def bring_back(args: Namespace) -> int:
    """Fill the site's store, which must be empty, from a backup."""
    with _bars() as tell, in_words():
        _say_what(backup.restore(args.file, _store(args), tell))
    return 0


def move(args: Namespace) -> int:
    """Copy a store into another one, or go on with it; the source stays as it is."""
    with _bars() as tell, in_words():
        _say_what(copying.copy(args.source, args.target, tell))
    complain("write `store:` into ingestd.yaml, start the daemon, and keep the old store until you trust the new one")
    return 0


def _store(args: Namespace) -> str:
    return load_site(site_file(args.config)).settings.store


def _say_what(copied: tuple[Copied, ...]) -> None:
    for one in copied:
        say(f"{one.table:13} {one.rows:>12,} rows, sum {one.sum:016x}")
    say("whole: counted and summed up on both sides")


@contextmanager
def in_words() -> Iterator[None]:
    """What goes wrong with a store, as the keyboard hears it."""
    try:
        yield
    except (ArgumentError, ValueError) as error:
        raise CommandError(f"no address of a store: {error}") from error
    except (CopyRefused, SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise CommandError(str(getattr(error, "orig", None) or error)) from error


@contextmanager
def _bars() -> Iterator[Tell]:
    """A bar for each table, where a person is looking."""
    columns = TextColumn("{task.description:13}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(table: str, done: int, rows: int) -> None:
            if table not in tasks:
                tasks[table] = progress.add_task(table)
            progress.update(tasks[table], completed=done, total=rows)

        yield tell
