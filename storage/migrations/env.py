"""Alembic's entry: run by it, inside the transaction that `storage.schema.upgrade` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
