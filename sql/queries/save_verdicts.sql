-- New verdicts from the staging tables into place, with the claims they rest on. A copy that people have decided on
-- keeps its own; a selected one steps back among the candidates, for the best is chosen anew.
with judged as (
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
),
noted as (
    insert into claims (copy_id, number, kind, field, line, span_start, span_end, text, value, verdict, support, rule)
    select j.id, l.*
      from judged j
      join staged_claims s using (brief_id, attempt, variant)
     cross join jsonb_to_recordset(s.claims) l (number smallint, kind text, field text, line integer,
                                                span_start integer, span_end integer, text text, value text,
                                                verdict text, support text, rule text)
)
select count(*) from judged
