-- What the newest completed runs of a model measured: those that together wrote :enough briefs. What the model was asked
-- as a judge is told apart, over the runs that asked: whether the next one asks is another matter.
-- beside_seconds is what a run takes beside the engine's steps: loading the model, planning, saving.
with completed as (
    select id, generated + failed as briefs, judge is not null as judged,
           coalesce((judge->>'prompt_tokens')::bigint, 0) as judge_prompt,
           coalesce((judge->>'cached_prompt_tokens')::bigint, 0) as judge_cached,
           coalesce((judge->>'asked')::bigint, 0) as judge_output,  -- a token each
           coalesce((judge->>'engine_seconds')::double precision, 0) as judge_seconds,
           prompt_tokens, cached_prompt_tokens, output_tokens, engine_seconds,
           extract(epoch from finished_at - started_at) - engine_seconds as beside
      from runs
     where status = 'completed' and model = :model
       and (cast(:revision as text) is null or model_revision = :revision)
       and generated + failed > 0
),
measured as (
    select *, sum(briefs) over (order by id desc) - briefs as newer
      from completed where output_tokens > judge_output and engine_seconds > judge_seconds
)
select array_agg(id) as ids, count(*) as runs, sum(briefs) as briefs,
       sum(prompt_tokens - judge_prompt) as prompt_tokens,
       sum(cached_prompt_tokens - judge_cached) as cached_prompt_tokens,
       sum(output_tokens - judge_output) as output_tokens,
       sum(engine_seconds - judge_seconds) as engine_seconds,
       greatest(percentile_cont(0.5) within group (order by beside), 0) as beside_seconds,
       sum(briefs) filter (where judged) as judged_briefs, sum(judge_prompt) as judge_prompt,
       sum(judge_cached) as judge_cached, sum(judge_output) as judge_output, sum(judge_seconds) as judge_seconds
  from measured where newer < :enough
