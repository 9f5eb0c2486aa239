"""Rows by the dozen: one step of SQLite writes many of them, where an executemany takes a step for each.

The driver lets go of the interpreter at each step and has to wait for it after, so that beside a busy event loop an
executemany of 64 rows costs four times this. PostgreSQL's driver sends an executemany as one pipeline: there it stays.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Insert
from sqlalchemy.engine import Compiled

from ingestd.store import tables
from ingestd.store.rows import Row

SIZES = (128, 16, 4, 1)  # rows of one step: few texts, so that the driver keeps them all prepared
VALUES = re.compile(r"VALUES \([?, ]+\)")

Binder = Callable[[Any], Any] | None


class Bulk:
    """The statements of a dialect, by name, run with many rows at a time."""

    def __init__(self, statements: dict[str, Executable], dialect: Dialect) -> None:
        self._statements, self._dialect = statements, dialect
        self._prepared: dict[str, Prepared] = {}

    def execute(self, connection: Connection, name: str, rows: list[Row]) -> None:
        """Write these rows, which all have the same columns."""
        statement = self._statements[name]
        if self._dialect.name != "sqlite" or not (isinstance(statement, Insert) or name == "stepped"):
            connection.execute(statement, rows)
            return
        prepared = self._prepared.get(name)
        if prepared is None:
            made = _update if name == "stepped" else _insert
            prepared = self._prepared[name] = made(statement, self._dialect, tuple(rows[0]))
        prepared.execute(connection, rows)


class Prepared:
    """A statement for so many rows. ``binders``: what makes of a column's value what the driver takes, by its place."""

    def __init__(self, columns: Sequence[str], text: Callable[[int], str], binders: Sequence[Binder]) -> None:
        self._texts = {size: text(size) for size in SIZES}
        self._row = itemgetter(*columns)
        self._binders = binders if any(binders) else ()

    def execute(self, connection: Connection, rows: list[Row]) -> None:
        """In as few steps as there must be."""
        values: list[tuple[Any, ...]] = list(map(self._row, rows))
        if self._binders:
            values = [tuple(map(_bound, self._binders, one)) for one in values]
        for size, some in _portions(values):
            connection.exec_driver_sql(self._texts[size], tuple(chain.from_iterable(some)))


def _portions(values: list[tuple[Any, ...]]) -> Iterator[tuple[int, Iterable[tuple[Any, ...]]]]:
    first = 0
    for size in SIZES:
        while len(values) - first >= size:
            yield size, values[first : first + size]
            first += size


def _bound(binder: Binder, value: Any) -> Any:
    return value if binder is None else binder(value)


def _insert(statement: Executable, dialect: Dialect, columns: tuple[str, ...]) -> Prepared:
    assert isinstance(statement, Insert)  # noqa: S101  (Bulk.execute)
    compiled: Compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    text, order = str(compiled), tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
    found = VALUES.search(text)
    assert found is not None  # noqa: S101
    before, one, after = text[: found.start()], found[0].removeprefix("VALUES "), text[found.end() :]
    binders = [statement.table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in order]
    return Prepared(order, lambda size: f"{before}VALUES {', '.join([one] * size)}{after}", binders)


def _update(_statement: Executable, _dialect: Dialect, columns: tuple[str, ...]) -> Prepared:
    """Of inbox rows by their id, which comes as ``row_id``."""
    inbox = tables.inbox.name
    one = f"({', '.join('?' * len(columns))})"
    changed = ", ".join(f"{name} = new.{name}" for name in columns if name != "row_id")

    def text(size: int) -> str:
        new = f"WITH new ({', '.join(columns)}) AS (VALUES {', '.join([one] * size)})"
        return f"{new} UPDATE {inbox} SET {changed} FROM new WHERE {inbox}.id = new.row_id"  # noqa: S608  (our names)

    return Prepared(columns, text, [None] * len(columns))
