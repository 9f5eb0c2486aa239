"""Bring a database's schema up to date, safely also when several processes start at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x696E6765737464  # "ingestd": PostgreSQL's advisory lock while migrating


def migrate(engine: Engine) -> None:
    """Apply the missing steps in one transaction.

    Whoever comes second waits (SQLite: BEGIN IMMEDIATE, PostgreSQL: the advisory lock) and then finds nothing to do.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if revision(connection) != newest():
            command.upgrade(_config(connection), "head")


def revision(connection: Connection) -> str | None:
    """The step that the database is at; None: it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The step that this version's schema is at."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
