-- The plan: the cells that need words become briefs of this run; of the others, a brief that is there is taken back.
with planned as (
    select *, case fate when 'pending' then 'pending' else 'skipped' end as status,
           case fate when 'too small'
                then format('segment %s has %s people, the floor is %s', segment_id, size, cast(:floor as integer))
                when 'no stage' then format('segment %s has no stage of a customer''s life', segment_id)
                when 'not promoted' then not_promoted end as reason
      from cell where fate in ('pending', 'too small', 'no stage', 'not promoted')
),
written as (
    insert into briefs
           (campaign_id, about, product_id, segment_id, subject_id, channel, locale, content_key, seed, run_id, status,
            reason, grounds, recipe)
    select :campaign_id, about, product_id, segment_id, subject_id, channel, locale, content_key,
           ('x' || left(content_key, 7))::bit(28)::bigint, :run_id, status, reason, grounds, recipe
      from planned where brief_id is null
        on conflict (content_key) do nothing  -- a dry run of the same cells, which is about to roll back
),
planned_again as (
    update briefs b
       set run_id = :run_id, status = p.status, reason = p.reason, superseded_at = null, grounds = p.grounds,
           recipe = p.recipe,
           -- a brief that failed is tried with other seeds; one that an earlier run left pending, or skipped because
           -- its deadline or budget came first, goes on where it was
           seed = b.seed + case when b.status = 'failed' then 7919 else 0 end,
           attempts = case when b.status = 'failed' then 0 else b.attempts end
      from planned p where b.id = p.brief_id
),
taken_back as (
    -- the content changed and changed back: the old brief is the current one again, and its copy is offered again
    update briefs b set superseded_at = null
      from cell where b.id = cell.brief_id and cell.fate in ('taken back', 'failed before') and b.superseded_at is not null
    returning b.id
),
offered_again as (
    update copies set status = 'candidate',
           expires_at = (select p.ends from campaigns k join promotions p on p.id = k.promotion_id
                          where k.id = :campaign_id)
      from taken_back
     where copies.brief_id = taken_back.id and copies.status = 'expired'
),
withdrawn as (
    -- the promotion is over, hasn't begun or holds for other products: the copy waits till it is taken back
    update briefs b set superseded_at = now()
      from cell where b.id = cell.brief_id and cell.fate = 'withdrawn' and b.superseded_at is null
    returning b.id
),
offered_no_more as (
    update copies set status = 'expired' from withdrawn
     where copies.brief_id = withdrawn.id and copies.status in ('candidate', 'selected', 'approved', 'edited')
),
out_of_date as (
    -- briefs of these cells with other content that have no copy: nobody will write them; or none that was ever on
    -- offer, since a run broke off before it chose
    update briefs o set superseded_at = now()
      from cell
     where o.campaign_id = :campaign_id and o.superseded_at is null
       and (o.status <> 'generated'
            or (o.awaits_choice and not exists (select from copies c where c.brief_id = o.id and c.gate is null
                                                   and c.status <> 'candidate')))
       and o.content_key <> cell.content_key
       and (o.product_id, o.segment_id, o.channel, o.locale, o.subject_id)
         = (cell.product_id, cell.segment_id, cell.channel, cell.locale, cell.subject_id)
    returning o.id
),
never_offered as (
    update copies set status = 'expired' from out_of_date
     where copies.brief_id = out_of_date.id and copies.status = 'candidate'
)
select count(*) as planned,
       count(*) filter (where fate in ('reused', 'taken back')) as reused,
       count(*) filter (where fate in ('too small', 'no stage', 'failed before', 'not promoted', 'withdrawn')) as skipped,
       count(*) filter (where fate = 'pending') as pending
  from cell
