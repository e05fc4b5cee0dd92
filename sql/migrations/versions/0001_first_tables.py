"""The first tables, constraints and views."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    statements = Path(__file__).parents[1].joinpath("0001_tables.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop view copy_by_campaign, run_report, copy_for_review, audiences, catalogue;
        drop table reviews, failures, copies, briefs, runs, campaigns, segments, products;
        drop function fields_are_valid(jsonb);
        """
    )
