"""The nightly contract: campaigns have a priority, products a revenue, runs a forecast."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    statements = Path(__file__).parents[1].joinpath("0004_contract.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        do $$
        declare  -- a view's last column can't be taken away, so it is made anew, and with it the view that reads it
            shown text := rtrim(pg_get_viewdef('catalogue'::regclass), ';');
            review text := pg_get_viewdef('copy_for_review'::regclass);
            told text := obj_description('copy_for_review'::regclass);
        begin
            if exists (select from pg_rewrite r join pg_depend d on d.objid = r.oid
                        where r.ev_class = 'catalogue'::regclass and d.refobjid = 'products'::regclass) then
                shown := 'products';
            else
                shown := '(' || shown || ') c';
            end if;
            drop view copy_for_review;
            drop view catalogue;
            execute 'create view catalogue as select id, title, brand, description, category, price, currency, url,'
                    ' image_url, attributes from ' || shown;
            execute 'create view copy_for_review as ' || review;
            execute 'comment on view copy_for_review is ' || quote_literal(told);
        end $$;
        alter table products drop column revenue;
        alter table campaigns drop column priority;
        alter table runs drop column forecast, drop column shareable_prompt_tokens;
        drop index briefs_by_run;
        create index briefs_by_run
            on briefs (run_id, status, attempts, campaign_id, channel, locale, product_id, segment_id);
        """
    )
