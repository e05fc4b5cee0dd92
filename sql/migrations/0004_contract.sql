-- What is written first, and what a run foretells: a campaign's priority, a product's revenue, a run's forecast.

alter table campaigns add column priority smallint not null default 0;
comment on column campaigns.priority is 'Briefs of a campaign with a higher one are written first.';

alter table products add column revenue numeric check (revenue > '-Infinity' and revenue < 'Infinity');
comment on column products.revenue is 'What it earned lately, in any one currency. For the order only: no prompt shows it.';

alter table runs add column forecast jsonb check (jsonb_typeof(forecast) = 'object');
comment on column runs.forecast is 'What was expected of the run before its engine started; null: there was no history.';

-- A run's briefs come in the order of value, which no index keeps.
drop index briefs_by_run;
create index briefs_by_run on briefs (run_id, status, attempts);

-- The view may read a relation of the user's own, which goes on without revenue until `copydesk init` looks again.
do $$
begin
    if exists (select from pg_rewrite r join pg_depend d on d.objid = r.oid
                where r.ev_class = 'catalogue'::regclass and d.refobjid = 'products'::regclass) then
        create or replace view catalogue as
            select id, title, brand, description, category, price, currency, url, image_url, attributes, revenue
              from products;
    else
        execute 'create or replace view catalogue as select c.*, null::numeric as revenue from ('
                || rtrim(pg_get_viewdef('catalogue'::regclass), ';') || ') c';
    end if;
end $$;

alter table runs add column shareable_prompt_tokens bigint not null default 0;
comment on column runs.shareable_prompt_tokens is
    'Prompt tokens that an earlier prompt told: what a prefix cache without bounds would have saved.';
