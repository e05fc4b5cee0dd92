"""Scores: a judge's opinion, the distance to other copy, the calibration to people's ratings."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    statements = Path(__file__).parents[1].joinpath("0006_scores.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        alter table runs drop column judge;
        drop table calibrations, openings, likeness_bands, likenesses;
        alter table briefs drop column awaits_choice;
        update copies set score = raw_score where raw_score is not null;
        alter table copies drop column raw_score, drop column judged_by;
        """
    )
