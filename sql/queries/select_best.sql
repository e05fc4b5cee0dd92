-- The best-scored copy of every brief that this run wrote becomes selected, unless people already chose one.
with best as (
    select distinct on (c.brief_id) c.id
      from copies c
      join briefs b on b.id = c.brief_id
     where b.run_id = :run_id and b.status = 'generated' and c.status = 'candidate'
       and not exists (select from copies o where o.brief_id = c.brief_id
                          and o.status in ('selected', 'approved', 'edited', 'exported'))
     order by c.brief_id, c.score desc nulls last, c.attempt, c.variant
)
update copies set status = 'selected' from best where copies.id = best.id
