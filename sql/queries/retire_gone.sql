-- Briefs of products and segments that are no longer there: nobody will write them, and their copy is kept, marked and
-- no longer offered. They are taken back when the row comes back.
with gone as (
    update briefs b set superseded_at = now()
     where b.campaign_id = :campaign_id and b.superseded_at is null
       and (not exists (select from catalogue p where p.id = b.product_id)
            or not exists (select from audiences a where a.id = b.segment_id))
    returning b.id
)
update copies set status = 'expired' from gone
 where copies.brief_id = gone.id and copies.status in ('candidate', 'selected')
