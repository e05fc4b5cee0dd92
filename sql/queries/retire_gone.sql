-- Briefs whose rows are no longer there: their product or segment, the question, the pair or its other product, every
-- review, a stage that a life-cycle campaign asks for. Nobody will write them, and their copy is kept, marked and no
-- longer offered. They are taken back when the row comes back.
with gone as (
    update briefs b set superseded_at = now()
     where b.campaign_id = :campaign_id and b.superseded_at is null
       and (b.about <> 'persona' and not exists (select from catalogue p where p.id = b.product_id)
            or b.about in ('audience', 'persona') and not exists (select from audiences a where a.id = b.segment_id)
            or b.about = 'question' and not exists (select from customer_questions q
                                                     where q.id = b.subject_id and q.product_id = b.product_id)
            or b.about = 'comparison' and not exists (select from comparisons c join catalogue o on o.id = c.other_id
                                                       where (c.product_id, c.other_id) = (b.product_id, b.subject_id))
            or b.about = 'reviews' and not exists (select from customer_reviews r where r.product_id = b.product_id)
            or cast(:life_cycle as boolean) and b.status <> 'skipped'
               and exists (select from audiences a where a.id = b.segment_id and a.stage is null))
    returning b.id
)
update copies set status = 'expired' from gone
 where copies.brief_id = gone.id and copies.status in ('candidate', 'selected')
