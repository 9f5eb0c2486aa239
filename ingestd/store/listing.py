"""Letters that told of several incidents are found by what they list."""

from sqlalchemy import ColumnElement, and_

from ingestd.store.tables import notification


def listing(number: int) -> ColumnElement[bool]:
    """The letters that told of several incidents, this one among them."""
    named = notification.c.body.contains(f'{{"incident":{number},"kind"', autoescape=True)
    return and_(notification.c.incident == 0, notification.c.kind == "list", named)
