"""Other kinds of copy: customers' questions, comparisons, customer reviews, personas; stages of a customer's life."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    statements = Path(__file__).parents[1].joinpath("0007_kinds.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    """Copy of the other kinds goes, with all that hangs on it: the older tables have no place for it."""
    op.get_bind().exec_driver_sql(
        """
        do $$
        declare  -- a view's last column can't be taken away, so both are made anew
            shown text := rtrim(pg_get_viewdef('audiences'::regclass), ';');
            told text := obj_description('copy_for_review'::regclass);
        begin
            if exists (select from pg_rewrite r join pg_depend d on d.objid = r.oid
                        where r.ev_class = 'audiences'::regclass and d.refobjid = 'segments'::regclass) then
                shown := 'segments';
            else
                shown := '(' || shown || ') c';
            end if;
            drop view copy_for_review;
            drop view audiences;
            execute 'create view audiences as select id, name, description, interests, needs, size from ' || shown;
            create view copy_for_review as
                select c.id as copy_id, c.status, k.name as campaign, b.channel, b.locale, b.product_id,
                       p.title as product_title, p.brand, p.url, b.segment_id, s.name as segment_name, t.fields,
                       c.score, c.score_parts, c.warnings, c.gate, c.reason, c.raw_text, c.run_id, b.id as brief_id,
                       b.superseded_at, c.created_at, t.decided_by, t.decided_at, c.score_notes, c.expires_at,
                       coalesce(c.ai_label, ai_label(k.market, b.locale)) as ai_label, c.provenance
                  from copies c
                  join copy_text t on t.copy_id = c.id
                  join briefs b on b.id = c.brief_id
                  join campaigns k on k.id = b.campaign_id
                  left join catalogue p on p.id = b.product_id
                  left join audiences s on s.id = b.segment_id;
            execute 'comment on view copy_for_review is ' || quote_literal(told);
        end $$;
        create temp table other_kind on commit drop as select id from briefs where about <> 'audience';
        delete from reviews r using copies c, other_kind o where r.copy_id = c.id and c.brief_id = o.id;
        delete from copies c using other_kind o where c.brief_id = o.id;
        delete from failures f using other_kind o where f.brief_id = o.id;
        delete from briefs b using other_kind o where b.id = o.id;
        drop table other_kind;
        drop function brief_subject, reviews_of;
        drop index briefs_by_cell;
        alter table briefs drop constraint a_brief_has_what_it_is_about, drop column about, drop column subject_id;
        comment on column briefs.product_id is null;
        comment on column briefs.segment_id is null;
        create index briefs_by_cell on briefs (campaign_id, product_id, segment_id, channel, locale);
        drop table customer_reviews, comparisons, customer_questions;
        alter table campaigns drop constraint a_life_cycle_campaign_speaks_to_known_customers, drop column life_cycle;
        alter table segments drop column stage;
        """
    )
