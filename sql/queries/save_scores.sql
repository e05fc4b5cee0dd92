-- New scores for copies that nobody has decided on.
update copies c
   set raw_score = s.raw, score = s.score, score_parts = s.parts, judged_by = coalesce(s.judged_by, c.judged_by),
       score_notes = array(select jsonb_array_elements_text(s.notes))
  from unnest(cast(:ids as bigint[]), cast(:raws as double precision[]), cast(:scores as double precision[]),
              cast(:parts as jsonb[]), cast(:notes as jsonb[]), cast(:judges as text[]))
       as s (id, raw, score, parts, notes, judged_by)
 where c.id = s.id and c.status in ('candidate', 'selected')
