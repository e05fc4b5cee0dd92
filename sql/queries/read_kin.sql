-- Copies that share a band with one of those that are to be compared.
select l.copy_id, l.bands, l.signature, b.campaign_id, b.product_id, b.segment_id
  from likenesses l
  join copies c on c.id = l.copy_id
  join briefs b on b.id = c.brief_id
 where l.bands && cast(:bands as bigint[])
   and c.status in ('selected', 'approved', 'edited', 'exported')
 order by l.copy_id
