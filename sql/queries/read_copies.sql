-- Copies with all that a reviewer judges them by and an export needs, in the order of :ids.
-- seen is the newest decision on any copy of the brief: whoever decides says which one they had seen.
select c.id, c.brief_id, c.variant, c.attempt, c.status, t.fields, t.fields <> c.fields as edited, c.raw_text, c.gate, c.reason, c.warnings,
       c.score, c.score_parts, c.score_notes, c.run_id, t.decided_by, t.decided_at, u.model, u.model_revision, b.campaign_id,
       b.channel, b.locale, b.superseded_at is not null as superseded, b.product_id,
       b.about, b.subject_id, b.product_id = '' or p.id is not null as in_catalogue, p.title, p.brand, p.description, p.category, p.price, p.currency, p.url,
       p.image_url, p.attributes, l.lowest as lowest_price, b.segment_id, s.name as segment_name, s.description as segment_description,
       s.interests, s.needs, s.size, s.stage,
       case when b.about <> 'audience' then brief_subject(b.about, b.product_id, b.subject_id) end as subject,
       c.expires_at, coalesce(c.expires_at < current_date, false) as promotion_over,
       coalesce(c.ai_label, ai_label(k.market, b.locale)) as ai_label, c.provenance,
       (select jsonb_agg(jsonb_build_array(a.kind, a.field, a.line, a.span_start, a.span_end, a.text, a.value, a.verdict,
                                           a.support, a.rule) order by a.number)
          from claims a where a.copy_id = c.id) as claims,
       (select coalesce(max(r.id), 0) from copies o join reviews r on r.copy_id = o.id
         where o.brief_id = c.brief_id) as seen
  from unnest(cast(:ids as bigint[])) with ordinality as asked (id, place)
  join copies c on c.id = asked.id
  join copy_text t on t.copy_id = c.id
  join runs u on u.id = c.run_id
  join briefs b on b.id = c.brief_id
  join campaigns k on k.id = b.campaign_id
  left join catalogue p on p.id = b.product_id
  left join lowest_prices l on l.product_id = p.id and l.currency = p.currency
  left join audiences s on s.id = b.segment_id
 order by asked.place
