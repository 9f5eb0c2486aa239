"""Keeps what was received and what was decided: SQLAlchemy Core on SQLite or PostgreSQL, one writer thread."""

from ingestd.store.daily import Daily, Paged
from ingestd.store.past import ByHand, Failure, Seen
from ingestd.store.queries import Delivery, Journalled, Queries, Shunted, Unrecognised
from ingestd.store.store import Limits, Store
from ingestd.store.unpaged import Unpaged
from ingestd.store.writer import BatchRefused

__all__ = [
    "BatchRefused",
    "ByHand",
    "Daily",
    "Delivery",
    "Failure",
    "Journalled",
    "Limits",
    "Paged",
    "Queries",
    "Seen",
    "Shunted",
    "Store",
    "Unpaged",
    "Unrecognised",
]
