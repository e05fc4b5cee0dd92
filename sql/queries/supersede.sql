-- Older briefs of the same cell are out of date once this run has written the new one: their copy is kept, marked
-- and no longer offered; what people approved stays as it is.
with older as (
    update briefs o set superseded_at = now()
      from briefs n
     where n.run_id = :run_id and n.status = 'generated' and o.superseded_at is null and o.id < n.id
       and (o.campaign_id, o.product_id, o.segment_id, o.channel, o.locale)
         = (n.campaign_id, n.product_id, n.segment_id, n.channel, n.locale)
    returning o.id
)
update copies set status = 'expired' from older
 where copies.brief_id = older.id and copies.status in ('candidate', 'selected')
