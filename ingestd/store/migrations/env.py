"""What Alembic runs: the steps, on the connection and in the transaction that ``store.schema`` handed over."""

from alembic import context

from ingestd.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
