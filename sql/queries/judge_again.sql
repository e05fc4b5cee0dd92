-- Cells whose words stand but whose copies, where people haven't decided on them, were judged under other rules or
-- upon other grounds: their briefs wait for this run to judge them again. Of the failed ones too, whose copy may pass today.
with out_of_date as materialized (
    select distinct k.brief_id, k.grounds, k.recipe
      from cell k
      join copies c using (brief_id)
     where (k.fate in ('reused', 'taken back') or (k.fate = 'failed before' and (k.size < :floor) is not true))
       and (c.status in ('candidate', 'selected') or c.gate is not null)
       and (c.judgement, c.grounds) is distinct from (k.judgement, k.grounds)
),
forgotten as (
    -- marks of a run that broke off, or of this run's plan of a moment ago
    update briefs b set judging_run_id = null
     where b.judging_run_id is not null and b.campaign_id = :campaign_id
       and not exists (select from out_of_date o where o.brief_id = b.id)
)
update briefs b set judging_run_id = :run_id, grounds = o.grounds, recipe = o.recipe
  from out_of_date o where b.id = o.brief_id
