"""The edited text is the text: a view of the words in force, and copy_for_review shows them."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    statements = Path(__file__).parents[1].joinpath("0002_copy_text.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop view copy_for_review;
        drop view copy_text;
        create view copy_for_review as
            select c.id as copy_id, c.status, k.name as campaign, b.channel, b.locale, b.product_id,
                   p.title as product_title, p.brand, p.url, b.segment_id, s.name as segment_name, c.fields, c.score,
                   c.score_parts, c.warnings, c.gate, c.reason, c.raw_text, c.run_id, b.id as brief_id,
                   b.superseded_at, c.created_at
              from copies c
              join briefs b on b.id = c.brief_id
              join campaigns k on k.id = b.campaign_id
              left join catalogue p on p.id = b.product_id
              left join audiences s on s.id = b.segment_id;
        comment on view copy_for_review is
            'Every copy with what a reviewer needs to judge it. status = ''selected'' is what waits.';
        """
    )
