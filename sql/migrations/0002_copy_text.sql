-- The words in force: after an edit, what the person wrote instead of what the model wrote.

create view copy_text as
    select c.id as copy_id,
           case when c.status in ('edited', 'exported') then coalesce(last.fields, c.fields) else c.fields end as fields,
           last.reviewer as decided_by, last.created_at as decided_at
      from copies c
      left join lateral (select r.fields, r.reviewer, r.created_at from reviews r
                          where r.copy_id = c.id order by r.id desc limit 1) last on true;
comment on view copy_text is 'Each copy''s words as they would be exported, and who decided on it last.';

create or replace view copy_for_review as
    select c.id as copy_id, c.status, k.name as campaign, b.channel, b.locale, b.product_id, p.title as product_title,
           p.brand, p.url, b.segment_id, s.name as segment_name, t.fields, c.score, c.score_parts, c.warnings,
           c.gate, c.reason, c.raw_text, c.run_id, b.id as brief_id, b.superseded_at, c.created_at,
           t.decided_by, t.decided_at
      from copies c
      join copy_text t on t.copy_id = c.id
      join briefs b on b.id = c.brief_id
      join campaigns k on k.id = b.campaign_id
      left join catalogue p on p.id = b.product_id
      left join audiences s on s.id = b.segment_id;
