-- Copy whose promotion has ended is offered no more; what has been exported stays marked so, and is exported no more.
-- Its briefs are taken back when the promotion is prolonged.
with ended as (
    update copies set status = 'expired'
     where expires_at < current_date and status in ('candidate', 'selected', 'approved', 'edited')
    returning brief_id
),
over as (
    update briefs b set superseded_at = now() from ended
     where b.id = ended.brief_id and b.superseded_at is null and b.status = 'generated'
)
select count(*) from ended
