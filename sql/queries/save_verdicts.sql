-- New verdicts from the staging table into place. A copy that people have decided on keeps its own; a selected one
-- steps back among the candidates, for the best is chosen anew.
update copies c
   set status = v.status, fields = v.fields, gate = v.gate, reason = v.reason, warnings = v.warnings, score = v.score,
       score_parts = v.score_parts, raw_score = v.raw_score, score_notes = v.score_notes, judgement = v.judgement
  from staged_verdicts v
 where (c.brief_id, c.attempt, c.variant) = (v.brief_id, v.attempt, v.variant)
   and (c.status in ('candidate', 'selected') or c.gate is not null)
