-- Copy about more than a product for a segment: a customer's question, two products, a product's reviews, a segment
-- alone; and campaigns that write to each segment as its stage of a customer's life asks.

alter table segments add column stage text check (stage in ('new', 'steady', 'loyal', 'slipping', 'lapsed'));
comment on column segments.stage is 'Of a customer''s life; null: of several, or nobody knows. A life-cycle campaign then has no copy for it.';

alter table campaigns
    add column life_cycle boolean not null default false,
    add constraint a_life_cycle_campaign_speaks_to_known_customers
        check (not life_cycle or channels <@ array['email', 'push', 'sms']);
comment on column campaigns.life_cycle is 'Each segment is written to as its stage asks: welcomed, thanked, reminded, won back.';

create table customer_questions (
    id         text primary key check (id <> '' and length(id) <= 200),
    product_id text not null,
    question   text not null check (question <> ''),
    updated_at timestamptz not null default now()
);
comment on table customer_questions is 'What customers asked of products. No facts: an answer rests on the product''s record.';
create index questions_by_product on customer_questions (product_id);

create table comparisons (
    id         text primary key check (id <> '' and length(id) <= 200),
    product_id text not null,
    other_id   text not null,
    updated_at timestamptz not null default now(),
    constraint a_pair_is_compared_once unique (product_id, other_id),
    constraint a_product_is_compared_with_another check (product_id <> other_id)
);
comment on table comparisons is 'Pairs of products for buying guides; the campaign''s filter looks at product_id.';

create table customer_reviews (
    id         text primary key check (id <> '' and length(id) <= 200),
    product_id text not null,
    rating     numeric check (rating between 1 and 5),
    text       text not null check (text <> ''),
    written    date not null,
    updated_at timestamptz not null default now()
);
comment on table customer_reviews is 'What customers wrote of products, without their names. Digests quote these and no others.';
create index reviews_by_product on customer_reviews (product_id, written);

create function reviews_of(product text) returns jsonb language sql stable as $$
    select jsonb_build_object('count', r.count, 'first', r.first, 'last', r.last, 'mean', r.mean, 'shown',
               (select jsonb_agg(jsonb_build_object('id', s.id, 'text', s.text, 'written', s.written,
                                                    'rating', s.rating::text) order by s.place)
                  from (select c.*, row_number() over (order by length(c.text) between 40 and 400 desc, c.written desc,
                                                                c.id collate "C") as place
                          from customer_reviews c where c.product_id = product) s
                 where s.place <= 8))
      from (select count(*) as count, min(written) as first, max(written) as last,
                   round(avg(rating), 1)::text as mean
              from customer_reviews where product_id = product) r
     where r.count > 0
$$;
comment on function reviews_of is
    'A product''s reviews as a digest is made of them: count, dates, mean rating, and at most eight that it may quote, those of a readable length first, then the newest. Null: it has none.';

alter table briefs
    add column about text not null default 'audience'
        check (about in ('audience', 'question', 'comparison', 'reviews', 'persona')),
    add column subject_id text not null default '',
    add constraint a_brief_has_what_it_is_about check (
        (product_id <> '') = (about <> 'persona')
        and (segment_id <> '') = (about in ('audience', 'persona'))
        and (subject_id <> '') = (about in ('question', 'comparison')));
comment on column briefs.about is
    'What it is made of: a product for a segment (audience), a product and a question, two products, a product''s reviews, a segment alone (persona).';
comment on column briefs.product_id is 'Empty where it is about a segment alone.';
comment on column briefs.segment_id is 'Empty where it is for no segment.';
comment on column briefs.subject_id is 'The question''s id, or that of the other product; else empty.';

drop index briefs_by_cell;
create index briefs_by_cell on briefs (campaign_id, product_id, segment_id, channel, locale, subject_id);

create function brief_subject(about text, product text, subject text) returns jsonb language sql stable as $$
    select case about
           when 'question' then
               (select jsonb_build_object('id', q.id, 'text', q.question)
                  from customer_questions q where q.id = subject and q.product_id = product)
           when 'comparison' then
               (select jsonb_build_object('product_id', o.id, 'title', o.title, 'brand', o.brand, 'category', o.category,
                                          'description', o.description, 'price', o.price::text, 'currency', o.currency,
                                          'url', o.url, 'image_url', o.image_url, 'attributes', o.attributes)
                  from catalogue o where o.id = subject)
           when 'reviews' then reviews_of(product) end
$$;
comment on function brief_subject is
    'What a brief is about beside its product and segment, as of now: the question, the other product, the reviews. Null: nothing, or it is gone.';

-- The view may read a relation of the user's own, which goes on without a stage until `copydesk init` looks again.
do $$
begin
    if exists (select from pg_rewrite r join pg_depend d on d.objid = r.oid
                where r.ev_class = 'audiences'::regclass and d.refobjid = 'segments'::regclass) then
        create or replace view audiences as
            select id, name, description, interests, needs, size, stage from segments;
    else
        execute 'create or replace view audiences as select c.*, null::text as stage from ('
                || rtrim(pg_get_viewdef('audiences'::regclass), ';') || ') c';
    end if;
end $$;

-- As it was, the new columns at its end.
create or replace view copy_for_review as
    select c.id as copy_id, c.status, k.name as campaign, b.channel, b.locale, b.product_id, p.title as product_title,
           p.brand, p.url, b.segment_id, s.name as segment_name, t.fields, c.score, c.score_parts, c.warnings,
           c.gate, c.reason, c.raw_text, c.run_id, b.id as brief_id, b.superseded_at, c.created_at,
           t.decided_by, t.decided_at, c.score_notes, c.expires_at, coalesce(c.ai_label, ai_label(k.market, b.locale)) as ai_label,
           c.provenance, b.about, b.subject_id,
           (select q.question from customer_questions q where b.about = 'question' and q.id = b.subject_id) as question,
           (select o.title from catalogue o where b.about = 'comparison' and o.id = b.subject_id) as other_title,
           case when b.about = 'reviews' then reviews_of(b.product_id) end as reviews
      from copies c
      join copy_text t on t.copy_id = c.id
      join briefs b on b.id = c.brief_id
      join campaigns k on k.id = b.campaign_id
      left join catalogue p on p.id = b.product_id
      left join audiences s on s.id = b.segment_id;
