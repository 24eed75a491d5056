"""Alembic's entry: runs the migrations on the connection that db/migrate.py hands over."""

from alembic import context

from db.migrate import is_ours
from db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=is_ours,
    user_module_prefix="types.",
)
with context.begin_transaction():
    context.run_migrations()
