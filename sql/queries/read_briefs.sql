-- Pending briefs in the order that the prefix cache likes: briefs next to each other share the system message
-- (campaign, channel, locale), then the product, and differ in the segment only.
select b.id, b.campaign_id, b.segment_id, b.channel, b.locale, b.seed, b.attempts, b.product_id,
       p.title, p.brand, p.description, p.category, p.price, p.currency, p.url, p.image_url, p.attributes
  from briefs b
  left join catalogue p on p.id = b.product_id
 where b.run_id = %(run_id)s and b.status = 'pending' and b.attempts = %(attempt)s
   and b.superseded_at is null
 order by b.campaign_id, b.channel, b.locale, b.product_id, b.segment_id
