-- The rules that each copy was judged under, so that other rules judge it again without writing it anew.

alter table copies add column judgement text;
comment on column copies.judgement is 'Digest of the rules that it was judged under; null: rules of before there was one.';

alter table briefs add column judging_run_id bigint references runs;
comment on column briefs.judging_run_id is 'The run that is to judge its copies again; null: they are judged.';
create index briefs_to_judge on briefs (judging_run_id, id) where judging_run_id is not null;

alter table runs add column rejudged bigint not null default 0 check (rejudged >= 0);
comment on column runs.rejudged is 'Copies that it judged again without writing them.';

-- As it was, the new column at its end: an analyst's own views upon this one stay.
create or replace view run_report as
    select r.id, r.status, r.parameters, r.plans, r.model, r.model_revision, r.flow_run_id, r.started_at, r.finished_at,
           r.planned, r.reused, r.generated, r.failed, r.skipped, r.prompt_tokens, r.cached_prompt_tokens,
           r.output_tokens, r.engine_seconds, r.error,
           extract(epoch from coalesce(r.finished_at, now()) - r.started_at) as wall_seconds,
           r.output_tokens / nullif(r.engine_seconds, 0) as output_tokens_per_second,
           (select count(*) from copies c where c.run_id = r.id) as copies,
           (select count(*) from copies c
             where c.run_id = r.id and c.status in ('selected', 'approved', 'edited', 'exported')) as selected,
           coalesce((select jsonb_object_agg(g.gate, g.count) from
                        (select c.gate, count(*) from copies c where c.run_id = r.id and c.gate is not null group by 1) g),
                    '{}') as rejected_by_gate,
           r.rejudged
      from runs r;
