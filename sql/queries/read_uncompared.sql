-- Live copies that other copies aren't compared with yet.
select c.id as copy_id, b.campaign_id, b.product_id, b.segment_id, b.subject_id, b.channel, b.locale,
       coalesce(p.category, '') as category, t.fields
  from copies c
  join copy_text t on t.copy_id = c.id
  join briefs b on b.id = c.brief_id
  left join catalogue p on p.id = b.product_id
 where c.status = any(%(live)s)
   and not exists (select from likenesses l where l.copy_id = c.id)
 order by b.campaign_id, b.product_id, b.channel, b.locale, b.segment_id, b.subject_id, c.id
