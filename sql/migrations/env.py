"""Alembic calls this with the connection that ``sql.database.migrate`` opened. There is no offline mode."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="copydesk_schema")
with context.begin_transaction():
    context.run_migrations()
