"""Alembic's environment and revisions; the statements themselves are in the .sql files beside."""
