-- New verdicts from the staging table into place; which copies got one. A copy that people have decided on keeps its own;
-- a selected one steps back among the candidates, for the best is chosen anew.
update copies c
   set status = v.status, fields = v.fields, gate = v.gate, reason = v.reason, warnings = v.warnings,
       score = v.score, score_parts = v.score_parts, raw_score = v.raw_score,
       score_notes = v.score_notes, judgement = v.judgement,
       grounds = b.grounds, ai_label = ai_label(k.market, b.locale),
       expires_at = (select p.ends from promotions p where p.id = k.promotion_id),
       provenance = c.provenance || jsonb_build_object('judgement', v.judgement)
  from staged_verdicts v
  join briefs b on b.id = v.brief_id
  join campaigns k on k.id = b.campaign_id
 where (c.brief_id, c.attempt, c.variant) = (v.brief_id, v.attempt, v.variant)
   and (c.status in ('candidate', 'selected') or c.gate is not null)
returning c.id, c.brief_id, c.attempt, c.variant
