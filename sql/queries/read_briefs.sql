-- Pending briefs, the most valuable first: whatever ends a run early, what mattered least is left. Within a product,
-- those next to each other share the prompt up to the segment, which is what the prefix cache likes; the system
-- messages of all channels and locales stay in it anyway.
select b.id, b.campaign_id, b.segment_id, b.channel, b.locale, b.seed, b.attempts, b.product_id,
       p.title, p.brand, p.description, p.category, p.price, p.currency, p.url, p.image_url, p.attributes,
       l.lowest as lowest_price,
       case when b.about <> 'audience' then brief_subject(b.about, b.product_id, b.subject_id) end as subject
  from briefs b
  join campaigns k on k.id = b.campaign_id
  left join catalogue p on p.id = b.product_id
  left join lowest_prices l on l.product_id = p.id and l.currency = p.currency
 where b.run_id = %(run_id)s and b.status = 'pending' and b.attempts = %(attempt)s
   and b.superseded_at is null
 order by k.priority desc, b.campaign_id, p.revenue desc nulls last, b.product_id, b.channel, b.locale, b.segment_id,
          b.subject_id
