"""Alembic's environment: migrations run on the connection that the store passes in the configuration."""

from alembic import context

from toolkit.store.base import Base
from toolkit.store.store import Transaction  # noqa: F401 - imports every table into the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
