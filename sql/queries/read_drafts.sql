-- Briefs that a run is to judge again, with the drafts that people haven't decided on, product by product.
-- One whose product, segment or subject left since the plan stays as it is: there is nothing to judge it by.
select b.id, b.campaign_id, b.segment_id, b.channel, b.locale, b.seed, b.attempts, b.product_id,
       p.title, p.brand, p.description, p.category, p.price, p.currency, p.url, p.image_url, p.attributes,
       l.lowest as lowest_price,
       case when b.about <> 'audience' then brief_subject(b.about, b.product_id, b.subject_id) end as subject,
       (select jsonb_agg(jsonb_build_object(
                   'attempt', c.attempt, 'variant', c.variant, 'raw_text', c.raw_text, 'gate', c.gate,
                   'output_tokens', c.output_tokens, 'mean_logprob', c.mean_logprob,
                   'parts', c.score_parts) order by c.attempt, c.variant)
          from copies c
         where c.brief_id = b.id and (c.status in ('candidate', 'selected') or c.gate is not null)) as drafts
  from briefs b
  left join catalogue p on p.id = b.product_id
  left join lowest_prices l on l.product_id = p.id and l.currency = p.currency
  left join audiences a on a.id = b.segment_id
 where b.judging_run_id = %(run_id)s
   and (b.product_id = '' or p.id is not null) and (b.segment_id = '' or a.id is not null)
   and (b.about in ('audience', 'persona') or brief_subject(b.about, b.product_id, b.subject_id) is not null)
 order by b.campaign_id, b.channel, b.locale, b.product_id, b.segment_id, b.subject_id
