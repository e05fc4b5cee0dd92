-- Every cell that a campaign asks for, its content key, the brief that is there for that key, and what becomes of it.
-- The key digests all that may change the cell's words.
-- :channels is a JSON array of {channel, locale, recipe, judgement, about}; recipe digests template and model, judgement
-- the rules that decide the verdict on the words and is no part of the key; nor are the grounds, a digest of what the
-- claims of a cell's copy may rest on. about says which rows the channel's cells are made of: each kind has its branch.
create temp table cell on commit drop as
with evidence as (
    select coalesce('p' || product_id, 'b' || brand, '') as of,
           string_agg(md5(jsonb_build_array(id, kind, statement, source, expires)::text), '' order by id) as digest
      from claim_evidence
     where coalesce(expires >= current_date, true)
     group by 1
),
wanted as materialized (
    select * from jsonb_to_recordset(cast(:channels as jsonb))
             as w (channel text, locale text, recipe text, judgement text, about text)
),
product as materialized (
    select id, revenue,
           md5(jsonb_build_array(title, brand, description, category, price, catalogue.currency, attributes)::text) as digest,
           md5(concat_ws('|', cast(:campaign_grounds as text), lowest, everything.digest, of_brand.digest, own.digest))
               as grounds,
           coalesce(cast(:not_promoted as text),
                    case when not ((cast(:promoted_ids as text[]) is null or id = any(:promoted_ids))
                               and (cast(:promoted_categories as text[]) is null or category = any(:promoted_categories))
                               and (cast(:promoted_brands as text[]) is null or brand = any(:promoted_brands))
                               and (cast(:promoted_title as text) is null
                                    or position(lower(:promoted_title) in lower(title)) > 0))
                         then format('promotion %s holds for other products', cast(:promotion as text)) end)
               as not_promoted
      from catalogue
      left join lowest_prices on lowest_prices.product_id = catalogue.id and lowest_prices.currency = catalogue.currency
      left join evidence everything on everything.of = ''
      left join evidence of_brand on of_brand.of = 'b' || catalogue.brand
      left join evidence own on own.of = 'p' || catalogue.id
     where (cast(:ids as text[]) is null or id = any(:ids))
       and (cast(:categories as text[]) is null or category = any(:categories))
       and (cast(:brands as text[]) is null or brand = any(:brands))
       and (cast(:title_contains as text) is null or position(lower(:title_contains) in lower(title)) > 0)
),
audience as materialized (
    select id, size, md5(jsonb_build_array(name, interests, needs)::text) as digest, stage
      from audiences
     where cast(:segments as text[]) is null or id = any(:segments)
),
reviewed as materialized (
    select id, md5(reviews::text) as digest
      from (select id, reviews_of(id) as reviews from product
             where exists (select from wanted where about = 'reviews')) r
     where reviews is not null
),
told as (
    -- what a cell is made of: its rows, and as contents what of them goes into the key
    select w.*, p.id as product_id, a.id as segment_id, '' as subject_id, a.size, a.stage, p.grounds, p.not_promoted,
           p.revenue,
           concat_ws('|', md5(p.id), p.digest, md5(a.id), a.digest, case when cast(:life_cycle as boolean) then a.stage end) as contents
      from wanted w cross join product p cross join audience a
     where w.about = 'audience'
    union all
    select w.*, p.id, '', q.id, null, null, p.grounds, p.not_promoted, p.revenue,
           concat_ws('|', md5(p.id), p.digest, md5(q.id), md5(q.question))
      from wanted w cross join product p join customer_questions q on q.product_id = p.id
     where w.about = 'question'
    union all
    select w.*, p.id, '', o.id, null, null,
           case when coalesce(of_brand.digest, own.digest) is null then p.grounds
                else md5(concat_ws('|', p.grounds, of_brand.digest, 'own', own.digest)) end,
           p.not_promoted, p.revenue,
           concat_ws('|', md5(p.id), p.digest, md5(o.id),
                     md5(jsonb_build_array(o.title, o.brand, o.description, o.category, o.price, o.currency,
                                           o.attributes)::text))
      from wanted w cross join product p join comparisons c on c.product_id = p.id join catalogue o on o.id = c.other_id
      left join evidence of_brand on of_brand.of = 'b' || o.brand
      left join evidence own on own.of = 'p' || o.id
     where w.about = 'comparison'
    union all
    select w.*, p.id, '', '', null, null, p.grounds, p.not_promoted, p.revenue,
           concat_ws('|', md5(p.id), p.digest, r.digest)
      from wanted w cross join product p join reviewed r on r.id = p.id
     where w.about = 'reviews'
    union all
    select w.*, '', a.id, '', a.size, null, md5(cast(:campaign_grounds as text)), null, null,
           concat_ws('|', md5(a.id), a.digest)
      from wanted w cross join audience a
     where w.about = 'persona'
),
keyed as materialized (
    select product_id, segment_id, subject_id, about, size, stage, channel, locale, recipe, judgement, grounds,
           not_promoted,
           md5(concat_ws('|', cast(:campaign_id as text), cast(:campaign_digest as text), channel, locale, recipe,
                         contents)) as content_key
      from told
     order by revenue desc nulls last, product_id, channel, locale, segment_id, subject_id  -- a limit leaves out what matters least
     limit cast(:most as bigint)
)
select k.*, b.id as brief_id,
       case when k.not_promoted is not null then case when b.status = 'generated' then 'withdrawn' else 'not promoted' end
            when k.about = 'audience' and cast(:life_cycle as boolean) and k.stage is null then 'no stage'
            when b.status = 'generated' then case when b.superseded_at is null then 'reused' else 'taken back' end
            when b.status = 'failed' and not cast(:retry_failed as boolean) then 'failed before'
            when k.size < :floor then 'too small'
            else 'pending' end as fate
  from keyed k
  left join briefs b using (content_key)
