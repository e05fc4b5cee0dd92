-- Ids of the copies that a reviewer's filters let through; a filter that is null lets everything through.
select c.id
  from copies c
  join briefs b on b.id = c.brief_id
  join campaigns k on k.id = b.campaign_id
  left join catalogue p on p.id = b.product_id
 where c.status = any(cast(:statuses as text[]))
   and (cast(:campaign as text) is null or k.name = :campaign)
   and (cast(:channels as text[]) is null or b.channel = any(:channels))
   and (cast(:locale as text) is null or b.locale = :locale)
   and (cast(:run as bigint) is null or c.run_id = :run)
   and (cast(:min_score as double precision) is null or c.score >= :min_score)
   and (cast(:product as text) is null or b.product_id = :product
        or position(lower(:product) in lower(p.title)) > 0)
   and (not cast(:current as boolean) or b.superseded_at is null)
   and (cast(:verdict as text) is null and cast(:rule as text) is null
        or exists (select from claims l where l.copy_id = c.id
                      and (cast(:verdict as text) is null or l.verdict = :verdict)
                      and (cast(:rule as text) is null or l.rule = :rule)))
 order by case :sort when 'best' then -c.score when 'weakest' then c.score end nulls last,
          case when :sort = 'product' then b.product_id end, c.id
 limit cast(:limit as bigint) offset cast(:offset as bigint)
