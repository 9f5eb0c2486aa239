"""Keeps what was received and what was decided: SQLAlchemy Core on SQLite or PostgreSQL, one writer thread."""

from ingestd.store.audit import Unsent, Unstepped
from ingestd.store.daily import Daily, Paged
from ingestd.store.erasing import Aged, Packable
from ingestd.store.ledger import Asked, LedgerLine
from ingestd.store.past import ByHand, Failure, Seen
from ingestd.store.queries import Delivery, Journalled, Queries, Shunted, Unrecognised
from ingestd.store.store import Limits, Store
from ingestd.store.unpaged import Unpaged
from ingestd.store.writer import BatchRefused

__all__ = [
    "Aged",
    "Asked",
    "BatchRefused",
    "ByHand",
    "Daily",
    "Delivery",
    "Failure",
    "Journalled",
    "LedgerLine",
    "Limits",
    "Packable",
    "Paged",
    "Queries",
    "Seen",
    "Shunted",
    "Store",
    "Unpaged",
    "Unrecognised",
    "Unsent",
    "Unstepped",
]
