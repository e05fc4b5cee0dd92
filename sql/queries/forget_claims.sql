-- What copies claimed that are about to get other words or another verdict.
delete from claims l
 using staged_claims s
  join copies c using (brief_id, attempt, variant)
 where l.copy_id = c.id and (c.status = any(:open) or c.gate is not null)
