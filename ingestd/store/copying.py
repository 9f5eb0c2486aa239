"""A whole store copied into another one, of either kind: to move house, to keep a backup, to come back from it.

What is read is one state of the source, whoever writes there meanwhile. Rows go over in groups, each of them committed,
so that a copy which was cut short goes on where it stopped. At the end both sides are counted and summed up row by row;
until they agree the target is marked as half a copy, and no daemon opens it.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, cast

import msgspec
import psycopg
from msgspec import Struct
from psycopg import sql
from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    Table,
    TypeDecorator,
    bindparam,
    func,
    insert,
    select,
    text,
    type_coerce,
)

from ingestd.store import engines, schema, tables
from ingestd.store.queries import MARK, half_made
from ingestd.store.rows import Row

GROUP = 2000  # rows that are read and committed together …
HEAVY = 100  # … and rows with a body, which may be long
_SUM = 1 << 64
#: The last number that was given, and giving the next from there; SQLite keeps only those of ``inbox``.
_GIVEN = {
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = :name",
    "postgresql": "SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'id')::regclass)",
}
_GO_ON = {
    "sqlite": "UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :name",
    "postgresql": "SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)",
}

#: Called with a table, how many of its rows are done, and how many there are.
Tell = Callable[[str, int, int], None]


class CopyRefused(Exception):  # noqa: N818  (what happened, like StoreUnavailable)
    """The copy was not begun, or is not whole; the text says why and what to do."""


class Copied(Struct, frozen=True):
    """What was copied and found equal: a table, its rows, and their sum."""

    table: str
    rows: int
    sum: int


def copy(source: str, target: str, tell: Tell, *, running: bool = False) -> tuple[Copied, ...]:
    """Copy all rows of one store into another that is empty, or go on with it; verified at the end (blocks).

    ``running``: the source may be in use; it is a backup then, and nothing is to be gone on with. CopyRefused: the
    source is in use or of another version, the target holds something else, or the two differ in the end;
    FileNotFoundError: there is no source.
    """
    there = engines.existing(engines.parse(source))
    with _closing(engines.reader(there)) as reading, _closing(engines.writer(engines.parse(target))) as writing:
        schema.migrate(writing)
        with closing(reading.connect()) as connection, connection.begin():
            _check_source(connection, running=running)
            _begin(writing, reading.url.render_as_string())
            for table in ordered():
                _copy(connection, writing, table, tell)
            return _finish(connection, writing)


def ordered() -> tuple[Table, ...]:
    """All tables, parents first, and ``meta`` last."""
    return (*(table for table in tables.metadata.sorted_tables if table is not tables.meta), tables.meta)


@contextmanager
def _closing(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _check_source(connection: Connection, *, running: bool) -> None:
    if schema.revision(connection) != schema.NEWEST:
        raise CopyRefused("the store is one of another version: let this ingestd run on it once, then copy it")
    if half_made(connection):
        raise CopyRefused("the store to copy is half a copy itself")
    ended = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.key == "clean"))
    if ended == "no" and not running:
        raise CopyRefused("the store is in use, or was not closed well: stop the daemon, or start and stop it once")


def _begin(writing: Engine, source: str) -> None:
    with writing.begin() as connection:
        begun = half_made(connection)
        if begun is None and connection.execute(select(tables.meta.c.key).limit(1)).first():
            raise CopyRefused("there is a store already where the copy is to go: name an empty place")
        if begun not in (None, source):
            raise CopyRefused(f"a copy of {begun} was begun there: go on with that one, or name an empty place")
        if begun is None:
            connection.execute(insert(tables.meta), [{"key": MARK, "value": source}])


def _copy(source: Connection, writing: Engine, table: Table, tell: Tell) -> None:
    key = _key(table)
    count = source.scalar(select(func.count()).select_from(table)) or 0
    with writing.begin() as connection:
        after = None
        if isinstance(key.type, Integer):  # numbers are in the same order everywhere, so these can be gone on with
            after = connection.scalar(select(func.max(key)))
        else:
            connection.execute(table.delete().where(key != MARK))
    done = source.scalar(select(func.count()).select_from(table).where(key <= after)) or 0 if after is not None else 0
    tell(table.name, done, count)
    for group in _groups(source, table, after):
        with writing.begin() as connection:
            _put(connection, table, group)
        done += len(group)
        tell(table.name, done, count)


def _put(connection: Connection, table: Table, group: list[Row]) -> None:
    """Rows as they are stored; PostgreSQL takes them several times as fast by COPY."""
    if connection.dialect.name != "postgresql":
        put = insert(table).values({c.name: bindparam(c.name, type_=_plain(c)) for c in table.columns})
        connection.execute(put, group)
        return
    cursor = cast("psycopg.Cursor", connection.connection.cursor())
    names = sql.SQL(", ").join(map(sql.Identifier, group[0]))
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)) as copied:
        for row in group:
            copied.write_row(tuple(row.values()))


def _groups(connection: Connection, table: Table, after: Any = None) -> Iterator[list[Row]]:
    """The rows in the order of their key, as they are stored."""
    key, limit = _key(table), HEAVY if table is tables.inbox_body else GROUP
    query = select(*(type_coerce(c, _plain(c)).label(c.name) for c in table.columns)).order_by(key).limit(limit)
    while True:
        found = connection.execute(query if after is None else query.where(key > after)).mappings().all()
        if not found:
            return
        yield [dict(row) for row in found]
        after = found[-1][key.name]


def _finish(source: Connection, writing: Engine) -> tuple[Copied, ...]:
    """Numbers go on where they were; both sides are summed up; the mark goes."""
    with writing.begin() as connection:
        for table in (tables.inbox, tables.timeline):
            _go_on(source, connection, table)
        ours, theirs = ([_summed(side, table) for table in ordered()] for side in (source, connection))
        wrong = [mine.table for mine, yours in zip(ours, theirs, strict=True) if mine != yours]
        if wrong:
            raise CopyRefused(
                f"the copy differs in {', '.join(wrong)}: the source has changed since the copy was begun. "
                "Empty the target and begin again"
            )
        connection.execute(tables.meta.delete().where(tables.meta.c.key == MARK))
        return tuple(ours)


def _go_on(source: Connection, target: Connection, table: Table) -> None:
    """No number is ever given twice, also if the row that had it is gone."""
    newest = source.scalar(select(func.max(table.c.id))) or 0
    given = source.scalar(text(_GIVEN[source.dialect.name]), {"name": table.name}) or 0
    if last := max(newest, given):
        target.execute(text(_GO_ON[target.dialect.name]), {"name": table.name, "last": last})


def _summed(connection: Connection, table: Table) -> Copied:
    """Rows and their sum, which is the same in whatever order they come."""
    count = total = 0
    for group in _groups(connection, table):
        kept = [row for row in group if row.get("key") != MARK]
        count += len(kept)
        total = sum(map(_digest, map(list, map(dict.values, kept))), total) % _SUM
    return Copied(table.name, count, total)


def _digest(values: Sequence[Any]) -> int:
    return int.from_bytes(hashlib.blake2b(msgspec.msgpack.encode(values), digest_size=8).digest())


def _key(table: Table) -> Any:
    (key,) = table.primary_key.columns
    return key


def _plain(column: Any) -> Any:
    """As it is stored, without what reading makes of it."""
    return column.type.impl if isinstance(column.type, TypeDecorator) else column.type
