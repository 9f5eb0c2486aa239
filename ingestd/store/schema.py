"""Bring a database's schema up to date, safely also when several processes start at once."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = "0004"  # the last step there
LOCK = 0x696E6765737464  # "ingestd": PostgreSQL's advisory lock while migrating


def migrate(engine: Engine) -> None:
    """Apply the missing steps in one transaction; ValueError: a newer program was here.

    Whoever comes second waits (SQLite: BEGIN IMMEDIATE, PostgreSQL: the advisory lock) and then finds nothing to do.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # a step through a large table takes its time
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        found = revision(connection)
        if found is not None and found > NEWEST:
            raise ValueError(f"the store is one of a newer ingestd (step {found}): run that one, or restore a backup")
        if found != NEWEST:
            from alembic import command  # noqa: PLC0415  (10 MiB, which a daemon seldom needs)

            command.upgrade(_config(connection), NEWEST)


def revision(connection: Connection) -> str | None:
    """The step that the database is at; None: it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
