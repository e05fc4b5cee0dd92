"""Ray Data's LLM processor as a peer: the same briefs' prompts, as text, through ``ray.data.llm``.

Ray starts its actors and loads the model anew for each dataset, so its figure is taken between a small and a large
one: further tokens ÷ further seconds. It returns one draft a prompt, so the campaign asks for one. Written by the
documentation of Ray 2.60.
"""

import time
from importlib.util import find_spec
from typing import Any

from generation.engine import SHIPPED_MODEL, Engine
from generation.records import Brief
from tests.bench.rows import Options, Row, Skipped, interleaved
from tests.bench.workload import OPTIONS, begin_run, empty_cache, forget_runs, pending_briefs, renderer_for, shop, write

REPEATS = 3  # Ray's side takes minutes; a rehearsal does with one


def measure(options: Options) -> list[Row]:
    """One row. Raises Skipped where Ray isn't installed."""
    if find_spec("ray") is None:
        raise Skipped("Ray is not installed: .venv/bin/pip install 'ray[data]'")
    products, repeats = (32, 1) if options.quick else (256, REPEATS)
    with Engine(OPTIONS) as engine, shop(products=products, segments=8) as database:
        briefs = pending_briefs(database)
        arguments = _engine_arguments(engine)

        def ours() -> float:
            forget_runs(database)
            run_id, _ = begin_run(database)
            empty_cache(engine)
            return write(database, run_id, engine, renderer_for(engine)).tokens_per_second

        def rays() -> float:
            few_tokens, few_seconds = _through_ray(briefs[: len(briefs) // 4], arguments)
            tokens, seconds = _through_ray(briefs, arguments)
            return (tokens - few_tokens) / (seconds - few_seconds)

        ours()  # unmeasured, to warm up: of Ray's side the start is left out as well
        mine, theirs = interleaved(repeats, ours, rays)
    return [
        Row(
            "ray_data",
            "end to end ÷ Ray Data's LLM processor, without its start",
            1.0,
            mine,
            theirs,
            "tokens/s",
            repeats,
            note=f"{products * 8:,} briefs, n = 1",
        )
    ]


def _engine_arguments(engine: Engine) -> dict[str, Any]:
    """What our engine was built from, for Ray's."""
    config = engine._engine.vllm_config
    return {
        "dtype": str(config.model_config.dtype).removeprefix("torch."),
        "max_model_len": config.model_config.max_model_len,
        "max_num_seqs": config.scheduler_config.max_num_seqs,
        "max_num_batched_tokens": config.scheduler_config.max_num_batched_tokens,
        "enable_chunked_prefill": config.scheduler_config.enable_chunked_prefill,
        "enforce_eager": config.model_config.enforce_eager,
        "enable_prefix_caching": True,
        "seed": 0,
    }


def _through_ray(briefs: list[Brief], arguments: dict[str, Any]) -> tuple[int, float]:
    """Output tokens and seconds, Ray's start among them."""
    import ray
    import torch
    from ray.data.llm import build_processor, vLLMEngineProcessorConfig

    renderer = renderer_for(None)
    sampling = briefs[0].campaign.sampling
    rows = [
        {
            "prompt": renderer.text(brief),
            "sampling_params": {
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "frequency_penalty": sampling.frequency_penalty,
                "max_tokens": sampling.max_tokens,
                "seed": brief.seed,
                "detokenize": False,
            },
        }
        for brief in briefs
    ]
    on_gpu = torch.cuda.is_available()
    config = vLLMEngineProcessorConfig(
        model_source=str(SHIPPED_MODEL),
        engine_kwargs=arguments,
        concurrency=1,
        batch_size=64,
        chat_template_stage=False,  # the prompts are rendered
        tokenize_stage=False,
        detokenize_stage=False,
        log_engine_metrics=False,  # its exporter wants Ray Serve as well
        placement_group_config=None if on_gpu else {"bundles": [{"CPU": 1}]},
    )
    processor = build_processor(
        config,
        preprocess=lambda row: row,
        postprocess=lambda row: {"tokens": row["num_generated_tokens"]},
    )
    started = time.perf_counter()
    done = processor(ray.data.from_items(rows)).take_all()
    return sum(row["tokens"] for row in done), time.perf_counter() - started
