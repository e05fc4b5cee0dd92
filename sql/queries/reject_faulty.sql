-- Candidates of the current briefs that break a hard limit of their channel, or claim what nothing supports, are
-- rejected with that reason, though the gates let them through: limits and gates were not of the same day.
update copies c set status = 'rejected', gate = 'database', reason = f.fault
  from (select c.id, copy_fault(c) as fault
          from current_brief b
          join copies c on c.brief_id = b.id
         where c.status = 'candidate') f
 where c.id = f.id and f.fault is not null
