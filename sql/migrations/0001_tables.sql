-- The first schema. Words as in the README: product, segment, campaign, brief, copy, run.

create function fields_are_valid(fields jsonb) returns boolean language sql immutable strict as $$
    -- strict: lax would unwrap a nested array and find its strings good; silent: null, not an error, on what isn't one
    select jsonb_typeof(fields) = 'object'
       and not jsonb_path_exists(fields, 'strict $.* ? (@.type() != "array")', silent => true)
       and not jsonb_path_exists(fields, 'strict $.*[*] ? (@.type() != "string" || @ == "")', silent => true)
$$;
comment on function fields_are_valid is 'A copy''s fields: an object of arrays of non-empty strings.';

create table products (
    id          text primary key check (id <> '' and length(id) <= 200),
    title       text not null check (title <> ''),
    brand       text,
    description text,
    category    text,
    price       numeric(14, 4) check (price >= 0 and price <> 'NaN'),
    currency    text check (currency ~ '^[A-Z]{3}$'),
    url         text,
    image_url   text,
    attributes  jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object'),
    updated_at  timestamptz not null default now(),
    constraint a_price_has_a_currency check ((price is null) = (currency is null))
);

create table segments (
    id          text primary key check (id <> '' and length(id) <= 200),
    name        text not null check (name <> ''),
    description text,
    interests   text[] not null default '{}',
    needs       text[] not null default '{}',
    size        integer not null constraint a_segment_is_never_a_person check (size >= 20),
    updated_at  timestamptz not null default now()
);

create table campaigns (
    id             integer generated always as identity primary key,
    name           text not null unique check (name <> ''),
    channels       text[] not null check (cardinality(channels) > 0),
    locales        text[] not null check (cardinality(locales) > 0),
    segments       text[] not null default '{}',
    product_filter jsonb not null default '{}' check (jsonb_typeof(product_filter) = 'object'),
    variants       smallint not null default 4 check (variants between 1 and 16),
    brand_voice    text,
    offer          text,
    sampling       jsonb not null default '{}' check (jsonb_typeof(sampling) = 'object'),
    updated_at     timestamptz not null default now()
);
comment on column campaigns.segments is 'Segment ids; empty means every segment.';

create table runs (
    id                   bigint generated always as identity primary key,
    status               text not null default 'planning'
                         check (status in ('planning', 'running', 'completed', 'failed', 'cancelled', 'crashed')),
    parameters           jsonb not null default '{}',
    plans                jsonb not null default '{}',
    model                text,
    model_revision       text,
    flow_run_id          text,
    started_at           timestamptz not null default now(),
    finished_at          timestamptz,
    planned              bigint not null default 0 check (planned >= 0),
    reused               bigint not null default 0 check (reused >= 0),
    generated            bigint not null default 0 check (generated >= 0),
    failed               bigint not null default 0 check (failed >= 0),
    skipped              bigint not null default 0 check (skipped >= 0),
    prompt_tokens        bigint not null default 0,
    cached_prompt_tokens bigint not null default 0,
    output_tokens        bigint not null default 0,
    engine_seconds       double precision not null default 0,
    error                text,
    constraint nothing_is_lost
        check (status <> 'completed' or planned = reused + generated + failed + skipped),
    constraint an_ended_run_has_an_end check ((status in ('planning', 'running')) = (finished_at is null))
);
comment on column runs.plans is 'Counts of the plan by campaign id; planned, reused and skipped are their sums.';

create table briefs (
    id            bigint generated always as identity primary key,
    campaign_id   integer not null references campaigns,
    product_id    text not null,
    segment_id    text not null,
    channel       text not null,
    locale        text not null,
    content_key   text not null unique,
    seed          bigint not null,
    run_id        bigint not null references runs,
    status        text not null check (status in ('pending', 'generated', 'failed', 'skipped')),
    attempts      smallint not null default 0 check (attempts between 0 and 1),
    reason        text,
    superseded_at timestamptz,
    constraint a_brief_without_copy_says_why check ((status in ('failed', 'skipped')) = (reason is not null))
);
comment on table briefs is 'One cell to be written. Products and segments may be a view of yours, so no foreign keys to them.';
comment on column briefs.content_key is 'Digest of everything that may change the words. Same key: nothing to write.';
comment on column briefs.run_id is 'The run that last planned it.';
comment on column briefs.superseded_at is 'Since when another brief of the same cell is the current one; null: this one is.';
create index briefs_by_run on briefs (run_id, status, attempts, campaign_id, channel, locale, product_id, segment_id);
create index briefs_by_cell on briefs (campaign_id, product_id, segment_id, channel, locale);

create table copies (
    id            bigint generated always as identity primary key,
    brief_id      bigint not null references briefs,
    run_id        bigint not null references runs,
    attempt       smallint not null,
    variant       smallint not null,
    status        text not null default 'candidate' check (status in
                  ('candidate', 'selected', 'approved', 'edited', 'rejected', 'exported', 'expired')),
    fields        jsonb not null check (fields_are_valid(fields)),
    raw_text      text not null,
    gate          text,
    reason        text,
    warnings      text[] not null default '{}',
    score         double precision check (score between 0 and 100),
    score_parts   jsonb not null default '{}',
    output_tokens integer not null check (output_tokens >= 0),
    mean_logprob  double precision,
    created_at    timestamptz not null default now(),
    unique (brief_id, attempt, variant),
    constraint a_failed_copy_is_never_approved check (gate is null or status = 'rejected'),
    constraint a_gate_gives_its_reason check ((gate is null) or reason is not null),
    constraint only_a_failed_copy_has_no_fields check (gate is not null or fields <> '{}'::jsonb)
);
create unique index one_selected_copy_a_brief on copies (brief_id)
    where status in ('selected', 'approved', 'edited', 'exported');
create index copies_by_run on copies (run_id, gate);
create index copies_to_review on copies (status, id);

create table failures (
    id         bigint generated always as identity primary key,
    run_id     bigint not null references runs,
    brief_id   bigint not null references briefs,
    stage      text not null,
    reason     text not null,
    raw_text   text,
    created_at timestamptz not null default now()
);
create index failures_by_run on failures (run_id);

create table reviews (
    id         bigint generated always as identity primary key,
    copy_id    bigint not null references copies,
    reviewer   text not null check (reviewer <> ''),
    decision   text not null check (decision in ('approve', 'edit', 'reject')),
    fields     jsonb check (fields_are_valid(fields)),
    note       text,
    created_at timestamptz not null default now(),
    constraint an_edit_says_what check ((decision = 'edit') = (fields is not null))
);
create index reviews_by_copy on reviews (copy_id);

-- What the plan reads. `copydesk init` points these at tables or views of your own, if you name them.
create view catalogue as
    select id, title, brand, description, category, price, currency, url, image_url, attributes from products;
create view audiences as
    select id, name, description, interests, needs, size from segments;

create view copy_for_review as
    select c.id as copy_id, c.status, k.name as campaign, b.channel, b.locale, b.product_id, p.title as product_title,
           p.brand, p.url, b.segment_id, s.name as segment_name, c.fields, c.score, c.score_parts, c.warnings,
           c.gate, c.reason, c.raw_text, c.run_id, b.id as brief_id, b.superseded_at, c.created_at
      from copies c
      join briefs b on b.id = c.brief_id
      join campaigns k on k.id = b.campaign_id
      left join catalogue p on p.id = b.product_id
      left join audiences s on s.id = b.segment_id;
comment on view copy_for_review is 'Every copy with what a reviewer needs to judge it. status = ''selected'' is what waits.';

create view run_report as
    select r.*, extract(epoch from coalesce(r.finished_at, now()) - r.started_at) as wall_seconds,
           r.output_tokens / nullif(r.engine_seconds, 0) as output_tokens_per_second,
           (select count(*) from copies c where c.run_id = r.id) as copies,
           (select count(*) from copies c
             where c.run_id = r.id and c.status in ('selected', 'approved', 'edited', 'exported')) as selected,
           coalesce((select jsonb_object_agg(g.gate, g.count) from
                        (select c.gate, count(*) from copies c where c.run_id = r.id and c.gate is not null group by 1) g),
                    '{}') as rejected_by_gate
      from runs r;

create view copy_by_campaign as
    select k.name as campaign, b.channel, b.locale, c.status, count(*) as copies, round(avg(c.score)::numeric, 1) as mean_score
      from copies c
      join briefs b on b.id = c.brief_id
      join campaigns k on k.id = b.campaign_id
     group by 1, 2, 3, 4;
