-- From the staging table into place. A copy that people have decided on is never overwritten.
insert into copies as c
       (brief_id, run_id, attempt, variant, status, fields, raw_text, gate, reason, warnings, score, score_parts,
        raw_score, score_notes, judgement, output_tokens, mean_logprob)
select brief_id, run_id, attempt, variant, status, fields, raw_text, gate, reason, warnings, score, score_parts,
       raw_score, score_notes, judgement, output_tokens, mean_logprob
  from staged_copies
on conflict (brief_id, attempt, variant) do update
   set run_id = excluded.run_id, status = excluded.status, fields = excluded.fields, raw_text = excluded.raw_text,
       gate = excluded.gate, reason = excluded.reason, warnings = excluded.warnings, score = excluded.score,
       score_parts = excluded.score_parts, raw_score = excluded.raw_score,
       score_notes = excluded.score_notes, judged_by = null, judgement = excluded.judgement, output_tokens = excluded.output_tokens,
       mean_logprob = excluded.mean_logprob, created_at = now()
 where c.status in ('candidate', 'expired') or c.gate is not null
