-- The chosen copies become selected, unless people have decided on a copy of the brief or one is chosen already.
update copies c set status = 'selected'
  from unnest(cast(:chosen as bigint[])) as chosen (id)
 where c.id = chosen.id and c.status = 'candidate'
   and not exists (select from copies o where o.brief_id = c.brief_id and o.gate is null and o.status <> 'candidate')
returning c.id
