"""A store that is only read, beside the daemon that writes it: for replays."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, func, select

from ingestd.store import engines
from ingestd.store.queries import Queries, with_merged
from ingestd.store.tables import alert, inbox


class Journal(Queries):
    """The journal and what a replay asks besides; blocking."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine

    def newest(self) -> float:
        """When the newest message from outside was received (wall); 0: there is none."""
        query = select(func.max(inbox.c.received)).where(inbox.c.kind.in_(("mail", "webhook")))
        with self._engine.begin() as connection:
            return float(connection.scalar(query) or 0.0)

    def at_wall(self, wall: float) -> float:
        """The engine's time of the first entry that was received at or after a wall time; inf: there is none."""
        first = select(func.min(inbox.c.position)).where(inbox.c.received >= wall, inbox.c.position.is_not(None))
        with self._engine.begin() as connection:
            at = connection.scalar(select(inbox.c.at).where(inbox.c.position == first.scalar_subquery()))
        return float("inf") if at is None else float(at)

    def position_at(self, at: float) -> int:
        """The first position at or after a time of the engine's clock; behind the last one if there is none."""
        query = select(func.min(inbox.c.position)).where(inbox.c.at >= at)
        with self._engine.begin() as connection:
            found = connection.scalar(query)
            last = connection.scalar(select(func.max(inbox.c.position)))
        return int(found if found is not None else (last or 0) + 1)

    def fingerprints_of(self, number: int, limit: int = 20) -> tuple[str, ...]:
        """Of the alerts of an incident, linked ones included, the oldest first."""
        query = select(alert.c.fingerprint).where(alert.c.incident.in_(with_merged(number)))
        with self._engine.begin() as connection:
            return tuple(connection.scalars(query.order_by(alert.c.id).limit(limit)))


@contextmanager
def opened(url: str) -> Iterator[Journal]:
    """Connect for reading. FileNotFoundError: there is no such file; it is not made."""
    engine = engines.reader(engines.existing(engines.parse(url)))
    try:
        yield Journal(engine)
    finally:
        engine.dispose()
