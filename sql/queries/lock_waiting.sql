-- The briefs of a batch that wait for just that attempt, locked, and what copy of theirs is kept with: what it was judged
-- upon, until when it holds, how people are told, what wrote it. In the order of their ids: savers never wait in a ring.
select b.id, b.attempts, b.grounds, p.ends::text as expires_at, ai_label(k.market, b.locale) as ai_label,
       jsonb_build_object('digital_source_type', 'trained_algorithmic_media', 'model', u.model,
                          'model_revision', u.model_revision, 'recipe', b.recipe, 'judgement', o.judgement,
                          'run_id', u.id, 'generated_at', now())::text as provenance
  from unnest(cast(:ids as bigint[]), cast(:attempts as smallint[]), cast(:judgements as text[]))
       o (id, attempt, judgement)
  join briefs b on (b.id, b.attempts) = (o.id, o.attempt)
  join campaigns k on k.id = b.campaign_id
  join runs u on u.id = :run_id
  left join promotions p on p.id = k.promotion_id
 where b.id = any(:ids) and b.status = 'pending'  -- the ids once more: by the index, not by all briefs
 order by b.id
   for no key update of b
