-- From the staging table into the places of earlier drafts; which copies were written. A copy that people have decided on
-- is never overwritten.
insert into copies as c
       (brief_id, run_id, attempt, variant, raw_text, status, fields, gate, reason, warnings, score, score_parts,
        raw_score, score_notes, judgement, output_tokens, mean_logprob, grounds, expires_at, ai_label, provenance)
select brief_id, run_id, attempt, variant, raw_text, status, fields, gate, reason, warnings, score, score_parts,
       raw_score, score_notes, judgement, output_tokens, mean_logprob, grounds, expires_at, ai_label, provenance
  from staged_copies
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
