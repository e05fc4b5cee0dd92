"""Stored reviews beyond the eight that a digest may quote, for counting who says what."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    statements = Path(__file__).parents[1].joinpath("0008_further_reviews.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    """The function is again as 0007 made it."""
    older = Path(__file__).parents[1].joinpath("0007_kinds.sql").read_text("utf-8")
    start = older.index("create function brief_subject")
    end = older.index("$$;", start) + len("$$;")
    op.get_bind().exec_driver_sql(older[start:end].replace("create function", "create or replace function", 1))
    op.get_bind().exec_driver_sql("drop function further_reviews")
