-- The plan: every cell that a campaign asks for, against the briefs that are already there.
-- A cell's content key digests all that may change its words; a key that has copy is reused by doing nothing.
-- :channels is a JSON array of {channel, locale, recipe}; recipe digests template, channel spec and model.
with product as materialized (
    select id,
           md5(jsonb_build_array(title, brand, description, category, price, currency, attributes)::text) as digest
      from catalogue
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
cell as materialized (
    select p.id as product_id, a.id as segment_id, a.size, w.channel, w.locale,
           md5(concat_ws('|', cast(:campaign_id as text), cast(:campaign_digest as text), w.channel, w.locale, w.recipe,
                         md5(p.id), p.digest, md5(a.id), a.digest)) as content_key
      from product p
     cross join audience a
     cross join jsonb_to_recordset(cast(:channels as jsonb)) as w(channel text, locale text, recipe text)
     order by w.channel, w.locale, p.id, a.id
     limit cast(:most as bigint)
),
failed_before as (
    select count(*) as count from cell join briefs b using (content_key)
     where b.status = 'failed' and not cast(:retry_failed as boolean)
),
written as (
    insert into briefs as b
           (campaign_id, product_id, segment_id, channel, locale, content_key, seed, run_id, status, reason)
    select :campaign_id, product_id, segment_id, channel, locale, content_key,
           ('x' || left(content_key, 7))::bit(28)::bigint, :run_id,
           case when size < :floor then 'skipped' else 'pending' end,
           case when size < :floor
                then format('segment %s has %s people, the floor is %s', segment_id, size, cast(:floor as integer)) end
      from cell
    on conflict (content_key) do update
       set run_id = excluded.run_id, status = excluded.status, reason = excluded.reason, superseded_at = null,
           -- a brief that failed is tried with other seeds; one that an earlier run left pending goes on where it was
           seed = b.seed + case when b.status = 'failed' then 7919 else 0 end,
           attempts = case when b.status = 'pending' then b.attempts else 0 end
     where b.status in ('pending', 'skipped')
        or (b.status = 'failed' and cast(:retry_failed as boolean))
        or b.superseded_at is not null
    returning b.status
)
select (select count(*) from cell) as planned,
       (select count(*) from written where status = 'pending') as pending,
       (select count(*) from written where status = 'skipped') + (select count from failed_before) as skipped
