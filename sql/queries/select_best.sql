-- The best-scored copy of every current brief becomes selected, unless one is chosen or people have decided.
-- A brief that was taken back is offered anew: there, what people rejected is only passed over.
with best as (
    select distinct on (c.brief_id) c.id
      from current_brief b
      join copies c on c.brief_id = b.id
     where c.status = 'candidate'
       and not exists (select from copies o where o.brief_id = b.id and o.gate is null and o.status <> 'candidate'
                          and not (b.taken_back and o.status = 'rejected'))
     order by c.brief_id, c.raw_score desc nulls last, c.attempt, c.variant
)
update copies set status = 'selected' from best where copies.id = best.id
