-- From the staging tables into place, the claims with their copies. A copy that people have decided on is never
-- overwritten, nor are its claims.
with written as (
    insert into copies as c
           (brief_id, run_id, attempt, variant, status, fields, raw_text, gate, reason, warnings, score, score_parts,
            raw_score, score_notes, judgement, output_tokens, mean_logprob, grounds, expires_at, ai_label, provenance)
    select s.brief_id, s.run_id, s.attempt, s.variant, s.status, s.fields, s.raw_text, s.gate, s.reason, s.warnings,
           s.score, s.score_parts, s.raw_score, s.score_notes, s.judgement, s.output_tokens, s.mean_logprob, b.grounds, p.ends,
           ai_label(k.market, b.locale),
           jsonb_build_object('digital_source_type', 'trained_algorithmic_media', 'model', u.model,
                              'model_revision', u.model_revision, 'recipe', b.recipe, 'judgement', s.judgement,
                              'run_id', u.id, 'generated_at', now())
      from staged_copies s
      join briefs b on b.id = s.brief_id
      join campaigns k on k.id = b.campaign_id
      join runs u on u.id = s.run_id
      left join promotions p on p.id = k.promotion_id
    on conflict (brief_id, attempt, variant) do update
       set run_id = excluded.run_id, status = excluded.status, fields = excluded.fields, raw_text = excluded.raw_text,
           gate = excluded.gate, reason = excluded.reason, warnings = excluded.warnings, score = excluded.score,
           score_parts = excluded.score_parts, raw_score = excluded.raw_score,
           score_notes = excluded.score_notes, judged_by = null, judgement = excluded.judgement,
           output_tokens = excluded.output_tokens, mean_logprob = excluded.mean_logprob, grounds = excluded.grounds,
           expires_at = excluded.expires_at, ai_label = excluded.ai_label, provenance = excluded.provenance,
           created_at = now()
     where c.status in ('candidate', 'expired') or c.gate is not null
    returning c.id, c.brief_id, c.attempt, c.variant
)
insert into claims (copy_id, number, kind, field, line, span_start, span_end, text, value, verdict, support, rule)
select w.id, l.*
  from written w
  join staged_claims s using (brief_id, attempt, variant)
 cross join jsonb_to_recordset(s.claims) l (number smallint, kind text, field text, line integer, span_start integer,
                                            span_end integer, text text, value text, verdict text, support text,
                                            rule text)
