-- What the copies of a batch are kept with, by brief: what they were judged upon, until when they hold, how people are
-- told and what wrote them; and whether an earlier run left drafts in their place.
select b.id, b.grounds, p.ends::text as expires_at, ai_label(k.market, b.locale) as ai_label,
       jsonb_build_object('digital_source_type', 'trained_algorithmic_media', 'model', u.model,
                          'model_revision', u.model_revision, 'recipe', b.recipe, 'judgement', o.judgement,
                          'run_id', u.id, 'generated_at', now())::text as provenance,
       exists (select from copies c where c.brief_id = b.id and c.attempt = b.attempts) as taken
  from unnest(cast(:ids as bigint[]), cast(:judgements as text[])) o (id, judgement)
  join briefs b on b.id = o.id
  join campaigns k on k.id = b.campaign_id
  join runs u on u.id = :run_id
  left join promotions p on p.id = k.promotion_id
