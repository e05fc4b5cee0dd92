-- Every cell that a campaign asks for, its content key, the brief that is there for that key, and what becomes of it.
-- The key digests all that may change the cell's words.
-- :channels is a JSON array of {channel, locale, recipe, judgement}; recipe digests template and model, judgement the
-- rules that decide the verdict on the words and is no part of the key; nor are the grounds, a digest of what the
-- claims of a cell's copy may rest on.
create temp table cell on commit drop as
with evidence as (
    select coalesce('p' || product_id, 'b' || brand, '') as of,
           string_agg(md5(jsonb_build_array(id, kind, statement, source, expires)::text), '' order by id) as digest
      from claim_evidence
     where coalesce(expires >= current_date, true)
     group by 1
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
    select id, size, md5(jsonb_build_array(name, interests, needs)::text) as digest
      from audiences
     where cast(:segments as text[]) is null or id = any(:segments)
),
keyed as materialized (
    select p.id as product_id, a.id as segment_id, a.size, w.channel, w.locale, w.recipe, w.judgement, p.grounds,
           p.not_promoted,
           md5(concat_ws('|', cast(:campaign_id as text), cast(:campaign_digest as text), w.channel, w.locale, w.recipe,
                         md5(p.id), p.digest, md5(a.id), a.digest)) as content_key
      from product p
     cross join audience a
     cross join jsonb_to_recordset(cast(:channels as jsonb)) as w(channel text, locale text, recipe text, judgement text)
     order by p.revenue desc nulls last, p.id, w.channel, w.locale, a.id  -- a limit leaves out what matters least
     limit cast(:most as bigint)
)
select k.*, b.id as brief_id,
       case when k.not_promoted is not null then case when b.status = 'generated' then 'withdrawn' else 'not promoted' end
            when b.status = 'generated' then case when b.superseded_at is null then 'reused' else 'taken back' end
            when b.status = 'failed' and not cast(:retry_failed as boolean) then 'failed before'
            when k.size < :floor then 'too small'
            else 'pending' end as fate
  from keyed k
  left join briefs b using (content_key)
