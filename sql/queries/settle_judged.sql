-- What becomes of briefs that were judged again, and the run's counts with it, so that nothing is lost: one that has
-- nothing left but refused drafts is written anew with other seeds (skipped where its segment has shrunk below the
-- floor); one that had failed and has copy after all counts as reused.
with judged as (
    select b.id, b.status as was, a.size,
           case when exists (select from copies c where c.brief_id = b.id and c.gate is null) then 'generated'
                when b.status = 'failed' then 'failed'
                when a.size < :floor then 'skipped'
                else 'pending' end as status
      from briefs b
      left join audiences a on a.id = b.segment_id
     where b.id = any(:ids)
),
settled as (
    update briefs b
       set judging_run_id = null, status = j.status,
           run_id = case when j.status in ('pending', 'skipped') then :run_id else b.run_id end,
           seed = b.seed + case when j.status in ('pending', 'skipped') then 7919 else 0 end,
           attempts = case when j.status in ('pending', 'skipped') then 0 else b.attempts end,
           reason = case j.status when 'failed' then b.reason when 'skipped'
                    then format('segment %s has %s people, the floor is %s', b.segment_id, j.size, :floor) end
      from judged j where b.id = j.id
    returning b.campaign_id, j.was, j.status
),
moved as (
    select campaign_id::text as campaign,
           count(*) filter (where status = 'pending') as pending,
           count(*) filter (where status = 'skipped') as skipped,
           count(*) filter (where status = 'generated') as regained
      from settled where status <> was group by campaign_id
),
counts as (
    select jsonb_object_agg(m.campaign, plan || jsonb_build_object(
               'reused', (plan->>'reused')::bigint + regained - m.pending - m.skipped,
               'skipped', (plan->>'skipped')::bigint + m.skipped - regained,
               'pending', (plan->>'pending')::bigint + m.pending)) as plans,
           sum(regained - m.pending - m.skipped) as reused, sum(m.skipped - regained) as skipped
      from moved m
      join runs r on r.id = :run_id
     cross join lateral (select r.plans->m.campaign) p (plan)
)
update runs r
   set rejudged = r.rejudged + :copies, plans = r.plans || coalesce(c.plans, '{}'),
       reused = r.reused + coalesce(c.reused, 0), skipped = r.skipped + coalesce(c.skipped, 0)
  from counts c
 where r.id = :run_id
