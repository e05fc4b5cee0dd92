-- What the newest completed runs of a model measured: those that together wrote :enough briefs.
-- beside_seconds is what a run takes beside the engine's steps: loading the model, planning, saving.
with measured as (
    select id, generated + failed as briefs, prompt_tokens, cached_prompt_tokens, output_tokens, engine_seconds,
           extract(epoch from finished_at - started_at) - engine_seconds as beside,
           sum(generated + failed) over (order by id desc) - generated - failed as newer
      from runs
     where status = 'completed' and model = :model
       and (cast(:revision as text) is null or model_revision = :revision)
       and generated + failed > 0 and output_tokens > 0 and engine_seconds > 0
)
select array_agg(id) as ids, count(*) as runs, sum(briefs) as briefs, sum(prompt_tokens) as prompt_tokens,
       sum(cached_prompt_tokens) as cached_prompt_tokens, sum(output_tokens) as output_tokens,
       sum(engine_seconds) as engine_seconds,
       greatest(percentile_cont(0.5) within group (order by beside), 0) as beside_seconds
  from measured where newer < :enough
