-- Briefs that wait for the choice of the best copy, with those that may be chosen, in the order in which briefs are
-- written: it settles which of two like copies came first.
select b.id, b.campaign_id, b.segment_id, b.channel, b.locale, b.seed, b.attempts, b.product_id,
       p.title, p.brand, p.description, p.category, p.price, p.currency, p.url, p.image_url, p.attributes,
       l.lowest as lowest_price,
       case when b.about <> 'audience' then brief_subject(b.about, b.product_id, b.subject_id) end as subject,
       (select jsonb_agg(jsonb_build_object(
                   'id', c.id, 'attempt', c.attempt, 'variant', c.variant, 'fields', c.fields, 'raw', c.raw_score,
                   'parts', c.score_parts, 'notes', c.score_notes, 'judged_by', c.judged_by) order by c.attempt, c.variant)
          from copies c
         -- "is true" keeps the planner, which knows nothing yet of a table just filled, from the index by status
         where c.brief_id = b.id and (c.status = 'candidate') is true) as candidates
  from briefs b
  join campaigns k on k.id = b.campaign_id
  left join catalogue p on p.id = b.product_id
  left join lowest_prices l on l.product_id = p.id and l.currency = p.currency
 where b.awaits_choice and b.superseded_at is null
 order by k.priority desc, b.campaign_id, p.revenue desc nulls last, b.product_id, b.channel, b.locale, b.segment_id,
          b.subject_id
