-- Copies that share a band with one of those that are to be compared, and those bands.
with met as materialized (
    select k.copy_id, array_agg(k.band) as bands
      from unnest(cast(:bands as bigint[])) as asked (band)
      join likeness_bands k using (band)
     group by k.copy_id
)
select l.copy_id, m.bands, l.signature, b.campaign_id, b.product_id, b.segment_id, b.subject_id
  from met m
  join likenesses l using (copy_id)
  join copies c on c.id = l.copy_id
  join briefs b on b.id = c.brief_id
 where c.status in ('selected', 'approved', 'edited', 'exported') and l.signature is not null
 order by l.copy_id
