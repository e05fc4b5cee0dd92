"""Copies know the rules that they were judged under, and briefs the run that is to judge them again."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    statements = Path(__file__).parents[1].joinpath("0003_judgement.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop view run_report;
        alter table copies drop column judgement;
        alter table briefs drop column judging_run_id;
        alter table runs drop column rejudged;
        create view run_report as
            select r.*, extract(epoch from coalesce(r.finished_at, now()) - r.started_at) as wall_seconds,
                   r.output_tokens / nullif(r.engine_seconds, 0) as output_tokens_per_second,
                   (select count(*) from copies c where c.run_id = r.id) as copies,
                   (select count(*) from copies c
                     where c.run_id = r.id and c.status in ('selected', 'approved', 'edited', 'exported')) as selected,
                   coalesce((select jsonb_object_agg(g.gate, g.count) from
                                (select c.gate, count(*) from copies c
                                  where c.run_id = r.id and c.gate is not null group by 1) g),
                            '{}') as rejected_by_gate
              from runs r;
        """
    )
