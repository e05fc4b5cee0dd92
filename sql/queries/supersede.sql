-- Other briefs of the same cells as the current ones are out of date: their copy is kept, marked and no longer
-- offered; what people approved stays as it is.
with other as (
    update briefs o set superseded_at = now()
      from current_brief c
      join briefs n on n.id = c.id
     where o.superseded_at is null and o.id <> n.id
       and (o.campaign_id, o.product_id, o.segment_id, o.channel, o.locale, o.subject_id)
         = (n.campaign_id, n.product_id, n.segment_id, n.channel, n.locale, n.subject_id)
    returning o.id
)
update copies set status = 'expired' from other
 where copies.brief_id = other.id and copies.status in ('candidate', 'selected')
