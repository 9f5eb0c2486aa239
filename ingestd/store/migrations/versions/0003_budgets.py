"""What waits for a person's next letter."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "budget",
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("body", sa.Text(), nullable=False),
    )
