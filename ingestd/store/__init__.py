"""Keeps what was received and what was decided: SQLAlchemy Core on SQLite or PostgreSQL, one writer thread."""

from ingestd.store.queries import Delivery, Journalled, Queries, Shunted, Unrecognised
from ingestd.store.store import Limits, Store
from ingestd.store.writer import BatchRefused

__all__ = ["BatchRefused", "Delivery", "Journalled", "Limits", "Queries", "Shunted", "Store", "Unrecognised"]
