"""Second deliveries, what nobody recognised, silences and heartbeats."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, the indices and the two tables."""
    op.add_column("inbox", sa.Column("origin", sa.Text()))
    _partial("inbox_origin", "origin", "origin IS NOT NULL", unique=True)
    _partial("inbox_unrecognised", "id", "recogniser = 'none'")
    op.create_table(
        "silence",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("ends_at", sa.Float(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("body", sa.Text(), nullable=False),
    )


def _partial(name: str, column: str, where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, "inbox", [column], unique=unique, sqlite_where=condition, postgresql_where=condition)
